//! Adding and removing passkeys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};

use super::ceremony::{Ceremony, PasskeyOptions, descriptors, handle, refused};
use crate::accounts::audit::Actor;
use crate::accounts::config::SecondFactorRule;
use crate::accounts::queries::{self, NewPasskey};
use crate::accounts::service::Accounts;
use crate::accounts::user::{User, is_deceptive};
use vestibule::second_factors::RecoveryCodes;
use vestibule::{Error, ErrorKind};

/// The longest name of a passkey, in characters.
const MAX_NAME: usize = 60;

/// Said of a name that is empty, too long or not to be read.
const NAME: &str = "A name is 1 to 60 characters, without invisible ones.";

impl Accounts {
    /// Begins to add a passkey with this name to an account. Checks name and limit before the browser makes the
    /// passkey, which it would keep after a refusal.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `name`, also for one passkey too many, 404 `not_found` if second factors are off
    /// or passkeys are not offered, 503 `unavailable`.
    pub async fn begin_passkey(&self, user: &User, name: &str) -> Result<PasskeyOptions, Error> {
        let party = self.offered()?;
        if self.second_factor == SecondFactorRule::Off {
            return Err(ErrorKind::NotFound.into());
        }
        passkey_name(name)?;
        let id = user.id;
        let own = self.run(move |connection| {
            queries::check_passkey_limit(connection, id)?;
            Ok::<_, Error>(queries::passkeys(connection, id)?)
        });
        let own = own.await?;
        let shown = user.full_name.as_deref().unwrap_or(&user.username);
        // The state with the ids of all passkeys would not fit into a cookie: the database refuses one that
        // is there already.
        let begun =
            party.webauthn.start_passkey_registration(handle(user), &user.username, shown, None);
        let (options, state) = begun.map_err(Error::internal)?;
        let mut options = serde_json::to_value(options.public_key).map_err(Error::internal)?;
        options["excludeCredentials"] = descriptors(&own);
        // The crate asks for keys that sign in after the user name only.
        options["authenticatorSelection"]["residentKey"] = Value::from("preferred");
        self.options(Ceremony::Add(user.id), options, state)
    }

    /// Adds the passkey that has answered; returns the recovery codes if it is the first factor of the user,
    /// whose other sign-ins end.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `name` or `passkey`, 409 `already_made` for a second copy of the form, 401
    /// `token_revoked` when the sign-in has ended meanwhile, 404 `not_found` if second factors are off, 429
    /// `too_many_attempts` after many changes, 503 `unavailable`.
    pub async fn add_passkey(
        &self,
        user: &User,
        (state, answer): (&str, &str),
        name: &str,
        actor: &Actor,
    ) -> Result<Option<RecoveryCodes>, Error> {
        let party = self.offered()?;
        if self.second_factor == SecondFactorRule::Off {
            return Err(ErrorKind::NotFound.into());
        }
        let name = passkey_name(name)?;
        let id = user.id;
        // Checked before the answer, which a browser does not have if its options were refused.
        self.run(move |connection| queries::check_passkey_limit(connection, id)).await?;
        let (state, challenge) =
            self.open_state::<PasskeyRegistration>(Ceremony::Add(user.id), state)?;
        let answer =
            serde_json::from_str::<RegisterPublicKeyCredential>(answer).map_err(refused)?;
        let passkey =
            party.webauthn.finish_passkey_registration(&answer, &state).map_err(refused)?;
        let new = NewPasskey {
            id: URL_SAFE_NO_PAD.encode(passkey.cred_id()),
            name: name.to_owned(),
            credential: serde_json::to_string(&passkey).map_err(Error::internal)?,
            challenge,
        };
        let codes = RecoveryCodes::generate()?;
        let (digests, by) = (codes.digests(), actor.clone());
        let added = self.run_change(id, move |connection| {
            queries::add_passkey(connection, id, &new, &digests, &by)
        });
        let (changed, is_first) = added.await?;
        self.report_change(&changed, actor);
        Ok(is_first.then_some(codes))
    }

    /// Removes a passkey of a user; the last factor takes the recovery codes, the trusted browsers and the
    /// other sign-ins with it.
    ///
    /// # Errors
    /// 404 `not_found` for one that the user has not, 401 `token_revoked` when the sign-in has ended
    /// meanwhile, 503 `unavailable`.
    pub async fn remove_passkey(
        &self,
        user: &User,
        passkey: &str,
        actor: &Actor,
    ) -> Result<(), Error> {
        let (id, passkey, by) = (user.id, passkey.to_owned(), actor.clone());
        let removed = self.run_change(id, move |connection| {
            queries::remove_passkey(connection, id, &passkey, &by)
        });
        self.report_change(&removed.await?, actor);
        Ok(())
    }
}

/// Trims and checks the name of a passkey.
fn passkey_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    let is_readable = !name.chars().any(char::is_control) && !is_deceptive(name);
    if !(1..=MAX_NAME).contains(&name.chars().count()) || !is_readable {
        return Err(Error::invalid_field("name", NAME));
    }
    Ok(name)
}
