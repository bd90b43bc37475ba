//! The stylesheet and the icon, from memory: reading files costs four times as much.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{State, get};
use sha2::{Digest, Sha256};

/// A file built into the program.
pub(super) struct Asset {
    name: &'static str,
    kind: ContentType,
    bytes: &'static [u8],
    etag: String,
}

/// All files built into the program.
pub(super) struct Assets([Asset; 2]);

impl Assets {
    pub(super) fn new() -> Self {
        Self([
            Asset::new("style.css", ContentType::CSS, include_bytes!("../../static/style.css")),
            Asset::new("favicon.svg", ContentType::SVG, include_bytes!("../../static/favicon.svg")),
        ])
    }
}

impl Asset {
    fn new(name: &'static str, kind: ContentType, bytes: &'static [u8]) -> Self {
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..12]));
        Self { name, kind, bytes, etag }
    }
}

/// Returns a file; 304 if the browser has it already.
#[get("/static/<name>")]
pub(super) fn asset<'r>(name: &str, assets: &'r State<Assets>) -> Option<&'r Asset> {
    assets.0.iter().find(|asset| asset.name == name)
}

impl<'r> Responder<'r, 'r> for &'r Asset {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let mut response = Response::build();
        response
            .header(Header::new("ETag", self.etag.as_str()))
            // Revalidated at each visit, so that a new version shows at once.
            .header(Header::new("Cache-Control", "public, no-cache"));
        let tags = request.headers().get("If-None-Match").flat_map(|tags| tags.split(','));
        // Compared weakly (RFC 9110, 13.1.2): a proxy that compresses makes the tag weak.
        let opaque_tag = |tag: &'r str| tag.trim().trim_start_matches("W/");
        if tags.map(opaque_tag).any(|tag| tag == self.etag || tag == "*") {
            return response.status(Status::NotModified).ok();
        }
        response
            .header(self.kind.clone())
            .sized_body(self.bytes.len(), Cursor::new(self.bytes))
            .ok()
    }
}
