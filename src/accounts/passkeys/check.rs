//! Checking the answer of a passkey.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PublicKeyCredential, WebauthnError,
};

use super::ceremony::{Ceremony, PasskeyAnswer, PasskeyOptions, descriptors, handle, refused};
use crate::accounts::audit::{Actor, RequestSource, log_change};
use crate::accounts::queries::{self, OwnPasskey, UsedPasskey};
use crate::accounts::service::Accounts;
use crate::accounts::user::User;
use vestibule::Error;
use vestibule::throttle::Counters as _;

impl Accounts {
    /// Asks for the answer of a passkey: of one of `own`, or without them of any that the browser knows.
    pub(in crate::accounts) fn ask_passkey(
        &self,
        ceremony: Ceremony<'_>,
        own: &[OwnPasskey],
    ) -> Result<PasskeyOptions, Error> {
        let begun = self.offered()?.webauthn.start_discoverable_authentication();
        let (options, state) = begun.map_err(Error::internal)?;
        let mut options = serde_json::to_value(options.public_key).map_err(Error::internal)?;
        options["allowCredentials"] = descriptors(own);
        self.options(ceremony, options, state)
    }

    /// Checks the answer of a passkey, which has verified its user, and uses its challenge up; without
    /// `owner`, of any user. Returns the user with the id of the passkey.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `passkey` whatever is wrong, 404 `not_found` if passkeys are not offered,
    /// 503 `unavailable`.
    pub(in crate::accounts) async fn check_passkey(
        &self,
        ceremony: Ceremony<'_>,
        owner: Option<&User>,
        sent: &PasskeyAnswer<'_>,
    ) -> Result<(User, String), Error> {
        let party = self.offered()?;
        let (state, challenge) =
            self.open_state::<DiscoverableAuthentication>(ceremony, sent.state)?;
        let answer = serde_json::from_str::<PublicKeyCredential>(sent.answer).map_err(refused)?;
        let id = URL_SAFE_NO_PAD.encode(answer.get_credential_id());
        let (wanted, asked, now) = (id.clone(), challenge.clone(), self.clock.now()?);
        let found = self.run(move |connection| {
            // First: the counter of an answer that was used before has gone back too.
            if connection.state(&asked, now)?.is_some() {
                return Err(refused("the answer was used before"));
            }
            let Some(stored) = queries::find_passkey(connection, &wanted)? else { return Ok(None) };
            let user = queries::find(connection, stored.account)?;
            Ok::<_, Error>(user.map(|user| (stored, user)))
        });
        let (stored, user) = found.await?.ok_or_else(|| refused("no account has this passkey"))?;
        if !user.active {
            return Err(refused("the account is deactivated"));
        }
        let is_own = match (owner, answer.get_user_unique_id()) {
            (Some(owner), None) => owner.id == user.id,
            (owner, Some(named)) => {
                owner.is_none_or(|owner| owner.id == user.id) && named == handle(&user).as_bytes()
            }
            // Where no user is known, the answer must say whose it is.
            (None, None) => false,
        };
        if !is_own {
            return Err(refused("the passkey is of another user"));
        }
        let mut passkey =
            serde_json::from_str::<Passkey>(&stored.credential).map_err(Error::internal)?;
        let checked =
            party.webauthn.finish_discoverable_authentication_v2(&answer, state, &passkey);
        let result = match checked {
            Ok(result) => result,
            Err(error) => {
                if matches!(error, WebauthnError::CredentialPossibleCompromise) {
                    self.record_passkey_counter(&user, stored.name, sent.source).await?;
                }
                return Err(refused(error));
            }
        };
        if !result.user_verified() {
            return Err(refused(WebauthnError::UserNotVerified));
        }
        passkey.update_credential(&result);
        let used = UsedPasskey {
            account: user.id,
            id: id.clone(),
            before: stored.credential,
            after: serde_json::to_string(&passkey).map_err(Error::internal)?,
            challenge,
        };
        if !self.run(move |connection| queries::use_passkey(connection, &used, now)).await? {
            return Err(refused("the answer was used before"));
        }
        Ok((user, id))
    }

    /// Returns whether a passkey is still there. Called after a sign-in was opened by it, which must not
    /// remain otherwise.
    pub(in crate::accounts) async fn has_passkey(
        &self,
        user: &User,
        passkey: String,
    ) -> Result<bool, Error> {
        let id = user.id;
        let found = self.run(move |connection| queries::find_passkey(connection, &passkey)).await?;
        Ok(found.is_some_and(|found| found.account == id))
    }

    /// Records in the audit log that the counter of a passkey went back.
    async fn record_passkey_counter(
        &self,
        user: &User,
        name: String,
        source: RequestSource,
    ) -> Result<(), Error> {
        let (user, now) = (user.clone(), self.clock.now()?);
        let recorded = self.run(move |connection| {
            let actor = Actor::account(&user, None, source, now);
            queries::record_passkey_counter(connection, &user, &name, &actor)
        });
        log_change(&recorded.await?);
        Ok(())
    }
}
