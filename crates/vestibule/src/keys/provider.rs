//! The cryptography of `jsonwebtoken`.

use jsonwebtoken::crypto;

/// Installs the provider unless one is installed: otherwise the crate picks one by its features,
/// and panics if another crate of the application enabled a second.
pub(super) fn install_provider() {
    let _ = crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
}
