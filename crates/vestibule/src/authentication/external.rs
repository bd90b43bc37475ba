//! Authentication by a credential of the application's own (Flask-Login's `request_loader`).

use std::sync::Arc;

use time::OffsetDateTime;

use crate::account::Account;
use crate::authentication::result::{AuthMethod, Authentication};
use crate::error::{Error, ErrorKind};

impl<U: Account> Authentication<U> {
    /// An account that a guard of yours authenticated by a credential of your own: an API key in
    /// the query, a client certificate (Flask-Login's `request_loader`). A guard that holds one can
    /// implement [`Authenticated`](crate::guards::Authenticated), and [`Require`] can wrap it. Never fresh,
    /// and without claims, scopes or a sign-in.
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
            fresh: false,
            remembered: false,
        })
    }
}
