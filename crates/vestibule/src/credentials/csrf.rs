//! JWTs in cookies ride along with every request, so unsafe ones must show that they come
//! from a page that could read the CSRF value: the `csrf` claim against a header.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use rocket::fairing::{Fairing, Info, Kind};
use rocket::form::Form;
use rocket::http::RawStr;
use rocket::{Data, Request};
use sha2::Sha256;

use crate::claims::Claims;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::token_error::TokenError;
use crate::state::AuthState;

/// How much of a form Rocket lets a fairing see.
const PEEK: usize = 512;

/// The CSRF value that came in a form.
#[derive(Default)]
struct InForm(Mutex<Option<String>>);

/// Checks the CSRF value of a request whose token came in a cookie; 401 `csrf_missing` or
/// `csrf_mismatch`.
pub(crate) fn check(
    request: &Request<'_>,
    state: &AuthState,
    claims: &Claims,
) -> Result<(), Error> {
    let config = &state.config.token.cookies;
    let checked = |method: &str| config.csrf_methods.iter().any(|one| one == method);
    if !config.csrf || !methods(request).into_iter().flatten().any(checked) {
        return Ok(());
    }
    let in_header =
        request.headers().get_one(&config.csrf_header).filter(|value| !value.is_empty());
    let in_form = || form_slot(request).lock().ok().and_then(|value| value.clone());
    let sent = in_header.map(str::to_owned).or_else(in_form).ok_or(ErrorKind::CsrfMissing)?;
    match &claims.csrf {
        Some(expected) if equal(state, &sent, expected) => Ok(()),
        Some(_) => Err(ErrorKind::CsrfMismatch.into()),
        None => Err(Error::new(ErrorKind::CsrfMismatch).at_fault(TokenError::missing("csrf"))),
    }
}

/// The methods that a request counts as. Rocket has already rewritten the one of a form that
/// began with `_method`, so a form is the POST that it was as well as what became of it.
fn methods(request: &Request<'_>) -> [Option<&'static str>; 2] {
    let is_form = request.content_type().is_some_and(|kind| kind.is_form());
    [Some(request.method().as_str()), is_form.then_some("POST")]
}

/// Compares two values under a key, so that the time tells nothing about either.
fn equal(state: &AuthState, sent: &str, expected: &str) -> bool {
    let digest = |value: &str| state.keys.derive("csrf-compare", &[value]);
    digest(sent) == digest(expected)
}

/// Looks for the CSRF value at the beginning of a form; attached where one may be there.
pub(crate) struct LookIntoForm;

#[rocket::async_trait]
impl Fairing for LookIntoForm {
    fn info(&self) -> Info {
        Info { name: "CSRF value in a form", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        if let Ok(state) = AuthState::of(request) {
            look_into_form(request, state, data).await;
        }
    }
}

async fn look_into_form(request: &Request<'_>, state: &AuthState, data: &mut Data<'_>) {
    let config = &state.config.token.cookies;
    if !request.content_type().is_some_and(|kind| kind.is_form()) {
        return;
    }
    let seen = data.peek(PEEK).await;
    let whole = seen.len() < PEEK;
    // Cut off anywhere, perhaps inside a character and certainly inside the last field.
    let text = String::from_utf8_lossy(seen);
    let text = if whole { &*text } else { text.rsplit_once('&').map_or("", |(fields, _)| fields) };
    let decoded = |text: &str| RawStr::new(text).url_decode_lossy().into_owned();
    let mut fields = Form::values(text);
    let field = fields.find(|field| decoded(field.name.source().as_str()) == config.csrf_field);
    if let (Some(field), Ok(mut entry)) = (field, form_slot(request).lock()) {
        *entry = Some(decoded(field.value)).filter(|value| !value.is_empty());
    }
}

fn form_slot<'r>(request: &'r Request<'_>) -> &'r Mutex<Option<String>> {
    &request.local_cache(InForm::default).0
}

/// A value that only the holder of the key can make, of a label and parts.
pub(crate) fn keyed(key: &[u8], label: &str, parts: &[&str]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    for part in std::iter::once(&label).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..18])
}
