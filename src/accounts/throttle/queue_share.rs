//! The share of an address in the queue of the hasher.

use std::net::IpAddr;

use crate::accounts::service::Accounts;
use crate::accounts::shares::Share;
use vestibule::Error;
use vestibule::throttle::network;

impl Accounts {
    /// Takes a place for password work of this address. One network may have half of the places at
    /// work and waiting, further ones half of what is left, whether their passwords are right or wrong.
    ///
    /// # Errors
    /// 503 `busy`.
    pub(in crate::accounts) fn take_share(
        &self,
        address: Option<IpAddr>,
    ) -> Result<Option<Share>, Error> {
        let all = self.auth.password.hashers + self.auth.password.queue;
        address.map(|address| self.shares.take(network(address), all)).transpose()
    }
}
