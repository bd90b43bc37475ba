//! Parses a stored hash of bcrypt.

use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

pub(super) const BCRYPT64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));

/// Highest accepted cost; 20 takes about a minute.
const HIGHEST_COST: u32 = 20;

pub(super) fn prehash(password: &str, salt_text: &str) -> String {
    // Cannot fail: HMAC takes a key of any length.
    let mac = Hmac::<Sha256>::new_from_slice(salt_text.as_bytes());
    let digest = mac.map(|mac| mac.chain_update(password.as_bytes()).finalize().into_bytes());
    digest.map(|digest| STANDARD.encode(digest)).unwrap_or_default()
}

/// What is done with a password before bcrypt.
pub(super) enum Prehash<'h> {
    /// Nothing: plain bcrypt.
    None,
    /// Passlib's HMAC, keyed with the salt; ours.
    Hmac(&'h str),
    /// Django's SHA-256.
    Sha256,
}

impl Prehash<'_> {
    pub(super) fn is_ours(&self) -> bool {
        matches!(self, Self::Hmac(_))
    }

    pub(super) fn before_bcrypt(&self, password: &str) -> String {
        match self {
            Self::None => password.to_owned(),
            Self::Hmac(salt) => prehash(password, salt),
            Self::Sha256 => format!("{:x}", Sha256::digest(password)),
        }
    }
}

/// A parsed hash of bcrypt.
pub(super) struct BcryptHash<'h> {
    pub(super) cost: u32,
    /// The hash as bcrypt writes it, in canonical form.
    pub(super) bcrypt: String,
    pub(super) prehash: Prehash<'h>,
}

impl<'h> BcryptHash<'h> {
    pub(super) fn parse(stored: &'h str) -> Option<Self> {
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
            return Some(Self { cost, bcrypt, prehash: Prehash::Hmac(salt) });
        }
        // Django puts a word before it.
        let (prehash, stored) = match stored.split_once('$') {
            Some(("bcrypt_sha256", rest)) => (Prehash::Sha256, rest),
            Some(("bcrypt", rest)) => (Prehash::None, rest),
            _ => (Prehash::None, stored),
        };
        let tag = ["$2a$", "$2b$", "$2y$"].into_iter().find(|tag| stored.starts_with(tag))?;
        let (rounds, text) = stored[tag.len()..].split_once('$')?;
        let (salt, digest) = text.split_at_checked(22)?;
        let (cost, salt, digest) = (cost(rounds)?, canonical(salt, 16)?, canonical(digest, 23)?);
        let bcrypt = format!("{tag}{rounds}${salt}{digest}");
        (rounds.len() == 2).then_some(Self { cost, bcrypt, prehash })
    }

    /// Whether it is safe to compare: plain bcrypt repeats its key after a NUL, so "ab" would match
    /// "ab\0ab".
    pub(super) fn can_match(&self, password: &str) -> bool {
        !matches!(self.prehash, Prehash::None) || !password.contains('\0')
    }
}

/// The base64 text of a number of bytes in canonical form: the last character has unused bits,
/// which some programs left set.
fn canonical(text: &str, bytes: usize) -> Option<String> {
    let decoded = LENIENT.decode(text).ok()?;
    (decoded.len() == bytes).then(|| BCRYPT64.encode(decoded))
}
