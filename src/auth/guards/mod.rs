//! The ladder of guards: each rung proves one more thing, and a handler's signature says
//! which one it demands.

mod only;
mod tokens;
mod users;
mod wrappers;

pub use only::{Locations, Only};
pub use tokens::{AccessToken, RefreshToken};
pub use users::{AnyTokenUser, Authenticated, CurrentUser, SessionUser, TokenUser};
pub use wrappers::{ClaimedRole, Fresh, Maybe, Require, Role};
