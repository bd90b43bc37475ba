//! An authenticator in software (WebAuthn, section 6): its passkey is an ES256 key, and it says what a test
//! wants it to say.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Where the tests have their pages.
pub(crate) const ORIGIN: &str = "http://localhost:8000";

/// The user was present, was verified, and the key of a new passkey follows.
const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const WITH_KEY: u8 = 1 << 6;

/// A passkey, and what its browser says.
#[derive(Clone)]
pub(crate) struct Authenticator {
    key: SigningKey,
    /// The id of the credential.
    pub(crate) id: Vec<u8>,
    /// The id of the user, once the passkey is made.
    pub(crate) handle: Vec<u8>,
    pub(crate) counter: u32,
    /// By how much an answer raises the counter.
    pub(crate) step: u32,
    pub(crate) origin: &'static str,
    pub(crate) host: &'static str,
    pub(crate) is_verified: bool,
}

impl Authenticator {
    /// A passkey that no other seed has.
    pub(crate) fn new(seed: u8) -> Self {
        Self::of([seed; 32])
    }

    /// One of many.
    pub(crate) fn new_numbered(number: usize) -> Self {
        Self::of(Sha256::digest(number.to_be_bytes()).into())
    }

    fn of(secret: [u8; 32]) -> Self {
        Self {
            key: SigningKey::from_slice(&secret).expect("a key"),
            id: Sha256::digest(secret).to_vec(),
            handle: Vec::new(),
            counter: 1,
            step: 1,
            origin: ORIGIN,
            host: "localhost",
            is_verified: true,
        }
    }

    /// The id in base64url.
    pub(crate) fn name(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.id)
    }

    /// Makes the passkey: the answer to `navigator.credentials.create`.
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        let handle = options["user"]["id"].as_str().expect("the id of the user");
        self.handle = URL_SAFE_NO_PAD.decode(handle).expect("base64url");
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().expect("a coordinate"), point.y().expect("a coordinate"));
        // { 1: 2, 3: -7, -1: 1, -2: x, -3: y } in CBOR.
        let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], x, &[0x22, 0x58, 32], y];
        let length = u16::try_from(self.id.len()).expect("a short id");
        let credential = [&[0; 16][..], &length.to_be_bytes(), &self.id, &key.concat()].concat();
        let data = [self.data(WITH_KEY), credential].concat();
        let length = u8::try_from(data.len()).expect("short data");
        // { "fmt": "none", "attStmt": {}, "authData": data } in CBOR.
        let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58", &[length][..], &data];
        let client = self.client_data("webauthn.create", options);
        self.answer(json!({
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
            "attestationObject": URL_SAFE_NO_PAD.encode(object.concat()),
            "transports": ["internal", "smart-card"],
        }))
    }

    /// Uses the passkey: the answer to `navigator.credentials.get`.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        self.counter += self.step;
        let client = self.client_data("webauthn.get", options);
        let data = self.data(0);
        let signed = [&data[..], &Sha256::digest(&client)].concat();
        let signature: Signature = self.key.sign(&signed);
        self.answer(json!({
            "clientDataJSON": URL_SAFE_NO_PAD.encode(&client),
            "authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "signature": URL_SAFE_NO_PAD.encode(signature.to_der()),
            "userHandle": URL_SAFE_NO_PAD.encode(&self.handle),
        }))
    }

    fn answer(&self, response: Value) -> Value {
        json!({
            "id": self.name(), "rawId": self.name(), "type": "public-key", "response": response,
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
        })
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["challenge"];
        let data = json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }

    /// Authenticator data (section 6.1) without a key.
    fn data(&self, flags: u8) -> Vec<u8> {
        let verified = if self.is_verified { VERIFIED } else { 0 };
        let flags = [PRESENT | verified | flags];
        [&Sha256::digest(self.host)[..], &flags, &self.counter.to_be_bytes()].concat()
    }
}
