//! Security headers: no script but where a page needs one, no frame, no sniffing of content types.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::shield::Shield;
use rocket::{Request, Response};

/// The policy of pages: stylesheet, icon and forms from the same origin, and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The policy of a page that can use passkeys: also the script under `/static`, and what it asks for.
pub const SCRIPT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// The header of the policies.
pub const POLICY_HEADER: &str = "Content-Security-Policy";

/// The policy of every other response, which is no document.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Stricter values for the headers of Rocket's shield, and one more; as there, a header that the
/// response has already is kept. `same-origin` and not `no-referrer`: with the latter an older browser
/// sends `Origin: null` with the service's own forms.
const SHIELD: [(&str, &str); 4] = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
];

/// Returns Rocket's shield without the headers that [`SecurityHeaders`] sets; under TLS it still
/// adds its own.
#[must_use]
pub fn shield() -> Shield {
    Shield::new()
}

/// Sets all security headers.
#[derive(Debug)]
pub struct SecurityHeaders;

#[rocket::async_trait]
impl Fairing for SecurityHeaders {
    fn info(&self) -> Info {
        Info { name: "Security headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, _: &'r Request<'_>, response: &mut Response<'r>) {
        Self::set(response);
    }
}

impl SecurityHeaders {
    /// Sets the headers on this response.
    pub(super) fn set(response: &mut Response<'_>) {
        let (mut is_page, mut has_policy) = (false, false);
        let mut is_set = [false; SHIELD.len()];
        // A response has few headers: one pass over them costs less than look-ups by name.
        for header in response.headers().iter() {
            is_page |= header.name() == "Content-Type" && is_html(header.value());
            has_policy |= header.name() == POLICY_HEADER;
            for (is_set, (name, _)) in is_set.iter_mut().zip(SHIELD) {
                *is_set |= header.name() == name;
            }
        }
        for ((name, value), is_set) in SHIELD.into_iter().zip(is_set) {
            if !is_set {
                response.set_raw_header(name, value);
            }
        }
        if !has_policy {
            let policy = if is_page { PAGE_POLICY } else { DATA_POLICY };
            response.set_raw_header(POLICY_HEADER, policy);
        }
        response.set_raw_header("Cross-Origin-Opener-Policy", "same-origin");
    }
}

/// Whether this content type is HTML, with any parameters.
fn is_html(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("text/html")
}
