//! The stylesheet and the icon, from memory: reading files would cost four times as much.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{State, get};
use sha2::{Digest, Sha256};

/// A file that is part of the program.
pub(super) struct Asset {
    name: &'static str,
    kind: ContentType,
    bytes: &'static [u8],
    etag: String,
}

/// All files that are part of the program.
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

/// One of the files; 304 when the browser has it already.
#[get("/static/<name>")]
pub(super) fn asset<'r>(name: &str, assets: &'r State<Assets>) -> Option<&'r Asset> {
    assets.0.iter().find(|asset| asset.name == name)
}

impl<'r> Responder<'r, 'r> for &'r Asset {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let mut response = Response::build();
        response
            .header(Header::new("ETag", self.etag.as_str()))
            // Asked again at each visit, so that a new version shows at once.
            .header(Header::new("Cache-Control", "public, no-cache"));
        let known = request.headers().get("If-None-Match").flat_map(|tags| tags.split(','));
        // Compared weakly (RFC 9110, 13.1.2): a proxy that compresses makes the tag weak.
        let plain = |tag: &'r str| tag.trim().trim_start_matches("W/");
        if known.map(plain).any(|tag| tag == self.etag || tag == "*") {
            return response.status(Status::NotModified).ok();
        }
        response
            .header(self.kind.clone())
            .sized_body(self.bytes.len(), Cursor::new(self.bytes))
            .ok()
    }
}
