//! The public keys of another issuer, from a JWK set (RFC 7517).

use jsonwebtoken::jwk::Jwk;
use serde_json::{Map, Value};

use super::algorithm::{Algorithm, Family};
use super::install_provider;
use super::jws::{Jws, named_key, names};
use super::pem::usable;
use super::verifying::Verifying;
use crate::auth::config::ForeignConfig;
use crate::auth::token_fault::TokenFault;

/// The keys of the one foreign issuer whose tokens are accepted.
pub(crate) struct ForeignKeys {
    issuer: String,
    keys: Vec<(Algorithm, Verifying)>,
}

impl ForeignKeys {
    /// The keys of a configuration: `None` without a file, or what is wrong with it.
    pub(crate) fn read(config: &ForeignConfig) -> Result<Option<Self>, String> {
        let Some(path) = &config.jwks else { return Ok(None) };
        install_provider();
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|cause| format!("cannot be read: {cause}"))?;
        let set: Value = serde_json::from_str(&text).map_err(|_| "is no JSON".to_owned())?;
        let listed = set.get("keys").and_then(Value::as_array);
        let listed = listed.ok_or("is no JWK set: it has no list \"keys\"")?;
        let mut keys = Vec::new();
        for (number, jwk) in listed.iter().enumerate() {
            match read_key(jwk) {
                Ok(key) => keys.extend(key),
                Err(fault) => return Err(format!("its key number {} {fault}", number + 1)),
            }
        }
        if keys.is_empty() {
            return Err("holds no key that verifies signatures".to_owned());
        }
        Ok(Some(Self { issuer: config.issuer.clone(), keys }))
    }

    /// Whether a token says of itself that this issuer made it; the signature will tell. A
    /// token that says otherwise is never tried with these keys, nor this one with ours.
    pub(crate) fn may_have_issued(&self, jws: &Jws<'_>) -> bool {
        let claims = jws.claims();
        claims.is_ok_and(|claims| claims.get("iss").and_then(Value::as_str) == Some(&self.issuer))
    }

    /// The claim set of a token that one of these keys signed, with the key's own algorithm.
    pub(crate) fn verify(&self, jws: &Jws<'_>) -> Result<Map<String, Value>, TokenFault> {
        self.check(jws).map_err(|fault| jws.unreadable_or(fault))?;
        jws.claims()
    }

    fn check(&self, jws: &Jws<'_>) -> Result<(), TokenFault> {
        let header = jws.header()?;
        let named = named_key(&header)?;
        let fitting = || self.keys.iter().filter(|(_, known)| known.fits(named));
        let mut tried = fitting().next().is_none();
        for (algorithm, known) in fitting() {
            if names(&header, *algorithm)? {
                tried = true;
                if jws.is_signed_by(&known.key, *algorithm) {
                    return Ok(());
                }
            }
        }
        Err(if tried { TokenFault::Signature } else { TokenFault::Algorithm })
    }
}

/// One key of the set; `None` for one that is not for us: to encrypt with, or of a kind that
/// we do not know, which is to be ignored (RFC 7517, section 5).
fn read_key(value: &Value) -> Result<Option<(Algorithm, Verifying)>, String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let kind = text("kty").ok_or("has no kty")?;
    if kind == "oct" || text("alg").is_some_and(|name| name.starts_with("HS")) {
        return Err("is symmetric: whoever verifies with it could sign".to_owned());
    }
    if value.get("d").is_some() || value.get("k").is_some() {
        return Err("is a private key".to_owned());
    }
    let operations = value.get("key_ops").and_then(Value::as_array);
    let verifies = operations.is_none_or(|all| all.iter().any(|one| one == "verify"));
    if !verifies || text("use").is_some_and(|purpose| purpose != "sig") {
        return Ok(None);
    }
    let usual = match (kind, text("crv")) {
        ("RSA", _) => Algorithm::RS256,
        ("EC", Some("P-256")) => Algorithm::ES256,
        ("EC", Some("P-384")) => Algorithm::ES384,
        ("OKP", Some("Ed25519")) => Algorithm::EdDSA,
        _ => return Ok(None),
    };
    let algorithm = match text("alg") {
        None => usual,
        Some(name) => match Algorithm::ALL.into_iter().find(|known| known.name() == name) {
            None => return Ok(None),
            // Another hash goes with the same RSA key; a curve has only one algorithm.
            Some(named) if named == usual => usual,
            Some(named) if (named.family(), usual.family()) == (Family::Rsa, Family::Rsa) => named,
            Some(_) => return Err(format!("is of kind {kind}, which is not for {name}")),
        },
    };
    let wrong = || format!("cannot be read as a key for {}", algorithm.name());
    let jwk: Jwk = serde_json::from_value(value.clone()).map_err(|_| wrong())?;
    let key = usable(algorithm, &jwk)?;
    Ok(Some((algorithm, Verifying { kid: jwk.common.key_id, key })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn number() -> impl Strategy<Value = Value> {
        prop_oneof![
            "[A-Za-z0-9_-]{0,90}".prop_map(Value::from),
            "[A-Za-z0-9_-]{43}".prop_map(Value::from),
            "[A-Za-z0-9_-]{342}".prop_map(Value::from),
            Just(json!("AQAB")),
            Just(json!("AA")),
            any::<i32>().prop_map(Value::from),
            Just(Value::Null),
        ]
    }

    proptest! {
        #[test]
        fn no_key_breaks_anything(
            kind in prop::sample::select(vec!["RSA", "EC", "OKP", "oct", "AKP", ""]),
            curve in prop::sample::select(vec!["P-256", "P-384", "P-521", "Ed25519", "X25519", ""]),
            algorithm in prop::sample::select(vec!["", "RS256", "PS512", "ES256", "ES384", "EdDSA", "HS256", "none"]),
            numbers in prop::collection::vec(number(), 4),
        ) {
            install_provider();
            let mut jwk = json!({
                "kty": kind, "crv": curve, "kid": numbers[3],
                "x": numbers[0], "y": numbers[1], "n": numbers[0], "e": numbers[2],
            });
            if !algorithm.is_empty() {
                jwk["alg"] = json!(algorithm);
            }
            if let Ok(Some((found, _))) = read_key(&jwk) {
                prop_assert!(found.is_asymmetric());
                prop_assert!(algorithm.is_empty() || found.name() == algorithm);
            }
        }
    }
}
