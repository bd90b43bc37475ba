use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use vestibule::ErrorKind;

use crate::authenticator::{Authenticator, ORIGIN};
use crate::inputs::{Change, changed, changed_bytes, changes, check};
use crate::service::Service;

/// What of an answer is signed, or says whose it is.
const SIGNED: [&str; 4] = ["clientDataJSON", "authenticatorData", "signature", "userHandle"];

/// Changes of the bytes in one of the fields, and then of the whole text.
type Mutation = (&'static str, Vec<Change>, Vec<Change>);

fn mutations(fields: &'static [&'static str]) -> impl Strategy<Value = Mutation> {
    let inner = prop_oneof![1 => Just(Vec::new()), 9 => changes(3)];
    let outer = prop_oneof![2 => Just(Vec::new()), 1 => changes(3)];
    (prop::sample::select(fields), inner, outer)
}

fn mutated(answer: &Value, (field, inner, outer): &Mutation) -> String {
    let mut answer = answer.clone();
    if let Some(bytes) = bytes_of(&answer["response"][*field]) {
        answer["response"][*field] = URL_SAFE_NO_PAD.encode(changed_bytes(&bytes, inner)).into();
    }
    changed(&answer.to_string(), outer)
}

/// What the service reads of an answer. serde looks less closely at the rest: it takes half of a
/// surrogate pair there.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    raw_id: Value,
    response: Response,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data_json: Value,
    authenticator_data: Value,
    signature: Value,
    user_handle: Value,
    attestation_object: Value,
}

fn read(text: &str) -> Value {
    let answer: Answer = serde_json::from_str(text).expect("what was accepted is JSON");
    json!(answer)
}

/// The bytes that a text is in base64, of any alphabet and with or without padding.
fn bytes_of(value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?.trim_end_matches('=').replace('+', "-").replace('/', "_");
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[test]
fn an_answer_signs_in_only_if_what_is_signed_in_it_is_unchanged() {
    let service = Service::new();
    let mut passkey = Authenticator::new(1);
    service.add_one(&mut passkey);
    let asked = RefCell::new(service.ask(&mut passkey));
    let passkey = RefCell::new(passkey);
    let signed = |answer: &Value| {
        let fields = SIGNED.map(|name| bytes_of(&answer["response"][name]));
        (fields, bytes_of(&answer["rawId"]))
    };
    check(&mutations(&SIGNED), |mutation| {
        let (state, answer) = asked.borrow().clone();
        let text = mutated(&answer, &mutation);
        match service.sign_in(&state, &text) {
            Ok(()) => {
                let counts_twice = service.sign_in(&state, &text).is_ok();
                // The next answer needs another challenge, also after a failure.
                asked.replace(service.ask(&mut passkey.borrow_mut()));
                let sent = read(&text);
                prop_assert_eq!(signed(&sent), signed(&answer), "{}", text);
                prop_assert!(!counts_twice, "{}", text);
            }
            Err(kind) => {
                prop_assert_eq!(kind, ErrorKind::BadCredentials, "{}", text);
                prop_assert_ne!(&text, &answer.to_string());
            }
        }
        Ok(())
    });
}

#[test]
fn an_answer_adds_a_passkey_only_for_its_challenge_its_origin_and_its_relying_party() {
    let service = Service::new();
    let (host, own) = (Sha256::digest("localhost"), Url::parse(ORIGIN).expect("a URL"));
    let begin = || {
        let begun = service.begin();
        let answer = Authenticator::new(1).create(&begun.options);
        (begun.state, begun.options["challenge"].clone(), answer)
    };
    let begun = RefCell::new(begin());
    check(&mutations(&["clientDataJSON", "attestationObject"]), |mutation| {
        let (state, challenge, answer) = begun.borrow().clone();
        let text = mutated(&answer, &mutation);
        match service.add(&state, &text) {
            Ok(()) => {
                // First: the next answer needs another challenge, also after a failure.
                service.remove_all();
                begun.replace(begin());
                let sent = read(&text);
                let client = bytes_of(&sent["response"]["clientDataJSON"]).unwrap_or_default();
                let client: Value = serde_json::from_slice(&client).expect("JSON");
                prop_assert_eq!(&client["type"], "webauthn.create", "{}", text);
                prop_assert_eq!(bytes_of(&client["challenge"]), bytes_of(&challenge), "{}", text);
                // Not the same text: it is parsed as a URL.
                let origin = client["origin"].as_str().and_then(|origin| Url::parse(origin).ok());
                prop_assert_eq!(
                    origin.map(|origin| origin.origin()),
                    Some(own.origin()),
                    "{}",
                    text
                );
                let object = bytes_of(&sent["response"]["attestationObject"]).unwrap_or_default();
                prop_assert!(object.windows(32).any(|part| part == &host[..]), "{}", text);
            }
            Err(kind) => {
                prop_assert_eq!(kind, ErrorKind::InvalidField, "{}", text);
                prop_assert_ne!(&text, &answer.to_string());
            }
        }
        Ok(())
    });
}
