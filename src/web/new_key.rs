//! A new access key between the form and the page that shows it once: in a sealed cookie, because
//! another process may render that page.

use rocket::http::{Cookie, CookieJar};
use serde::Serialize;

use super::notice::Flash;
use vestibule::access_keys::CreatedKey;
use vestibule::sign_ins::SignIn;

const COOKIE: &str = "new_key";
const PATH: &str = "/account/keys";

/// How long the key waits for the page.
const MAX_AGE: time::Duration = time::Duration::minutes(5);

/// A new key as the template shows it.
#[derive(Serialize)]
pub(super) struct ShownKey {
    label: Option<String>,
    key: String,
}

/// Stores a key in the cookie, for the page.
pub(super) fn store(jar: &CookieJar<'_>, secure: bool, created: &CreatedKey) {
    let value = format!("{} {}", created.sign_in.id, created.key.as_str());
    jar.add_private(Cookie::build((COOKIE, value)).path(PATH).max_age(MAX_AGE).secure(secure));
}

/// Takes the key if it is one of these: those of the user who is signed in now. A HEAD leaves it.
pub(super) fn take(flash: &Flash<'_>, keys: &[SignIn]) -> Option<ShownKey> {
    let cookie = flash.jar.get_private(COOKIE)?;
    if !flash.is_head {
        flash.jar.remove_private(Cookie::build(COOKIE).path(PATH));
    }
    let (id, key) = cookie.value().split_once(' ')?;
    let found = keys.iter().find(|found| found.id.as_str() == id)?;
    Some(ShownKey { label: found.label().map(str::to_owned), key: key.to_owned() })
}
