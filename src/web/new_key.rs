//! A new access key between the form and the page that shows it once: in a sealed cookie, because
//! another process may render that page. The page with the form already gives it the key, so that a
//! form which is sent twice creates one.

use rocket::http::{Cookie, CookieJar};
use serde::Serialize;

use vestibule::access_keys::AccessKey;
use vestibule::sign_ins::SignIn;

const COOKIE: &str = "new_key";
const PATH: &str = "/account/keys";

/// How long the key waits for the form and then for the page: about as long as a password is fresh.
const MAX_AGE: time::Duration = time::Duration::minutes(10);

/// A new key as the template shows it.
#[derive(Serialize)]
pub(super) struct ShownKey {
    label: Option<String>,
    key: String,
}

/// The cookie of this browser's sign-in. One of another sign-in could be planted by a client that
/// has seen the key.
pub(super) struct NewKey<'r> {
    pub(super) jar: &'r CookieJar<'r>,
    pub(super) sign_in: &'r SignIn,
    pub(super) secure: bool,
}

impl NewKey<'_> {
    /// Stores a key for the form, or for the page.
    pub(super) fn store(&self, key: &AccessKey) {
        let value = format!("{} {}", self.sign_in.id, key.as_str());
        let cookie = Cookie::build((COOKIE, value)).path(PATH).max_age(MAX_AGE);
        self.jar.add_private(cookie.secure(self.secure));
    }

    /// Returns the key that the form was given or has created.
    pub(super) fn get(&self) -> Option<AccessKey> {
        let cookie = self.jar.get_private(COOKIE)?;
        let (sign_in, key) = cookie.value().split_once(' ')?;
        AccessKey::parse(key).filter(|_| sign_in == self.sign_in.id.as_str())
    }

    /// Takes the key if it is one of these active ones; the next form gets another.
    pub(super) fn take(&self, keys: &[SignIn]) -> Option<ShownKey> {
        let key = self.get();
        let shown = key.as_ref().and_then(|key| {
            let found = keys.iter().find(|found| Some(&found.id) == key.id().as_ref())?;
            let label = found.label().map(str::to_owned);
            Some(ShownKey { label, key: key.as_str().to_owned() })
        });
        if (key.is_none() || shown.is_some())
            && let Ok(next) = AccessKey::random()
        {
            self.store(&next);
        }
        shown
    }
}
