//! Rules for names in settings.

/// Claims that the library writes; an application's further claims cannot replace them.
const REGISTERED: &[&str] = &[
    "amr",
    "aud",
    "auth_time",
    "csrf",
    "exp",
    "fresh",
    "gen",
    "iat",
    "iss",
    "jti",
    "nbf",
    "sid",
    "stamp",
    "sub",
    "type",
];

/// Whether the library writes this claim.
pub(crate) fn is_registered_claim(name: &str) -> bool {
    REGISTERED.contains(&name)
}

/// Whether a name may be that of a header or a cookie: 1 to 64 letters, digits, `-` or `_`.
pub(crate) fn is_token(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(fits)
}
