//! The cache of decrypted tickets; the content of a cookie never changes.

use std::sync::Arc;

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::session::cookie::CookieKind;
use crate::session::ticket::Ticket;

/// The maximum number of tickets.
const CAPACITY: usize = 10_000;

/// The key of a cookie: a hash, so that the cache holds no credential.
type Fingerprint = [u8; 32];

/// The tickets of cookies that the secret keys decrypted. Their times and sign-ins are checked for
/// each request.
pub(crate) struct OpenedTickets(Cache<Fingerprint, Arc<Ticket>>);

impl OpenedTickets {
    pub(crate) fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    /// Returns the ticket in an encrypted cookie, cached or by `open`, whose failures are not
    /// cached.
    pub(crate) fn get_or_open(
        &self,
        kind: CookieKind,
        sealed: &str,
        open: impl FnOnce() -> Option<Ticket>,
    ) -> Option<Ticket> {
        let fingerprint = fingerprint(kind, sealed);
        if let Some(ticket) = self.0.get(&fingerprint) {
            return Some((*ticket).clone());
        }
        let ticket = open()?;
        self.0.insert(fingerprint, Arc::new(ticket.clone()));
        Some(ticket)
    }
}

/// Includes the kind of cookie, because the cookie's name is encrypted with its value.
fn fingerprint(kind: CookieKind, sealed: &str) -> Fingerprint {
    let label = match kind {
        CookieKind::Session => b's',
        CookieKind::Remember => b'r',
    };
    Sha256::new().chain_update([label]).chain_update(sealed).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> Ticket {
        Ticket {
            sid: "an id".to_owned(),
            sub: "7".to_owned(),
            iat: 0,
            exp: 0,
            auth: 0,
            fresh: true,
            remembered: false,
            client: String::new(),
            stamp: None,
            outdated: false,
        }
    }

    fn is_cached(opened: &OpenedTickets, kind: CookieKind, sealed: &str) -> bool {
        opened.get_or_open(kind, sealed, || None).is_some()
    }

    #[test]
    fn the_number_of_tickets_is_limited() {
        let opened = OpenedTickets::new();
        for number in 0..3 * CAPACITY {
            opened.get_or_open(CookieKind::Session, &number.to_string(), || Some(ticket()));
        }
        assert!(opened.0.len() <= CAPACITY, "{}", opened.0.len());
    }

    #[test]
    fn a_cookie_is_cached_by_a_hash_of_its_name_and_whole_text() {
        let (opened, sealed) = (OpenedTickets::new(), "sealed");
        let key = fingerprint(CookieKind::Session, sealed);
        assert!(!key.windows(sealed.len()).any(|part| part == sealed.as_bytes()));
        let found = opened.get_or_open(CookieKind::Session, sealed, || Some(ticket()));
        assert_eq!(found, Some(ticket()));
        assert!(is_cached(&opened, CookieKind::Session, sealed));
        assert!(!is_cached(&opened, CookieKind::Remember, sealed));
        for other in ["sealeD", "seale", "sealed=", "", "Sealed"] {
            assert!(!is_cached(&opened, CookieKind::Session, other), "{other}");
        }
    }

    #[test]
    fn a_cookie_that_cannot_be_decrypted_is_not_cached() {
        let opened = OpenedTickets::new();
        assert!(!is_cached(&opened, CookieKind::Session, "forged"));
        assert_eq!(opened.0.len(), 0);
    }
}
