//! The one verdict of a request: who is asking? The token decides if there is one; only
//! without one is the session asked.

use rocket::Request;

use super::authenticate;
use super::result::{AuthMethod, Authentication};
use crate::account::Account;
use crate::credentials::request_state::mark_depends_on_user;
use crate::error::Error;
use crate::state::AuthState;

/// Who is asking.
#[derive(Debug)]
pub enum Verdict<U> {
    /// Nobody that is known.
    Nobody,
    /// Somebody with a session.
    Session(Authentication<U>),
    /// Somebody with a token.
    Token(Authentication<U>),
    /// A credential was presented and is no good, or could not be judged.
    Refused(Error),
}

impl<U> Clone for Verdict<U> {
    fn clone(&self) -> Self {
        match self {
            Self::Nobody => Self::Nobody,
            Self::Session(found) => Self::Session(found.clone()),
            Self::Token(found) => Self::Token(found.clone()),
            Self::Refused(error) => Self::Refused(error.clone()),
        }
    }
}

impl<U: Account> Verdict<U> {
    /// The verdict on this request.
    ///
    /// For what guards cannot say; a handler should name a guard instead.
    pub async fn of(request: &Request<'_>) -> Self {
        let state = match AuthState::of(request) {
            Ok(state) => state,
            Err(error) => return Self::Refused(error),
        };
        mark_depends_on_user(request);
        match authenticate(request, state).await {
            Ok(None) => Self::Nobody,
            Ok(Some(found)) if found.method() == AuthMethod::Session => {
                Self::Session(found.clone())
            }
            Ok(Some(found)) => Self::Token(found.clone()),
            Err(error) => Self::Refused(error),
        }
    }
}
