//! The one verdict of a request: who is asking? The token decides if there is one; only
//! without one is the session depends_on_user.

use rocket::Request;

use crate::account::Account;
use crate::authentication::{Authentication, by_session, by_token};
use crate::credentials::credential::is_token_request;
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
        state.depends_on_user(request);
        if is_token_request(request, state) {
            match by_token(request, state).await {
                Ok(found) => Self::Token(found.clone()),
                Err(error) => Self::Refused(error.clone()),
            }
        } else {
            match by_session(request, state).await {
                Ok(Some(found)) => Self::Session(found.clone()),
                Ok(None) => Self::Nobody,
                Err(error) => Self::Refused(error.clone()),
            }
        }
    }
}
