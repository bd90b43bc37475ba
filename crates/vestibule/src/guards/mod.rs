//! The guards: a handler's signature says which of them it requires.
//!
//! Imports every room below; `authentication` does the work.

pub(crate) mod bearer_token;
pub(crate) mod body;
pub(crate) mod checked;
pub(crate) mod conditions;
pub(crate) mod json_object;
pub(crate) mod maybe;
pub(crate) mod public_keys;
pub(crate) mod sentinel;
pub(crate) mod tokens;
pub(crate) mod users;

pub use crate::authentication::result::{AuthMethod, Authentication};
pub use crate::json::read_json_object;
pub use bearer_token::BearerToken;
pub use body::TokenBody;
pub use checked::{Checked, Condition};
pub use conditions::{Role, Scope};
pub use json_object::JsonObject;
pub use maybe::Maybe;
pub use tokens::{AccessToken, RefreshToken};
use users::CurrentUser;
pub use users::{AnyTokenUser, AnyUser, Authenticated};

/// Guard: as `G`, and the password was proven within `fresh_for`, for this very session or
/// token (`fresh_login_required`, `jwt_required(fresh=True)`).
///
/// Without it: as `G`, or 401 `fresh_login_required`.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::{Account, CurrentUser};
/// use vestibule::guards::Fresh;
///
/// fn change_password<U: Account>(user: Fresh<CurrentUser<U>>) { }
/// ```
pub type Fresh<G> = Checked<conditions::Fresh, G>;

/// Guard: as `G`, and the user has proven two factors for this sign-in, as
/// [`SessionOptions::proven`](crate::sign_ins::SessionOptions::proven),
/// [`TokenOptions::proven`](crate::tokens::TokenOptions::proven) or the `amr` of a foreign token said.
/// [`Session::confirm_with`](crate::Session::confirm_with) adds the second.
///
/// Without it: as `G`, or 401 `second_factor_required`, also for an access key.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use vestibule::{Account, CurrentUser};
/// use vestibule::guards::{Fresh, MultiFactor};
///
/// fn pay<U: Account>(user: MultiFactor<Fresh<CurrentUser<U>>>) { }
/// ```
pub type MultiFactor<G> = Checked<conditions::MultiFactor, G>;

/// Guard: as `G`, and the account has the role now.
///
/// Without it: as `G`, or 403 `forbidden`.
pub type Require<R, G = CurrentUser<<R as Role>::Account>> = Checked<conditions::Require<R>, G>;

/// Guard: as `G`, and the *token's claims* say that the account had the role when it was issued.
///
/// Without it: as `G`, or 403 `forbidden`, also for a session, which has no claims, and for a
/// foreign token, which cannot grant a role here.
pub type ClaimedRole<R, G = CurrentUser<<R as Role>::Account>> =
    Checked<conditions::ClaimedRole<R>, G>;

/// Guard: as `G`, and the credential carries the scope: the token's `scope` claim (words separated
/// by spaces, RFC 8693) lists it, even a foreign one's, or the access key was created with it. A
/// session has all rights of its account.
///
/// Without it: as `G`, or 403 `insufficient_scope`.
pub type Scoped<S, G> = Checked<conditions::Scoped<S>, G>;
