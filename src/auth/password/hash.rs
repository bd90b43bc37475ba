//! The form in which passwords are kept: passlib's `$bcrypt-sha256$v=2`, and plain bcrypt
//! from elsewhere.
//!
//! bcrypt alone cuts at 72 bytes and repeats its key across a NUL. An HMAC-SHA-256 of the
//! password, keyed with the salt's text, has neither trouble: 44 characters, no NUL.

use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use bcrypt::Version;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::auth::error::Error;

const BCRYPT64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);

/// Highest cost that is verified: 20 is a minute of work already.
const HIGHEST_COST: u32 = 20;

/// Hashes a new password: `$bcrypt-sha256$v=2,t=2b,r=<cost>$<salt>$<digest>`.
pub(super) fn hash(password: &str, cost: u32) -> Result<String, Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(Error::unavailable)?;
    with_salt(password, cost, salt)
}

/// A hash of this cost that no password is known for; made without hashing anything.
pub(super) fn of_nobody(cost: u32) -> Result<String, Error> {
    let mut random = [0; 16 + 23];
    getrandom::fill(&mut random).map_err(Error::unavailable)?;
    let (salt, digest) = random.split_at(16);
    Ok(format!(
        "$bcrypt-sha256$v=2,t=2b,r={cost}${}${}",
        BCRYPT64.encode(salt),
        BCRYPT64.encode(digest)
    ))
}

fn with_salt(password: &str, cost: u32, salt: [u8; 16]) -> Result<String, Error> {
    let salt_text = BCRYPT64.encode(salt);
    let key = prehash(password, &salt_text);
    let parts = bcrypt::hash_with_salt(key, cost, salt).map_err(Error::internal)?;
    let plain = parts.format_for_version(Version::TwoB);
    let digest = plain.get(29..).unwrap_or_default();
    Ok(format!("$bcrypt-sha256$v=2,t=2b,r={cost}${salt_text}${digest}"))
}

/// Whether the password is the one behind a stored hash; a hash that cannot be read matches
/// nothing.
pub(super) fn verify(password: &str, stored: &str) -> bool {
    match Stored::parse(stored) {
        Some(Stored::Sha256 { cost, salt, digest }) => {
            let key = prehash(password, salt);
            verify_bcrypt(key.as_bytes(), &format!("$2b${cost:02}${salt}{digest}"))
        }
        // Plain bcrypt ends at a NUL and starts over: "ab" would match "ab\0ab".
        Some(Stored::Bcrypt) if password.contains('\0') => false,
        Some(Stored::Bcrypt) => verify_bcrypt(password.as_bytes(), stored),
        None => false,
    }
}

/// Whether a stored hash should be made anew at the next sign-in: plain bcrypt, or a cost
/// below the configured one.
pub(super) fn is_outdated(stored: &str, cost: u32) -> bool {
    !matches!(Stored::parse(stored), Some(Stored::Sha256 { cost: found, .. }) if found >= cost)
}

/// Whether a text is a hash that [`verify`] can read, and the password one that it would
/// look at.
pub(super) fn can_match(password: &str, stored: &str) -> bool {
    match Stored::parse(stored) {
        Some(Stored::Sha256 { .. }) => true,
        Some(Stored::Bcrypt) => !password.contains('\0'),
        None => false,
    }
}

fn verify_bcrypt(key: &[u8], hash: &str) -> bool {
    bcrypt::verify(key, hash).unwrap_or(false)
}

fn prehash(password: &str, salt_text: &str) -> String {
    // HMAC takes a key of any length, so this cannot fail.
    let mac = Hmac::<Sha256>::new_from_slice(salt_text.as_bytes());
    let digest = mac.map(|mac| mac.chain_update(password.as_bytes()).finalize().into_bytes());
    digest.map(|digest| STANDARD.encode(digest)).unwrap_or_default()
}

enum Stored<'h> {
    Sha256 { cost: u32, salt: &'h str, digest: &'h str },
    Bcrypt,
}

impl<'h> Stored<'h> {
    fn parse(stored: &'h str) -> Option<Self> {
        let fits = |text: &str, length: usize| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/';
            text.len() == length && text.bytes().all(plain)
        };
        let cost = |text: &str| {
            let cost = text.parse().ok()?;
            (4..=HIGHEST_COST).contains(&cost).then_some(cost)
        };
        if let Some(rest) = stored.strip_prefix("$bcrypt-sha256$v=2,t=2b,r=") {
            let mut parts = rest.split('$');
            let (rounds, salt, digest) = (parts.next()?, parts.next()?, parts.next()?);
            let good = parts.next().is_none() && fits(salt, 22) && fits(digest, 31);
            return good.then_some(Self::Sha256 { cost: cost(rounds)?, salt, digest });
        }
        let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|tag| stored.strip_prefix(tag))?;
        let (rounds, text) = rest.split_once('$')?;
        (cost(rounds).is_some() && rounds.len() == 2 && fits(text, 53)).then_some(Self::Bcrypt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_of_passlib_verifies() {
        // The example of passlib's documentation of bcrypt_sha256.
        let known =
            "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2";
        assert!(verify("password", known));
        assert!(!verify("Password", known));
    }

    #[test]
    fn neither_length_nor_nul_is_lost() {
        let long = "x".repeat(72);
        let stored = hash(&long, 4).expect("hashes");
        assert!(verify(&long, &stored));
        assert!(!verify(&format!("{long}zzz"), &stored));
        let short = hash("ab", 4).expect("hashes");
        assert!(!verify("ab\0ab", &short));
        assert!(!verify("\0", &hash("", 4).expect("hashes")));
    }

    #[test]
    fn plain_bcrypt_verifies_and_is_outdated() {
        let plain = bcrypt::hash("ab", 4).expect("hashes");
        assert!(verify("ab", &plain) && !verify("ab\0ab", &plain) && !verify("abc", &plain));
        assert!(is_outdated(&plain, 4));
        let ours = hash("ab", 5).expect("hashes");
        assert!(!is_outdated(&ours, 5) && is_outdated(&ours, 6));
    }

    #[test]
    fn an_unreadable_hash_matches_nothing() {
        let utf8 = "é".repeat(30);
        for odd in ["", "!", "$2b$31$", &utf8, "$2b$12$short", "$bcrypt-sha256$v=2,t=2b,r=31$a$b"] {
            assert!(!verify("", odd) && !verify("password", odd), "{odd}");
        }
    }
}
