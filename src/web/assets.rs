//! The files under `/static`, from memory: reading files costs four times as much.

use std::borrow::Cow;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{State, get};
use sha2::{Digest, Sha256};

/// The stylesheet of the operator, linked after the program's.
const BRAND: &str = "brand.css";

/// The names of the operator's logo; the first that exists is shown.
const LOGOS: [&str; 2] = ["logo.svg", "logo.png"];

/// The largest file, in bytes; all are kept in memory.
const LARGEST: u64 = 1024 * 1024;

/// A file with its headers.
#[derive(Debug)]
pub(super) struct Asset {
    name: Cow<'static, str>,
    kind: ContentType,
    bytes: Cow<'static, [u8]>,
    etag: String,
}

/// The files under `/static`: the program's and those of the operator's directory.
#[derive(Debug)]
pub struct Assets(Vec<Asset>);

impl Assets {
    /// Reads the files of a directory, which take the place of the program's with the same names.
    ///
    /// # Errors
    /// A sentence, if the directory or a file cannot be read, or a file is too large or neither a
    /// stylesheet nor an image: the content security policy lets pages use nothing else.
    pub fn load(directory: Option<&Path>) -> Result<Self, String> {
        let mut assets = match directory {
            Some(directory) => read(directory)?,
            None => Vec::new(),
        };
        let css: &[u8] = include_bytes!("../../static/style.css");
        let icon: &[u8] = include_bytes!("../../static/favicon.svg");
        assets.push(Asset::new("style.css".into(), ContentType::CSS, css.into()));
        let script: &[u8] = include_bytes!("../../static/passkeys.js");
        assets.push(Asset::new("favicon.svg".into(), ContentType::SVG, icon.into()));
        assets.push(Asset::new("passkeys.js".into(), ContentType::JavaScript, script.into()));
        Ok(Self(assets))
    }

    /// Whether the operator has a stylesheet.
    pub(super) fn has_brand(&self) -> bool {
        self.find(BRAND).is_some()
    }

    /// Returns the name of the operator's logo.
    pub(super) fn logo(&self) -> Option<&'static str> {
        LOGOS.into_iter().find(|name| self.find(name).is_some())
    }

    fn find(&self, name: &str) -> Option<&Asset> {
        self.0.iter().find(|asset| asset.name == name)
    }
}

/// Reads all files of a directory, except for hidden ones.
fn read(directory: &Path) -> Result<Vec<Asset>, String> {
    let failed = |path: &Path, cause| format!("{} cannot be read: {cause}", path.display());
    let mut assets = Vec::new();
    for file in fs::read_dir(directory).map_err(|cause| failed(directory, cause))? {
        let path = file.map_err(|cause| failed(directory, cause))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let kind = Path::new(&name).extension().and_then(|end| end.to_str());
        let kind = kind.and_then(ContentType::from_extension);
        let usable = kind.filter(|kind| kind.is_css() || kind.top() == "image");
        let found = fs::metadata(&path).map_err(|cause| failed(&path, cause))?;
        // A pipe would be waited for without end.
        let is_readable = found.is_file() && found.len() <= LARGEST;
        let Some(kind) = usable.filter(|_| is_readable) else {
            let path = path.display();
            return Err(format!("{path} is not a stylesheet or an image of at most 1 MiB"));
        };
        let bytes = fs::read(&path).map_err(|cause| failed(&path, cause))?;
        assets.push(Asset::new(name.into(), kind, bytes.into()));
    }
    Ok(assets)
}

impl Asset {
    fn new(name: Cow<'static, str>, kind: ContentType, bytes: Cow<'static, [u8]>) -> Self {
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(&bytes)[..12]));
        Self { name, kind, bytes, etag }
    }
}

/// Returns a file; 304 if the browser has it already.
#[get("/static/<name>")]
pub(super) fn asset<'r>(name: &str, assets: &'r State<Assets>) -> Option<&'r Asset> {
    assets.find(name)
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
            .sized_body(self.bytes.len(), Cursor::new(self.bytes.as_ref()))
            .ok()
    }
}
