//! The public keys of another issuer, from a JWK set (RFC 7517).

use jsonwebtoken::jwk::Jwk;
use serde_json::{Map, Value};

use crate::config::ForeignConfig;
use crate::config::algorithm::{Algorithm, Family};
use crate::error::token_error::TokenError;
use crate::keys::jws::{Jws, named_key, names};
use crate::keys::pem::usable;
use crate::keys::provider::install_provider;
use crate::keys::verifying::Verifying;

/// The keys of the one foreign issuer whose tokens are accepted.
pub(crate) struct ForeignKeys {
    issuer: String,
    /// The `typ` of its access tokens, where one is demanded.
    typ: Option<String>,
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
        Ok(Some(Self { issuer: config.issuer.clone(), typ: config.typ.clone(), keys }))
    }

    /// Whether a token says of itself that this issuer made it; the signature will tell. A
    /// token that says otherwise is never tried with these keys, nor this one with ours.
    pub(crate) fn may_have_issued(&self, jws: &Jws<'_>) -> bool {
        jws.names_issuer(&self.issuer)
    }

    /// The claim set of a token that one of these keys signed, with the key's own algorithm.
    pub(crate) fn verify(&self, jws: &Jws<'_>) -> Result<Map<String, Value>, TokenError> {
        self.check(jws).map_err(|fault| jws.unreadable_or(fault))?;
        jws.claims()
    }

    fn check(&self, jws: &Jws<'_>) -> Result<(), TokenError> {
        let header = jws.header()?;
        let named = named_key(&header)?;
        let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default();
        // An ID token is signed with the same keys as an access token.
        if self.typ.as_ref().is_some_and(|wanted| !is_same_type(wanted, typ)) {
            return Err(TokenError::HeaderType);
        }
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
        Err(if tried { TokenError::Signature } else { TokenError::Algorithm })
    }
}

/// Whether two media types are the same; `application/` may be left out (RFC 7515, 4.1.9).
fn is_same_type(one: &str, other: &str) -> bool {
    let short = |name: &str| {
        let name = name.trim().to_ascii_lowercase();
        name.strip_prefix("application/").map(str::to_owned).unwrap_or(name)
    };
    short(one) == short(other)
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

    /// A key of each kind that can be read.
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

    /// What a field may become: `None` leaves it out.
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
        fn no_key_breaks_anything(
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
