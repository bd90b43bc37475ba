//! Password hashes: passlib's `$bcrypt-sha256$v=2`, and imported plain bcrypt.
//!
//! bcrypt alone ignores all after 72 bytes and repeats its key after a NUL. An HMAC-SHA-256 of the
//! password, keyed with the salt's text, avoids both: 44 characters, no NUL.

use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use bcrypt::Version;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::Error;

const BCRYPT64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));

/// Highest accepted cost; 20 takes about a minute.
const HIGHEST_COST: u32 = 20;

/// Hashes a new password: `$bcrypt-sha256$v=2,t=2b,r=<cost>$<salt>$<digest>`.
pub(super) fn hash(password: &str, cost: u32) -> Result<String, Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(Error::unavailable)?;
    with_salt(password, cost, salt)
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
    let matches = |stored: Stored<'_>| match stored.salt {
        Some(salt) => bcrypt::verify(prehash(password, salt), &stored.bcrypt),
        None => bcrypt::verify(password, &stored.bcrypt),
    };
    let readable = Stored::parse(stored).filter(|stored| stored.can_match(password));
    readable.is_some_and(|stored| matches(stored).unwrap_or(false))
}

/// As [`verify`], but a wrong password takes as long as with a hash of this cost: the time of a
/// cheaper, imported hash would reveal that the account exists.
pub(super) fn verify_evenly(password: &str, stored: &str, cost: u32) -> bool {
    let matches = verify(password, stored);
    if !matches {
        let spent = Stored::parse(stored).map_or(cost, |stored| stored.cost);
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
    let stored = Stored::parse(stored);
    !stored.is_some_and(|stored| stored.salt.is_some() && stored.cost >= cost)
}

/// Whether [`verify`] would compute a hash, rather than refuse at once.
pub(super) fn can_match(password: &str, stored: &str) -> bool {
    Stored::parse(stored).is_some_and(|stored| stored.can_match(password))
}

/// Returns an imported hash in the form to store, or the reason against it.
pub(super) fn adopt(text: &str, max_cost: u32) -> Result<String, String> {
    let Some(stored) = Stored::parse(text) else {
        return Err("this is no hash of bcrypt, nor of passlib's bcrypt-sha256".to_owned());
    };
    let cost = stored.cost;
    if cost > max_cost {
        return Err(format!("its cost is {cost}, above auth.password.cost, which is {max_cost}"));
    }
    Ok(if stored.salt.is_some() { text.to_owned() } else { stored.bcrypt })
}

fn prehash(password: &str, salt_text: &str) -> String {
    // Cannot fail: HMAC takes a key of any length.
    let mac = Hmac::<Sha256>::new_from_slice(salt_text.as_bytes());
    let digest = mac.map(|mac| mac.chain_update(password.as_bytes()).finalize().into_bytes());
    digest.map(|digest| STANDARD.encode(digest)).unwrap_or_default()
}

/// A parsed hash.
struct Stored<'h> {
    cost: u32,
    /// The hash as bcrypt writes it, in canonical form.
    bcrypt: String,
    /// The key of the HMAC in passlib's form; `None` for plain bcrypt.
    salt: Option<&'h str>,
}

impl<'h> Stored<'h> {
    fn parse(stored: &'h str) -> Option<Self> {
        let cost = |text: &str| {
            let cost = text.parse().ok()?;
            (4..=HIGHEST_COST).contains(&cost).then_some(cost)
        };
        if let Some(rest) = stored.strip_prefix("$bcrypt-sha256$v=2,t=2b,r=") {
            let mut parts = rest.split('$');
            let (rounds, salt, digest) = (parts.next()?, parts.next()?, parts.next()?);
            let good = parts.next().is_none()
                && canonical(salt, 16).is_some_and(|canonical| canonical == salt)
                && canonical(digest, 23).is_some_and(|canonical| canonical == digest);
            let cost = cost(rounds).filter(|_| good)?;
            let bcrypt = format!("$2b${cost:02}${salt}{digest}");
            return Some(Self { cost, bcrypt, salt: Some(salt) });
        }
        let tag = ["$2a$", "$2b$", "$2y$"].into_iter().find(|tag| stored.starts_with(tag))?;
        let (rounds, text) = stored[tag.len()..].split_once('$')?;
        let (salt, digest) = text.split_at_checked(22)?;
        let (cost, salt, digest) = (cost(rounds)?, canonical(salt, 16)?, canonical(digest, 23)?);
        let bcrypt = format!("{tag}{rounds}${salt}{digest}");
        (rounds.len() == 2).then_some(Self { cost, bcrypt, salt: None })
    }

    /// Whether it is safe to compare: plain bcrypt repeats its key after a NUL, so "ab" would match
    /// "ab\0ab".
    fn can_match(&self, password: &str) -> bool {
        self.salt.is_some() || !password.contains('\0')
    }
}

/// The base64 text of a number of bytes in canonical form: the last character has unused bits,
/// which some programs left set.
fn canonical(text: &str, bytes: usize) -> Option<String> {
    let decoded = LENIENT.decode(text).ok()?;
    (decoded.len() == bytes).then(|| BCRYPT64.encode(decoded))
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
        for odd in ["", "hunter2", "$2x$04$", "$argon2id$v=19$", short, &other] {
            let why = adopt(odd, 12).expect_err(odd);
            assert!(why.contains("no hash") && (odd.is_empty() || !why.contains(odd)), "{why}");
        }
    }
}
