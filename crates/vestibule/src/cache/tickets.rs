//! Tickets that were opened lately: what a cookie of ours holds does not change.

use std::sync::Arc;

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::session::cookie::CookieKind;
use crate::session::ticket::Ticket;

/// How many are remembered at the most.
const MOST: usize = 10_000;

/// What a cookie is remembered by, and never its text: whoever reads our memory shall not find it.
type Fingerprint = [u8; 32];

/// The tickets of cookies that we had sealed, under the secret keys of this launch. Their times
/// and what they name are looked at anew for each request.
pub(crate) struct OpenedTickets(Cache<Fingerprint, Arc<Ticket>>);

impl OpenedTickets {
    pub(crate) fn new() -> Self {
        Self(Cache::new(MOST))
    }

    /// The ticket in a sealed cookie. Nothing is remembered of one that does not open.
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

/// A cookie under the name of the other is another cookie: its name is sealed with it.
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

    fn is_known(opened: &OpenedTickets, kind: CookieKind, sealed: &str) -> bool {
        opened.get_or_open(kind, sealed, || None).is_some()
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let opened = OpenedTickets::new();
        for number in 0..3 * MOST {
            opened.get_or_open(CookieKind::Session, &number.to_string(), || Some(ticket()));
        }
        assert!(opened.0.len() <= MOST, "{}", opened.0.len());
    }

    #[test]
    fn a_cookie_is_remembered_by_a_hash_of_its_name_and_all_of_its_text() {
        let (opened, sealed) = (OpenedTickets::new(), "sealed");
        let key = fingerprint(CookieKind::Session, sealed);
        assert!(!key.windows(sealed.len()).any(|part| part == sealed.as_bytes()));
        let found = opened.get_or_open(CookieKind::Session, sealed, || Some(ticket()));
        assert_eq!(found, Some(ticket()));
        assert!(is_known(&opened, CookieKind::Session, sealed));
        assert!(!is_known(&opened, CookieKind::Remember, sealed));
        for other in ["sealeD", "seale", "sealed=", "", "Sealed"] {
            assert!(!is_known(&opened, CookieKind::Session, other), "{other}");
        }
    }

    #[test]
    fn what_does_not_open_is_not_remembered() {
        let opened = OpenedTickets::new();
        assert!(!is_known(&opened, CookieKind::Session, "forged"));
        assert_eq!(opened.0.len(), 0);
    }
}
