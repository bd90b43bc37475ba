//! Authenticators: apps that share a secret with the service and show a code of it every 30 seconds
//! (RFC 6238 with SHA-1 and six digits, which every app has).

use std::fmt;

use qrcode::QrCode;
use qrcode::render::svg;
use time::OffsetDateTime;
use totp_rs::{Builder, Secret, Totp};

use crate::error::Error;

/// The length of a new secret in bytes, that of the hash (RFC 4226, section 4).
const SECRET: usize = 20;

/// How many steps of 30 seconds the clock of an app may be off, either way (RFC 6238, section 5.2).
const SKEW: u16 = 1;

/// An authenticator app, by the secret that it shares with the service; prints as `[redacted]`.
///
/// To set one up, show its [`uri`](Self::uri) as a QR code ([`qr_code_svg`]) and its
/// [`secret_base32`](Self::secret_base32) for typing. Once [`matching_step`](Self::matching_step)
/// returns a step for a first code, store the secret, with that step as the last used one.
///
/// ```
/// use vestibule::second_factors::{Authenticator, qr_code_svg};
///
/// let authenticator = Authenticator::generate()?;
/// let uri = authenticator.uri("Notes", "ada")?;
/// assert!(uri.starts_with("otpauth://totp/Notes:ada?"));
/// assert!(qr_code_svg(&uri)?.starts_with("<svg"));
/// # Ok::<(), vestibule::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// Generates a secret of 160 bits.
    ///
    /// # Errors
    /// 503 `unavailable` without random numbers.
    pub fn generate() -> Result<Self, Error> {
        let mut secret = vec![0; SECRET];
        getrandom::fill(&mut secret).map_err(Error::unavailable)?;
        Ok(Self(secret))
    }

    /// Creates an authenticator from a stored secret.
    #[must_use]
    pub const fn from_secret(secret: Vec<u8>) -> Self {
        Self(secret)
    }

    /// Returns the secret. Store it encrypted: every code is computed from it.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        &self.0
    }

    /// Returns the secret as it is typed into an app.
    #[must_use]
    pub fn secret_base32(&self) -> String {
        Secret::from(self.0.clone()).to_base32()
    }

    /// Returns the URI `otpauth://totp/...`, which an app reads from a QR code and which names the issuer
    /// (your service) and the account.
    ///
    /// # Errors
    /// 500 `internal` for an empty account name or a secret of less than 128 bits.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<String, Error> {
        // A colon would end the name of the issuer in the URI.
        let plain = |text: &str| text.replace(':', " ");
        let builder = self.builder().with_issuer(Some(plain(issuer)));
        let totp = builder.with_account_name(plain(account)).build().map_err(Error::internal)?;
        totp.to_url().map_err(Error::internal)
    }

    /// Returns the time step of a right code, which is the current step, the one before or the next one;
    /// `None` for a wrong code. Whitespace is ignored, because apps show it in the middle.
    #[must_use]
    pub fn matching_step(&self, code: &str, now: OffsetDateTime) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let now = u64::try_from(now.unix_timestamp()).ok()?;
        let totp: Totp = self.builder().build_noncompliant();
        totp.check(&code, now).and_then(|step| i64::try_from(step).ok())
    }

    fn builder(&self) -> Builder {
        Builder::new().with_secret(self.0.clone()).with_skew(SKEW)
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Renders a URI of [`Authenticator::uri`] as a QR code: an `<svg>` element, to insert unescaped.
///
/// # Errors
/// 500 `internal` for a URI too long for a QR code.
pub fn qr_code_svg(uri: &str) -> Result<String, Error> {
    let code = QrCode::new(uri).map_err(Error::internal)?;
    let image = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    // Without the XML declaration, which has no place within HTML.
    Ok(image.find("<svg").map_or(String::new(), |start| image[start..].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B, and of RFC 4226, appendix D.
    const RFC: &[u8] = b"12345678901234567890";

    fn rfc() -> Authenticator {
        Authenticator::from_secret(RFC.to_vec())
    }

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
            assert_eq!(rfc().matching_step(code, at(seconds)), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn the_codes_are_those_of_rfc_4226_by_their_counter() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, code) in (0..).zip(codes) {
            assert_eq!(rfc().matching_step(code, at(counter * 30)), Some(counter), "{counter}");
        }
    }

    #[test]
    fn a_code_counts_for_its_own_step_and_the_one_before_and_after() {
        // Of counter 5.
        for (seconds, is_right) in
            [(119, false), (120, true), (150, true), (179, true), (209, true), (210, false)]
        {
            assert_eq!(rfc().matching_step("254676", at(seconds)).is_some(), is_right, "{seconds}");
        }
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in ["", "25467", "2546760", "+25467", "25467x", "２５４６７６", "254-676"] {
            assert_eq!(rfc().matching_step(text, at(150)), None, "{text:?}");
        }
        assert_eq!(rfc().matching_step(" 254 676\n", at(150)), Some(5), "as apps show it");
    }

    #[test]
    fn the_uri_for_an_app_names_issuer_and_account() {
        let (secret, uri) = (rfc().secret_base32(), rfc().uri("Ann: Büro", "ann+1@example.org"));
        let uri = uri.expect("a URI");
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(uri.starts_with("otpauth://totp/Ann%20%20B%C3%BCro:ann"), "{uri}");
        assert!(uri.contains(&format!("secret={secret}")) && uri.contains("issuer=Ann"), "{uri}");
    }

    #[test]
    fn a_qr_code_is_one_svg_element_and_of_what_is_too_long_there_is_none() {
        let uri = rfc().uri("Ann", "ann").expect("a URI");
        let svg = qr_code_svg(&uri).expect("an image");
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
        assert_eq!(svg.matches("<svg").count(), 1, "{svg}");
        assert_ne!(qr_code_svg("otpauth://totp/another").expect("an image"), svg);
        assert!(qr_code_svg(&"x".repeat(8000)).is_err());
    }
}
