//! Secrets that are published before they are used: no verifier and no other process meets a key
//! that it does not know.

use std::fs;
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::process::{Home, Service, at_home};

const PAIR: &str = "[default.auth.token]\nalgorithm = \"EdDSA\"\nissuer = \"https://id.example\"\n";

const SECRETS: &str = "state/secrets.toml";

fn secrets(home: &Home, arguments: &[&str]) -> String {
    let done = home.run(&[&["secrets"], arguments].concat(), "");
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
    let file = fs::read_to_string(home.path(SECRETS)).expect("made at the first start");
    for secret in file.split('"').filter(|text| text.len() > 40) {
        assert!(!done.out.contains(secret), "{}", done.out);
    }
    done.out
}

/// Makes the next secrets look published five minutes earlier.
fn wait_five_minutes(home: &Home) {
    let file = fs::read_to_string(home.path(SECRETS)).expect("our own file");
    let (before, rest) = file.split_once("published_at = \"").expect("next secrets");
    let (at, after) = rest.split_once('"').expect("a text");
    let at = OffsetDateTime::parse(at, &Rfc3339).expect("a time") - Duration::from_secs(300);
    let at = at.format(&Rfc3339).expect("a text");
    fs::write(home.path(SECRETS), format!("{before}published_at = \"{at}\"{after}"))
        .expect("our own file");
}

/// What a service that verifies tokens keeps of the published keys.
fn published(service: &Service) -> JwkSet {
    let reply = service.get("/.well-known/jwks.json", &[]);
    serde_json::from_str(&reply.body).expect("a set of keys")
}

/// The key of a header's token in a kept set, if the token verifies with it.
fn verifies(keys: &JwkSet, bearer: &str) -> bool {
    let token = bearer.trim_start_matches("Bearer ");
    let kid = decode_header(token).expect("a token").kid.expect("a kid");
    let Some(key) = keys.find(&kid) else { return false };
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_audience(&["vestibule-api"]);
    let key = DecodingKey::from_jwk(key).expect("a key");
    decode::<Value>(token, &key, &rules).is_ok()
}

fn api_login(service: &Service) -> String {
    service.api_login("user_01", "1234").expect("a token")
}

fn me(service: &Service, bearer: &str) -> u16 {
    service.get("/api/me", &[("Authorization", bearer)]).status
}

#[test]
fn who_cached_the_keys_after_publishing_ahead_verifies_tokens_of_the_next_key() {
    at_home(|home| {
        home.configure(PAIR);
        let service = home.serve(&[]);
        let (at_first, first) = (published(&service), api_login(&service));
        assert!(verifies(&at_first, &first));
        service.stop();

        assert!(secrets(&home, &["rotate", "--publish-ahead"]).contains("five minutes"));
        let service = home.serve(&[]);
        let (ahead, second) = (published(&service), api_login(&service));
        assert_eq!((at_first.keys.len(), ahead.keys.len()), (1, 2));
        assert!(verifies(&at_first, &second), "the next key does not sign yet");
        service.stop();

        wait_five_minutes(&home);
        assert!(secrets(&home, &["rotate"]).contains("one after the other"));
        let service = home.serve(&[]);
        let third = api_login(&service);
        assert!(!verifies(&at_first, &third), "another key signs");
        assert!(verifies(&ahead, &third));
        assert!(verifies(&published(&service), &first), "the former key is still published");
        assert_eq!((me(&service, &first), me(&service, &third)), (200, 200));
        service.stop();

        assert!(secrets(&home, &["forget"]).contains("1 public key"));
        let service = home.serve(&[]);
        assert_eq!(published(&service).keys.len(), 1);
        assert_eq!((me(&service, &first), me(&service, &third)), (401, 200));
    });
}

#[test]
fn without_publishing_ahead_the_new_key_is_unknown_to_who_cached_the_keys() {
    let home = Home::new();
    home.configure(PAIR);
    let service = home.serve(&[]);
    let at_first = published(&service);
    service.stop();
    assert!(secrets(&home, &["rotate"]).contains("all at once"));
    assert!(!verifies(&at_first, &api_login(&home.serve(&[]))));
}

#[test]
fn secrets_that_were_published_just_now_are_not_taken_for_known() {
    let home = Home::new();
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    secrets(&home, &["rotate", "--publish-ahead"]);
    // A pair of keys that was added since is rotated too.
    home.configure(PAIR);
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    assert!(secrets(&home, &["rotate"]).contains("all at once"));
    assert_eq!(published(&home.serve(&[])).keys.len(), 2);
}

#[test]
fn processes_with_published_secrets_restart_one_after_the_other() {
    at_home(|home| {
        home.serve(&[]).stop();
        secrets(&home, &["rotate", "--publish-ahead"]);
        let waiting = home.serve(&[]);
        let (token, cookie) = (api_login(&waiting), waiting.form_login("user_01", "1234"));
        let cookie = cookie.expect("a cookie");
        let said = secrets(&home, &["rotate"]);
        assert!(said.contains("if each was restarted\nsince"), "{said}");
        let restarted = home.serve(&[]);
        let newer = (api_login(&restarted), restarted.form_login("user_01", "1234"));
        let newer_cookie = newer.1.expect("a cookie");
        for (service, token, cookie) in
            [(&restarted, &token, &cookie), (&waiting, &newer.0, &newer_cookie)]
        {
            assert_eq!(me(service, token), 200);
            let page = service.get("/whoami", &[("Cookie", cookie)]);
            assert_eq!(page.json()["via"], "session", "{}", page.body);
        }
    });
}

#[test]
fn what_is_published_is_published_once_and_not_forgotten() {
    let home = Home::new();
    home.configure(PAIR);
    assert_eq!(home.run(&["routes"], "").code, Some(0));
    secrets(&home, &["rotate"]);
    secrets(&home, &["rotate", "--publish-ahead"]);
    let again = home.run(&["secrets", "rotate", "--publish-ahead"], "");
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.err.contains("holds the next secrets since 20"), "{again:?}");
    let before = fs::read_to_string(home.path(SECRETS)).expect("our own file");
    assert!(secrets(&home, &["forget"]).contains("1 of cookies, 1 of tokens, 1 public key"));
    let service = home.serve(&[]);
    assert_eq!(published(&service).keys.len(), 2);
    service.stop();
    secrets(&home, &["rotate"]);
    let after = fs::read_to_string(home.path(SECRETS)).expect("our own file");
    let next = |text: &str| {
        let (_, next) = text.split_once("[next]")?;
        Some(next.lines().find_map(|line| line.strip_prefix("secret = "))?.to_owned())
    };
    let next_secret = next(&before).expect("a next secret");
    assert!(after.contains(&format!("\nsecret = {next_secret}")), "it signs now");
    assert_eq!(next(&after), None);
    assert!(home.log().iter().all(|line| line["level"] != "warn"), "{:?}", home.log());
}
