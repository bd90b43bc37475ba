//! Who is asking, and the two halves of the answer: each is computed once a request.

pub(crate) mod access_key;
pub(crate) mod external;
pub(crate) mod find_active;
pub(crate) mod session;
pub(crate) mod verdict;
pub(crate) mod verify;
use std::sync::Arc;

use rocket::Request;
use time::OffsetDateTime;

use crate::account::Account;
use crate::authentication::access_key::{behind_key, presented_key};
use crate::authentication::find_active::{ActiveSignIn, SignInClaim, find_active, find_foreign};
use crate::authentication::session::session;
use crate::claims::{Claims, TokenKind};
use crate::config::Location;
use crate::credentials::credential::Credential;
use crate::credentials::csrf;
use crate::credentials::request_state::RequestState;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::token_error::TokenError;
use crate::sign_in::{SignIn, SignInKind};
use crate::state::AuthState;

/// Which kind of credential a person or program came in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthMethod {
    /// A session cookie.
    Session,
    /// A bearer token.
    Token,
    /// A credential of the application's own; see [`Authentication::external`].
    Other,
}

impl AuthMethod {
    /// The word in JSON answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Other => "other",
        }
    }
}

/// Somebody whose sign-in stands.
#[derive(Debug)]
pub struct Authentication<U> {
    pub(crate) account: Arc<U>,
    pub(crate) via: AuthMethod,
    pub(crate) sign_in: Option<Arc<SignIn>>,
    pub(crate) claims: Option<Arc<Claims>>,
    pub(crate) location: Option<Location>,
    pub(crate) auth_time: OffsetDateTime,
    pub(crate) fresh: bool,
    pub(crate) remembered: bool,
}

// By hand: a derived one would ask for `U: Clone`.
impl<U> Clone for Authentication<U> {
    fn clone(&self) -> Self {
        Self {
            account: self.account.clone(),
            via: self.via,
            sign_in: self.sign_in.clone(),
            claims: self.claims.clone(),
            location: self.location,
            auth_time: self.auth_time,
            fresh: self.fresh,
            remembered: self.remembered,
        }
    }
}

impl<U> Authentication<U> {
    /// The account.
    #[must_use]
    pub fn account(&self) -> &Arc<U> {
        &self.account
    }

    /// Which kind of credential was presented.
    #[must_use]
    pub fn method(&self) -> AuthMethod {
        self.via
    }

    /// The row of the sign-in; `None` without a ledger and for a foreign token.
    #[must_use]
    pub fn sign_in(&self) -> Option<&SignIn> {
        self.sign_in.as_deref()
    }

    /// The verified claims, when a token was presented; an access key has none.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        self.claims.as_deref()
    }

    /// Where the token was (`get_jwt_request_location`); `None` for a session.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        self.location
    }

    /// Whether an access key was presented.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.sign_in.as_ref().is_some_and(|sign_in| sign_in.kind == SignInKind::Key)
    }

    /// Whether the credential carries a scope: an access key was made with it, a token lists it
    /// in its `scope` claim; a session acts with all rights of its account.
    #[must_use]
    pub fn has_scope(&self, name: &str) -> bool {
        if let Some(key) = self.sign_in.as_ref().filter(|_| self.is_key()) {
            return key.scopes.iter().any(|scope| scope == name);
        }
        let listed = self.claims.as_ref().and_then(|claims| claims.extra.get("scope"));
        let listed = listed.and_then(serde_json::Value::as_str).unwrap_or_default();
        self.via == AuthMethod::Session || listed.split_ascii_whitespace().any(|one| one == name)
    }

    /// When the password was last proven; 1970 if it never was.
    #[must_use]
    pub fn auth_time(&self) -> OffsetDateTime {
        self.auth_time
    }

    /// Whether this very session or token was given out for a password.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Whether a remember cookie goes with this session (`login_remembered`).
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.remembered
    }
}

struct TokenHalf<U>(Result<Authentication<U>, Error>);
struct SessionHalf<U>(Result<Option<Authentication<U>>, Error>);

/// A token that is ours, in its time and for us.
#[derive(Clone)]
pub(crate) struct Verified {
    pub(crate) claims: Arc<Claims>,
    pub(crate) location: Location,
}

/// The verified claims of the presented token of one type; 401 `wrong_token_type` when it is
/// of the other. Verified once a request.
pub(crate) fn verified_as<'r>(
    request: &'r Request<'_>,
    state: &AuthState,
    kind: TokenKind,
) -> Result<&'r Verified, Error> {
    let known = RequestState::of(request);
    let verify = || {
        let (token, location) = Credential::known(known, request, state, kind).token()?;
        verify(request, state, token, location)
    };
    let verified = match kind {
        TokenKind::Access => &known.access,
        TokenKind::Refresh => &known.refresh,
    };
    match verified.get_or_init(verify) {
        Ok(found) if found.claims.kind == kind => Ok(found),
        Ok(_) => Err(ErrorKind::WrongTokenType.into()),
        Err(error) => Err(error.clone()),
    }
}

/// The verified claims of the presented token, whichever its type.
pub(crate) fn verified<'r>(
    request: &'r Request<'_>,
    state: &AuthState,
) -> Result<&'r Verified, Error> {
    let access = verified_as(request, state, TokenKind::Access);
    let in_cookie = matches!(
        Credential::of(request, state, TokenKind::Access),
        Credential::Token(_, Location::Cookies)
    );
    match access {
        // An access cookie that is over must not keep a good refresh cookie from signing out.
        Err(error) if in_cookie && error.kind().status().code == 401 => {
            verified_as(request, state, TokenKind::Refresh).map_err(|_| error)
        }
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::WrongTokenType | ErrorKind::CredentialsMissing
            ) =>
        {
            verified_as(request, state, TokenKind::Refresh)
        }
        other => other,
    }
}

/// Verifies one token, and for one that came in a cookie its CSRF value.
pub(crate) fn verify(
    request: &Request<'_>,
    state: &AuthState,
    token: &str,
    location: Location,
) -> Result<Verified, Error> {
    let claims = verify::verify_in_time(state, token)?;
    if location == Location::Cookies {
        csrf::check(request, state, &claims)?;
    }
    Ok(Verified { claims, location })
}

/// The account behind the presented access token or access key.
pub(crate) async fn by_token<'r, U: Account>(
    request: &'r Request<'_>,
    state: &AuthState,
) -> Result<&'r Authentication<U>, Error> {
    let half = request.local_cache_async(async {
        if let Some(key) = presented_key(request, state) {
            return TokenHalf(behind_key(request, state, key).await);
        }
        TokenHalf(match verified_as(request, state, TokenKind::Access) {
            Ok(verified) => behind_token(request, state, verified).await,
            Err(error) => Err(error),
        })
    });
    half.await.0.as_ref().map_err(Clone::clone)
}

/// The account behind verified claims of either type.
pub(crate) async fn behind_token<U: Account>(
    request: &Request<'_>,
    state: &AuthState,
    verified: &Verified,
) -> Result<Authentication<U>, Error> {
    let claims = &verified.claims;
    let found = match claims.foreign {
        // Its issuer knows whether it stands; we only know the account.
        true => {
            let account = Arc::new(find_foreign::<U>(request, claims).await?);
            ActiveSignIn { account, sign_in: None }
        }
        false => {
            let credential = SignInClaim {
                sid: claims.sid.as_deref(),
                sub: &claims.sub,
                stamp: claims.stamp.as_deref(),
                kind: SignInKind::Token,
                idle: None,
            };
            find_active::<U>(request, state, &credential).await??
        }
    };
    if !U::accept(request.rocket(), claims).await.map_err(Error::unavailable)? {
        return Err(TokenError::Refused.into());
    }
    let claimed = OffsetDateTime::from_unix_timestamp(claims.auth_time).map_err(Error::internal)?;
    Ok(Authentication {
        account: found.account,
        via: AuthMethod::Token,
        auth_time: claimed,
        sign_in: found.sign_in,
        fresh: claims.fresh,
        remembered: false,
        claims: Some(claims.clone()),
        location: Some(verified.location),
    })
}

/// The account behind the session cookie. Never asked on a token request.
pub(crate) async fn by_session<'r, U: Account>(
    request: &'r Request<'_>,
    state: &AuthState,
) -> Result<Option<&'r Authentication<U>>, Error> {
    let half = request.local_cache_async(async { SessionHalf(session(request, state).await) });
    half.await.0.as_ref().map(Option::as_ref).map_err(Clone::clone)
}
