use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use proptest::prelude::*;
use serde_json::Value;
use vestibule::Tokens;
use vestibule::tokens::{Claims, TokenKind};

use crate::app::{ALICE, App, SECRET, User};
use crate::inputs::{changed, changes, check, edited, edits, has_name_twice, object, words};

/// Values around the limits of each claim.
fn values(now: i64) -> Vec<String> {
    let around = [-901, -900, -1, 0, 1, 5, 6, 899, 900, 901, 2_592_000, 2_592_001];
    let times = around.map(|seconds| (now + seconds).to_string());
    let others = words(
        r#"null true false "" "1" "2" "access" "refresh" "vestibule" "vestibule-api" ["vestibule-api","other"] []
        [1] {} -1 0 1 1.0 1.5 1e3 1e400 253402300800 9223372036854775807 9223372036854775808 "\u0000" "\ud800"
        ["pwd","otp"]"#,
    );
    times.into_iter().chain(others).collect()
}

/// Whether a strict reader accepts claims that were accepted, with no look at the library.
fn is_acceptable(map: &Value, found: &Claims, now: i64) -> bool {
    let text = |name: &str| map.get(name).and_then(Value::as_str);
    let number = |name: &str| map.get(name).and_then(Value::as_i64);
    let kind = match found.kind {
        TokenKind::Access => "access",
        TokenKind::Refresh => "refresh",
    };
    let named = |aud: &Value| aud == "vestibule" || aud == "vestibule-api";
    let is_for_us = match &map["aud"] {
        Value::Array(names) => names.iter().any(named),
        name => named(name),
    };
    let (Some(iat), Some(exp)) = (number("iat"), number("exp")) else { return false };
    let is_short = kind == "refresh" || exp - iat <= 900;
    let is_in_time = iat <= now + 5 && now < exp && number("nbf").is_some_and(|nbf| nbf <= now + 5);
    let is_named = |name| text(name).is_some_and(|text| !text.is_empty());
    let is_ours = text("iss") == Some("vestibule") && text("type") == Some(kind) && is_for_us;
    is_ours
        && is_short
        && is_in_time
        && is_named("jti")
        && text("sub") == Some(&found.sub)
        && is_named("sub")
}

#[test]
fn signed_claims_are_accepted_only_if_a_strict_reader_accepts_them() {
    let app = App::new();
    let request = app.client.get("/");
    let tokens = app.guard::<Tokens<'_>>(&request);
    let pair = app.wait_for(tokens.start(&User(ALICE))).expect("a pair");
    let issued = [pair.access_token, pair.refresh_token.expect("a refresh token")];
    let seeds: Vec<(String, Vec<(String, String)>)> = issued
        .iter()
        .map(|token| {
            let mut parts = token.split('.');
            let header = parts.next().expect("a header").to_owned();
            let claims = URL_SAFE_NO_PAD.decode(parts.next().expect("claims")).expect("base64url");
            let claims: Value = serde_json::from_slice(&claims).expect("JSON");
            let pairs = claims.as_object().expect("an object").iter();
            (header, pairs.map(|(name, value)| (name.clone(), value.to_string())).collect())
        })
        .collect();
    let (now, key) = (app.now(), EncodingKey::from_secret(SECRET.as_bytes()));
    let seed = (prop::sample::select(seeds), any::<bool>());
    let bytes = prop_oneof![3 => Just(Vec::new()), 1 => changes(2)];
    check(&(seed, edits(3, values(now)), bytes), |(((header, pairs), is_plain), edits, bytes)| {
        let pairs = edited(pairs, &edits);
        let text = changed(&object(&pairs), &bytes);
        // `JWT` is any type.
        let header = if is_plain {
            URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#)
        } else {
            header
        };
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(&text));
        let signature =
            crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("a signature");
        let verified = tokens.verify(&format!("{message}.{signature}"));
        prop_assert!(verified.is_ok() || !edits.is_empty() || !bytes.is_empty(), "{}", text);
        if let Ok(found) = verified {
            let map: Value = serde_json::from_str(&text).expect("what was accepted is JSON");
            prop_assert!(is_acceptable(&map, &found, now), "{}", text);
            prop_assert!(!bytes.is_empty() || !has_name_twice(&pairs), "{}", text);
        }
        Ok(())
    });
}
