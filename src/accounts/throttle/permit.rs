//! The permit of an address to have a password hashed.

use std::net::IpAddr;

use crate::accounts::network_permits::NetworkPermit;
use crate::accounts::service::Accounts;
use vestibule::Error;
use vestibule::throttle::network;

impl Accounts {
    /// Acquires a permit for the network of this address, whether its password is right or wrong, among
    /// as many as passwords may be hashed and wait.
    ///
    /// # Errors
    /// 503 `busy`.
    pub(in crate::accounts) fn acquire_permit(
        &self,
        address: Option<IpAddr>,
    ) -> Result<Option<NetworkPermit>, Error> {
        let capacity = self.auth.password.hashers + self.auth.password.queue;
        address.map(|address| self.permits.acquire(network(address), capacity)).transpose()
    }
}
