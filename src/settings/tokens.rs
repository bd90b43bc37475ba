//! Settings of tokens that the library takes and this service refuses.

use rocket::figment::Figment;

use vestibule::config::{Config, ConfigError, Location};

/// The claims of every token of this service, unless a setting that the library checks leaves one out.
const CLAIMS: [&str; 13] = [
    "amr",
    "aud",
    "auth_time",
    "exp",
    "fresh",
    "gen",
    "iat",
    "iss",
    "jti",
    "nbf",
    "sid",
    "sub",
    "type",
];

/// Checks `[default.auth.token]` beyond what the library checks.
pub(super) fn check(figment: &Figment, auth: &Config) -> Result<(), Vec<ConfigError>> {
    let token = &auth.token;
    let has = |location| token.locations.contains(&location);
    let is_in_every_token =
        |name: &String| CLAIMS.contains(&name.as_str()) || *name == token.identity_claim;
    let (key, problem) = if token.foreign.jwks.is_some() {
        let problem = "is not for this service, which cannot tell whose account a foreign token \
                       means; an application of yours can";
        ("foreign.jwks", problem)
    } else if auth.mode.has_tokens()
        && token.algorithm.is_asymmetric()
        && token.private_key.is_none()
    {
        let problem = "is missing; the public keys only verify tokens, and this service also signs \
                       them";
        ("private_key", problem)
    } else if has(Location::Json) {
        let problem = "must not hold \"json\": few routes of this service have a body; a refresh \
                       token in the body is always taken";
        ("locations", problem)
    } else if has(Location::Cookies) && token.cookies.csrf && !token.cookies.csrf_in_cookies {
        let problem = "must be on with csrf: scripts learn the values from these cookies";
        ("cookies.csrf_in_cookies", problem)
    } else if token.require.iter().flatten().any(|name| !is_in_every_token(name)) {
        ("require", "may name only claims that every token of this service has")
    } else {
        return Ok(());
    };
    Err(vec![ConfigError::new(figment, &format!("auth.token.{key}"), problem)])
}
