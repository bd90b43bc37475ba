//! `[default.accounts]`.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Settings of the account service.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountsConfig {
    /// Whether visitors may register themselves. Defaults to on.
    pub registration: bool,
    /// Whether the sample users of the Flask guide are inserted into an empty database.
    /// Defaults to on in the debug profile while listening on a loopback address; refused
    /// anywhere else.
    pub sample_users: Option<bool>,
    /// Addresses of proxies whose `X-Real-IP` is believed. Defaults to none: then the address
    /// of a client is the one that it connects from.
    pub trusted_proxy: Vec<IpAddr>,
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self { registration: true, sample_users: None, trusted_proxy: Vec::new() }
    }
}
