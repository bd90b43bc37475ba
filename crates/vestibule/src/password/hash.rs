//! Password hashes: passlib's `$bcrypt-sha256$v=2`, and imported ones.
//!
//! bcrypt alone ignores all after 72 bytes and repeats its key after a NUL. An HMAC-SHA-256 of the
//! password, keyed with the salt's text, avoids both: 44 characters, no NUL.

use std::time::{Duration, Instant};

use base64::Engine as _;
use bcrypt::Version;

use super::bcrypt_hash::{BCRYPT64, BcryptHash, Prehash, prehash};
#[cfg(feature = "imported-hashes")]
use super::imported::ImportedHash;
use crate::error::Error;

#[cfg(feature = "imported-hashes")]
const ACCEPTED: &str =
    "bcrypt, PBKDF2, scrypt or Argon2 as passlib, Werkzeug, Django or PHP writes it";
#[cfg(not(feature = "imported-hashes"))]
const ACCEPTED: &str = "bcrypt as passlib, Django or PHP writes it";

/// Without the feature none is parsed.
#[cfg(not(feature = "imported-hashes"))]
enum ImportedHash {}

#[cfg(not(feature = "imported-hashes"))]
impl ImportedHash {
    fn parse(_: &str) -> Option<Self> {
        None
    }

    fn check_cost(&self) -> Result<(), String> {
        match *self {}
    }

    fn can_match(&self, _: &str) -> bool {
        match *self {}
    }

    fn matches(&self, _: &str) -> bool {
        match *self {}
    }
}

/// Hashes a new password: `$bcrypt-sha256$v=2,t=2b,r=<cost>$<salt>$<digest>`.
pub(super) fn hash(password: &str, cost: u32) -> Result<String, Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(Error::unavailable)?;
    with_salt(password, cost, salt)
}

/// Estimates how long a hash of this cost takes by one of bcrypt's lowest cost, 4: each step doubles
/// the time.
pub(super) fn estimate(cost: u32) -> Result<Duration, Error> {
    let start = Instant::now();
    hash("", 4)?;
    Ok(start.elapsed() * 2_u32.saturating_pow(cost.saturating_sub(4)))
}

/// Returns a random hash of this cost, which no known password matches.
pub(super) fn unmatched(cost: u32) -> Result<String, Error> {
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

/// Whether the password matches a stored hash; an unreadable hash never matches.
pub(super) fn verify(password: &str, stored: &str) -> bool {
    if let Some(foreign) = ImportedHash::parse(stored) {
        return foreign.matches(password);
    }
    let readable = BcryptHash::parse(stored).filter(|stored| stored.can_match(password));
    readable.is_some_and(|stored| {
        bcrypt::verify(stored.prehash.before_bcrypt(password), &stored.bcrypt).unwrap_or(false)
    })
}

/// As [`verify`], but a wrong password takes as long as with a hash of this cost: the time of a
/// cheaper, imported hash of bcrypt would reveal that the account exists. Other functions take the
/// time that they take.
pub(super) fn verify_evenly(password: &str, stored: &str, cost: u32) -> bool {
    let matches = verify(password, stored);
    if !matches {
        let spent = BcryptHash::parse(stored).map_or(cost, |stored| stored.cost);
        for cost in missing_work(spent, cost) {
            let _ = bcrypt::hash_with_salt("x", cost, [0; 16]);
        }
    }
    matches
}

/// The costs whose work, added to that of `spent`, is the work of `wanted`.
fn missing_work(spent: u32, wanted: u32) -> std::ops::Range<u32> {
    spent..wanted
}

/// Whether a stored hash should be replaced at the next sign-in.
pub(super) fn is_outdated(stored: &str, cost: u32) -> bool {
    let stored = BcryptHash::parse(stored);
    !stored.is_some_and(|stored| stored.prehash.is_ours() && stored.cost >= cost)
}

/// Whether [`verify`] would compute a hash, rather than refuse at once.
pub(super) fn can_match(password: &str, stored: &str) -> bool {
    match ImportedHash::parse(stored) {
        Some(foreign) => foreign.can_match(password),
        None => BcryptHash::parse(stored).is_some_and(|stored| stored.can_match(password)),
    }
}

/// Returns an imported hash in the form to store, or the reason against it.
pub(super) fn adopt(text: &str, max_cost: u32) -> Result<String, String> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a hash has no spaces, control characters or letters beyond ASCII".to_owned());
    }
    if let Some(foreign) = ImportedHash::parse(text) {
        return foreign.check_cost().map(|()| text.to_owned());
    }
    let Some(stored) = BcryptHash::parse(text) else {
        return Err(format!("this is no hash of {ACCEPTED}"));
    };
    let cost = stored.cost;
    if cost > max_cost {
        return Err(format!("its cost is {cost}, above auth.password.cost, which is {max_cost}"));
    }
    Ok(if matches!(stored.prehash, Prehash::None) { stored.bcrypt } else { text.to_owned() })
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
    fn long_passwords_and_nul_are_hashed_in_full() {
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
    fn bcrypt_as_django_writes_it_verifies_and_is_outdated() {
        // Made by Django 5.2.
        let sha256 = "bcrypt_sha256$$2b$04$5h19fac6r2BYA1PCV6qCN.C49UOVHwBfbKLvZ.Q1wtWeAh9.tp482";
        let plain = "bcrypt$$2b$04$lpHwgzzuOtjbYOyMS3VO2.CYb/MUuv91yEgw4.dC87/oQABIFeXai";
        for made in [sha256, plain] {
            assert!(verify("pässword", made) && !verify("password", made), "{made}");
            assert!(is_outdated(made, 4), "{made}");
        }
        assert_eq!(adopt(sha256, 4).as_deref(), Ok(sha256));
        assert_eq!(adopt(plain, 4).as_deref(), Ok(&plain["bcrypt$".len()..]));
        assert!(adopt(sha256, 3).expect_err("above").contains("its cost is 4"));
        assert!(can_match("a\0b", sha256) && !can_match("a\0b", plain));
    }

    #[cfg(feature = "imported-hashes")]
    #[test]
    fn other_functions_verify_are_outdated_and_have_limits() {
        let made = "pbkdf2_sha256$1000$salt$zaPBw25cko7Ca8lZz1fxPhI2duvzpPRkKl9tLENcH14=";
        assert!(verify_evenly("pässword", made, 4) && !verify_evenly("password", made, 4));
        assert!(is_outdated(made, 4) && can_match("pässword", made));
        assert_eq!(adopt(made, 4).as_deref(), Ok(made));
        let costly = made.replacen("1000", "4000000000", 1);
        assert!(!can_match("pässword", &costly) && !verify("pässword", &costly));
        assert!(adopt(&costly, 4).expect_err("above").contains("more than 2000000"));
    }

    #[test]
    fn an_unreadable_hash_matches_nothing() {
        let utf8 = "é".repeat(30);
        for odd in ["", "!", "$2b$31$", &utf8, "$2b$12$short", "$bcrypt-sha256$v=2,t=2b,r=31$a$b"] {
            assert!(!verify("", odd) && !verify("password", odd), "{odd}");
        }
    }

    #[test]
    fn unused_bits_in_an_old_hash_are_ignored() {
        let good = bcrypt::hash("ab", 4).expect("hashes");
        // The last character of the salt holds two bits of it, that of the digest four.
        let stray = |at: usize, keep: usize| {
            let alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
            let value = alphabet.find(&good[at..=at]).expect("of the alphabet");
            let other = value | ((1 << (6 - keep)) - 1);
            format!("{}{}{}", &good[..at], &alphabet[other..=other], &good[at + 1..])
        };
        for odd in [stray(28, 2), stray(59, 4)] {
            assert!(verify("ab", &odd) && !verify("abc", &odd), "{odd}");
        }
    }

    #[test]
    fn an_unmatched_hash_costs_as_much_as_a_stored_one() {
        let unmatched = unmatched(5).expect("randomness");
        assert_eq!(BcryptHash::parse(&unmatched).map(|stored| stored.cost), Some(5));
        assert!(can_match("", &unmatched) && !verify("", &unmatched));
        assert!(BcryptHash::parse(&format!("{unmatched}$")).is_none(), "a part too many");
    }

    #[test]
    fn a_wrong_password_costs_the_same_whatever_the_hash() {
        for spent in 4..=12 {
            let work: u32 = missing_work(spent, 12).map(|cost| 1 << cost).sum();
            assert_eq!((1 << spent) + work, 1 << 12);
        }
        assert!(missing_work(12, 12).is_empty() && missing_work(14, 12).is_empty());
    }

    #[test]
    fn an_imported_hash_is_kept_unchanged_or_refused_without_being_repeated() {
        for made in ["$2a$", "$2b$", "$2y$"] {
            let plain = bcrypt::hash("ab", 4).expect("hashes").replacen("$2b$", made, 1);
            assert_eq!(adopt(&plain, 4).as_deref(), Ok(plain.as_str()));
        }
        let ours = hash("ab", 5).expect("hashes");
        assert_eq!(adopt(&ours, 5).as_deref(), Ok(ours.as_str()));
        assert!(adopt(&ours, 4).expect_err("above").contains("its cost is 5"));
        let short = &ours[..ours.len() - 1];
        let other = ours.replacen("v=2", "v=1", 1);
        for odd in ["", "hunter2", "$2x$04$", "$argon2id$v=19$", "pbkdf2:md5:1$a$b", short, &other]
        {
            let why = adopt(odd, 12).expect_err(odd);
            assert!(why.contains("no hash") && (odd.is_empty() || !why.contains(odd)), "{why}");
        }
    }
}
