//! Notices of sign-ins from devices that an account has not signed in from before.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::audit::{Actor, RequestSource, log_change};
use super::queries;
use super::service::Accounts;
use super::user::User;
use vestibule::Error;
use vestibule::throttle::network;

impl Accounts {
    /// Records the device of a sign-in that has just been opened; a new one is told by mail. The
    /// program and the network of the client are the device, whatever cookies it presents.
    ///
    /// # Errors
    /// 503 `unavailable`.
    pub async fn record_device(&self, user: &User, source: RequestSource) -> Result<(), Error> {
        let (id, now) = (user.id, self.clock.now()?);
        let device = device(source);
        let recorded = self.run(move |connection| {
            queries::record_device(connection, (id, &device), (source, now))
        });
        recorded.await?;
        self.outbox.wake();
        Ok(())
    }

    /// Changes whether a mail tells a user of a sign-in from a new device.
    ///
    /// # Errors
    /// 401 `token_revoked` when the account is gone, 429 `too_many_attempts` after many changes, 503
    /// `unavailable`.
    pub async fn change_device_notices(
        &self,
        id: i64,
        device_notices: bool,
        actor: &Actor,
    ) -> Result<User, Error> {
        let actor = actor.clone();
        let changed = self.run_change(id, move |connection| {
            queries::change_device_notices(connection, id, device_notices, &actor)
        });
        Ok(changed.await.inspect(log_change)?.user)
    }
}

/// Returns a digest of the client's program, without its version, and its network.
fn device(source: RequestSource) -> String {
    let network = source.address.map(network).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{} at {network}", source.program)))
}
