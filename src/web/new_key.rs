//! A new access key between the form and the page that shows it once.

use rocket::http::CookieJar;
use serde::Serialize;
use time::OffsetDateTime;

use super::notice::Flash;
use super::shown_once::OneTimeCookie;
use vestibule::access_keys::CreatedKey;
use vestibule::sign_ins::SignIn;

const NEW_KEY: OneTimeCookie = OneTimeCookie { name: "new_key", path: "/account/keys" };

/// A new key as the template shows it.
#[derive(Serialize)]
pub(super) struct ShownKey {
    label: Option<String>,
    key: String,
}

/// Stores a key in the cookie, for the page.
pub(super) fn store(jar: &CookieJar<'_>, secure: bool, created: &CreatedKey, now: OffsetDateTime) {
    let value = format!("{} {}", created.sign_in.id, created.key.as_str());
    NEW_KEY.store(jar, secure, &value, now);
}

/// Takes the key if it is one of these: those of the user who is signed in now. A HEAD leaves it.
pub(super) fn take(flash: &Flash<'_>, keys: &[SignIn], now: OffsetDateTime) -> Option<ShownKey> {
    let value = NEW_KEY.take(flash, now)?;
    let (id, key) = value.split_once(' ')?;
    let found = keys.iter().find(|found| found.id.as_str() == id)?;
    Some(ShownKey { label: found.label().map(str::to_owned), key: key.to_owned() })
}
