//! A secret between the form that made it and the page that shows it once: in a sealed cookie, because
//! another process may render that page. The sealed value says when it expires, because a copy of the
//! cookie can outlive the browser's.

use rocket::http::{Cookie, CookieJar};
use time::OffsetDateTime;

use super::notice::Flash;

/// How long a secret waits for its page.
const MAX_AGE: time::Duration = time::Duration::minutes(5);

/// A sealed cookie that carries a secret to one page.
pub(super) struct OneTimeCookie {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
}

impl OneTimeCookie {
    /// Stores a secret for the page.
    pub(super) fn store(
        &self,
        jar: &CookieJar<'_>,
        secure: bool,
        secret: &str,
        now: OffsetDateTime,
    ) {
        let value = format!("{} {secret}", (now + MAX_AGE).unix_timestamp());
        let cookie = Cookie::build((self.name, value)).path(self.path).max_age(MAX_AGE);
        jar.add_private(cookie.secure(secure));
    }

    /// Takes the secret, unless it has expired. A HEAD leaves it.
    pub(super) fn take(&self, flash: &Flash<'_>, now: OffsetDateTime) -> Option<String> {
        let cookie = flash.jar.get_private(self.name)?;
        if !flash.is_head {
            flash.jar.remove_private(Cookie::build(self.name).path(self.path));
        }
        let (expires_at, secret) = cookie.value().split_once(' ')?;
        let expires_at: i64 = expires_at.parse().ok()?;
        (now.unix_timestamp() < expires_at).then(|| secret.to_owned())
    }
}
