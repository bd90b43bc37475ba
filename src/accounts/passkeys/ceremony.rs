//! Ceremonies: from the options that a browser gets to the answer of a passkey.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use webauthn_rs::prelude::Uuid;

use crate::accounts::audit::RequestSource;
use crate::accounts::queries::{self, ANSWER_WITHIN, OwnPasskey};
use crate::accounts::relying_party::RelyingParty;
use crate::accounts::sealing::Purpose;
use crate::accounts::service::Accounts;
use crate::accounts::user::User;
use vestibule::{Error, ErrorKind};

/// Said of an answer that is not accepted, whatever is wrong with it.
const REFUSED: &str =
    "This passkey was not accepted. Try again, or use another way to prove that it is you.";

/// What an answer of a passkey is for; it counts for nothing else.
#[derive(Clone, Copy, Debug)]
pub enum Ceremony<'c> {
    /// Adding the passkey to the account with this id.
    Add(i64),
    /// Signing in by the passkey alone.
    SignIn,
    /// The second step of signing in, for this login ticket.
    SecondStep(&'c str),
    /// Confirming the sign-in with this id.
    Confirm(&'c str),
}

/// What a browser needs to ask a passkey.
pub struct PasskeyOptions {
    /// The options for `navigator.credentials`, in JSON.
    pub options: Value,
    /// What the service has to remember, encrypted.
    pub state: String,
}

impl fmt::Debug for PasskeyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The answer of a passkey.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyAnswer<'a> {
    /// What the service had to remember, as it was given out.
    pub state: &'a str,
    /// The answer in JSON.
    pub answer: &'a str,
    /// Where it comes from.
    pub source: RequestSource,
}

/// The content of [`PasskeyOptions::state`].
#[derive(Deserialize, Serialize)]
struct State<S> {
    /// In seconds since 1970.
    expires_at: i64,
    state: S,
}

impl Ceremony<'_> {
    const fn purpose(self) -> Purpose {
        match self {
            Self::Add(_) => Purpose::AddPasskey,
            Self::SignIn => Purpose::PasskeySignIn,
            Self::SecondStep(_) => Purpose::PasskeySecondStep,
            Self::Confirm(_) => Purpose::PasskeyConfirm,
        }
    }

    /// Returns whose the state is.
    fn owner(self) -> String {
        match self {
            Self::Add(account) => account.to_string(),
            Self::SignIn => String::new(),
            Self::SecondStep(text) | Self::Confirm(text) => text.to_owned(),
        }
    }
}

impl Accounts {
    /// Returns what passkeys are bound to.
    pub(super) fn offered(&self) -> Result<&RelyingParty, Error> {
        self.relying_party.as_ref().ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Returns the passkeys of a user; none where they are not offered.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn passkeys(&self, user: &User) -> Result<Vec<OwnPasskey>, Error> {
        if self.relying_party.is_none() {
            return Ok(Vec::new());
        }
        let id = user.id;
        self.run(move |connection| queries::passkeys(connection, id)).await
    }

    /// Encrypts the state of a ceremony.
    pub(super) fn options<S: Serialize>(
        &self,
        ceremony: Ceremony<'_>,
        options: Value,
        state: S,
    ) -> Result<PasskeyOptions, Error> {
        let expires_at = (self.clock.now()? + ANSWER_WITHIN).unix_timestamp();
        let text = serde_json::to_vec(&State { expires_at, state }).map_err(Error::internal)?;
        let state = self.keys.seal(ceremony.purpose(), &ceremony.owner(), &text)?;
        Ok(PasskeyOptions { options, state })
    }

    /// Decrypts the state of a ceremony; returns with it the name of its challenge.
    pub(super) fn open_state<S: DeserializeOwned>(
        &self,
        ceremony: Ceremony<'_>,
        sealed: &str,
    ) -> Result<(S, String), Error> {
        let now = self.clock.now()?.unix_timestamp();
        let text = self.keys.open(ceremony.purpose(), &ceremony.owner(), sealed);
        let text = text.ok_or_else(|| refused("the challenge is not of this ceremony"))?;
        let found = serde_json::from_slice::<State<S>>(&text).map_err(Error::internal)?;
        if now >= found.expires_at {
            return Err(refused("the challenge has expired"));
        }
        let name = format!("passkey:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(&text)));
        Ok((found.state, name))
    }
}

/// Returns the id that authenticators keep of a user: it names no account, and none of another service at
/// the same host.
pub(super) fn handle(user: &User) -> Uuid {
    let text = format!("{} {}", user.id, user.created_at.unix_timestamp_nanos());
    Uuid::from_slice(&Sha256::digest(text)[..16]).unwrap_or_default()
}

/// Returns the descriptors of passkeys, for the options.
pub(super) fn descriptors(passkeys: &[OwnPasskey]) -> Value {
    passkeys.iter().map(|one| json!({ "type": "public-key", "id": one.id })).collect()
}

/// Returns the error of an answer that is not accepted; the reason is for the log.
pub(in crate::accounts) fn refused(reason: impl fmt::Display) -> Error {
    Error::invalid_field("passkey", REFUSED).because(reason.to_string())
}

/// Returns whether an error is that of an answer that is not accepted.
pub(in crate::accounts) fn is_refused(error: &Error) -> bool {
    error.fields().any(|(name, _)| name == "passkey")
}
