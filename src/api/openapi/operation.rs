//! The description of one operation: its parts, and how they are put together.

use serde_json::{Value, json};
use utoipa::{PartialSchema, ToSchema};
use vestibule::ErrorKind;

use super::schemas::TokenLifetime;
use crate::api::events::EventPage;
use crate::api::issued::TokenCookies;

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
    /// A header that the client may send: its name, and a sentence.
    pub(super) header: Option<(&'static str, &'static str)>,
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

    pub(super) fn list<T: ToSchema>() -> Self {
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
            header: None,
            errors: Vec::new(),
        }
    }

    pub(super) fn body<T: ToSchema>(self) -> Self {
        Self { requires_body: true, ..self.optional_body::<T>() }
    }

    pub(super) fn optional_body<T: ToSchema>(self) -> Self {
        Self { body: Some(Content::json::<T>()), ..self }
    }

    pub(super) fn form<T: ToSchema>(self) -> Self {
        let content =
            Content { media_type: "application/x-www-form-urlencoded", ..Content::json::<T>() };
        Self { requires_body: true, body: Some(content), ..self }
    }

    pub(super) fn responds<T: ToSchema>(self, status: u16) -> Self {
        self.response(status, Some(Content::json::<T>()))
    }

    /// Responds with tokens, in the body or in cookies, as the settings allow.
    pub(super) fn issues<T: ToSchema>(self, cookies: TokenCookies) -> Self {
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

    pub(super) fn removes_cookies(self) -> Self {
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

    pub(super) fn header(self, name: &'static str, sentence: &'static str) -> Self {
        Self { header: Some((name, sentence)), ..self }
    }

    pub(super) fn page(self) -> Self {
        self.takes("page", json!({ "type": "integer", "minimum": 1 }), "The page, from 1.")
    }

    pub(super) fn before(self) -> Self {
        let sentence = "Only events older than this id: `next` of the previous page.";
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
