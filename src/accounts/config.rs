//! The settings in `[default.accounts]`.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use rocket::figment::value::magic::RelativePathBuf;
use serde::{Deserialize, Serialize};

use super::user::{Role, User};

/// Whether accounts have e-mail addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressPolicy {
    /// There are none.
    Off,
    /// A user may have one.
    #[default]
    Optional,
    /// Who registers confirms one first.
    Required,
}

/// Who needs a second factor to use the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactorRule {
    /// No second factor can be set up; an existing one is still asked for.
    Off,
    /// A user may have one.
    #[default]
    Optional,
    /// Every administrator sets one up before anything else.
    Administrators,
    /// Every user sets one up before anything else.
    Everybody,
}

impl SecondFactorRule {
    /// Returns whether a user must have a second factor.
    #[must_use]
    pub fn requires(self, user: &User) -> bool {
        match self {
            Self::Off | Self::Optional => false,
            Self::Administrators => user.role == Role::Admin,
            Self::Everybody => true,
        }
    }

    /// Returns whether a user must set up a second factor before anything else.
    #[must_use]
    pub fn requires_set_up(self, user: &User) -> bool {
        self.requires(user) && !user.has_second_factor()
    }
}

/// Settings of the account service.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountsConfig {
    /// The name of the service in titles and on pages, 1 to 60 characters. Defaults to
    /// `"Vestibule"`.
    pub site_name: String,
    /// A directory of files that are served under `/static`, before the program's own of the same
    /// names; relative to the file of the setting. Pages also link `brand.css` and show `logo.svg`
    /// or `logo.png`. Defaults to none.
    pub static_dir: Option<RelativePathBuf>,
    /// A directory with more languages, and with other texts for the program's own: a folder for each,
    /// named after it, with files of Fluent messages; relative to the file of the setting. Defaults to
    /// none.
    pub languages_dir: Option<RelativePathBuf>,
    /// Whether visitors may register themselves. Defaults to on.
    pub registration: bool,
    /// Whether accounts have e-mail addresses: `"off"`, `"optional"` or `"required"`, with which a
    /// visitor who registers must confirm one first. Defaults to `"optional"`.
    pub email: AddressPolicy,
    /// Whether the sample users of the Flask guide are inserted into an empty database.
    /// Defaults to on in the debug profile while listening on a loopback address; refused
    /// anywhere else.
    pub sample_users: Option<bool>,
    /// Addresses and networks of proxies whose `X-Real-IP` is believed. Defaults to none: then the
    /// address of a client is the one that it connects from.
    pub trusted_proxy: Vec<ProxyNetwork>,
    /// How many browsers and programs may be signed in to one account; the next sign-in ends the
    /// one that was not used for longest. Access keys do not count. At least 1. Defaults to 100.
    pub max_sign_ins: u32,
    /// How long a row of the audit log is kept, at least `"1 day"`; 0 for ever. Defaults to `"0s"`.
    #[serde(with = "vestibule::config::duration")]
    pub audit_retention: Duration,
    /// How long a link lives by which a user sets another password, `"1m"` to `"30 days"`. Defaults
    /// to `"1h"`.
    #[serde(with = "vestibule::config::duration")]
    pub reset_link_lifetime: Duration,
    /// How long a link lives by which a new user sets the first password, `"1m"` to `"30 days"`.
    /// Defaults to `"7 days"`.
    #[serde(with = "vestibule::config::duration")]
    pub invitation_lifetime: Duration,
    /// How long a link lives that is sent to an address which an account no longer has, and puts it
    /// back, `"1m"` to `"30 days"`. Defaults to `"7 days"`.
    #[serde(with = "vestibule::config::duration")]
    pub address_return_lifetime: Duration,
    /// Whether users can sign in by a link in a mail; needs `[default.mail]`. Defaults to off.
    pub sign_in_links: bool,
    /// Who needs a second factor: `"off"`, where no user can set one up, `"optional"`,
    /// `"administrators"` or `"everybody"`, who then set one up before anything else. Defaults to
    /// `"optional"`.
    pub second_factor: SecondFactorRule,
    /// How many accounts may be registered from one address. Defaults to
    /// `{ max = 20, window = "1h" }`.
    pub registrations: RegistrationsConfig,
}

/// An address of a proxy, or a network such as `10.0.0.0/8`.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProxyNetwork(IpNet);

impl ProxyNetwork {
    /// Returns whether the network holds this address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl TryFrom<String> for ProxyNetwork {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let address = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
        match address.or_else(|_| text.parse::<IpNet>().map(canonical)) {
            Ok(all) if all.prefix_len() == 0 => Err("every client would be a trusted proxy"),
            Ok(network) => Ok(Self(network)),
            Err(_) => Err("must be an IP address, or a network such as \"10.0.0.0/8\""),
        }
    }
}

/// Returns a network of IPv4 addresses mapped to IPv6 as one of IPv4.
fn canonical(network: IpNet) -> IpNet {
    // `None` for a network of IPv4 itself, whose prefix has 32 bits at most.
    let length = network.prefix_len().checked_sub(96);
    match (network.addr().to_canonical(), length) {
        (address @ IpAddr::V4(_), Some(length)) => IpNet::new(address, length).unwrap_or(network),
        _ => network,
    }
}

impl From<ProxyNetwork> for String {
    fn from(network: ProxyNetwork) -> Self {
        network.0.to_string()
    }
}

impl fmt::Debug for ProxyNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `[default.accounts.registrations]`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrationsConfig {
    /// Accounts until 429 `too_many_attempts`, at least 1. Defaults to 20.
    pub max: u32,
    /// How long they count, from the first. Defaults to `"1h"`.
    #[serde(with = "vestibule::config::duration")]
    pub window: Duration,
}

impl AccountsConfig {
    /// Returns the path of [`static_dir`](Self::static_dir).
    #[must_use]
    pub fn static_dir(&self) -> Option<PathBuf> {
        self.static_dir.as_ref().map(RelativePathBuf::relative)
    }

    /// Returns the path of [`languages_dir`](Self::languages_dir).
    #[must_use]
    pub fn languages_dir(&self) -> Option<PathBuf> {
        self.languages_dir.as_ref().map(RelativePathBuf::relative)
    }
}

impl Default for RegistrationsConfig {
    fn default() -> Self {
        Self { max: 20, window: Duration::from_secs(60 * 60) }
    }
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self {
            site_name: "Vestibule".to_owned(),
            static_dir: None,
            languages_dir: None,
            registration: true,
            email: AddressPolicy::default(),
            sample_users: None,
            trusted_proxy: Vec::new(),
            max_sign_ins: 100,
            audit_retention: Duration::ZERO,
            reset_link_lifetime: Duration::from_secs(60 * 60),
            invitation_lifetime: Duration::from_secs(7 * 24 * 60 * 60),
            address_return_lifetime: Duration::from_secs(7 * 24 * 60 * 60),
            sign_in_links: false,
            second_factor: SecondFactorRule::default(),
            registrations: RegistrationsConfig::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_mapped_addresses_is_one_of_ipv4() {
        let holds = |network: &str, address: &str| {
            let network = ProxyNetwork::try_from(network.to_owned()).expect("a network");
            network.contains(address.parse().expect("an address"))
        };
        for network in ["127.0.0.0/8", "::ffff:127.0.0.0/104"] {
            assert!(holds(network, "127.0.0.1") && holds(network, "::ffff:127.0.0.1"), "{network}");
            assert!(!holds(network, "128.0.0.1") && !holds(network, "::1"), "{network}");
        }
        assert!(holds("2001:db8::/32", "2001:db8::1") && !holds("2001:db8::/32", "127.0.0.1"));
        for all in ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96"] {
            assert!(ProxyNetwork::try_from(all.to_owned()).is_err(), "{all}");
        }
    }

    #[test]
    fn a_network_is_written_as_it_is_read() {
        for text in ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"] {
            let network = ProxyNetwork::try_from(text.to_owned()).expect("a network");
            assert_eq!(String::from(network), text);
        }
    }
}
