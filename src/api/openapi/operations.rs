//! What the document says of each operation and its route does not tell: a name, a sentence, the
//! bodies, the parameters, and the errors that come from its handler.

use serde_json::json;
use vestibule::ErrorKind;

use super::administration::users;
use super::operation::{Content, Operation, Schemas};
use super::schemas::{
    Claims, ConfirmBody, DeletionBody, EmailBody, FirstCodeBody, FreshToken, JwkSet, KeyBody,
    LoginBody, MeBody, PasswordBody, RefreshTokenBody, RegisterBody, ResetBody, SecondStepBody,
    TokenPair,
};
use crate::api::events::OwnEvent;
use crate::api::issued::TokenCookies;
use crate::api::keys::{KeyView, NewKeyView};
use crate::api::me::{AdminView, DashboardView, Me, ProfileView};
use crate::api::second_factor::{NewAuthenticatorView, RecoveryCodesView, SecondFactorView};
use crate::api::sign_ins::SignInPage;
use crate::http::{Health, Live, WhoAmI};

/// Returns all operations.
pub(super) fn operations(cookies: TokenCookies) -> Vec<Operation> {
    [own_account(cookies), second_factor(), sign_ins(), users(), service()]
        .into_iter()
        .flatten()
        .collect()
}

fn own_account(cookies: TokenCookies) -> Vec<Operation> {
    use ErrorKind as K;
    vec![
        Operation::new("POST /api/login", "login", "Signs in with user name and password.")
            .body::<LoginBody>()
            .issues::<TokenPair>(cookies)
            .fails(&[K::BadCredentials, K::AccountInactive, K::InsecureConnection])
            .fails(&[K::SecondFactorRequired, K::TooManyAttempts, K::Busy]),
        Operation::new(
            "POST /api/login/second",
            "secondStep",
            "Signs in with the `login_token` of a right password and a code of the second factor.",
        )
        .body::<SecondStepBody>()
        .issues::<TokenPair>(cookies)
        .fails(&[K::InsecureConnection, K::TooManyAttempts]),
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
            .response(202, None)
            .fails(&[K::Forbidden, K::UsernameTaken, K::TooManyAttempts, K::Busy]),
        Operation::new("GET /api/me", "getMe", "Returns the user.").responds::<Me>(200),
        Operation::new(
            "PATCH /api/me",
            "changeMe",
            "Changes the own full name, language and notices.",
        )
        .body::<MeBody>()
        .responds::<Me>(200)
        .fails(&[K::FreshLoginRequired, K::TooManyAttempts]),
        Operation::new("DELETE /api/me", "deleteMe", "Deletes the own account for good.")
            .body::<DeletionBody>()
            .response(204, None)
            .fails(&[K::LastAdministrator]),
        Operation::new(
            "POST /api/me/email",
            "requestEmail",
            "Sends a link to an address, which is the user's once the link is used.",
        )
        .body::<EmailBody>()
        .response(202, None)
        .fails(&[K::TooManyAttempts]),
        Operation::new("DELETE /api/me/email", "removeEmail", "Removes the e-mail address.")
            .response(204, None)
            .fails(&[K::Forbidden]),
        Operation::new(
            "POST /api/password/forgot",
            "forgotPassword",
            "Sends a link to set another password, if an account has the address.",
        )
        .body::<EmailBody>()
        .response(202, None)
        .fails(&[K::TooManyAttempts]),
        Operation::new(
            "POST /api/password/reset",
            "resetPassword",
            "Sets the password by a link, once, and ends all sign-ins and access keys.",
        )
        .body::<ResetBody>()
        .response(204, None)
        .fails(&[K::NotFound, K::TooManyAttempts, K::Busy]),
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
            "Changes the password and ends every other sign-in. This one goes on, with every copy of its tokens.",
        )
        .body::<PasswordBody>()
        .response(204, None)
        .fails(&[K::TooManyAttempts, K::Busy]),
    ]
}

fn second_factor() -> Vec<Operation> {
    use ErrorKind as K;
    vec![
        Operation::new(
            "GET /api/me/second-factor",
            "getSecondFactor",
            "Returns what second factor the user has.",
        )
        .responds::<SecondFactorView>(200),
        Operation::new(
            "POST /api/me/second-factor",
            "beginSecondFactor",
            "Generates the secret of an authenticator, to be confirmed by its first code.",
        )
        .responds::<NewAuthenticatorView>(200)
        .fails(&[K::NotFound, K::AlreadyMade]),
        Operation::new(
            "POST /api/me/second-factor/confirm",
            "confirmSecondFactor",
            "Sets up the authenticator; the first factor ends the other sign-ins and has recovery codes.",
        )
        .body::<FirstCodeBody>()
        .responds::<RecoveryCodesView>(201)
        .fails(&[K::AlreadyMade, K::TooManyAttempts]),
        Operation::new(
            "POST /api/me/second-factor/recovery-codes",
            "makeRecoveryCodes",
            "Makes recovery codes in the place of the earlier ones, and shows them once.",
        )
        .responds::<RecoveryCodesView>(201)
        .fails(&[K::NotFound, K::AlreadyMade, K::TooManyAttempts]),
        Operation::new(
            "DELETE /api/me/second-factor",
            "removeSecondFactor",
            "Removes the second factor, and ends the other sign-ins.",
        )
        .response(204, None),
        Operation::new(
            "DELETE /api/me/second-factor/passkeys/<id>",
            "removePasskey",
            "Removes a passkey; the last factor ends the other sign-ins too.",
        )
        .response(204, None)
        .fails(&[K::NotFound]),
    ]
}

fn sign_ins() -> Vec<Operation> {
    use ErrorKind as K;
    vec![
        Operation::new(
            "GET /api/sign-ins",
            "listSignIns",
            "Returns the user's sign-ins, latest use first.",
        )
        .page()
        .responds::<SignInPage>(200),
        Operation::new("DELETE /api/sign-ins", "endOtherSignIns", "Ends all other sign-ins.")
            .response(204, None),
        Operation::new("DELETE /api/sign-ins/<id>", "endSignIn", "Ends a sign-in.")
            .response(204, None)
            .fails(&[K::NotFound]),
        Operation::new("GET /api/keys", "listKeys", "Returns the user's access keys.")
            .response(200, Some(Content::list::<KeyView>()))
            .fails(&[K::InvalidField]),
        Operation::new("POST /api/keys", "createKey", "Creates an access key and shows it once.")
            .body::<KeyBody>()
            .header(
                "Idempotency-Key",
                "A name of the request: sent again, it creates no second key.",
            )
            .responds::<NewKeyView>(201)
            .fails(&[K::AlreadyMade, K::Forbidden, K::TooManyAttempts]),
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
        Operation::new("GET /health", "getHealth", "Returns the same as `/health/ready`.")
            .responds::<Health>(200),
        Operation::new("GET /health/ready", "getReadiness", "Says whether the database responds.")
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
