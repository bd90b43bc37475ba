//! The result: the account of the request, and how it was authenticated.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::account::Account;
use crate::claims::Claims;
use crate::config::Location;
use crate::error::{Error, ErrorKind};
use crate::sign_in::SignIn;
use crate::sign_in::amr::Amr;

/// The kind of credential that authenticated a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthMethod {
    /// A session cookie.
    Session,
    /// A bearer token or an access key.
    Token,
    /// A credential of the application's own; see [`Authentication::external`].
    External,
}

impl AuthMethod {
    /// The word in JSON responses: `session`, `token` or `other`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::External => "other",
        }
    }
}

/// An authenticated account, and how it was authenticated.
#[derive(Debug)]
pub struct Authentication<U> {
    pub(crate) account: Arc<U>,
    pub(crate) method: AuthMethod,
    pub(crate) sign_in: Option<Arc<SignIn>>,
    pub(crate) claims: Option<Arc<Claims>>,
    pub(crate) location: Option<Location>,
    pub(crate) auth_time: OffsetDateTime,
    pub(crate) amr: Amr,
    pub(crate) fresh: bool,
    pub(crate) remembered: bool,
}

// Derived, it would require `U: Clone`.
impl<U> Clone for Authentication<U> {
    fn clone(&self) -> Self {
        Self {
            account: self.account.clone(),
            method: self.method,
            sign_in: self.sign_in.clone(),
            claims: self.claims.clone(),
            location: self.location,
            auth_time: self.auth_time,
            amr: self.amr,
            fresh: self.fresh,
            remembered: self.remembered,
        }
    }
}

impl<U> Authentication<U> {
    /// The account.
    #[must_use]
    pub fn account(&self) -> &U {
        &self.account
    }

    /// The kind of credential that was presented.
    #[must_use]
    pub fn method(&self) -> AuthMethod {
        self.method
    }

    /// The row of the sign-in; `None` without a store, for a foreign token and for
    /// [`External`](AuthMethod::External).
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
        self.sign_in.as_ref().is_some_and(|sign_in| sign_in.kind.is_key())
    }

    /// Whether the credential carries a scope: an access key was created with it, a token lists it
    /// in its `scope` claim; a session has all rights of its account.
    #[must_use]
    pub fn has_scope(&self, name: &str) -> bool {
        if let Some(key) = self.sign_in.as_ref().filter(|_| self.is_key()) {
            return key.scopes().iter().any(|scope| scope == name);
        }
        let listed = self.claims.as_ref().and_then(|claims| claims.extra.get("scope"));
        let listed = listed.and_then(serde_json::Value::as_str).unwrap_or_default();
        self.method == AuthMethod::Session || listed.split_ascii_whitespace().any(|one| one == name)
    }

    /// When the password was last proven; 1970 if it never was.
    #[must_use]
    pub fn auth_time(&self) -> OffsetDateTime {
        self.auth_time
    }

    /// What the user has proven for this sign-in (RFC 8176): as its row says, or without a store and
    /// for a foreign token the credential. Nothing for an access key and for
    /// [`External`](AuthMethod::External).
    #[must_use]
    pub fn amr(&self) -> Amr {
        self.amr
    }

    /// Whether this very session or token was issued for a password.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Whether this session has a remember cookie (`login_remembered`).
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.remembered
    }
}

impl<U: Account> Authentication<U> {
    /// An account that a guard of yours authenticated by a credential of your own: an API key in
    /// the query, a client certificate (Flask-Login's `request_loader`). Never fresh, with nothing
    /// proven, and without claims, scopes or a sign-in. [`Require`] can wrap a guard that implements
    /// [`Authenticated`](crate::guards::Authenticated) with it.
    ///
    /// Call [`Authentication::of`](Self::of) first if the request may also carry a token or a
    /// session, and [`Auth::mark_token_request`] if the response must carry no cookie.
    ///
    /// # Errors
    /// 401 `token_revoked` if the account is not active.
    ///
    /// ```
    /// use rocket::Request;
    /// use vestibule::{Account, Auth, Error, ErrorKind};
    /// use vestibule::guards::Authentication;
    ///
    /// async fn by_key<U: Account<Id = u32>>(request: &Request<'_>) -> Result<Authentication<U>, Error> {
    ///     let key = request.query_value::<&str>("api_key").and_then(Result::ok);
    ///     let key = key.ok_or(ErrorKind::CredentialsMissing)?;
    ///     Auth::mark_token_request(request);
    ///     let owner = if key == "of seven" { 7 } else { return Err(ErrorKind::TokenInvalid.into()) };
    ///     let found = U::find(request.rocket(), &owner).await.map_err(Error::unavailable)?;
    ///     Authentication::external(found.ok_or(ErrorKind::TokenRevoked)?)
    /// }
    /// ```
    ///
    /// [`Auth::mark_token_request`]: crate::Auth::mark_token_request
    /// [`Require`]: crate::guards::Require
    pub fn external(account: U) -> Result<Self, Error> {
        if !account.is_active() {
            return Err(ErrorKind::TokenRevoked.into());
        }
        Ok(Self {
            account: Arc::new(account),
            method: AuthMethod::External,
            sign_in: None,
            claims: None,
            location: None,
            auth_time: OffsetDateTime::UNIX_EPOCH,
            amr: Amr::NONE,
            fresh: false,
            remembered: false,
        })
    }
}
