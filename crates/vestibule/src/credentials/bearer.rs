//! The bearer header, strictly parsed (RFC 6750, section 2.1).

use crate::error::ErrorKind;

/// Parses one field value: the scheme in any case, spaces, one token68 (RFC 9110, 11.4). Returns
/// `None` for another scheme and 401 `malformed_authorization` for a malformed value of ours.
pub(super) fn parse<'f>(field: &'f str, scheme: &str) -> Result<Option<&'f str>, ErrorKind> {
    let field = field.trim_matches(' ');
    let end =
        field.bytes().position(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(&byte));
    let (name, rest) = field.split_at(end.unwrap_or(field.len()));
    if !name.eq_ignore_ascii_case(scheme) {
        return Ok(None);
    }
    let token = rest.trim_start_matches(' ');
    if token.len() < rest.len() && is_token68(token) {
        Ok(Some(token))
    } else {
        Err(ErrorKind::MalformedAuthorization)
    }
}

/// Whether a text is a token68.
pub(crate) fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    // Without an early exit the compiler checks many bytes at once.
    !body.is_empty() && body.bytes().fold(true, |all, byte| all & is_token68_byte(byte))
}

/// Whether a token68 may have this byte before its padding.
fn is_token68_byte(byte: u8) -> bool {
    let is = |other| byte == other;
    let is_mark = is(b'-') | is(b'.') | is(b'_') | is(b'~') | is(b'+') | is(b'/');
    byte.is_ascii_alphanumeric() | is_mark
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_scheme_is_read_in_any_case_and_the_token_after_one_or_more_spaces() {
        for good in ["Bearer abc", "bearer abc", "BEARER   abc", " Bearer abc "] {
            assert_eq!(parse(good, "Bearer"), Ok(Some("abc")), "{good:?}");
        }
        for bad in [
            "Bearer",
            "Bearer ",
            "Bearer\tabc",
            "Bearer/abc",
            "Bearer.abc",
            "Bearer a b",
            "Bearer a,b",
            "Bearer =",
            "Bearer é",
        ] {
            assert_eq!(parse(bad, "Bearer"), Err(ErrorKind::MalformedAuthorization), "{bad:?}");
        }
        for other in ["", "Basic abc", "Bearerabc", "Token abc", "abc"] {
            assert_eq!(parse(other, "Bearer"), Ok(None), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn the_parser_never_panics_and_finds_only_token68(field in ".{0,200}") {
            if let Ok(Some(token)) = parse(&field, "Bearer") {
                prop_assert!(is_token68(token));
                prop_assert!(field.to_ascii_lowercase().trim_matches(' ').starts_with("bearer "));
            }
        }

        #[test]
        fn every_token68_after_the_scheme_is_found(token in "[A-Za-z0-9._~+/-]{1,80}={0,2}") {
            let field = format!("Bearer {token}");
            prop_assert_eq!(parse(&field, "Bearer"), Ok(Some(token.as_str())));
        }
    }
}
