//! What the document says of each operation and its route does not tell: a name, a sentence, the
//! bodies, the parameters, and the errors that come from its handler.

use serde_json::{Value, json};
use utoipa::{PartialSchema, ToSchema};
use vestibule::ErrorKind;

use super::administration::users;
use super::schemas::{
    Claims, ConfirmBody, FreshToken, JwkSet, KeyBody, LoginBody, MeBody, PasswordBody,
    RefreshTokenBody, RegisterBody, TokenLifetime, TokenPair,
};
use crate::api::events::{EventPage, OwnEvent};
use crate::api::issued::TokenCookies;
use crate::api::keys::{KeyView, NewKeyView};
use crate::api::me::{AdminView, DashboardView, Me, ProfileView};
use crate::api::sign_ins::SignInPage;
use crate::http::{Health, Live, WhoAmI};

/// A schema of the document, with those that it refers to.
pub(super) type Schemas = Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>;

/// The content of a response.
pub(super) struct Content {
    pub(super) media_type: &'static str,
    pub(super) schema: Value,
    pub(super) schemas: Schemas,
}

/// A query parameter.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) schema: Value,
    pub(super) sentence: &'static str,
}

/// One operation.
pub(super) struct Operation {
    /// Method and path, as in Rocket's routes.
    pub(super) route: &'static str,
    pub(super) id: &'static str,
    pub(super) sentence: &'static str,
    pub(super) body: Option<Content>,
    pub(super) requires_body: bool,
    /// The responses that are no errors.
    pub(super) responses: Vec<(u16, Option<Content>)>,
    /// Whether those set or remove the cookies of tokens, where tokens are in cookies.
    pub(super) sets_cookies: bool,
    pub(super) parameters: Vec<Parameter>,
    pub(super) errors: Vec<ErrorKind>,
}

impl Content {
    pub(super) fn json<T: ToSchema>() -> Self {
        let mut schemas = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut schemas);
        Self { media_type: "application/json", schema: reference(&T::name()), schemas }
    }

    /// The page of events of this type, whose own name is that of every such page.
    pub(super) fn events<T: ToSchema>(name: &str) -> Self {
        let mut schemas = Self::json::<T>().schemas;
        schemas.push((name.to_owned(), EventPage::<T>::schema()));
        Self { media_type: "application/json", schema: reference(name), schemas }
    }

    fn list<T: ToSchema>() -> Self {
        let item = Self::json::<T>();
        Self { schema: json!({ "type": "array", "items": item.schema }), ..item }
    }
}

/// Returns the reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

impl Operation {
    pub(super) fn new(route: &'static str, id: &'static str, sentence: &'static str) -> Self {
        Self {
            route,
            id,
            sentence,
            body: None,
            requires_body: false,
            responses: Vec::new(),
            sets_cookies: false,
            parameters: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(super) fn body<T: ToSchema>(self) -> Self {
        Self { requires_body: true, ..self.optional_body::<T>() }
    }

    fn optional_body<T: ToSchema>(self) -> Self {
        Self { body: Some(Content::json::<T>()), ..self }
    }

    pub(super) fn responds<T: ToSchema>(self, status: u16) -> Self {
        self.response(status, Some(Content::json::<T>()))
    }

    /// Responds with tokens, in the body or in cookies, as the settings allow.
    fn issues<T: ToSchema>(self, cookies: TokenCookies) -> Self {
        let (in_body, in_cookies) = (Content::json::<T>(), Content::json::<TokenLifetime>());
        let content = match cookies {
            TokenCookies::Never => in_body,
            TokenCookies::Optional => Content {
                schema: json!({ "oneOf": [in_body.schema, in_cookies.schema] }),
                schemas: [in_body.schemas, in_cookies.schemas].concat(),
                ..in_cookies
            },
            TokenCookies::Always => in_cookies,
        };
        Self { sets_cookies: true, ..self.response(200, Some(content)) }
    }

    pub(super) fn response(mut self, status: u16, content: Option<Content>) -> Self {
        self.responses.push((status, content));
        self
    }

    fn removes_cookies(self) -> Self {
        Self { sets_cookies: true, ..self }
    }

    /// The method of the route.
    pub(super) fn method(&self) -> &'static str {
        self.route.split(' ').next().unwrap_or_default()
    }

    pub(super) fn takes(
        mut self,
        name: &'static str,
        schema: Value,
        sentence: &'static str,
    ) -> Self {
        self.parameters.push(Parameter { name, schema, sentence });
        self
    }

    pub(super) fn page(self) -> Self {
        self.takes("page", json!({ "type": "integer", "minimum": 1 }), "The page, from 1.")
    }

    pub(super) fn before(self) -> Self {
        let sentence = "`next` of the page before: older events than this one.";
        self.takes("before", json!({ "type": "integer", "minimum": 0 }), sentence)
    }

    /// Whether the response is a page of a list, with links to others.
    pub(super) fn is_paged(&self) -> bool {
        self.parameters.iter().any(|parameter| ["page", "before"].contains(&parameter.name))
    }

    pub(super) fn fails(mut self, errors: &[ErrorKind]) -> Self {
        self.errors.extend(errors);
        self
    }
}

/// Returns all operations.
pub(super) fn operations(cookies: TokenCookies) -> Vec<Operation> {
    [own_account(cookies), sign_ins(), users(), service()].into_iter().flatten().collect()
}

fn own_account(cookies: TokenCookies) -> Vec<Operation> {
    use ErrorKind as K;
    vec![
        Operation::new("POST /api/login", "login", "Signs in with user name and password.")
            .body::<LoginBody>()
            .issues::<TokenPair>(cookies)
            .fails(&[K::BadCredentials, K::AccountInactive, K::TooManyAttempts, K::Busy]),
        Operation::new("POST /api/refresh", "refresh", "Exchanges a refresh token for a new pair.")
            .optional_body::<RefreshTokenBody>()
            .issues::<TokenPair>(cookies),
        Operation::new("POST /api/logout", "logout", "Ends the sign-in of the credential.")
            .optional_body::<RefreshTokenBody>()
            .takes("all", json!({ "type": "boolean" }), "Ends all sign-ins of the user.")
            .response(204, None)
            .removes_cookies()
            .fails(&[K::InsufficientScope, K::CrossOrigin]),
        Operation::new("POST /api/register", "register", "Adds a user, without signing in.")
            .body::<RegisterBody>()
            .responds::<Me>(201)
            .fails(&[K::Forbidden, K::UsernameTaken, K::TooManyAttempts, K::Busy]),
        Operation::new("GET /api/me", "getMe", "Returns the user.").responds::<Me>(200),
        Operation::new("PATCH /api/me", "changeMe", "Changes the own full name.")
            .body::<MeBody>()
            .responds::<Me>(200),
        Operation::new("POST /api/confirm", "confirm", "Proves the password again.")
            .body::<ConfirmBody>()
            .issues::<FreshToken>(cookies)
            .fails(&[K::TooManyAttempts, K::Busy]),
        Operation::new("GET /api/claims", "getClaims", "Returns the claims of the token.")
            .responds::<Claims>(200),
        Operation::new("GET /api/dashboard", "getDashboard", "Returns a greeting.")
            .responds::<DashboardView>(200),
        Operation::new("GET /api/profile", "getProfile", "Returns the identity and the user.")
            .responds::<ProfileView>(200),
        Operation::new("GET /api/admin", "getAdmin", "Greets an administrator, by the token.")
            .responds::<AdminView>(200),
        Operation::new(
            "GET /api/events",
            "listOwnEvents",
            "Returns the user's events, newest first.",
        )
        .before()
        .response(200, Some(Content::events::<OwnEvent>("OwnEventPage"))),
        Operation::new(
            "POST /api/password",
            "changePassword",
            "Changes the password and ends every other sign-in.",
        )
        .body::<PasswordBody>()
        .response(204, None)
        .fails(&[K::TooManyAttempts, K::Busy]),
    ]
}

fn sign_ins() -> Vec<Operation> {
    use ErrorKind as K;
    vec![
        Operation::new("GET /api/sign-ins", "listSignIns", "Returns the user's sign-ins.")
            .page()
            .responds::<SignInPage>(200),
        Operation::new("DELETE /api/sign-ins", "endOtherSignIns", "Ends all other sign-ins.")
            .response(204, None),
        Operation::new("DELETE /api/sign-ins/<id>", "endSignIn", "Ends a sign-in.")
            .response(204, None)
            .fails(&[K::NotFound]),
        Operation::new("GET /api/keys", "listKeys", "Returns the user's access keys.")
            .response(200, Some(Content::list::<KeyView>())),
        Operation::new("POST /api/keys", "createKey", "Creates an access key and shows it once.")
            .body::<KeyBody>()
            .responds::<NewKeyView>(201),
        Operation::new("DELETE /api/keys/<id>", "endKey", "Ends an access key.")
            .response(204, None)
            .fails(&[K::NotFound]),
    ]
}

fn service() -> Vec<Operation> {
    let text = |media_type| Content {
        media_type,
        schema: json!({ "type": "string" }),
        schemas: Schemas::new(),
    };
    vec![
        Operation::new("GET /whoami", "whoAmI", "Returns the user by token or session cookie.")
            .responds::<WhoAmI>(200),
        Operation::new("GET /health", "getHealth", "Says whether the database responds.")
            .responds::<Health>(200),
        Operation::new("GET /health/live", "getLiveness", "Says that the process responds.")
            .responds::<Live>(200),
        Operation::new("GET /.well-known/jwks.json", "getKeys", "Returns the keys for verifiers.")
            .response(
                200,
                Some(Content {
                    media_type: "application/jwk-set+json",
                    ..Content::json::<JwkSet>()
                }),
            ),
        Operation::new("GET /api/openapi.json", "getDocument", "Returns this document.").response(
            200,
            Some(Content {
                media_type: "application/json",
                schema: json!({ "type": "object" }),
                schemas: Schemas::new(),
            }),
        ),
        Operation::new("GET /api/docs", "getPage", "Returns this document as a page.")
            .response(200, Some(text("text/html"))),
        Operation::new("GET /api/docs.css", "getStylesheet", "Returns the style of that page.")
            .response(200, Some(text("text/css"))),
    ]
}
