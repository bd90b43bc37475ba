//! The public keys of the foreign issuer, from a JWK set (RFC 7517).

use jsonwebtoken::jwk::Jwk;
use serde_json::{Map, Value};

use crate::config::ForeignConfig;
use crate::config::algorithm::{Algorithm, Family};
use crate::error::TokenError;
use crate::keys::install_provider;
use crate::keys::jws::{Jws, has_algorithm, key_id, normalized_media_type};
use crate::keys::pem::decoding_key;
use crate::keys::verifying::NamedKey;

/// The keys of the one foreign issuer whose tokens are accepted.
pub(crate) struct ForeignKeys {
    issuer: String,
    /// The required `typ` of its access tokens, if any.
    typ: Option<String>,
    keys: Vec<(Algorithm, NamedKey)>,
}

impl ForeignKeys {
    /// Reads the keys of a configuration: `None` without a file.
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
            let numbered = |error| format!("its key number {} {error}", number + 1);
            keys.extend(read_key(jwk).map_err(numbered)?);
        }
        if keys.is_empty() {
            return Err("holds no key that verifies signatures".to_owned());
        }
        Ok(Some(Self { issuer: config.issuer.clone(), typ: config.typ.clone(), keys }))
    }

    /// Whether a token names this issuer. Only such a token is verified with these keys, and only
    /// with these.
    pub(crate) fn may_have_issued(&self, jws: &Jws<'_>) -> bool {
        jws.names_issuer(&self.issuer)
    }

    /// Verifies the signature, with the key's own algorithm, and returns the claim set.
    pub(crate) fn verify(&self, jws: &Jws<'_>) -> Result<Map<String, Value>, TokenError> {
        self.check(jws).map_err(|error| jws.format_error().unwrap_or(error))?;
        jws.claims()
    }

    pub(super) fn check(&self, jws: &Jws<'_>) -> Result<(), TokenError> {
        let header = jws.header()?;
        let kid = key_id(&header)?;
        let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default();
        // An ID token is signed with the same keys.
        if self
            .typ
            .as_ref()
            .is_some_and(|required| normalized_media_type(required) != normalized_media_type(typ))
        {
            return Err(TokenError::HeaderType);
        }
        let candidates = || self.keys.iter().filter(|(_, known)| known.matches(kid));
        let mut tried = candidates().next().is_none();
        for (algorithm, known) in candidates() {
            if has_algorithm(&header, *algorithm)? {
                tried = true;
                if jws.is_signed_by(&known.key, *algorithm) {
                    return Ok(());
                }
            }
        }
        Err(if tried { TokenError::Signature } else { TokenError::Algorithm })
    }
}

/// Reads one key of the set; `None` for one that does not verify signatures or is of an unknown
/// kind, which must be ignored (RFC 7517, section 5).
fn read_key(value: &Value) -> Result<Option<(Algorithm, NamedKey)>, String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let kind = text("kty").ok_or("has no kty")?;
    if kind == "oct" || text("alg").is_some_and(|name| name.starts_with("HS")) {
        return Err("is symmetric: with it, verifiers could sign tokens".to_owned());
    }
    if value.get("d").is_some() || value.get("k").is_some() {
        return Err("is a private key".to_owned());
    }
    let operations = value.get("key_ops").and_then(Value::as_array);
    let verifies = operations.is_none_or(|all| all.iter().any(|one| one == "verify"));
    if !verifies || text("use").is_some_and(|purpose| purpose != "sig") {
        return Ok(None);
    }
    let default = match (kind, text("crv")) {
        ("RSA", _) => Algorithm::RS256,
        ("EC", Some("P-256")) => Algorithm::ES256,
        ("EC", Some("P-384")) => Algorithm::ES384,
        ("OKP", Some("Ed25519")) => Algorithm::EdDSA,
        _ => return Ok(None),
    };
    let algorithm = match text("alg") {
        None => default,
        Some(name) => match Algorithm::ALL.into_iter().find(|known| known.name() == name) {
            None => return Ok(None),
            // An RSA key works with every hash; a curve has only one algorithm.
            Some(named) if named == default => default,
            Some(named) if (named.family(), default.family()) == (Family::Rsa, Family::Rsa) => {
                named
            }
            Some(_) => return Err(format!("is of kind {kind}, which is not for {name}")),
        },
    };
    let wrong = || format!("cannot be read as a key for {}", algorithm.name());
    let jwk: Jwk = serde_json::from_value(value.clone()).map_err(|_| wrong())?;
    let key = decoding_key(algorithm, &jwk)?;
    Ok(Some((algorithm, NamedKey { kid: jwk.common.key_id, key })))
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

    /// A key of each supported kind.
    fn good() -> Vec<Value> {
        vec![
            json!({ "kty": "RSA", "e": "AQAB", "n": MODULUS }),
            json!({
                "kty": "EC", "crv": "P-256",
                "x": "Y_TVQY1HL99TfvypSJ5t5ZsfnsUmMTObgps0wwwkQOM",
                "y": "ns3AAGTvTeaajtOvlo564_54B1eqJFNJPwqtN1NGszA",
            }),
            json!({
                "kty": "EC", "crv": "P-384",
                "x": "qiojQGc84VLM6q5WWj8z5Wzv6_mNFzThdsjKLkKu5Ch9qbP7PlBmpwB-ajxM7xr1",
                "y": "FaRXwajX6k8aURWQtN-19VR3yuFAovAQAn1RY96bc67yV9pRFsERIZn0Y3yzu6aJ",
            }),
            json!({
                "kty": "OKP", "crv": "Ed25519",
                "x": "sC1LwcDoCvLQ-g6A09rLyhNsnjBEjWi-_lO1SM4rPtg",
            }),
        ]
    }

    const MODULUS: &str = "pusLionGauyLEcSlSWl-lrOpOSbG-Z9Ntru8hJWAPJFLjU9n2nL-950RZ00qbTV-\
        PPAo47QiqZ6iEiIhHDvXHBkQ9gS-ssR5em08QdCUC4s2-kz60s2g9Csh_xuf6oHP2ZxK4ceERz1ZqDSenbn1ckqoz\
        axiJeowSKHoM5qB0xv1MDF9PZzTlvZpgc5IRq4M7Reim4ddoNhoihTqQu88uzHqQ3ITWAGaJZTCS0-EZNluyX_R7\
        E5FVKWHkOWp6yWulfzsnOEs17Ho2yfRLag4LD36X87gosc2zPDiayhdrC3t8rHanp3KemEk0-D_88e256wtHk2Ih\
        BrEgJd9DfD1tw";

    /// A change of one field; `None` removes it.
    fn change() -> impl Strategy<Value = (&'static str, Option<Value>)> {
        let word = prop::sample::select(vec![
            "", "sig", "enc", "verify", "sign", "RS256", "PS512", "ES256", "ES384", "EdDSA",
            "HS256", "none", "RSA", "EC", "OKP", "oct", "P-256", "P-384", "Ed25519",
        ]);
        let word = word.prop_map(Value::from);
        let value = prop_oneof![
            word.clone(),
            prop::collection::vec(word, 0..2).prop_map(Value::from),
            number()
        ];
        let name = vec!["kty", "crv", "alg", "use", "key_ops", "kid", "x", "y", "n", "e", "d", "k"];
        (prop::sample::select(name), prop::option::weighted(0.8, value))
    }

    #[test]
    fn every_kind_of_key_is_read() {
        install_provider();
        let found: Vec<_> = good().iter().filter_map(|jwk| read_key(jwk).ok().flatten()).collect();
        let found: Vec<_> = found.iter().map(|(algorithm, _)| algorithm.name()).collect();
        assert_eq!(found, ["RS256", "ES256", "ES384", "EdDSA"]);
    }

    proptest! {
        #[test]
        fn a_changed_key_is_read_or_refused_without_a_panic(
            mut jwk in prop::sample::select(good()),
            changed in prop::option::weighted(0.9, change()),
        ) {
            install_provider();
            match changed.clone() {
                Some((name, Some(value))) => jwk[name] = value,
                Some((name, None)) => drop(jwk.as_object_mut().and_then(|jwk| jwk.remove(name))),
                None => {}
            }
            let read = read_key(&jwk);
            let text = |name: &str| jwk.get(name).and_then(Value::as_str);
            prop_assert!(changed.is_some() || matches!(read, Ok(Some(_))));
            if let Ok(Some((found, _))) = read {
                prop_assert!(found.is_asymmetric());
                prop_assert!(text("alg").is_none_or(|name| found.name() == name), "{}", jwk);
                prop_assert!(text("use").is_none_or(|purpose| purpose == "sig"), "{}", jwk);
                prop_assert!(jwk.get("d").is_none() && jwk.get("k").is_none(), "{}", jwk);
            }
        }
    }
}
