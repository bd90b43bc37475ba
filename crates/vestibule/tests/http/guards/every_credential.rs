//! Every guard against every kind of credential.

use rocket::http::Header;
use rocket::{get, routes};

use crate::support::app::{App, Reply, SECRET, SessionUser, Setup};
use crate::support::forged_tokens;
use crate::support::users::{ALICE, BOB};

/// Every kind of credential, as the values of `Authorization`.
const CREDENTIALS: [&str; 8] = [
    "nothing",
    "good",
    "expired",
    "malformed",
    "tampered",
    "refresh",
    "other scheme",
    "two headers",
];

/// The code of each guard for each credential, in that order; empty where it is accepted.
const TABLE: &[(&str, [&str; 8])] = &[
    ("/bearer", [MISSING, "", "", MALFORMED, "", "", MISSING, TWO]),
    ("/access", [MISSING, "", EXPIRED, MALFORMED, INVALID, TYPE, MISSING, TWO]),
    ("/refresh", [MISSING, TYPE, EXPIRED, MALFORMED, INVALID, "", MISSING, TWO]),
    ("/token", [MISSING, "", EXPIRED, MALFORMED, INVALID, TYPE, MISSING, TWO]),
    ("/any", [MISSING, "", EXPIRED, MALFORMED, INVALID, "", MISSING, TWO]),
    ("/session", [MISSING, MISSING, EXPIRED, MALFORMED, INVALID, TYPE, MISSING, TWO]),
    ("/current", [MISSING, "", EXPIRED, MALFORMED, INVALID, TYPE, MISSING, TWO]),
    ("/fresh", [MISSING, "", EXPIRED, MALFORMED, INVALID, TYPE, MISSING, TWO]),
    ("/fresh-session", [MISSING, MISSING, EXPIRED, MALFORMED, INVALID, TYPE, MISSING, TWO]),
    ("/admin", [MISSING, "", EXPIRED, MALFORMED, INVALID, TYPE, MISSING, TWO]),
    ("/admin-session", [MISSING, MISSING, EXPIRED, MALFORMED, INVALID, TYPE, MISSING, TWO]),
    ("/claimed", [MISSING, "", EXPIRED, MALFORMED, INVALID, TYPE, MISSING, TWO]),
    ("/maybe", ["", "", EXPIRED, MALFORMED, INVALID, TYPE, "", TWO]),
    ("/maybe-session", ["", "", EXPIRED, MALFORMED, INVALID, TYPE, "", TWO]),
    ("/session-guard", ["", TWO, TWO, TWO, TWO, TWO, "", TWO]),
];

const MISSING: &str = "credentials_missing";
const MALFORMED: &str = "malformed_authorization";
const INVALID: &str = "token_invalid";
const EXPIRED: &str = "token_expired";
const TYPE: &str = "wrong_token_type";
const TWO: &str = "ambiguous_credentials";

/// An application with the header values of every credential for one of its users.
pub(crate) struct GuardMatrix {
    pub(crate) app: App,
    values: Vec<Vec<String>>,
}

impl GuardMatrix {
    pub(crate) fn new(app: App) -> Self {
        let old = app.tokens(ALICE).access;
        app.advance(15 * 60);
        let pair = app.tokens(ALICE);
        let good = format!("Bearer {}", pair.access);
        let values = vec![
            vec![],
            vec![good.clone()],
            vec![format!("Bearer {old}")],
            vec!["Bearer one two".to_owned()],
            vec![format!("Bearer {}", tampered(&pair.access))],
            vec![format!("Bearer {}", pair.refresh)],
            vec!["Basic YWxpY2U6c2VjcmV0".to_owned()],
            vec![good.clone(), good],
        ];
        Self { app, values }
    }

    /// Every credential that makes a token request, by name.
    pub(crate) fn token_requests(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.credentials().filter(|(name, _)| !["nothing", "other scheme"].contains(name))
    }

    pub(crate) fn credentials(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        CREDENTIALS.into_iter().zip(self.values.iter().map(Vec::as_slice))
    }

    fn each(&self, check: impl Fn(&str, &str, &Reply)) {
        for (path, expected) in TABLE {
            for ((name, values), expected) in self.credentials().zip(expected) {
                let call = self.app.get(path);
                let call =
                    values.iter().fold(call, |call, value| call.header("Authorization", value));
                check(&format!("{path} with {name}"), expected, &call.send());
            }
        }
    }
}

/// The token with another subject, under the old signature.
fn tampered(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let header = message.split('.').next().expect("a header");
    let claims = forged_tokens::part(token, 1).replace("\"sub\":\"1\"", "\"sub\":\"2\"");
    format!("{header}.{}.{signature}", forged_tokens::encode(&claims))
}

#[test]
fn every_guard_answers_every_credential_with_its_code() {
    GuardMatrix::new(App::new()).each(|case, expected, reply| {
        assert_eq!(reply.code(), expected, "{case}");
    });
}

#[test]
fn the_status_of_every_refusal_follows_its_code() {
    GuardMatrix::new(App::new()).each(|case, expected, reply| {
        let status = match expected {
            "" => 200,
            TWO => 400,
            _ => 401,
        };
        assert_eq!(reply.status, status, "{case}");
    });
}

#[test]
fn every_401_has_one_challenge_that_blames_a_presented_token_only() {
    GuardMatrix::new(App::new()).each(|case, expected, reply| {
        let challenge = reply.one("WWW-Authenticate");
        match expected {
            "" | TWO => assert_eq!(challenge, None, "{case}"),
            MISSING => assert_eq!(challenge, Some("Bearer realm=\"vestibule\""), "{case}"),
            _ => {
                let challenge = challenge.unwrap_or_default();
                let error = match expected {
                    "fresh_login_required" => "insufficient_user_authentication",
                    _ => "invalid_token",
                };
                let start =
                    format!("Bearer realm=\"vestibule\", error=\"{error}\", error_description=");
                assert!(challenge.starts_with(&start), "{case}: {challenge}");
            }
        }
    });
}

#[test]
fn whatever_depends_on_who_asked_is_not_stored_and_varies() {
    GuardMatrix::new(App::new()).each(|case, _, reply| {
        assert_eq!(reply.one("Cache-Control"), Some("no-store"), "{case}");
        assert_eq!(reply.one("Vary"), Some("Authorization, Cookie"), "{case}");
    });
}

/// A response with a `Vary` of the application's own.
#[derive(rocket::Responder)]
struct Varying {
    body: &'static str,
    vary: Header<'static>,
}

#[get("/varying/<names>")]
fn varying(names: String, _user: SessionUser) -> Varying {
    Varying { body: "", vary: Header::new("Vary", names) }
}

#[test]
fn a_vary_of_the_application_is_kept_and_names_each_header_once() {
    let app = Setup::new().mount(routes![varying]).launch();
    let session = app.browser(ALICE);
    for (own, all) in [
        ("Accept", "Accept, Authorization, Cookie"),
        ("cookie,Accept", "cookie,Accept, Authorization"),
        ("Cookie,AUTHORIZATION", "Cookie,AUTHORIZATION"),
    ] {
        let reply = app.get(&format!("/varying/{own}")).cookie(&session).send();
        assert_eq!((reply.status, reply.one("Vary")), (200, Some(all)));
    }
}

#[test]
fn no_refusal_repeats_what_was_presented() {
    let matrix = GuardMatrix::new(App::new());
    matrix.each(|case, expected, reply| {
        if !expected.is_empty() {
            let all = format!("{reply:?}");
            assert!(!all.contains("eyJ") && !all.contains(SECRET), "{case}: {all}");
        }
    });
}

#[test]
fn a_route_without_a_guard_is_left_as_it_is() {
    let reply = App::new().get("/public").send();
    for name in ["Cache-Control", "Vary", "WWW-Authenticate", "Set-Cookie"] {
        assert_eq!(reply.one(name), None, "{name}");
    }
}

#[test]
fn guards_side_by_side_agree_about_a_token() {
    let app = App::new();
    let reply = app.get("/all").bearer(&app.tokens(ALICE).access).send();
    assert_eq!(reply.body, "- token token true");
}

#[test]
fn guards_side_by_side_agree_about_a_session() {
    let app = App::new();
    let reply = app.get("/all").cookie(&app.browser(ALICE)).send();
    assert_eq!(reply.body, "session - session true");
}

#[test]
fn a_token_that_is_only_read_is_the_one_that_was_sent() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for token in ["a.b", access.as_str()] {
        let reply = app.get("/bearer").bearer(token).send();
        assert_eq!((reply.status, reply.body), (200, token.len().to_string()));
    }
}

#[test]
fn the_account_is_looked_up_once_a_request_for_each_credential() {
    let app = App::new();
    let (access, session) = (app.tokens(ALICE).access, app.browser(BOB));
    let look_ups = |reply: &dyn Fn() -> Reply, body: &str| {
        let before = (app.users.calls(), app.store.calls());
        assert_eq!(reply().body, body);
        (app.users.calls() - before.0, app.store.calls() - before.1)
    };
    let by_token = || app.get("/all").bearer(&access).send();
    assert_eq!(look_ups(&by_token, "- token token true"), (1, 1));
    let by_session = || app.get("/all").cookie(&session).send();
    assert_eq!(look_ups(&by_session, "session - session true"), (1, 1));
}

#[test]
fn what_maybe_overlooked_is_not_the_reason_for_a_later_answer() {
    let reply = App::new().get("/maybe-then-missing").send();
    assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"));
}

#[test]
fn what_an_option_swallowed_is_not_the_reason_for_a_later_answer() {
    let reply = App::new().get("/option-then-missing").send();
    assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"));
}

#[test]
fn the_scheme_and_the_header_can_be_renamed() {
    let app =
        Setup::new().set("auth.token.header", "X-Access").set("auth.token.scheme", "JWT").launch();
    let access = app.tokens(ALICE).access;
    let reply = app.get("/token").header("X-Access", &format!("JWT {access}")).send();
    assert_eq!((reply.status, reply.one("Vary")), (200, Some("X-Access, Cookie")));
    let reply = app.get("/token").bearer(&access).send();
    assert_eq!(reply.one("WWW-Authenticate"), Some("JWT realm=\"vestibule\""));
}

#[test]
fn the_answer_to_a_sign_in_is_the_pair_of_rfc_6749() {
    let json = App::new().post("/api/login/1").send().json();
    assert_eq!((&json["token_type"], &json["expires_in"]), (&"Bearer".into(), &900.into()));
}

#[test]
fn an_unreadable_header_name_in_any_case_is_still_ours() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for (name, scheme) in [("authorization", "Bearer"), ("AUTHORIZATION", "bEaReR")] {
        let reply = app.get("/token").header(name, &format!("{scheme} {access}")).send();
        assert_eq!(reply.status, 200, "{name}: {scheme}");
    }
}

#[test]
fn a_challenge_of_the_application_is_kept() {
    assert_eq!(App::new().get("/basic").send().one("WWW-Authenticate"), Some("Basic"));
}
