//! The credentials in the document: how each location takes a token, and what admits a client to
//! an operation.

use serde_json::{Map, Value, json};
use vestibule::config::{Config, Location};
use vestibule::guards::Scope;

use crate::accounts::{Introspect, OwnAccount, OwnSignIns, UsersRead, UsersWrite};

/// The scopes by the name of their type, as it stands in a guard.
const SCOPES: [(&str, &str); 5] = [
    ("OwnAccount", OwnAccount::NAME),
    ("OwnSignIns", OwnSignIns::NAME),
    ("UsersRead", UsersRead::NAME),
    ("UsersWrite", UsersWrite::NAME),
    ("Introspect", Introspect::NAME),
];

/// Whether a guard takes a session as well as a token.
fn takes_either(guards: &str) -> bool {
    guards.contains("CurrentUser") || guards.contains("AnyUser")
}

/// Whether a guard takes a token.
pub(super) fn takes_token(guards: &str) -> bool {
    ["TokenUser", "RefreshToken"].iter().any(|name| guards.contains(name)) || takes_either(guards)
}

/// Whether a token in a cookie needs its CSRF value for this method.
pub(super) fn needs_csrf(auth: &Config, method: &str) -> bool {
    let token = &auth.token;
    let checks = token.cookies.csrf && token.cookies.csrf_methods.iter().any(|one| one == method);
    checks && token.locations.contains(&Location::Cookies)
}

/// Returns the alternatives that admit a client, each with the scopes that it needs.
pub(super) fn alternatives(auth: &Config, guards: &str, method: &str) -> Value {
    let found = SCOPES.iter().filter(|(name, _)| guards.contains(name));
    let scopes: Vec<_> = found.map(|(_, scope)| *scope).collect();
    let mut alternatives = Vec::new();
    if takes_either(guards) && auth.mode.has_sessions() {
        alternatives.push(json!({ "session": [] }));
    }
    if takes_token(guards) && auth.mode.has_tokens() {
        let by = |location: &Location| match location {
            Location::Header => Some(json!({ "token": scopes })),
            Location::Query => Some(json!({ "query": scopes })),
            Location::Cookies => {
                let is_refresh = guards.contains("RefreshToken");
                let name = if is_refresh { "refreshCookie" } else { "cookie" };
                let csrf = needs_csrf(auth, method);
                Some(if csrf {
                    json!({ name: scopes, "csrf": [] })
                } else {
                    json!({ name: scopes })
                })
            }
            _ => None,
        };
        alternatives.extend(auth.token.locations.iter().filter_map(by));
    }
    if guards.contains("TokenBody") {
        // The refresh token in the body.
        alternatives.push(json!({}));
    }
    alternatives.into()
}

/// Returns how a session and each configured location of tokens are presented.
pub(super) fn schemes(auth: &Config) -> Map<String, Value> {
    let key = |place: &str, name: &str| json!({ "type": "apiKey", "in": place, "name": name });
    let mut schemes = Map::new();
    let mut add = |name: &str, scheme| schemes.insert(name.to_owned(), scheme);
    if auth.mode.has_sessions() {
        add("session", key("cookie", &auth.session.cookie_name()));
    }
    let token = &auth.token;
    for location in token.locations.iter().filter(|_| auth.mode.has_tokens()) {
        match location {
            Location::Header => {
                add("token", header_scheme(auth));
            }
            Location::Query => {
                add("query", key("query", &token.query.name));
            }
            Location::Cookies => {
                add("cookie", key("cookie", &token.cookies.access));
                add("refreshCookie", key("cookie", &token.cookies.refresh));
                if token.cookies.csrf {
                    let mut scheme = key("header", &token.cookies.csrf_header);
                    let (access, refresh) =
                        (&token.cookies.csrf_access, &token.cookies.csrf_refresh);
                    scheme["description"] = format!(
                        "The value of the cookie `{access}`, beside a refresh token of `{refresh}`."
                    )
                    .into();
                    add("csrf", scheme);
                }
            }
            _ => {}
        }
    }
    schemes
}

fn header_scheme(auth: &Config) -> Value {
    let (header, scheme) = (&auth.token.header, &auth.token.scheme);
    let description = "An access token, or an access key (`vst_...`).";
    if header.eq_ignore_ascii_case("Authorization") && !scheme.is_empty() {
        let scheme = scheme.to_ascii_lowercase();
        return json!({ "type": "http", "scheme": scheme, "description": description });
    }
    let description = format!("`{scheme} `, if not empty, and an access token or access key.");
    json!({ "type": "apiKey", "in": "header", "name": header, "description": description })
}
