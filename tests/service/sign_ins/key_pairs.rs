//! Tokens signed with a private key, and the published public key.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::support::app::on_both_with;

/// Each algorithm with what `openssl genpkey` makes its key of.
const PAIRS: [(&str, &[&str]); 5] = [
    ("RS256", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("PS512", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("ES256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("ES384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("EdDSA", &["-algorithm", "ED25519"]),
];

/// A private key in PEM; `None` without openssl, which with `CI=true` is a failure.
fn private_key(how: &[&str]) -> Option<String> {
    let Ok(made) = Command::new("openssl").arg("genpkey").args(how).output() else {
        let skipped = "skipped: key pairs (no openssl found)";
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{skipped}");
        eprintln!("{skipped}");
        return None;
    };
    assert!(made.status.success(), "openssl makes a key");
    Some(String::from_utf8(made.stdout).expect("PEM is text"))
}

#[test]
fn a_pair_of_keys_signs_verifies_and_is_published() {
    for (algorithm, how) in PAIRS {
        let Some(pem) = private_key(how) else { return };
        let with_pair = |figment: rocket::figment::Figment| {
            figment
                .merge(("auth.token.algorithm", algorithm))
                .merge(("auth.token.private_key", pem.as_str()))
        };
        on_both_with(with_pair, |app| {
            let mut program = app.token("user_01");
            assert_eq!(program.get("/api/me").status, 200, "{algorithm}");
            assert_eq!(program.refresh().status, 200, "{algorithm}");
            let token = program.token.clone().expect("a token");
            let header = token.split('.').next().expect("a header");
            let header = URL_SAFE_NO_PAD.decode(header).expect("base64url");
            let header: Value = serde_json::from_slice(&header).expect("JSON");
            let keys = app.anonymous().get("/.well-known/jwks.json").json();
            assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1), "{keys}");
            assert_eq!(header["alg"], algorithm);
            assert_eq!(keys["keys"][0]["kid"], header["kid"], "{algorithm}");
            assert!(keys["keys"][0].get("d").is_none(), "no private half is published");

            // One character of the signature, well before its last, which may be padding.
            let at = token.len() - 10;
            let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
            program.token = Some(format!("{}{other}{}", &token[..at], &token[at + 1..]));
            let refused = program.get("/api/me");
            assert_eq!((refused.status, refused.code().as_str()), (401, "token_invalid"));
        });
    }
}
