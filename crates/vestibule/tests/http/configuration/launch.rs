//! What does not launch, and what it says.

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::local::blocking::Client;
use rocket::{catchers, routes};
use serde_json::{Value, json};
use vestibule::config::Config;
use vestibule::{Auth, Clock};

use crate::support::app::{SECRET, Setup, rocket};
use crate::support::users::Users;

fn figment(profile: &str, settings: &[(&str, Value)]) -> Figment {
    let setup = if profile == "debug" { Setup::new() } else { Setup::new().release() };
    settings.iter().fold(setup, |setup, (key, value)| setup.set(key, value)).figment
}

/// Why a rocket did not launch; reading the kind keeps Rocket's error from panicking.
pub(crate) fn launch(figment: Figment) -> Result<(), String> {
    let rocket = rocket(figment, Auth::fairing().stateless().clock(Clock::manual()), Users::new());
    Client::untracked(rocket).map(drop).map_err(|error| format!("{:?}", error.kind()))
}

const PEM: &str =
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----";

type Wrong = (&'static str, &'static str, Value, &'static str, &'static str);

/// A wrong configuration: the profile, one setting, the key that the error names and
/// what it says is allowed.
fn wrong() -> Vec<Wrong> {
    vec![
        ("debug", "auth.modee", json!("both"), "auth.modee", "mode, policy, fresh_for"),
        (
            "debug",
            "auth.token.secrets",
            json!("x"),
            "auth.token.secrets",
            "secret, previous_secrets",
        ),
        (
            "debug",
            "auth.session.name",
            json!("x"),
            "auth.session.name",
            "cookie, secure, same_site",
        ),
        ("debug", "auth.password.rounds", json!(12), "auth.password.rounds", "cost, min_length"),
        ("debug", "auth.throttle.failures", json!(0), "auth.throttle.failures", "at least 1"),
        ("debug", "auth.throttle.window", json!("0s"), "auth.throttle.window", "at least \"1s\""),
        ("debug", "auth.mode", json!("cookies"), "auth.mode", "session, token, both"),
        ("debug", "auth.mode", json!("Both"), "auth.mode", "session, token, both"),
        ("debug", "auth.policy", json!("sometimes"), "auth.policy", "always, unless-token, never"),
        ("debug", "auth.policy", json!("never"), "auth.policy", "mode = \"token\""),
        ("debug", "auth.fresh_for", json!("soon"), "auth.fresh_for", "a duration such as"),
        ("debug", "auth.fresh_for", json!("0s"), "auth.fresh_for", "longer than 0"),
        ("debug", "auth.fresh_for", json!(-1), "auth.fresh_for", "a duration such as"),
        ("debug", "auth.fresh_for", json!("200 years"), "auth.fresh_for", "a duration such as"),
        ("debug", "auth.fresh_for", json!(true), "auth.fresh_for", "a duration such as"),
        (
            "debug",
            "auth.session.idle",
            json!("15 mintes"),
            "auth.session.idle",
            "a duration such as",
        ),
        ("debug", "auth.session.lifetime", json!("0"), "auth.session.lifetime", "at least \"1s\""),
        ("debug", "auth.session.same_site", json!("none"), "auth.session.same_site", "lax, strict"),
        (
            "debug",
            "auth.session.cookie",
            json!("my cookie"),
            "auth.session.cookie",
            "letters, digits",
        ),
        ("debug", "auth.session.cookie", json!("__Host-x"), "auth.session.cookie", "__ prefix"),
        ("debug", "auth.session.cookie", json!(""), "auth.session.cookie", "letters, digits"),
        (
            "debug",
            "auth.session.previous_secret_keys",
            json!(["5".repeat(63)]),
            "auth.session.previous_secret_keys",
            "256 bits in base64 (44 characters) or hex (64)",
        ),
        (
            "debug",
            "auth.session.previous_secret_keys",
            json!(["5".repeat(64), "hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk="]),
            "auth.session.previous_secret_keys",
            "published example",
        ),
        (
            "release",
            "secret_key",
            json!("hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk="),
            "secret_key",
            "published example",
        ),
        (
            "release",
            "secret_key",
            json!("84f458c95462332c69c39b010755de08c375905b030aa2af062d902710551d09"),
            "secret_key",
            "published example",
        ),
        ("debug", "auth.token.access", json!(""), "auth.token.access", "a duration such as"),
        ("debug", "auth.token.access", json!("500ms"), "auth.token.access", "at least \"1s\""),
        ("debug", "auth.token.refresh", json!("1m"), "auth.token.refresh", "token.access"),
        ("debug", "auth.token.leeway", json!("6m"), "auth.token.leeway", "at most \"5m\""),
        (
            "debug",
            "auth.token.refresh_grace",
            json!("2m"),
            "auth.token.refresh_grace",
            "at most \"1m\"",
        ),
        ("debug", "auth.token.access", json!("Never"), "auth.token.access", "or \"never\""),
        ("debug", "auth.token.access", json!(false), "auth.token.access", "or \"never\""),
        ("debug", "auth.token.access", json!("never"), "auth.token.refresh", "token.access"),
        ("debug", "auth.token.longest", json!("1m"), "auth.token.longest", "token.access"),
        ("debug", "auth.token.audience", json!([""]), "auth.token.audience", "an empty name"),
        (
            "debug",
            "auth.token.audience",
            json!(["api", "vestibule"]),
            "auth.token.audience",
            "must not name token.issuer",
        ),
        ("debug", "auth.token.typ", json!("jwt"), "auth.token.typ", "allowed: at+jwt, JWT"),
        ("debug", "auth.token.nbf", json!("perhaps"), "auth.token.nbf", "found string \"perhaps\""),
        ("debug", "auth.token.audience", json!(1), "auth.token.audience", "a list of texts"),
        ("debug", "auth.token.audience", json!([1]), "auth.token.audience.0", "a string"),
        ("debug", "auth.token.identity_claim", json!(""), "auth.token.identity_claim", "a claim"),
        (
            "debug",
            "auth.token.identity_claim",
            json!("exp"),
            "auth.token.identity_claim",
            "no other meaning",
        ),
        (
            "debug",
            "auth.token.foreign.typ",
            json!("at+jwt"),
            "auth.token.foreign.jwks",
            "is missing",
        ),
        (
            "debug",
            "auth.token.foreign.identity_claim",
            json!("employee"),
            "auth.token.foreign.jwks",
            "is missing",
        ),
        ("debug", "auth.token.require", json!([""]), "auth.token.require", "in no token of ours"),
        ("debug", "auth.token.realm", json!("a\"b"), "auth.token.realm", "without quotes"),
        ("debug", "auth.token.realm", json!("a\r\nb"), "auth.token.realm", "printable ASCII"),
        (
            "debug",
            "auth.token.algorithm",
            json!("RS257"),
            "auth.token.algorithm",
            "HS256, HS384, HS512, RS256",
        ),
        (
            "debug",
            "auth.token.algorithm",
            json!("none"),
            "auth.token.algorithm",
            "HS256, HS384, HS512, RS256",
        ),
        ("debug", "auth.token.header", json!("X Token"), "auth.token.header", "letters, digits"),
        ("debug", "auth.token.header", json!("cookie"), "auth.token.header", "another meaning"),
        (
            "debug",
            "auth.token.cookies.csrf_header",
            json!("authorization"),
            "auth.token.cookies",
            "must differ",
        ),
        ("debug", "auth.token.json.access", json!(""), "auth.token.json", "not empty"),
        ("debug", "auth.token.scheme", json!(""), "auth.token.scheme", "letters, digits"),
        ("debug", "auth.token.query.name", json!(""), "auth.token.query.name", "not be empty"),
        (
            "debug",
            "auth.token.json",
            json!({ "access": "token", "refresh": "token" }),
            "auth.token.json",
            "must be different",
        ),
        ("debug", "auth.password.cost", json!(3), "auth.password.cost", "4 to 20"),
        ("release", "auth.password.cost", json!(4), "auth.password.cost", "10 to 20"),
        (
            "release",
            "auth.token.allow_weak_secret",
            json!(true),
            "auth.token.allow_weak_secret",
            "debug",
        ),
    ]
}

type Weak = (&'static str, Vec<(&'static str, Value)>, &'static str, &'static str);

/// Secrets that are none: the profile, the settings, the key named and the text that must
/// not be repeated.
fn weak() -> Vec<Weak> {
    let secret = "auth.token.secret";
    let short = "Kurz-und-schlecht-31-Zeichen-xx";
    let known = "a-string-secret-at-least-256-bits-long";
    vec![
        ("debug", vec![(secret, json!(""))], secret, "\u{0}"),
        (
            "debug",
            vec![(secret, json!("                                        "))],
            secret,
            "\u{0}",
        ),
        ("debug", vec![(secret, json!(short))], secret, short),
        ("release", vec![(secret, json!(short))], secret, short),
        ("debug", vec![(secret, json!(known))], secret, known),
        ("debug", vec![(secret, json!(known.to_uppercase()))], secret, "SECRET-AT-LEAST"),
        ("debug", vec![(secret, json!(PEM))], secret, "MFkwEwYH"),
        ("debug", vec![(secret, json!(format!("\n {PEM}")))], secret, "MFkwEwYH"),
        (
            "debug",
            vec![("auth.token.previous_secrets", json!([SECRET, short]))],
            "auth.token.previous_secrets",
            short,
        ),
        (
            "debug",
            vec![("auth.token.previous_secrets", json!(short))],
            "auth.token.previous_secrets",
            short,
        ),
        (
            "debug",
            vec![("auth.token.previous_secrets", json!([8_675_309]))],
            "auth.token.previous_secrets",
            "8675309",
        ),
        (
            "debug",
            vec![("auth.session.previous_secret_keys", json!([short]))],
            "auth.session.previous_secret_keys",
            short,
        ),
        (
            "debug",
            vec![("auth.session.previous_secret_keys", json!(short))],
            "auth.session.previous_secret_keys",
            short,
        ),
        (
            "debug",
            vec![("auth.session.previous_secret_keys", json!([8_675_309]))],
            "auth.session.previous_secret_keys",
            "8675309",
        ),
        ("debug", vec![(secret, json!(8_675_309))], secret, "8675309"),
        ("debug", vec![(secret, json!(86.75309))], secret, "86.75309"),
        ("debug", vec![(secret, json!([short]))], secret, short),
        ("debug", vec![("auth.token", json!(short))], "auth.token", short),
        ("debug", vec![("auth", json!(short))], "auth", short),
        ("debug", vec![("auth.token.algorithm", json!("HS384"))], secret, SECRET),
        ("debug", vec![("auth.token.algorithm", json!("HS512"))], secret, SECRET),
        (
            "release",
            vec![(secret, json!(short)), ("auth.token.allow_weak_secret", json!(true))],
            secret,
            short,
        ),
        (
            "debug",
            vec![(secret, json!(PEM)), ("auth.token.allow_weak_secret", json!(true))],
            secret,
            "MFkwEwYH",
        ),
        (
            "debug",
            vec![(secret, json!("")), ("auth.token.allow_weak_secret", json!(true))],
            secret,
            "\u{0}",
        ),
    ]
}

pub(crate) fn errors(figment: &Figment) -> Vec<String> {
    let errors = Config::from_figment(figment).err().unwrap_or_default();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_wrong_setting_names_its_key_and_what_is_allowed() {
    for (profile, key, value, named, allowed) in wrong() {
        let errors = errors(&figment(profile, &[(key, value.clone())]));
        assert_eq!(errors.len(), 1, "{key} = {value}: {errors:?}");
        assert!(errors[0].starts_with(&format!("{named} (")), "{key} = {value}: {errors:?}");
        assert!(errors[0].contains(allowed), "{key} = {value}: {errors:?}");
    }
}

#[test]
fn a_wrong_setting_of_a_file_names_the_file_without_its_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("Rocket.toml");
    for (key, value) in [("fresh_for", "0s"), ("mode", "cookies"), ("modee", "both")] {
        let text = format!("[default.auth]\n{key} = \"{value}\"\n");
        std::fs::write(&path, text).expect("a file");
        let errors = errors(&figment("debug", &[]).merge(Toml::file(&path).nested()));
        assert_eq!(errors.len(), 1, "{key}: {errors:?}");
        assert!(errors[0].starts_with(&format!("auth.{key} (Rocket.toml): ")), "{errors:?}");
    }
}

#[test]
fn a_wrong_setting_aborts_the_launch() {
    for (profile, key, value, ..) in wrong() {
        let failure = launch(figment(profile, &[(key, value.clone())])).expect_err(key);
        assert!(failure.contains("FailedFairings"), "{key} = {value}: {failure}");
    }
}

#[test]
fn a_weak_secret_names_its_key_and_never_itself() {
    for (profile, settings, named, hidden) in weak() {
        let errors = errors(&figment(profile, &settings));
        assert!(!errors.is_empty(), "{settings:?}");
        assert!(
            errors.iter().any(|config_error| config_error.starts_with(named)),
            "{settings:?}: {errors:?}"
        );
        assert!(
            errors.iter().all(|config_error| !config_error.contains(hidden)),
            "{settings:?}: {errors:?}"
        );
    }
}

#[test]
fn a_weak_secret_aborts_the_launch() {
    for (profile, settings, ..) in weak() {
        let failure = launch(figment(profile, &settings)).expect_err("a weak secret");
        assert!(failure.contains("FailedFairings"), "{settings:?}: {failure}");
    }
}

#[test]
fn a_missing_secret_is_named_with_what_to_set() {
    let figment = Figment::from(rocket::Config::debug_default()).merge(("log_level", "off"));
    let errors = errors(&figment);
    assert_eq!(errors, ["auth.token.secret (not set): is missing; set at least 32 random bytes"]);
    assert!(launch(figment).is_err());
}

#[test]
fn every_error_is_reported_at_once() {
    let settings = [
        ("auth.fresh_for", json!(0)),
        ("auth.token.leeway", json!("1h")),
        ("auth.password.cost", json!(1)),
    ];
    assert_eq!(errors(&figment("debug", &settings)).len(), 3);
}

#[test]
fn a_weak_secret_is_allowed_in_the_debug_profile_when_asked_for() {
    let settings =
        [("auth.token.secret", json!("secret")), ("auth.token.allow_weak_secret", json!(true))];
    assert_eq!(launch(figment("debug", &settings)), Ok(()));
}

#[test]
fn the_published_key_of_rocket_is_allowed_in_the_debug_profile() {
    let key = ("secret_key", json!("hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk="));
    assert_eq!(launch(figment("debug", &[key])), Ok(()));
}

#[test]
fn the_defaults_launch_in_both_profiles() {
    for profile in ["debug", "release"] {
        assert_eq!(launch(figment(profile, &[])), Ok(()), "{profile}");
    }
}

#[test]
fn a_pair_of_keys_demands_an_issuer_and_an_audience() {
    for key in ["auth.token.issuer", "auth.token.audience"] {
        let settings = [("auth.token.algorithm", json!("ES256")), (key, json!(""))];
        let errors = errors(&figment("debug", &settings));
        let problem = "must not be empty with a pair of keys";
        let told = errors.iter().filter(|error| error.contains(problem));
        assert!(told.eq(errors.iter().filter(|error| error.contains(key))), "{errors:?}");
        assert_eq!(errors.iter().filter(|error| error.contains(key)).count(), 1, "{errors:?}");
        assert_eq!(launch(figment("debug", &settings[1..])), Ok(()), "{key}");
    }
}

#[test]
fn a_claim_that_other_settings_leave_out_cannot_be_required() {
    for (name, settings) in [
        ("iss", vec![("auth.token.issuer", json!(""))]),
        ("aud", vec![("auth.token.audience", json!([]))]),
        ("nbf", vec![("auth.token.nbf", json!(false))]),
        ("exp", vec![("auth.token.refresh", json!("never"))]),
    ] {
        let required = ("auth.token.require", json!([name]));
        assert_eq!(launch(figment("debug", std::slice::from_ref(&required))), Ok(()), "{name}");
        let errors = errors(&figment("debug", &[settings, vec![required]].concat()));
        assert_eq!(errors.len(), 1, "{name}: {errors:?}");
        assert!(errors[0].contains(&format!("\"{name}\" is in no token of ours")), "{errors:?}");
    }
}

#[test]
fn a_claim_that_no_pair_carries_cannot_be_required() {
    for (name, settings) in
        [("csrf", vec![]), ("sub", vec![("auth.token.identity_claim", json!("user"))])]
    {
        let required = ("auth.token.require", json!([name]));
        let errors = errors(&figment("debug", &[settings, vec![required]].concat()));
        assert_eq!(errors.len(), 1, "{name}: {errors:?}");
        assert!(errors[0].contains(&format!("\"{name}\" is in no token of ours")), "{errors:?}");
    }
    let cookies = ("auth.token.locations", json!(["cookies"]));
    let csrf = ("auth.token.require", json!(["csrf"]));
    assert_eq!(launch(figment("debug", &[cookies, csrf])), Ok(()));
    let sid = figment("debug", &[("auth.token.require", json!(["sid"]))]);
    assert!(launch(sid.clone()).expect_err("no store").contains("FailedFairings"));
    let kept = Auth::fairing().store(vestibule::sign_ins::MemorySignInStore::new());
    assert!(Client::untracked(rocket(sid, kept, Users::new())).is_ok());
}

#[test]
fn the_policy_never_is_allowed_with_tokens_only() {
    let never = |mode: &str| {
        launch(figment("debug", &[("auth.policy", json!("never")), ("auth.mode", json!(mode))]))
    };
    assert!(never("token").is_ok() && never("both").is_err() && never("session").is_err());
}

#[test]
fn a_duration_of_tokens_may_be_as_long_as_its_limit() {
    for (key, longest, longer) in [
        ("auth.token.leeway", "5m", "301s"),
        ("auth.token.refresh_grace", "1m", "61s"),
        ("auth.token.refresh_retry", "1d", "86401s"),
    ] {
        let is_allowed =
            |value: &str| Config::from_figment(&figment("debug", &[(key, json!(value))])).is_ok();
        assert!(is_allowed(longest) && !is_allowed(longer), "{key}");
    }
}

#[test]
fn durations_are_texts_or_seconds() {
    for (value, seconds) in [
        (json!("15m"), 900),
        (json!("2h 30m"), 9000),
        (json!("90"), 90),
        (json!(90), 90),
        (json!("30 days"), 2_592_000),
    ] {
        let config = Config::from_figment(&figment("debug", &[("auth.fresh_for", value.clone())]));
        assert_eq!(config.expect("a configuration").fresh_for.as_secs(), seconds, "{value}");
    }
}

#[test]
fn a_configuration_never_shows_its_secrets() {
    let key = "0123456789abcdef".repeat(4);
    let settings = [
        ("auth.token.previous_secrets", json!([SECRET])),
        ("auth.session.previous_secret_keys", json!([key])),
    ];
    let config = Config::from_figment(&figment("debug", &settings)).expect("a configuration");
    let shown = format!("{config:?} {}", serde_json::to_string(&config).expect("JSON"));
    assert!(shown.contains("[redacted]") && !shown.contains("battery"), "{shown}");
    assert!(!shown.contains(&key), "{shown}");
}

macro_rules! needs_the_fairing {
    ($($name:ident: $guard:ty;)*) => {
        $(mod $name {
            #[rocket::get("/")]
            pub(super) fn route(guard: $guard) {
                let _ = guard;
            }
        })*

        #[test]
        fn every_guard_refuses_to_launch_without_the_fairing() {
            for (name, routes) in [$((stringify!($guard), routes![$name::route])),*] {
                let figment = Setup::new().figment;
                let rocket = rocket::custom(figment).mount("/", routes).register("/", catchers![]);
                let error = Client::untracked(rocket).expect_err(name);
                let failure = format!("{:?}", error.kind());
                assert!(failure.contains("SentinelAborts"), "{name}: {failure}");
            }
        }
    };
}

needs_the_fairing! {
    bearer: vestibule::guards::BearerToken<'_>;
    access: vestibule::guards::AccessToken;
    refresh: vestibule::guards::RefreshToken;
    token: crate::support::app::TokenUser;
    any: crate::support::app::AnyTokenUser;
    session: crate::support::app::SessionUser;
    current: crate::support::app::CurrentUser;
    option: Option<crate::support::app::CurrentUser>;
    result: Result<crate::support::app::CurrentUser, vestibule::Error>;
    fresh: vestibule::guards::Fresh<crate::support::app::CurrentUser>;
    require: vestibule::guards::Require<crate::support::users::Admin>;
    claimed: vestibule::guards::ClaimedRole<crate::support::users::Admin, crate::support::app::TokenUser>;
    maybe: vestibule::guards::Maybe<crate::support::app::SessionUser>;
    nested: vestibule::guards::Maybe<vestibule::guards::Fresh<vestibule::guards::Require<crate::support::users::Admin>>>;
    writer: vestibule::Session<'_>;
    tokens: vestibule::Tokens<'_>;
    public_keys: vestibule::tokens::PublicKeys<'_>;
}
