//! The verdict on a request, for guards of the application's own. A token decides if there is one;
//! only without one does the session.

use rocket::Request;

use super::authenticate;
use super::result::{AuthMethod, Authentication};
use crate::account::Account;
use crate::credentials::request_state::mark_depends_on_user;
use crate::error::Error;
use crate::state::AuthState;

/// Who sent a request.
#[derive(Debug)]
pub enum Verdict<U> {
    /// No credential was presented.
    Anonymous,
    /// Authenticated by a session.
    Session(Authentication<U>),
    /// Authenticated by a token.
    Token(Authentication<U>),
    /// A credential was presented and is bad, or could not be checked.
    Refused(Error),
}

impl<U> Clone for Verdict<U> {
    fn clone(&self) -> Self {
        match self {
            Self::Anonymous => Self::Anonymous,
            Self::Session(found) => Self::Session(found.clone()),
            Self::Token(found) => Self::Token(found.clone()),
            Self::Refused(error) => Self::Refused(error.clone()),
        }
    }
}

impl<U: Account> Verdict<U> {
    /// Authenticates this request. For what guards cannot say; a handler should name a guard.
    pub async fn of(request: &Request<'_>) -> Self {
        let state = match AuthState::of(request) {
            Ok(state) => state,
            Err(error) => return Self::Refused(error),
        };
        mark_depends_on_user(request);
        match authenticate(request, state).await {
            Ok(None) => Self::Anonymous,
            Ok(Some(found)) if found.method() == AuthMethod::Session => {
                Self::Session(found.clone())
            }
            Ok(Some(found)) => Self::Token(found.clone()),
            Err(error) => Self::Refused(error),
        }
    }
}
