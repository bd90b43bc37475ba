//! The share of an address in the queue of the hasher.

use std::net::IpAddr;

use super::counter::network;
use crate::accounts::service::Accounts;
use crate::accounts::shares::Share;
use vestibule::Error;

impl Accounts {
    /// Takes a place for password work of this address: a network may have half of those at work
    /// and waiting, also with right passwords.
    ///
    /// # Errors
    /// 503 `busy`.
    pub(in crate::accounts) fn take_share(
        &self,
        address: Option<IpAddr>,
    ) -> Result<Option<Share>, Error> {
        let max = (self.auth.password.hashers + self.auth.password.queue).div_ceil(2);
        address.map(|address| self.shares.take(network(address), max)).transpose()
    }
}
