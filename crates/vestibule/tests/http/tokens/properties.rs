//! Properties of every token and every header.

use proptest::prelude::*;

use rocket::http::{Method, RawStr};
use vestibule::LocalPath;

use crate::support::app::App;
use crate::support::cookie_setters::{SET_COOKIES, paths};
use crate::support::token_locations::{ACCESS, Jar, with};
use crate::support::users::ALICE;

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
            let call = app.get(path).header(SET_COOKIES, "1").cookie(&session);
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

proptest! {
    // Each case is an application of its own, and several requests to it.
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_cookie_header_but_the_one_good_token_is_accepted(
        raw in prop_oneof![
            ".{0,120}",
            "(access_token_cookie|refresh_token_cookie|access%5[Ff]token_cookie)=.{0,80}",
            "((access|refresh|csrf_access|csrf_refresh)_token(_cookie)?[ =;%0-9a-f]{0,6}; ?){0,5}.{0,20}",
        ],
        post in any::<bool>(),
    ) {
        let app = with(&["cookies"]).launch();
        let method = if post { Method::Post } else { Method::Get };
        let reply = app.call(method, "/places/maybe").cookie(&raw).send();
        prop_assert!(matches!(reply.status, 200 | 400 | 401), "{}: {}", reply.status, raw);
        prop_assert!(reply.status != 200 || reply.body == "nobody", "{}: {}", reply.body, raw);
        // The same with the good one in it: it counts if and only if it is alone.
        let jar = Jar::signed_in(&app, ALICE);
        let good = format!("{}={}", ACCESS, jar.get(ACCESS));
        for raw in [format!("{good}; {raw}"), format!("{raw}; {good}")] {
            let reply = app.get("/places/maybe").cookie(&raw).send();
            let alone = (reply.status, reply.body.as_str()) == (200, "1 in cookies");
            prop_assert!(alone || reply.status == 400, "{} {}: {}", reply.status, reply.body, raw);
        }
    }

    #[test]
    fn no_query_but_the_one_good_token_is_accepted(
        raw in prop_oneof![
            "[!-~&&[^#<>\"\\\\^`{|}]]{0,80}",
            "(jwt=[a-zA-Z0-9%._+-]{0,30}&?){0,3}",
            "((%6[Aa]|j)(%77|w)t(=|%3[Dd])?[a-z0-9%&=+]{0,20}){0,3}",
        ],
    ) {
        let app = with(&["query"]).launch();
        let path = format!("/places/maybe?{raw}");
        prop_assume!(rocket::http::uri::Origin::parse(&path).is_ok());
        let reply = app.get(&path).send();
        prop_assert!(matches!(reply.status, 200 | 400 | 401), "{}: {}", reply.status, raw);
        prop_assert!(reply.status != 200 || reply.body == "nobody", "{}: {}", reply.body, raw);
        let access = app.tokens(ALICE).access;
        for query in [format!("jwt={access}&{raw}"), format!("{raw}&jwt={access}")] {
            let reply = app.get(&format!("/places/maybe?{query}")).send();
            let alone = (reply.status, reply.body.as_str()) == (200, "1 in query");
            prop_assert!(alone || reply.status == 400, "{} {}: {}", reply.status, reply.body, query);
        }
    }

    #[test]
    fn no_body_breaks_the_guards_of_json(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[\\[\\]{}\":,a-z0-9\\\\ ]{0,80}".prop_map(String::into_bytes),
            "\\{\"(access|refresh)_token\":(\".{0,30}\"|null|[0-9]{1,4}|\\[\\]|true)(,\"[a-z_]{1,14}\":1)?\\}"
                .prop_map(String::into_bytes),
        ],
        kind in prop_oneof![Just("application/json"), Just("text/plain"), Just("application/json; charset=x")],
    ) {
        let app = with(&["json"]).launch();
        for path in ["/places/body", "/places/refresh-body", "/places/json"] {
            let reply = app.post(path).bytes(kind, &bytes).send();
            let shown = String::from_utf8_lossy(&bytes).into_owned();
            prop_assert!(matches!(reply.status, 400 | 401 | 415 | 422), "{} {}: {}", path, reply.status, shown);
            prop_assert!(!reply.code().is_empty());
            prop_assert_eq!(reply.cookies(), [""; 0]);
        }
    }

    #[test]
    fn no_form_breaks_the_reading_of_its_csrf_value(
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..700),
            "([a-zé%&=]{0,200}&)?csrf_token=[a-zA-Z0-9é%_-]{0,40}(&.{0,600})?".prop_map(String::into_bytes),
        ],
    ) {
        let app = with(&["cookies"]).set("auth.token.cookies.csrf_check_form", true).launch();
        let jar = Jar::signed_in(&app, ALICE);
        let call = app.post("/places/who").jar(&jar);
        let reply = call.bytes("application/x-www-form-urlencoded", &body).send();
        prop_assert!(matches!(reply.code().as_str(), "csrf_missing" | "csrf_mismatch"), "{}", reply.body);
    }

    #[test]
    fn a_local_path_leads_nowhere_else(
        text in prop_oneof![
            "[/\\\\]{1,4}.{0,30}",
            "/[a-z]{0,4}[/\\\\.%0-9a-fA-F:@?#]{0,24}",
            "/(%2[fF]|%5[cC]|%252[fF]|%25255[cC]|\\.\\.|\\.|/|[a-z@:]){0,12}",
            ".{0,40}",
        ],
    ) {
        let Some(path) = LocalPath::parse(&text) else { return Ok(()) };
        let parsed_again = LocalPath::parse(path.as_str());
        prop_assert_eq!(parsed_again.as_ref(), Some(&path));
        // As a browser resolves it, and as proxies that decode once or twice pass it on.
        let mut seen = path.as_str().split(['?', '#']).next().unwrap_or_default().to_owned();
        for _ in 0..3 {
            let leaves = seen.contains("//") || seen.contains('\\') || seen.contains(char::is_control);
            prop_assert!(seen.starts_with('/') && !leaves, "{} of {}", seen, path);
            seen = RawStr::new(&seen).percent_decode_lossy().into_owned();
        }
    }
}
