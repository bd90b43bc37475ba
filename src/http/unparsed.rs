//! The response to a request that Rocket cannot parse.

use rocket::{Request, Response};

use super::access_log::{is_unparsed, log_request};
use super::headers::SecurityHeaders;
use super::proxy::unparsed_client;
use super::request_id::ID_HEADER;
use crate::settings::Settings;
use vestibule::events::RequestId;

/// Does for such a response what the response fairings do for every other: security headers,
/// `no-store`, `Vary`, the id of the request, the log line. Rocket runs a catcher for it and no
/// fairing, so each catcher calls this.
pub fn complete_unparsed(request: &Request<'_>, response: &mut Response<'_>) {
    if !is_unparsed(request) {
        return;
    }
    SecurityHeaders::set(response);
    response.set_raw_header("Cache-Control", "no-store");
    if let Some(id) = RequestId::of(request) {
        response.set_raw_header(ID_HEADER, id.to_string());
    }
    let settings = request.rocket().state::<Settings>();
    if let Some(settings) = settings {
        response.set_raw_header("Vary", format!("{}, Cookie", settings.auth.token.header));
    }
    let trusted = settings.map_or(&[][..], |settings| &settings.accounts.trusted_proxy);
    log_request(request, response.status(), unparsed_client(request, trusted));
}
