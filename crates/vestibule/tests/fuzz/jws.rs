use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::sample::Index;
use vestibule::Tokens;

use crate::app::{ALICE, App, BOB, User};
use crate::inputs::{changed, changes, check};

/// Headers that have deceived verifiers.
const HEADERS: &[&str] = &[
    r#"{"alg":"none"}"#,
    r#"{"alg":"None","typ":"JWT"}"#,
    r#"{"alg":"HS256"}"#,
    r#"{"alg":"HS256","alg":"none"}"#,
    r#"{"alg":"HS384"}"#,
    r#"{"alg":"RS256"}"#,
    r#"{"alg":["HS256"]}"#,
    r#"{"alg":"HS256","kid":"../../dev/null"}"#,
    r#"{"alg":"HS256","jwk":{"kty":"oct","k":""}}"#,
    r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
    r#"{"typ":"JWT"}"#,
];

#[test]
fn no_text_but_a_token_that_was_issued_is_accepted_and_only_as_its_user() {
    let app = App::new();
    let request = app.client.get("/");
    let tokens = app.guard::<Tokens<'_>>(&request);
    let issued: Vec<(String, String)> = [ALICE, BOB]
        .into_iter()
        .flat_map(|id| {
            let pair = app.wait_for(tokens.start(&User(id))).expect("a pair");
            let refresh = pair.refresh_token.expect("a refresh token");
            [pair.access_token, refresh].map(|token| (token, id.to_string()))
        })
        .collect();
    for (token, sub) in &issued {
        assert_eq!(&tokens.verify(token).expect("issued").sub, sub);
    }
    let part = |at: Index, number: usize| {
        let (token, _) = at.get(&issued);
        token.split('.').nth(number).expect("three parts").to_owned()
    };
    let header = prop::option::weighted(0.3, prop::sample::select(HEADERS));
    let parts = (any::<[Index; 3]>(), header, prop::bool::weighted(0.1));
    check(&(parts, changes(3)), |(([header, claims, signature], other, is_cut), changes)| {
        let header = other.map_or_else(|| part(header, 0), |text| URL_SAFE_NO_PAD.encode(text));
        let signature = if is_cut { String::new() } else { part(signature, 2) };
        let text = changed(&format!("{header}.{}.{signature}", part(claims, 1)), &changes);
        let found = issued.iter().find(|(token, _)| *token == text);
        let accepted = tokens.verify(&text).ok().map(|claims| claims.sub);
        prop_assert_eq!(accepted.as_ref(), found.map(|(_, sub)| sub), "{}", text);
        Ok(())
    });
}
