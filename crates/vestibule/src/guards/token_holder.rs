//! What [`Tokens::end`](crate::Tokens::end) takes: claims, or a guard that has them.

use std::sync::Arc;

use crate::claims::Claims;
use crate::guards::tokens::{AccessToken, RefreshToken};
use crate::guards::users::Authenticated;
use crate::sign_in::SignIn;

/// Verified claims, or a guard that has them; for [`Tokens::end`](crate::Tokens::end).
pub trait TokenHolder: Send + Sync {
    /// The verified claims; `None` for a session and for an access key.
    fn claims(&self) -> Option<&Claims>;

    /// The sign-in of an access key; `None` for every other credential. Default: `None`.
    fn sign_in_of_key(&self) -> Option<&SignIn> {
        None
    }
}

impl TokenHolder for Claims {
    fn claims(&self) -> Option<&Claims> {
        Some(self)
    }
}

impl TokenHolder for Arc<Claims> {
    fn claims(&self) -> Option<&Claims> {
        Some(self)
    }
}

impl TokenHolder for AccessToken {
    fn claims(&self) -> Option<&Claims> {
        Some(self.claims())
    }
}

impl TokenHolder for RefreshToken {
    fn claims(&self) -> Option<&Claims> {
        Some(self.claims())
    }
}

impl<G: Authenticated> TokenHolder for G {
    fn claims(&self) -> Option<&Claims> {
        self.authentication().claims()
    }

    fn sign_in_of_key(&self) -> Option<&SignIn> {
        let found = self.authentication();
        found.sign_in().filter(|_| found.is_key())
    }
}
