//! E-mail addresses: what is accepted, and when two are the same.

use vestibule::Error;

/// The longest address that SMTP can name, in bytes (RFC 5321, section 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

/// The longest part before the `@`, in bytes (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// What the part before the `@` may hold besides letters and digits of ASCII, as in HTML's
/// `<input type="email">`.
const LOCAL_SIGNS: &str = ".!#$%&'*+/=?^_`{|}~-";

/// A valid e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    shown: String,
    key: String,
}

impl EmailAddress {
    /// Trims and parses an address.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `email` for what is no address, or is longer than 254 bytes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let shown = text.trim();
        let key = Self::key_of(shown).ok_or_else(|| {
            Error::invalid_field("email", "Enter an address such as ann@example.org.")
        })?;
        Ok(Self { shown: shown.to_owned(), key })
    }

    fn key_of(shown: &str) -> Option<String> {
        let (local, domain) = shown.rsplit_once('@')?;
        let is_local = |c: char| c.is_ascii_alphanumeric() || LOCAL_SIGNS.contains(c);
        let is_atom = |atom: &str| !atom.is_empty() && atom.chars().all(is_local);
        if local.len() > MAX_LOCAL || !local.split('.').all(is_atom) {
            return None;
        }
        let domain = idna::domain_to_ascii_strict(domain).ok()?;
        let is_label = |label: &str| !label.is_empty();
        if !domain.split('.').all(is_label) {
            return None;
        }
        let key = format!("{}@{domain}", local.to_ascii_lowercase());
        (key.len() <= MAX_ADDRESS).then_some(key)
    }

    /// Returns the address as it was typed.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Returns the form for comparison: the local part in lower case, the domain in lower-case
    /// ASCII (IDNA).
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the address for a mail server: the local part as typed, the domain in ASCII.
    #[must_use]
    pub fn to_ascii(&self) -> String {
        let local = self.shown.rsplit_once('@').map_or("", |(local, _)| local);
        let domain = self.key.rsplit_once('@').map_or("", |(_, domain)| domain);
        format!("{local}@{domain}")
    }

    /// Returns the spellings in which a user name may be this address: as it was typed, and with the
    /// domain in ASCII and in Unicode. One label in ASCII beside another in Unicode is none of them.
    #[must_use]
    pub fn spellings(&self) -> [String; 3] {
        let (local, domain) = self.key.rsplit_once('@').unwrap_or_default();
        let (unicode, _) = idna::domain_to_unicode(domain);
        [self.shown.clone(), self.key.clone(), format!("{local}@{unicode}")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_that_reach_one_mailbox_have_one_key() {
        let key = |text| EmailAddress::parse(text).expect("an address").key().to_owned();
        assert_eq!(key(" Ann.B+news@Example.ORG "), "ann.b+news@example.org");
        assert_eq!(key("ann@bücher.example"), "ann@xn--bcher-kva.example");
        assert_eq!(key("ann@BÜCHER.example"), key("ann@xn--bcher-kva.example"));
        assert_eq!(key("root@localhost"), "root@localhost");
        let typed = EmailAddress::parse("Ann@Bücher.example").expect("an address");
        assert_eq!(typed.shown(), "Ann@Bücher.example");
        assert_eq!(typed.to_ascii(), "Ann@xn--bcher-kva.example");
    }

    #[test]
    fn an_address_is_spelt_as_it_was_typed_in_ascii_and_in_unicode() {
        let spellings = |text| EmailAddress::parse(text).expect("an address").spellings();
        let (ascii, unicode) = ("ann@xn--bcher-kva.example", "ann@bücher.example");
        assert_eq!(spellings("Ann@BÜCHER.example"), ["Ann@BÜCHER.example", ascii, unicode]);
        assert_eq!(spellings(ascii), [ascii, ascii, unicode]);
        assert_eq!(spellings("ann@example.org"), ["ann@example.org"; 3]);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}org", format!("{}.", "b".repeat(60)).repeat(5));
        for text in [
            "",
            "@",
            "ann",
            "ann@",
            "@example.org",
            "ann b@example.org",
            "ann@exa mple.org",
            "ann@example..org",
            "ann@example.org.",
            "ann@.example.org",
            "a@b@example.org",
            "ann@example.org\nBcc: bob@example.org",
            "<ann@example.org>",
            "\"ann\"@example.org",
            "ann@example.org,bob@example.org",
            "ann@[127.0.0.1]",
            "ann\0@example.org",
            "änn@example.org",
            "a..b@example.org",
            ".a@example.org",
            "a.@example.org",
            "ann@-example.org",
            &long,
            &longer,
        ] {
            let refused = EmailAddress::parse(text);
            assert!(refused.is_err(), "{text:?} is taken as {refused:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_address_stays_one_when_it_is_parsed_again(text in "\\PC{0,40}@\\PC{0,40}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                let again = EmailAddress::parse(address.key()).expect("its key is an address");
                prop_assert_eq!(again.key(), address.key());
                prop_assert!(address.to_ascii().is_ascii());
                prop_assert!(!address.to_ascii().contains(char::is_whitespace));
            }
        }
    }
}
