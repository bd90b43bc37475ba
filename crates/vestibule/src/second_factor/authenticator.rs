//! Authenticators: apps that share a secret with the service and show a code of it every 30 seconds
//! (RFC 6238 with SHA-1 and six digits, which every app has).

use qrcode::QrCode;
use qrcode::render::svg;
use time::OffsetDateTime;
use totp_rs::{Builder, Totp};

use vestibule::Error;

/// The length of a secret in bytes, that of the hash (RFC 4226, section 4).
const SECRET: usize = 20;

/// How many steps of 30 seconds the clock of an app may be off, either way (RFC 6238, section 5.2).
const SKEW: u16 = 1;

/// An authenticator that is being set up.
pub struct NewAuthenticator {
    /// The secret in base32, to be typed.
    pub secret: String,
    /// The address that an app reads, `otpauth://totp/...`.
    pub uri: String,
    /// The secret for the form that confirms it, encrypted for the user.
    pub ticket: String,
}

impl NewAuthenticator {
    /// Returns the address as a QR code: an SVG image.
    ///
    /// # Errors
    /// 500 `internal` for an address too long for a QR code.
    pub fn qr_code(&self) -> Result<String, Error> {
        let code = QrCode::new(&self.uri).map_err(Error::internal)?;
        let image = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
        // Without the XML declaration, which has no place within HTML.
        Ok(image.find("<svg").map_or(String::new(), |start| image[start..].to_owned()))
    }
}

/// Generates a secret.
pub(super) fn generate() -> Result<[u8; SECRET], Error> {
    let mut secret = [0; SECRET];
    getrandom::fill(&mut secret).map_err(Error::unavailable)?;
    Ok(secret)
}

/// Returns secret and address of an authenticator for an app.
pub(super) fn shown(
    secret: &[u8],
    issuer: &str,
    username: &str,
) -> Result<(String, String), Error> {
    // A colon would end the name of the issuer in the address.
    let plain = |text: &str| text.replace(':', " ");
    let builder =
        builder(secret).with_issuer(Some(plain(issuer))).with_account_name(plain(username));
    let totp = builder.build().map_err(Error::internal)?;
    Ok((totp.secret().to_base32(), totp.to_url().map_err(Error::internal)?))
}

/// Returns the time step whose code this is; `None` for another text. Spaces, which apps show in the
/// middle, do not count.
pub(super) fn step_of(secret: &[u8], code: &str, now: OffsetDateTime) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let now = u64::try_from(now.unix_timestamp()).ok()?;
    let totp: Totp = builder(secret).build_noncompliant();
    totp.check(&code, now).and_then(|step| i64::try_from(step).ok())
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new().with_secret(secret.to_vec()).with_skew(SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B, and of RFC 4226, appendix D.
    const RFC: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).expect("a time")
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        // The last six of the eight digits in the table.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step_of(RFC, code, at(seconds)), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn the_codes_are_those_of_rfc_4226_by_their_counter() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, code) in (0..).zip(codes) {
            assert_eq!(step_of(RFC, code, at(counter * 30)), Some(counter), "{counter}");
        }
    }

    #[test]
    fn a_code_counts_for_its_own_step_and_the_one_before_and_after() {
        // Of counter 5.
        for (seconds, is_right) in
            [(119, false), (120, true), (150, true), (179, true), (209, true), (210, false)]
        {
            assert_eq!(step_of(RFC, "254676", at(seconds)).is_some(), is_right, "{seconds}");
        }
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in ["", "25467", "2546760", "+25467", "25467x", "２５４６７６", "254-676"] {
            assert_eq!(step_of(RFC, text, at(150)), None, "{text:?}");
        }
        assert_eq!(step_of(RFC, " 254 676\n", at(150)), Some(5), "as apps show it");
    }

    #[test]
    fn the_address_for_an_app_names_service_and_user() {
        let (secret, uri) = shown(RFC, "Ann: Büro", "ann+1@example.org").expect("an address");
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(uri.starts_with("otpauth://totp/Ann%20%20B%C3%BCro:ann"), "{uri}");
        assert!(uri.contains(&format!("secret={secret}")) && uri.contains("issuer=Ann"), "{uri}");
    }
}
