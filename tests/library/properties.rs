//! What holds for every token and every header.

use proptest::prelude::*;

use crate::app::App;
use crate::cookies::{SNEAK, paths};
use crate::users::ALICE;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_token_with_any_byte_changed_is_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0x21_u8..0x7f), 1..20),
    ) {
        let app = App::new();
        let pair = app.tokens(ALICE);
        for token in [pair.access, pair.refresh] {
            for (place, byte) in &changes {
                let mut bytes = token.clone().into_bytes();
                let place = place.index(bytes.len());
                if bytes[place] != *byte {
                    bytes[place] = *byte;
                    let changed = String::from_utf8(bytes).expect("ASCII");
                    let reply = app.get("/any").bearer(&changed).send();
                    prop_assert_eq!(reply.status, 401, "{}", changed);
                }
            }
        }
    }

    #[test]
    fn a_token_cut_anywhere_is_refused(cut in any::<prop::sample::Index>()) {
        let app = App::new();
        let access = app.tokens(ALICE).access;
        let cut = cut.index(access.len());
        for part in [&access[..cut], &access[cut + 1..]] {
            prop_assert_eq!(app.get("/token").bearer(part).send().status, 401, "{}", part);
        }
    }

    #[test]
    fn no_authorization_header_breaks_anything_and_none_of_ours_lets_a_cookie_out(
        values in prop::collection::vec(
            prop_oneof![
                ".{0,80}",
                "[Bb][Ee]arer[ \\t:,=]?.{0,80}",
                "Bearer [A-Za-z0-9._~+/-]{0,60}={0,2}",
                "Bearer [A-Za-z0-9_-]{1,30}\\.[A-Za-z0-9_-]{1,30}\\.[A-Za-z0-9_-]{1,30}",
                "(Basic|Digest|Negotiate|Bearerish) .{0,40}",
            ],
            1..3,
        ),
        path in any::<prop::sample::Index>(),
    ) {
        let app = App::new();
        let session = app.browser(ALICE);
        let is_ours = |value: &String| {
            let value = value.trim_matches(' ').to_ascii_lowercase();
            value.strip_prefix("bearer").is_some_and(|rest| {
                !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            })
        };
        let ours = values.iter().any(is_ours);
        let paths = paths();
        let (cookie_path, status) = path.get(&paths);
        for (path, expected) in [(cookie_path.as_str(), Some(*status)), ("/current", None), ("/session", None), ("/maybe", None)] {
            let call = app.get(path).header(SNEAK, "1").cookie(&session);
            let reply = values.iter().fold(call, |call, value| call.header("Authorization", value)).send();
            if let Some(expected) = expected {
                prop_assert_eq!(reply.status, expected, "{}", path);
            } else {
                let statuses: &[u16] = if ours { &[400, 401] } else { &[200] };
                prop_assert!(statuses.contains(&reply.status), "{}: {} for {:?}", path, reply.status, values);
            }
            prop_assert_eq!(reply.cookies().is_empty(), ours, "{}: {:?}", path, values);
        }
    }

    #[test]
    fn no_cookie_header_breaks_anything(
        raw in prop_oneof![".{0,120}", "session=.{0,120}", "(session=[^;]{0,20}; ?){0,4}.{0,20}"],
    ) {
        let app = App::new();
        let reply = app.get("/maybe").cookie(&raw).send();
        prop_assert_eq!((reply.status, reply.body.as_str()), (200, "nobody"), "{}", raw);
    }
}
