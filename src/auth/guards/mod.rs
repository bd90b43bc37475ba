//! The ladder of guards: each rung proves one more thing, and a handler's signature says
//! which one it demands.

mod fresh;
mod fresh_or_key;
mod has_claims;
mod maybe;
mod only;
mod role;
mod scoped;
mod tokens;
mod users;

pub use fresh::Fresh;
pub use fresh_or_key::FreshOrKey;
pub use has_claims::HasClaims;
pub use maybe::Maybe;
pub use only::{Locations, Only};
pub use role::{ClaimedRole, Require, Role};
pub use scoped::{Scope, Scoped};
pub use tokens::{AccessToken, RefreshToken};
pub use users::{AnyTokenUser, Authenticated, CurrentUser, SessionUser, TokenUser};
