//! Signatures of others: Wycheproof's vectors of tokens and of the algorithms below them, and those of
//! RFC 7520 and RFC 8037. RFC 7515 and RFC 7519 are in `tests/http/tokens/published_examples.rs`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value, json};
use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use super::foreign::ForeignKeys;
use super::jws::{Jws, is_signature};
use super::verifying::VerifyingKey;
use super::{Keys, pem};
use crate::config::{Algorithm, ForeignConfig, TokenConfig};
use crate::error::TokenError;

/// Wycheproof's tokens; the file names its source and licence. RFC 7520's are among them.
const TOKENS: &str = include_str!("../../tests/vectors/json_web_signature.json");

/// Tokens of which Wycheproof says the opposite, and why.
const OTHERWISE: &[(u64, &str)] = &[
    (346, "the key is for PS256, and the token says PS384: RFC 7520, figure 20, with another key"),
    (347, "P-521 is no curve of ours"),
    (350, "as 346"),
    (351, "as 347"),
    (367, "the same text as in 357, which is valid: it has lost its padding"),
    (370, "as 367"),
    (372, "its MAC is that of 357, without the question mark in the header"),
    (373, "as 372, in the payload"),
];

type Check = Box<dyn Fn(&Jws<'_>) -> Result<(), TokenError>>;

/// The check of signatures with this key: of `Auth::find_key` for a shared secret, and of
/// `token.foreign.jwks` for the public half of a pair.
fn check_with(jwk: &Value) -> Check {
    if jwk["kty"] == "oct" {
        let secret = URL_SAFE_NO_PAD.decode(jwk["k"].as_str().expect("a text"));
        let key = VerifyingKey::from_secret(Algorithm::HS256, &secret.expect("base64url"));
        let key = key.expect("a long secret");
        let other = Some("a secret of 44 bytes that signs none of these".into());
        let keys = Keys::new(&TokenConfig { secret: other, ..TokenConfig::default() });
        let keys = keys.expect("a secret");
        let find = move |_: &Map<String, Value>| Some(key.clone());
        return Box::new(move |jws: &Jws<'_>| keys.check(jws, Some(&find)).map(drop));
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), json!({ "keys": [jwk] }).to_string()).expect("a written file");
    let jwks = file.path().to_str().map(str::to_owned);
    match ForeignKeys::read(&ForeignConfig { jwks, ..ForeignConfig::default() }) {
        Ok(Some(keys)) => Box::new(move |jws: &Jws<'_>| keys.check(jws)),
        // It verifies no signatures.
        _ => Box::new(|_: &Jws<'_>| Err(TokenError::Signature)),
    }
}

/// Whether the signature is good, and the payload base64url, though it is no claim set.
fn accepts(check: &Check, token: &str) -> bool {
    let Ok(jws) = Jws::split(token) else { return false };
    check(&jws).is_ok() && !matches!(jws.claims(), Err(TokenError::Encoding(_)))
}

#[test]
fn the_tokens_of_wycheproof_are_accepted_or_refused_as_it_says() {
    let file: Value = serde_json::from_str(TOKENS).expect("JSON");
    let (mut checked, mut otherwise) = (0, Vec::new());
    for group in file["groups"].as_array().expect("groups") {
        let check = check_with(&group["key"]);
        for test in group["tests"].as_array().expect("tests") {
            checked += 1;
            if Some(accepts(&check, test["jws"].as_str().expect("a text")))
                != test["valid"].as_bool()
            {
                otherwise.push(test["id"].as_u64().expect("a number"));
            }
        }
    }
    let expected: Vec<u64> = OTHERWISE.iter().map(|(id, _)| *id).collect();
    assert_eq!((checked, otherwise), (401, expected));
}

#[test]
fn figure_20_of_rfc_7520_is_accepted_with_its_own_key() {
    let file: Value = serde_json::from_str(TOKENS).expect("JSON");
    let groups = file["groups"].as_array().expect("groups");
    let group = groups.iter().find(|group| group["tests"][0]["id"] == 346).expect("figure 20");
    let mut key = group["key"].clone();
    key["alg"] = "PS384".into();
    assert!(accepts(&check_with(&key), group["tests"][0]["jws"].as_str().expect("a text")));
}

#[test]
fn the_token_of_rfc_8037_is_accepted_and_none_that_differs_in_a_character() {
    let key = json!({
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7\
        -09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let check = check_with(&key);
    assert!(accepts(&check, token));
    for (at, byte) in token.bytes().enumerate() {
        let other = if byte == b'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
        assert!(!accepts(&check, &changed), "{changed}");
    }
}

/// Asserts that a signature is accepted or refused as Wycheproof says; it leaves the acceptable to us.
#[track_caller]
fn assert_as_said(
    (key, algorithm): (&DecodingKey, Algorithm),
    (message, signature): (&[u8], &[u8]),
    (id, result): (usize, TestResult),
) {
    let is_signed = is_signature(&URL_SAFE_NO_PAD.encode(signature), message, key, algorithm);
    let as_said = result == TestResult::Acceptable || is_signed == (result == TestResult::Valid);
    assert!(as_said, "{} {id}: {is_signed}", algorithm.name());
}

#[test]
fn the_macs_of_wycheproof_are_accepted_or_refused_as_it_says_and_none_that_is_cut() {
    let (mut checked, mut weak) = (0, 0);
    for (name, algorithm) in [
        (mac::TestName::HmacSha256, Algorithm::HS256),
        (mac::TestName::HmacSha384, Algorithm::HS384),
        (mac::TestName::HmacSha512, Algorithm::HS512),
    ] {
        for group in mac::TestSet::load(name).expect("vectors").test_groups {
            let is_cut = group.tag_size != algorithm.hash_length() * 8;
            for test in group.tests {
                let Ok(key) = VerifyingKey::from_secret(algorithm, &test.key) else {
                    assert!(test.key.len() < algorithm.hash_length(), "{}", test.tc_id);
                    weak += 1;
                    continue;
                };
                checked += 1;
                let result = if is_cut { TestResult::Invalid } else { test.result };
                let signed = (&test.msg[..], &test.tag[..]);
                assert_as_said((&key.key, algorithm), signed, (test.tc_id, result));
            }
        }
    }
    assert_eq!((checked, weak), (504, 18));
}

#[test]
fn the_ecdsa_signatures_of_wycheproof_are_accepted_or_refused_as_it_says() {
    let mut checked = 0;
    for (name, algorithm) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha256P1363, Algorithm::ES256),
        (ecdsa::TestName::EcdsaSecp384r1Sha384P1363, Algorithm::ES384),
    ] {
        for group in ecdsa::TestSet::load(name).expect("vectors").test_groups {
            let key = pem::public_key(algorithm, &group.pem).map(|key| key.key).expect("a key");
            for test in group.tests {
                checked += 1;
                let signed = (&test.msg[..], &test.sig[..]);
                assert_as_said((&key, algorithm), signed, (test.tc_id, test.result));
            }
        }
    }
    assert_eq!(checked, 542);
}

#[test]
fn the_eddsa_signatures_of_wycheproof_are_accepted_or_refused_as_it_says() {
    let mut checked = 0;
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("vectors");
    for group in set.test_groups {
        let key = pem::public_key(Algorithm::EdDSA, &group.pem).map(|key| key.key).expect("a key");
        for test in group.tests {
            checked += 1;
            let signed = (&test.msg[..], &test.sig[..]);
            assert_as_said((&key, Algorithm::EdDSA), signed, (test.tc_id, test.result));
        }
    }
    assert_eq!(checked, 151);
}

#[test]
fn the_rsa_signatures_of_wycheproof_are_accepted_or_refused_as_it_says() {
    use rsa_pkcs1_verify::TestName as Name;
    let mut checked = 0;
    for (name, algorithm) in [
        (Name::Rsa2048Sha256, Algorithm::RS256),
        (Name::Rsa2048Sha384, Algorithm::RS384),
        (Name::Rsa2048Sha512, Algorithm::RS512),
        (Name::Rsa3072Sha256, Algorithm::RS256),
        (Name::Rsa3072Sha384, Algorithm::RS384),
        (Name::Rsa3072Sha512, Algorithm::RS512),
        (Name::Rsa4096Sha256, Algorithm::RS256),
        (Name::Rsa4096Sha384, Algorithm::RS384),
        (Name::Rsa4096Sha512, Algorithm::RS512),
    ] {
        for group in rsa_pkcs1_verify::TestSet::load(name).expect("vectors").test_groups {
            let key = pem::public_key(algorithm, &group.pem).map(|key| key.key).expect("a key");
            for test in group.tests {
                checked += 1;
                let signed = (&test.msg[..], &test.sig[..]);
                assert_as_said((&key, algorithm), signed, (test.tc_id, test.result));
            }
        }
    }
    assert_eq!(checked, 2_330);
    let set = rsa_pkcs1_verify::TestSet::load(Name::Rsa8192Sha256).expect("vectors");
    assert!(pem::public_key(Algorithm::RS256, &set.test_groups[0].pem).is_err(), "too long");
}

#[test]
fn the_pss_signatures_of_wycheproof_are_accepted_or_refused_as_it_says_and_none_with_another_salt()
{
    use rsa_pss_verify::TestName as Name;
    let mut checked = 0;
    for (name, algorithm, has_our_salt) in [
        (Name::RsaPss2048Sha256Mgf1SaltLen32, Algorithm::PS256, true),
        (Name::RsaPss3072Sha256Mgf1SaltLen32, Algorithm::PS256, true),
        (Name::RsaPss4096Sha256Mgf1SaltLen32, Algorithm::PS256, true),
        (Name::RsaPss2048Sha384Mgf1SaltLen48, Algorithm::PS384, true),
        (Name::RsaPss4096Sha384Mgf1SaltLen48, Algorithm::PS384, true),
        (Name::RsaPss4096Sha512Mgf1SaltLen64, Algorithm::PS512, true),
        // RFC 7518, section 3.5: MGF1 with the same hash, and a salt as long as it.
        (Name::RsaPss2048Sha256Mgf1SaltLen0, Algorithm::PS256, false),
        (Name::RsaPss2048Sha256Mgf1Sha1_20, Algorithm::PS256, false),
        (Name::RsaPss4096Sha512Mgf1SaltLen32, Algorithm::PS512, false),
    ] {
        for group in rsa_pss_verify::TestSet::load(name).expect("vectors").test_groups {
            let is_our_mask = group.mgf_hash == Some(group.hash);
            let key = pem::public_key(algorithm, &group.pem).map(|key| key.key).expect("a key");
            for test in group.tests {
                checked += 1;
                // One of the others has been signed with a salt as long as ours, to be refused by them.
                let ours = format!("s_len changed to {}", algorithm.hash_length());
                let result = match test.result {
                    result if has_our_salt => result,
                    _ if test.comment == ours && is_our_mask => TestResult::Valid,
                    _ => TestResult::Invalid,
                };
                let signed = (&test.msg[..], &test.sig[..]);
                assert_as_said((&key, algorithm), signed, (test.tc_id, result));
            }
        }
    }
    assert_eq!(checked, 1_173);
}
