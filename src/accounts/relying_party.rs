//! The relying party of passkeys: the host that browsers bind them to, and the origin of its pages.
//! Imports no other room.

use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

/// Said of an address without the name of a host.
const NO_NAME: &str = "browsers bind passkeys to the name of a host, not to an IP address";

/// Said of an address that browsers do not trust.
const NO_TLS: &str = "browsers take passkeys on pages with https:// or at localhost only";

/// A host with pages at one origin, at which passkeys are made and used.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    pub(super) webauthn: Webauthn,
    host: String,
    origin: String,
}

impl RelyingParty {
    /// Creates the relying party of an origin such as `https://login.example`; browsers show `name`. Port
    /// 0 stands for every port of the host.
    ///
    /// # Errors
    /// A sentence for an address at which browsers offer no passkeys: without TLS and not `localhost`, or an
    /// IP address.
    ///
    /// ```
    /// use vestibule_service::accounts::RelyingParty;
    ///
    /// let party = RelyingParty::new("https://login.example:8443", "Example").unwrap();
    /// assert_eq!(party.host(), "login.example");
    /// assert!(RelyingParty::new("http://localhost:8000", "Example").is_ok());
    /// assert!(RelyingParty::new("http://login.example", "Example").is_err());
    /// assert!(RelyingParty::new("https://192.0.2.7", "Example").is_err());
    /// ```
    pub fn new(origin: &str, name: &str) -> Result<Self, &'static str> {
        let url = Url::parse(origin).map_err(|_| NO_NAME)?;
        let host = url.domain().ok_or(NO_NAME)?.to_owned();
        if url.scheme() != "https" && host != "localhost" && !host.ends_with(".localhost") {
            return Err(NO_TLS);
        }
        let builder = WebauthnBuilder::new(&host, &url).map_err(|_| NO_NAME)?;
        let builder = builder.rp_name(name).allow_any_port(url.port() == Some(0));
        let webauthn = builder.build().map_err(|_| NO_NAME)?;
        Ok(Self { webauthn, host, origin: origin.to_owned() })
    }

    /// Returns the host, which is the id of the relying party.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the origin of the pages.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}
