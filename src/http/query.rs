//! Guards for query parameters. Lists and `/logout` refuse unknown ones too: with a misspelt one ignored, a
//! client would read the first page for ever, or end fewer sign-ins than intended.

use std::collections::HashSet;

use rocket::http::uri::Origin;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};

use crate::settings::Settings;
use vestibule::Error;
use vestibule::config::Location;

/// Guard: every parameter is UTF-8 and appears once; otherwise 422 `invalid_field` naming it.
pub struct UniqueQuery;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for UniqueQuery {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        outcome(request, None, Self)
    }
}

/// Guard: as [`UniqueQuery`], and each parameter is one that the route declares, or the one that may hold a
/// token; otherwise 422 `invalid_field` naming it.
pub struct KnownQuery;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for KnownQuery {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let declared = request.route().and_then(|route| route.uri.query()).unwrap_or_default();
        let token = request.rocket().state::<Settings>().map(|settings| &settings.auth.token);
        let token = token.filter(|token| token.locations.contains(&Location::Query));
        let names = declared.split('&').map(|name| name.trim_matches(['<', '>']));
        let names = names.filter(|name| !name.is_empty());
        let names: Vec<_> = names.chain(token.map(|token| token.query.name.as_str())).collect();
        outcome(request, Some(&names), Self)
    }
}

fn outcome<G>(request: &Request<'_>, known: Option<&[&str]>, guard: G) -> request::Outcome<G, ()> {
    match check(request.uri(), known) {
        Ok(()) => Outcome::Success(guard),
        Err(error) => Outcome::Error((error.remember(request), ())),
    }
}

fn check(uri: &Origin<'_>, known: Option<&[&str]>) -> Result<(), Error> {
    let mut names = HashSet::new();
    let fields = uri.query().into_iter().flat_map(|query| query.raw_segments());
    for field in fields.filter(|field| !field.is_empty()) {
        let sent = field.split_at_byte(b'=').0.url_decode_lossy();
        // To Rocket `role[]` and `role.x` are `role` too.
        let name = sent.split(['[', '.']).next().unwrap_or_default().to_owned();
        if field.url_decode().is_err() {
            return Err(Error::invalid_field(name, "This parameter is not UTF-8."));
        }
        if !names.insert(name.clone()) {
            return Err(Error::invalid_field(name, "This parameter appears more than once."));
        }
        if known.is_some_and(|known| !known.contains(&&*sent)) {
            return Err(Error::invalid_field(sent.into_owned(), "This parameter is unknown."));
        }
    }
    Ok(())
}

/// Parses a number that may be absent.
///
/// # Errors
/// 422 `invalid_field` naming the parameter for anything but a number of at least `least`.
pub fn number(name: &'static str, text: Option<&str>, least: i64) -> Result<Option<i64>, Error> {
    let Some(text) = text else { return Ok(None) };
    let number = text.parse().ok().filter(|number| *number >= least);
    let invalid = || {
        Error::invalid_field(name, format!("This parameter is a whole number of at least {least}."))
    };
    number.map(Some).ok_or_else(invalid)
}

/// Parses a flag that may be absent, which means no.
///
/// # Errors
/// 422 `invalid_field` naming the parameter for anything but `true` and `false`.
pub fn flag(name: &'static str, text: Option<&str>) -> Result<bool, Error> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Error::invalid_field(name, "This parameter is true or false.")),
    }
}
