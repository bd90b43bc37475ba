//! The tokens in RFC 7515 and RFC 7519. None names an account, so each good signature shows in the claim
//! that is missed next. `src/keys/vectors.rs` has the examples whose payloads are no claims.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket::http::Status;
use rocket::{Request, catch, catchers};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use vestibule::tokens::{Algorithm, TokenError, TokenPart, VerifyingKey};
use vestibule::{Auth, Error};

use crate::support::app::{App, Setup};

/// The claims of all examples: those of section 3.1 of RFC 7519.
const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290\
    Ijp0cnVlfQ";

/// RFC 7515, appendix A.1, which is also in section 3.1 of RFC 7519.
const HS256: [&str; 2] =
    ["eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"];
const HS256_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CA\
    ow";

/// RFC 7515, appendix A.2.
const RS256: [&str; 2] = [
    "eyJhbGciOiJSUzI1NiJ9",
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJ\
    dbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN93\
    83LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWk\
    WywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
];
const RS256_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPM\
    EzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMd\
    bBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NA\
    co9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

/// RFC 7515, appendix A.3.
const ES256: [&str; 2] = [
    "eyJhbGciOiJFUzI1NiJ9",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
];

/// RFC 7515, appendix A.5, which is also in section 6.1 of RFC 7519.
const UNSECURED: [&str; 2] = ["eyJhbGciOiJub25lIn0", ""];

/// RFC 7519, appendix A.1: an encrypted token.
const ENCRYPTED: &str = "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.QR1Owv2ug2WyPBnbQrRARTeEk9kDO2w8qD\
    cjiHnSJflSdv1iNqhWXaKH4MqAkQtMoNfABIPJaZm0HaA415sv3aeuBWnD8J-Ui7Ah6cWafs3ZwwFKDFUUsWHSK-IPKxLGTkND09XyjOR\
    j_CHAgOPJ-Sd8ONQRnJvWn_hXV1BNMHzUjPyYwEsRhDhzjAD26imasOTsgruobpYGoQcXUwFDn7moXPRfDE8-NoQX7N7ZYMmpUDkR-Cx9\
    obNGwJQ3nM52YCitxoQVPzjbl7WBuB7AohdBoZOdZ24WlN1lVIeh8v1K4krB8xgKvRU8kgFrEn_a1rZgN5TiysnmzTROF869lQ.AxY8DC\
    tDaGlsbGljb3RoZQ.MKOle7UQrG6nSxTLX6Mqwt0orbHvAKeWnDYvpIAeZ72deHxz3roJDXQyhxx0wKaMHDjUEOKIwrtkHthpqEanSBNY\
    HZgmNOV7sln1Eu9g3J8.fiK51VwhsxJ-siBMR-YFiA";

/// Shows the token error, which no client sees otherwise.
#[catch(default)]
fn show_token_error(status: Status, request: &Request<'_>) -> String {
    let error = Error::of(status, request);
    error.map_or_else(String::new, |error| format!("{:?}", error.token_error()))
}

fn token([header, signature]: [&str; 2]) -> String {
    format!("{header}.{CLAIMS}.{signature}")
}

/// The same token with another character in the middle of its signature.
fn forged(parts: [&str; 2]) -> String {
    let mut bytes = token(parts).into_bytes();
    let middle = bytes.len() - parts[1].len() / 2;
    bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("ASCII")
}

#[track_caller]
fn assert_error(app: &App, token: &str, expected: TokenError) {
    let reply = app.get("/access").bearer(token).send();
    assert_eq!((reply.status, reply.body), (401, format!("{:?}", Some(expected))), "{token}");
}

fn missing(name: &'static str) -> TokenError {
    TokenError::MissingClaim(Cow::Borrowed(name))
}

/// An application with the shared key of the first example.
fn with_their_secret() -> App {
    let find = |auth: Auth| {
        let secret = URL_SAFE_NO_PAD.decode(HS256_KEY).expect("base64url");
        let key = VerifyingKey::from_secret(Algorithm::HS256, &secret).expect("64 bytes");
        auth.find_key(move |_| Some(key.clone()))
    };
    Setup::new()
        .set("auth.token.issuer", "joe")
        .set("auth.token.audience", "")
        .set("auth.token.require", [""; 0])
        .catch(catchers![show_token_error])
        .fairing(find)
        .launch()
}

/// An application that trusts this public key of joe's.
fn trusting(jwk: &Value) -> App {
    let file = NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), json!({ "keys": [jwk] }).to_string()).expect("a written file");
    Setup::new()
        .set("auth.token.foreign.jwks", file.path().to_str().expect("UTF-8"))
        .set("auth.token.foreign.issuer", "joe")
        .set("auth.token.foreign.audience", "us")
        .catch(catchers![show_token_error])
        .launch()
}

#[test]
fn the_mac_of_rfc_7515_is_good_and_no_other() {
    let app = with_their_secret();
    assert_error(&app, &token(HS256), missing("sub"));
    assert_error(&app, &forged(HS256), TokenError::Signature);
    for other in [RS256, ES256] {
        assert_error(&app, &token(other), TokenError::Algorithm);
    }
}

#[test]
fn the_signatures_of_rfc_7515_are_good_and_no_others() {
    let rsa = json!({ "kty": "RSA", "n": RS256_MODULUS, "e": "AQAB" });
    let curve = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    for (jwk, own, other) in [(rsa, RS256, ES256), (curve, ES256, RS256)] {
        let app = trusting(&jwk);
        assert_error(&app, &token(own), missing("aud"));
        assert_error(&app, &forged(own), TokenError::Signature);
        for other in [other, HS256, UNSECURED] {
            assert_error(&app, &token(other), TokenError::Algorithm);
        }
    }
}

#[test]
fn the_unsecured_and_the_encrypted_token_of_rfc_7519_are_refused() {
    let app = with_their_secret();
    assert_error(&app, &token(UNSECURED), TokenError::Algorithm);
    assert_error(&app, ENCRYPTED, TokenError::Encoding(TokenPart::Claims));
}
