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
        address.map(|address| self.permits.acquire(network(address))).transpose()
    }

    /// Checks that a password from this address could be hashed now, for use before work that `busy`
    /// would make useless.
    ///
    /// # Errors
    /// 503 `busy`.
    pub(in crate::accounts) fn check_capacity(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.hasher.check_capacity()?;
        address.map_or(Ok(()), |address| self.permits.check_network(&network(address)))
    }
}
