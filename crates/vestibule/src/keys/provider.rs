//! The cryptography that signs and verifies.

use jsonwebtoken::crypto;

/// Names the provider of the cryptography: the crate guesses by its features and panics when
/// another crate of the application switched a second one on. One that is set already stays.
pub(super) fn install_provider() {
    let _ = crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
}
