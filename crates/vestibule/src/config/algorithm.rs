//! Signature algorithms (RFC 7518, section 3.1; RFC 8037).

use serde::{Deserialize, Serialize};

/// A signature algorithm. The configuration fixes it; a token's header is only compared with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256. The default.
    #[default]
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
    /// RSA (PKCS #1) with SHA-256.
    RS256,
    /// RSA (PKCS #1) with SHA-384.
    RS384,
    /// RSA (PKCS #1) with SHA-512.
    RS512,
    /// RSA (PSS) with SHA-256.
    PS256,
    /// RSA (PSS) with SHA-384.
    PS384,
    /// RSA (PSS) with SHA-512.
    PS512,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// Ed25519.
    EdDSA,
}

/// The kind of key that an algorithm uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Hmac,
    Rsa,
    Ec,
    Ed,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 12] = [
        Self::HS256,
        Self::HS384,
        Self::HS512,
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];

    /// The name in the `alg` field, the algorithm of the crate, and the kind of key.
    const fn row(self) -> (&'static str, jsonwebtoken::Algorithm, Family) {
        use jsonwebtoken::Algorithm as Jwt;
        match self {
            Self::HS256 => ("HS256", Jwt::HS256, Family::Hmac),
            Self::HS384 => ("HS384", Jwt::HS384, Family::Hmac),
            Self::HS512 => ("HS512", Jwt::HS512, Family::Hmac),
            Self::RS256 => ("RS256", Jwt::RS256, Family::Rsa),
            Self::RS384 => ("RS384", Jwt::RS384, Family::Rsa),
            Self::RS512 => ("RS512", Jwt::RS512, Family::Rsa),
            Self::PS256 => ("PS256", Jwt::PS256, Family::Rsa),
            Self::PS384 => ("PS384", Jwt::PS384, Family::Rsa),
            Self::PS512 => ("PS512", Jwt::PS512, Family::Rsa),
            Self::ES256 => ("ES256", Jwt::ES256, Family::Ec),
            Self::ES384 => ("ES384", Jwt::ES384, Family::Ec),
            Self::EdDSA => ("EdDSA", Jwt::EdDSA, Family::Ed),
        }
    }

    /// The name in the `alg` field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// Whether a private key signs and a public key verifies.
    #[must_use]
    pub const fn is_asymmetric(self) -> bool {
        !matches!(self.family(), Family::Hmac)
    }

    pub(crate) const fn to_jsonwebtoken(self) -> jsonwebtoken::Algorithm {
        self.row().1
    }

    pub(crate) const fn family(self) -> Family {
        self.row().2
    }

    /// The length of the hash in bytes: the minimum for an HMAC key (RFC 7518, section 3.2).
    pub(crate) const fn hash_length(self) -> usize {
        match self {
            Self::HS384 | Self::RS384 | Self::PS384 | Self::ES384 => 48,
            Self::HS512 | Self::RS512 | Self::PS512 => 64,
            _ => 32,
        }
    }
}
