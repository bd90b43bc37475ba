//! What passkeys are bound to, by `public_url` or the address to listen on.

use super::Settings;
use crate::accounts::RelyingParty;

/// Said without pages, on which passkeys are used.
const NO_PAGES: &str = "without pages no browser can use passkeys";

/// Said without an address that users open.
const NO_ADDRESS: &str = "browsers bind passkeys to public_url, which is missing";

impl Settings {
    /// Returns the relying party of passkeys: the host of `public_url`, or else `localhost` while listening
    /// on a loopback address.
    ///
    /// # Errors
    /// Why passkeys are not offered, in a sentence.
    pub fn relying_party(&self) -> Result<RelyingParty, &'static str> {
        if !self.auth.mode.has_sessions() {
            return Err(NO_PAGES);
        }
        let name = &self.accounts.site_name;
        match &self.public_url {
            Some(url) => RelyingParty::new(url, name),
            None if self.address.is_loopback() => {
                RelyingParty::new(&format!("http://localhost:{}", self.port), name)
            }
            None => Err(NO_ADDRESS),
        }
    }
}
