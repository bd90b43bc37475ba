//! The OpenAPI document: paths and methods from the routes, security from their guards, schemas from
//! the types of the responses. What these do not say is in [`operations`].

mod administration;
mod build;
mod operation;
mod operations;
mod page;
mod schemas;
mod security;

use std::sync::OnceLock;

use rocket::response::content::{RawCss, RawHtml, RawJson};
use rocket::{Route, State, get};
use serde_json::Value;
use vestibule::config::Config;
use vestibule::{Error, ErrorKind};

use build::Builder;

/// The document of the running service and its page, made at the first request for either.
#[derive(Debug)]
pub(super) struct Document {
    auth: Config,
    registration: bool,
    mail: bool,
    rendered: OnceLock<Option<Rendered>>,
}

#[derive(Debug)]
struct Rendered {
    json: String,
    page: String,
}

impl Document {
    pub(super) fn new(auth: &Config, registration: bool, mail: bool) -> Self {
        Self { auth: auth.clone(), registration, mail, rendered: OnceLock::new() }
    }

    fn rendered(&self) -> Result<&Rendered, Error> {
        let rendered = self.rendered.get_or_init(|| {
            let made = document(&self.auth, self.registration, self.mail);
            let made = made.and_then(|document| {
                let page = page::render(&document, self.auth.mode.has_sessions())?;
                Ok(Rendered { page, json: document.to_string() })
            });
            made.inspect_err(|cause| log::error!("the OpenAPI document: {cause}")).ok()
        });
        rendered.as_ref().ok_or_else(|| ErrorKind::Internal.into())
    }
}

/// Returns the OpenAPI document of these settings.
///
/// # Errors
/// A sentence if a route and its description disagree, which a test rules out.
pub fn document(auth: &Config, registration: bool, mail: bool) -> Result<Value, String> {
    let mut routes: Vec<(&str, Route)> =
        crate::http::routes(auth.mode).into_iter().map(|route| ("", route)).collect();
    if auth.mode.has_tokens() {
        let api = super::routes(auth, registration, mail).into_iter();
        routes.extend(api.map(|route| (super::BASE, route)));
    }
    Builder::new(auth).document(&routes)
}

/// Returns the OpenAPI document of this service.
#[get("/openapi.json")]
pub(super) fn get_document(document: &State<Document>) -> Result<RawJson<&str>, Error> {
    Ok(RawJson(&document.rendered()?.json))
}

/// Returns the same document as a page.
#[get("/docs")]
pub(super) fn get_page(document: &State<Document>) -> Result<RawHtml<&str>, Error> {
    Ok(RawHtml(&document.rendered()?.page))
}

/// Returns the stylesheet of the page.
#[get("/docs.css")]
pub(super) fn get_stylesheet() -> RawCss<&'static str> {
    RawCss(include_str!("../../../static/style.css"))
}
