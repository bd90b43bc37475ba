//! Whatever stands for verified claims.

use std::sync::Arc;

use super::tokens::{AccessToken, RefreshToken};
use super::users::Authenticated;
use crate::auth::claims::Claims;
use crate::auth::sign_in::SignIn;

/// Verified claims, or a guard that came by some: what
/// [`Tokens::end`](crate::auth::Tokens::end) takes.
pub trait HasClaims: Send + Sync {
    /// The verified claims; `None` for a session and for an access key.
    fn claims(&self) -> Option<&Claims>;

    /// The sign-in that an access key presents; `None` for everything else. Default: none.
    fn sign_in_of_key(&self) -> Option<&SignIn> {
        None
    }
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

    fn sign_in_of_key(&self) -> Option<&SignIn> {
        let found = self.authentication();
        found.sign_in().filter(|_| found.is_key())
    }
}
