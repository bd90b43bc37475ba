use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use vestibule::access_keys::{AccessKeys, KeyRequest};

use crate::app::{ALICE, App, BOB, User};
use crate::bearer_header::token_of;
use crate::inputs::{changed, changes, check};

/// A key of this sign-in with a right checksum and another secret.
fn forged(id: &str, secret: [u8; 28]) -> String {
    let sum = Sha256::new().chain_update(id).chain_update(secret).finalize();
    format!("vst_{id}_{}", URL_SAFE_NO_PAD.encode([&secret[..], &sum[..4]].concat()))
}

#[test]
fn no_text_but_a_key_that_was_created_is_accepted_and_only_as_its_user() {
    let app = App::new();
    let request = app.client.get("/");
    let keys = app.guard::<AccessKeys<'_>>(&request);
    let created = [ALICE, BOB].map(|id| {
        let wanted = KeyRequest { label: "one".to_owned(), scopes: Vec::new(), lifetime: None };
        let created = app.wait_for(keys.make(&User(id), wanted)).expect("a key");
        (created.key.as_str().to_owned(), id)
    });
    let texts: Vec<String> = created.iter().map(|(text, _)| text.clone()).collect();
    let ids: Vec<String> = texts.iter().map(|text| text[4..26].to_owned()).collect();
    let other = prop_oneof![prop::sample::select(ids), "[A-Za-z0-9_-]{21}[AQgw]"];
    let text = prop_oneof![
        4 => prop::sample::select(texts),
        4 => (other, any::<[u8; 28]>()).prop_map(|(id, secret)| forged(&id, secret)),
        1 => "vst_[A-Za-z0-9_-]{20,24}_[A-Za-z0-9_-]{41,45}",
    ];
    check(&(text, changes(2)), |(text, changes)| {
        let field = format!("Bearer {}", changed(&text, &changes));
        let found = app.authorize("/token", field.clone());
        let presented = token_of(&field).unwrap_or_default();
        match (found, created.iter().find(|(text, _)| text == presented)) {
            (Ok(user), Some((_, owner))) => prop_assert_eq!(user, owner.to_string()),
            (Err(status), None) => {
                prop_assert!(matches!(status, 400 | 401), "{}: {:?}", status, field)
            }
            (found, _) => prop_assert!(false, "{:?}: {:?}", found, field),
        }
        Ok(())
    });
}
