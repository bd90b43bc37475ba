//! The header of tokens, case by case as Flask-JWT-Extended's tests have them (T1 to T27), and
//! what its users ran into (R1 to R6).

use rocket::local::blocking::Client;
use rocket::{Request, catch, catchers};
use vestibule::config::Config;
use vestibule::{Auth, Error};

use crate::support::app::{App, Reply, Setup};
use crate::support::forged_tokens::part;
use crate::support::users::{ALICE, Users};

fn protected(app: &App, value: &str) -> Reply {
    app.get("/places/who").header("Authorization", value).send()
}

fn optional(app: &App, value: &str) -> Reply {
    app.get("/places/maybe").header("Authorization", value).send()
}

// T1
#[test]
fn another_scheme_is_no_credential() {
    let app = App::new();
    assert_eq!(protected(&app, "Basic basiccreds").code(), "credentials_missing");
}

// T2, T3, T4
#[test]
fn a_list_of_credentials_in_one_header_is_not_taken_apart() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for value in [format!("Bearer {access}, Basic creds"), format!("Bearer {access},   ")] {
        assert_eq!(protected(&app, &value).code(), "malformed_authorization", "{value}");
    }
    let value = format!("Basic creds, Bearer {access}");
    assert_eq!(protected(&app, &value).code(), "credentials_missing");
}

#[test]
fn two_headers_are_ambiguous_if_one_has_our_scheme() {
    let app = App::new();
    let bearer = format!("Bearer {}", app.tokens(ALICE).access);
    let with = |values: [&str; 2]| {
        let call = app.get("/places/who").header("Authorization", values[0]);
        call.header("Authorization", values[1]).send()
    };
    for values in [["Basic eDp5", &bearer], [&bearer, "Basic eDp5"], [&bearer, &bearer]] {
        let reply = with(values);
        assert_eq!((reply.status, reply.code().as_str()), (400, "ambiguous_credentials"));
    }
    assert_eq!(with(["Basic eDp5", "Digest x"]).code(), "credentials_missing");
}

// T5
#[test]
fn the_scheme_alone_is_malformed() {
    let app = App::new();
    for value in ["Bearer ", "Bearer"] {
        let reply = protected(&app, value);
        assert_eq!((reply.status, reply.code().as_str()), (401, "malformed_authorization"));
    }
}

// T6, T7
#[test]
fn a_renamed_header_is_the_only_one_that_is_read() {
    let app = Setup::new().set("auth.token.header", "Foo").launch();
    let value = format!("Bearer {}", app.tokens(ALICE).access);
    assert_eq!(protected(&app, &value).code(), "credentials_missing");
    let foo = |value: &str| app.get("/places/who").header("Foo", value).send();
    assert_eq!(foo(&value).body, "1 in header");
    assert_eq!(foo(&format!("Basic x, {value}")).code(), "credentials_missing");
    // The other one is of no account then: nothing is ambiguous.
    let both = app.get("/places/who").header("Foo", &value).header("Authorization", &value);
    assert_eq!(both.send().body, "1 in header");
}

// T8, T9
#[test]
fn a_renamed_scheme_is_the_only_one_that_is_read() {
    let app = Setup::new().set("auth.token.scheme", "JWT").launch();
    let access = app.tokens(ALICE).access;
    assert_eq!(protected(&app, &format!("Bearer {access}")).code(), "credentials_missing");
    assert_eq!(protected(&app, &format!("JWT {access}")).body, "1 in header");
}

// T10, T11
#[test]
fn a_header_without_a_scheme_cannot_be_configured() {
    let setup = Setup::new().set("auth.token.scheme", "");
    let errors = Config::from_figment(&setup.figment).expect_err("a fault");
    assert!(errors[0].to_string().contains("auth.token.scheme"), "{errors:?}");
}

// T12, T13
#[test]
fn the_applications_catcher_says_what_a_refusal_looks_like() {
    #[catch(401)]
    fn drawn(request: &Request<'_>) -> (rocket::http::Status, String) {
        let error = Error::of(rocket::http::Status::Unauthorized, request).expect("a reason");
        (rocket::http::Status::Created, format!("message: {}", error.kind().code()))
    }
    let rocket = rocket::custom(Setup::new().figment)
        .attach(Auth::fairing().stateless())
        .manage(Users::new())
        .mount("/places", crate::support::token_locations::routes())
        .register("/", catchers![drawn]);
    let client = Client::untracked(rocket).expect("a rocket");
    let reply = client.get("/places/who").dispatch();
    assert_eq!(reply.status().code, 201);
    assert_eq!(reply.into_string().as_deref(), Some("message: credentials_missing"));
}

// T14
#[test]
fn a_request_without_credentials_passes_an_optional_guard_and_no_store_is_asked() {
    let app = App::new();
    let before = (app.users.calls(), app.store.calls());
    assert_eq!(app.get("/places/maybe").send().body, "nobody");
    assert_eq!((app.users.calls(), app.store.calls()), before);
}

// T15, T18
#[test]
fn other_schemes_are_ignored_by_an_optional_guard() {
    let app = App::new();
    for value in ["basic creds", "Foo 1, Bar 2, Baz, 3"] {
        assert_eq!(optional(&app, value).body, "nobody", "{value}");
    }
}

// T16, T21
#[test]
fn a_malformed_header_of_our_scheme_is_refused_not_ignored() {
    let app = App::new();
    for value in ["Bearer ", "Bearer ,,0"] {
        assert_eq!(optional(&app, value).code(), "malformed_authorization", "{value}");
    }
}

// T17
#[test]
fn what_is_no_token_at_all_is_refused_not_ignored() {
    let reply = optional(&App::new(), "Bearer xxx");
    assert_eq!((reply.status, reply.code().as_str()), (401, "token_invalid"));
}

// T19, T20
#[test]
fn our_scheme_inside_another_schemes_credential_is_not_ours() {
    let app = App::new();
    let good = format!("Foo 1, Bearer {}, Baz, 3", app.tokens(ALICE).access);
    for value in ["Foo 1, Bearer, Baz, 3", "Foo 1, Bearer 2, Baz, 3", &good] {
        assert_eq!(optional(&app, value).body, "nobody", "{value}");
        assert_eq!(protected(&app, value).code(), "credentials_missing", "{value}");
    }
}

// T22, T23
#[test]
fn a_token_that_is_expired_or_of_the_other_type_is_refused_not_ignored() {
    let app = App::new();
    let pair = app.tokens(ALICE);
    assert_eq!(optional(&app, &format!("Bearer {}", pair.refresh)).code(), "wrong_token_type");
    app.advance(15 * 60);
    assert_eq!(optional(&app, &format!("Bearer {}", pair.access)).code(), "token_expired");
}

// T25
#[test]
fn a_refresh_token_opens_nothing_else() {
    let app = App::new();
    let reply = protected(&app, &format!("Bearer {}", app.tokens(ALICE).refresh));
    assert_eq!((reply.status, reply.code().as_str()), (401, "wrong_token_type"));
}

// T26
#[test]
fn an_access_token_fresh_or_not_does_not_refresh() {
    let app = App::new();
    let fresh = app.tokens(ALICE);
    let stale = app.post("/api/refresh").bearer(&fresh.refresh).send().pair();
    for token in [&fresh.access, &stale.access] {
        assert_eq!(app.get("/refresh").bearer(token).send().code(), "wrong_token_type");
    }
}

// T27
#[test]
fn a_guard_for_tokens_of_either_type_takes_all_of_them_and_requires_one() {
    let app = App::new();
    let fresh = app.tokens(ALICE);
    let stale = app.post("/api/refresh").bearer(&fresh.refresh).send().pair();
    for token in [&fresh.access, &stale.access, &stale.refresh] {
        assert_eq!(app.get("/any").bearer(token).send().status, 200);
    }
    assert_eq!(app.get("/any").send().code(), "credentials_missing");
}

// R1
#[test]
fn the_scheme_is_read_in_any_case() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        assert_eq!(protected(&app, &format!("{scheme} {access}")).body, "1 in header", "{scheme}");
    }
}

// R2
#[test]
fn spaces_are_allowed_before_the_token_and_a_tab_is_not() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    assert_eq!(protected(&app, &format!("Bearer  {access}")).body, "1 in header");
    let reply = protected(&app, &format!("Bearer\t{access}"));
    assert_eq!(reply.code(), "malformed_authorization");
}

// R3
#[test]
fn the_same_token_twice_in_one_header_is_malformed_and_not_ignored() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let value = format!("Bearer {access}, Bearer {access}");
    for reply in [protected(&app, &value), optional(&app, &value)] {
        assert_eq!(reply.code(), "malformed_authorization");
    }
}

// R4
#[test]
fn something_behind_the_token_is_malformed() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let reply = protected(&app, &format!("Bearer {access} x"));
    assert_eq!(reply.code(), "malformed_authorization");
}

// R5
#[test]
fn two_headers_are_ambiguous() {
    let app = App::new();
    let good = format!("Bearer {}", app.tokens(ALICE).access);
    for path in ["/places/who", "/places/maybe"] {
        let call = app.get(path).header("Authorization", "Basic x");
        let reply = call.header("Authorization", &good).send();
        assert_eq!((reply.status, reply.code().as_str()), (400, "ambiguous_credentials"));
    }
}

// R24
#[test]
fn a_token_of_four_parts_or_two_is_invalid() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    let four = format!("{access}.{}", access.rsplit('.').next().expect("a signature"));
    let two = access.rsplit_once('.').expect("a signature").0.to_owned();
    assert!(part(&access, 1).contains("sub"));
    for token in [four, two] {
        assert_eq!(protected(&app, &format!("Bearer {token}")).code(), "token_invalid", "{token}");
    }
}

// R25
#[test]
fn a_revoked_token_is_refused_not_ignored() {
    let app = App::new();
    let access = app.tokens(ALICE).access;
    app.post("/api/logout").bearer(&access).send();
    let reply = optional(&app, &format!("Bearer {access}"));
    assert_eq!((reply.status, reply.code().as_str()), (401, "token_revoked"));
}
