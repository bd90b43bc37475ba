use proptest::prelude::*;

use crate::app::App;
use crate::inputs::{changed, changes, check, one_of};

/// The token of a field by RFC 6750, section 2.1, but for the scheme in any case and more spaces.
pub(crate) fn token_of(field: &str) -> Option<&str> {
    let field = field.trim_matches(' ');
    let rest = field.get(6..).filter(|_| field[..6].eq_ignore_ascii_case("bearer"))?;
    let token = rest.trim_start_matches(' ');
    let body = token.trim_end_matches('=');
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    (rest.starts_with(' ') && !body.is_empty() && body.chars().all(is_token)).then_some(token)
}

#[test]
fn a_field_holds_a_token_exactly_if_the_rfc_says_so() {
    let app = App::new();
    let seeds = [
        "Bearer abc.def.ghi",
        "bearer  AAAA==",
        "BEARER vst_x",
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "",
        "Bearerabc",
        "Bearer a b",
        "Bearer =",
        "Bearer\tabc",
        " Bearer abc ",
    ];
    let seeds = one_of(&seeds);
    let text = prop_oneof![3 => seeds, 1 => ".{0,60}", 1 => "[Bb]earer {1,2}[A-Za-z0-9._~+/-]{0,40}={0,3}"];
    check(&(text, changes(4)), |(text, changes)| {
        let field = changed(&text, &changes);
        match (app.authorize("/bearer", field.clone()), token_of(&field)) {
            (Ok(found), Some(token)) => prop_assert_eq!(found, token),
            (Err(status), None) => {
                prop_assert!(matches!(status, 400 | 401), "{}: {:?}", status, field)
            }
            (found, token) => prop_assert!(false, "{:?} and not {:?}: {:?}", found, token, field),
        }
        Ok(())
    });
}
