//! The CSRF check for JWTs in cookies: browsers send cookies with every request, so an unsafe
//! request must also send the value of the `csrf` claim, which only our own pages can read.

use std::sync::Mutex;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::form::Form;
use rocket::http::RawStr;
use rocket::{Data, Request};

use crate::claims::Claims;
use crate::config::TokenCookiesConfig;
use crate::digest::is_equal;
use crate::error::{Error, ErrorKind, TokenError};

/// How many bytes of a form Rocket lets a fairing see.
const PEEK: usize = 512;

/// The CSRF value of a form, in the request's cache.
#[derive(Default)]
struct FormValue(Mutex<Option<String>>);

/// Checks the CSRF value beside a token in a cookie; 401 `csrf_missing` or `csrf_mismatch`.
pub(crate) fn check(
    request: &Request<'_>,
    config: &TokenCookiesConfig,
    claims: &Claims,
) -> Result<(), Error> {
    let checked = |method: &str| config.csrf_methods.iter().any(|one| one == method);
    if !config.csrf || !methods(request).into_iter().flatten().any(checked) {
        return Ok(());
    }
    let in_header =
        request.headers().get_one(&config.csrf_header).filter(|value| !value.is_empty());
    let in_form = || form_value(request).lock().ok().and_then(|value| value.clone());
    let sent = in_header.map(str::to_owned).or_else(in_form).ok_or(ErrorKind::CsrfMissing)?;
    match &claims.csrf {
        Some(expected) if is_equal(&sent, expected) => Ok(()),
        Some(_) => Err(ErrorKind::CsrfMismatch.into()),
        None => {
            Err(Error::new(ErrorKind::CsrfMismatch).with_token_error(TokenError::missing("csrf")))
        }
    }
}

/// The methods that a request counts as: a form also as POST, for the reason in `origin`.
fn methods(request: &Request<'_>) -> [Option<&'static str>; 2] {
    let is_form = request.content_type().is_some_and(|kind| kind.is_form());
    [Some(request.method().as_str()), is_form.then_some("POST")]
}

/// Reads the CSRF value at the beginning of a form; attached only if a form may carry it.
pub(crate) struct ReadCsrfField {
    /// The name of the form field.
    pub(crate) field: String,
}

#[rocket::async_trait]
impl Fairing for ReadCsrfField {
    fn info(&self) -> Info {
        Info { name: "CSRF value in a form", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        if !request.content_type().is_some_and(|kind| kind.is_form()) {
            return;
        }
        let bytes = data.peek(PEEK).await;
        let is_whole = bytes.len() < PEEK;
        // If cut off, the last field is incomplete.
        let text = String::from_utf8_lossy(bytes);
        let text =
            if is_whole { &*text } else { text.rsplit_once('&').map_or("", |(fields, _)| fields) };
        let decoded = |text: &str| RawStr::new(text).url_decode_lossy().into_owned();
        let mut fields = Form::values(text);
        let field = fields.find(|field| decoded(field.name.source().as_str()) == self.field);
        if let (Some(field), Ok(mut value)) = (field, form_value(request).lock()) {
            *value = Some(decoded(field.value)).filter(|value| !value.is_empty());
        }
    }
}

fn form_value<'r>(request: &'r Request<'_>) -> &'r Mutex<Option<String>> {
    &request.local_cache(FormValue::default).0
}
