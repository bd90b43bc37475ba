//! Rocket's secret key and its earlier values, which still decrypt cookies but encrypt none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cookie::{CookieJar, Key};
use rocket::http::Cookie;

use crate::config::Secret;

/// The published key of Rocket's documentation.
const KNOWN_EXAMPLE: &str = "hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk=";

/// Keys that decrypt cookies, derived from `secret_key` texts as Rocket does it.
pub(crate) struct SecretKeys {
    /// Rocket's own; `None` if Rocket generates it at the launch.
    present: Option<Key>,
    /// Newest first.
    previous: Vec<Key>,
}

impl SecretKeys {
    /// Builds the keys of a configuration; an error, about the previous ones, never repeats a key.
    pub(crate) fn new(present: Option<&str>, previous: &[Secret]) -> Result<Self, String> {
        let previous = previous.iter().map(|text| key(text.reveal())).collect::<Result<_, _>>()?;
        // Rocket takes zeroes for no key.
        let present = present.and_then(parse).filter(|bytes| !is_zero(bytes));
        Ok(Self { present: present.map(|bytes| derive(&bytes)), previous })
    }

    /// Whether Rocket's own key is known.
    pub(crate) fn has_present(&self) -> bool {
        self.present.is_some()
    }

    /// Decrypts a cookie that one of the keys encrypted; returns its value and whether a previous
    /// key did.
    pub(crate) fn open(&self, sealed: &Cookie<'static>) -> Option<(String, bool)> {
        let jar = CookieJar::new();
        let open = |key| {
            let opened = jar.private(key).decrypt(sealed.clone())?;
            Some(opened.value().to_owned())
        };
        let present = self.present.as_ref().and_then(open).map(|value| (value, false));
        present.or_else(|| Some((self.previous.iter().find_map(open)?, true)))
    }
}

/// Returns whether a `secret_key` is the published one, in base64 or hex.
pub(crate) fn is_published(text: &str) -> bool {
    parse(text).is_some_and(|bytes| is_known_example(&bytes))
}

/// Derives the key from a previous `secret_key`.
fn key(text: &str) -> Result<Key, String> {
    let bytes = parse(text).ok_or(
        "must each be a secret_key as Rocket takes it: 256 bits in base64 (44 characters) or hex \
         (64), or 512 bits in base64 (88)",
    )?;
    if is_known_example(&bytes) || is_zero(&bytes) {
        return Err("must not hold a published example or zeroes".to_owned());
    }
    Ok(derive(&bytes))
}

/// Parses a `secret_key`; `None` for a text that Rocket refuses.
fn parse(text: &str) -> Option<Vec<u8>> {
    let bytes = match text.len() {
        44 | 88 => STANDARD.decode(text).ok(),
        64 => unhex(text),
        _ => None,
    };
    bytes.filter(|bytes| bytes.len() >= 32)
}

fn is_known_example(bytes: &[u8]) -> bool {
    STANDARD.decode(KNOWN_EXAMPLE).is_ok_and(|known| known == bytes)
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Derives the key as Rocket does: 512 bits are both keys of the jar, fewer bits derive both.
fn derive(bytes: &[u8]) -> Key {
    if bytes.len() >= 64 { Key::from(bytes) } else { Key::derive_from(bytes) }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| Some(digit(&pair[0])? << 4 | digit(&pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use rocket::figment::Figment;
    use rocket::http::Status;
    use rocket::local::blocking::Client;

    use super::*;

    const KNOWN_EXAMPLE_IN_HEX: &str =
        "84F458C95462332c69c39b010755de08c375905b030aa2af062d902710551d09";

    #[rocket::get("/")]
    fn seal(jar: &rocket::http::CookieJar<'_>) {
        jar.add_private(("ticket", "admit one"));
    }

    /// A cookie that Rocket encrypted with this key.
    fn sealed(secret_key: &str) -> Cookie<'static> {
        let figment = Figment::from(rocket::Config::debug_default())
            .merge(("log_level", "off"))
            .merge(("secret_key", secret_key));
        let rocket = rocket::custom(figment).mount("/", rocket::routes![seal]);
        let client = Client::tracked(rocket).expect("a launch");
        assert_eq!(client.get("/").dispatch().status(), Status::Ok);
        let jar = client.cookies();
        jar.get("ticket").expect("a cookie").clone()
    }

    #[test]
    fn every_form_of_a_secret_key_decrypts_what_rocket_encrypted_with_it() {
        for text in [
            "v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0o=".to_owned(),
            // 33 bytes, no padding.
            "v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0oA".to_owned(),
            "0123456789abcdef".repeat(4),
            "0123456789ABCDEF".repeat(4),
            format!("{}gQ==", "Ab3/".repeat(21)),
            "Ab3+".repeat(22),
        ] {
            let cookie = sealed(&text);
            let keys = |present, previous: &str| {
                SecretKeys::new(present, &[previous.into()]).expect("a key")
            };
            let (value, other) = ("admit one".to_owned(), "77".repeat(32));
            assert_eq!(keys(None, &text).open(&cookie), Some((value.clone(), true)), "{text}");
            assert_eq!(keys(Some(&text), &other).open(&cookie), Some((value, false)), "{text}");
            assert_eq!(keys(None, &other).open(&cookie), None, "another key");
            let mut renamed = cookie.clone();
            renamed.set_name("other");
            assert_eq!(keys(Some(&text), &text).open(&renamed), None, "the name is encrypted too");
        }
    }

    #[test]
    fn the_published_key_is_recognised_in_base64_and_hex_and_decrypts() {
        for text in [KNOWN_EXAMPLE, KNOWN_EXAMPLE_IN_HEX] {
            assert!(is_published(text), "{text}");
            let keys = SecretKeys::new(Some(text), &[]).expect("a key");
            assert_eq!(keys.open(&sealed(text)), Some(("admit one".to_owned(), false)), "{text}");
        }
        assert!(!is_published(&"11".repeat(32)) && !is_published("hunter2"));
        let zeroes = SecretKeys::new(Some(&"0".repeat(64)), &[]).expect("no key");
        assert!(!zeroes.has_present());
    }

    #[test]
    fn any_of_several_keys_decrypts() {
        let (first, second) = ("11".repeat(32), "22".repeat(32));
        let keys = SecretKeys::new(None, &[first.as_str().into(), second.as_str().into()]);
        let keys = keys.expect("two keys");
        for text in [&first, &second] {
            assert_eq!(keys.open(&sealed(text)), Some(("admit one".to_owned(), true)));
        }
    }

    #[test]
    fn a_key_that_rocket_refuses_is_refused() {
        for text in [
            String::new(),
            "hunter2".to_owned(),
            "-".repeat(44),
            // 31 bytes.
            format!("{}==", "A".repeat(42)),
            // Bits after the last byte, which Rocket refuses too.
            "v9n1CqVt4kq2hRr1VvFv0cQ2ZkYV2P3e3J1mS5kTQ0p=".to_owned(),
            "g".repeat(64),
            "é".repeat(32),
            "0".repeat(64),
            "0".repeat(32),
            KNOWN_EXAMPLE.to_owned(),
            KNOWN_EXAMPLE_IN_HEX.to_owned(),
        ] {
            let error = SecretKeys::new(None, &[text.as_str().into()]).err().expect(&text);
            assert!(text.is_empty() || !error.contains(&text), "{error}");
        }
    }
}
