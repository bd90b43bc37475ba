//! A form that was sent twice: the second copy finds what the first has done, and its user signs in
//! with the password that came along.

use super::NewPassword;
use super::sign_in::Credentials;
use crate::accounts::queries;
use crate::accounts::service::Accounts;
use vestibule::{Error, ErrorKind, Session};

impl Accounts {
    /// Signs a browser in with the new password of a change that an equal request has made, which
    /// ended the sign-in of this one. The account is that of the session cookie, which we sealed:
    /// one that was fresh and whose sign-in is gone. The new password counts as at any sign-in.
    ///
    /// # Errors
    /// 401 `credentials_missing` without such a cookie or with a password that is not in force, 429
    /// `too_many_attempts`, 503 `busy` or `unavailable`.
    pub async fn sign_in_after_change(
        &self,
        session: &Session<'_>,
        passwords: &NewPassword,
    ) -> Result<(), Error> {
        let missing = || Error::new(ErrorKind::CredentialsMissing);
        let presented = session.presented()?.filter(|presented| presented.is_fresh);
        let presented = presented.ok_or_else(missing)?;
        let (id, sign_in) =
            (presented.account.parse::<i64>().map_err(|_| missing())?, presented.sign_in);
        let found = self.run(move |connection| -> Result<_, Error> {
            let is_active = queries::sign_ins::find(connection, sign_in.as_str())?.is_some();
            Ok(if is_active { None } else { queries::find(connection, id)? })
        });
        let user = found.await?.ok_or_else(missing)?;
        let (username, password) = (user.username.as_str(), &passwords.new);
        let credentials = Credentials { username, password, address: passwords.address };
        let refused = |error: Error| match error.kind() {
            ErrorKind::BadCredentials | ErrorKind::AccountInactive => missing(),
            _ => error,
        };
        let verified = self.verify_credentials(&credentials).await.map_err(refused)?;
        // The name may have been given to another account meanwhile.
        if verified.user.id != user.id {
            return Err(missing());
        }
        let opened = self.open_session(session, &verified, password, presented.is_remembered);
        opened.await.map_err(refused)
    }
}
