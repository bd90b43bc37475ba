//! The ladder of guards: each rung proves one more thing, and a handler's signature says
//! which one it demands.

pub(crate) mod body;
pub(crate) mod fresh;
pub(crate) mod fresh_or_key;
pub(crate) mod has_claims;
pub(crate) mod maybe;
pub(crate) mod only;
pub(crate) mod public_keys;
pub(crate) mod role;
pub(crate) mod scoped;
pub(crate) mod sentinel;
pub(crate) mod tokens;
pub(crate) mod users;

pub use fresh::Fresh;
pub use fresh_or_key::FreshOrKey;
pub use has_claims::TokenHolder;
pub use maybe::Maybe;
pub use only::{FromLocations, Locations};
pub use role::{ClaimedRole, Require, Role};
pub use scoped::{Scope, Scoped};
pub use tokens::{AccessToken, RefreshToken};
pub use users::{AnyTokenUser, Authenticated, CurrentUser, SessionUser, TokenUser};
