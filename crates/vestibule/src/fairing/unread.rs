//! The settings that are set and that nothing in this program reads.

use rocket::figment::Figment;
use rocket::figment::value::Value;

use crate::config::{ConfigError, Location};
use crate::state::AuthState;

/// Returns a line for each setting that is set and that nothing reads, in this mode or in another.
///
/// It says nothing of what a program may read by itself: `password` through the [`Hasher`], `key`
/// and, with a throttle of its own, `throttle` through [`Config`]; nor of `token.secret`, which the
/// environment may hold for programs with a pair of keys too.
///
/// [`Config`]: crate::config::Config
/// [`Hasher`]: crate::password::Hasher
pub(super) fn unread_settings(
    figment: &Figment,
    state: &AuthState,
    has_own_throttle: bool,
) -> Vec<ConfigError> {
    let (token, cookies) = (&state.config.token, &state.config.token.cookies);
    let looks_into = |location| token.locations.contains(&location);
    let has_cookies = looks_into(Location::Cookies);
    // Another mode may mount another route.
    let has_body = !state.config.mode.has_tokens() || state.has_guard("TokenBody");
    let groups: [(bool, &str, &[&str]); 10] = [
        (
            has_own_throttle
                || ["PasswordLogin", "CodeLogin"].iter().any(|name| state.has_guard(name)),
            "no route has the guard PasswordLogin or CodeLogin",
            &["throttle"],
        ),
        (has_body, "no route has the guard TokenBody", &["token.json"]),
        (
            has_body || !looks_into(Location::Json),
            "no route has the guard TokenBody, which alone looks into \"json\"",
            &["token.locations"],
        ),
        (looks_into(Location::Query), "token.locations lacks \"query\"", &["token.query"]),
        (has_cookies, "token.locations lacks \"cookies\"", &["token.cookies"]),
        (
            cookies.csrf || !has_cookies,
            "token.cookies.csrf is off",
            &[
                "token.cookies.csrf_check_form",
                "token.cookies.csrf_header",
                "token.cookies.csrf_in_cookies",
                "token.cookies.csrf_methods",
            ],
        ),
        (
            cookies.csrf && cookies.csrf_check_form || !has_cookies,
            "token.cookies.csrf_check_form is off",
            &["token.cookies.csrf_field"],
        ),
        (looks_into(Location::Header), "token.locations lacks \"header\"", &["key"]),
        (
            token.algorithm.is_asymmetric(),
            "token.algorithm takes a shared secret",
            &["token.private_key", "token.public_keys"],
        ),
        (
            state.store.is_some(),
            "Auth::fairing() has no store",
            &["session.idle", "token.refresh_grace", "token.refresh_retry"],
        ),
    ];
    let unread = groups.into_iter().filter(|(is_read, ..)| !is_read);
    let unread = unread.flat_map(|(_, reason, keys)| keys.iter().map(move |key| (key, reason)));
    unread
        .map(|(key, reason)| (format!("auth.{key}"), reason))
        .filter(|(key, _)| is_set(figment, key))
        .map(|(key, reason)| ConfigError::new(figment, &key, format!("is set, but {reason}")))
        .collect()
}

/// Whether the configuration has a value there; an empty table has none.
fn is_set(figment: &Figment, key: &str) -> bool {
    let empty = |value: &Value| value.as_dict().is_some_and(|table| table.is_empty());
    figment.find_value(key).is_ok_and(|value| !empty(&value))
}
