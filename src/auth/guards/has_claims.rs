//! Whatever stands for verified claims.

use std::sync::Arc;

use super::tokens::{AccessToken, RefreshToken};
use super::users::Authenticated;
use crate::auth::claims::Claims;

/// Verified claims, or a guard that came by some: what
/// [`Tokens::end`](crate::auth::Tokens::end) takes.
pub trait HasClaims: Send + Sync {
    /// The verified claims; `None` for a session.
    fn claims(&self) -> Option<&Claims>;
}

impl HasClaims for Claims {
    fn claims(&self) -> Option<&Claims> {
        Some(self)
    }
}

impl HasClaims for Arc<Claims> {
    fn claims(&self) -> Option<&Claims> {
        Some(self)
    }
}

impl HasClaims for AccessToken {
    fn claims(&self) -> Option<&Claims> {
        Some(self.claims())
    }
}

impl HasClaims for RefreshToken {
    fn claims(&self) -> Option<&Claims> {
        Some(self.claims())
    }
}

impl<G: Authenticated> HasClaims for G {
    fn claims(&self) -> Option<&Claims> {
        self.authentication().claims()
    }
}
