//! What pages and API share: security headers, CORS, Problem JSON, the log line of a request, JSON
//! bodies, query parameters; and the routes that belong to neither.

mod accept_language;
mod access_log;
mod base_url;
mod cors;
mod guard_names;
mod headers;
mod idempotency_key;
mod in_flight;
mod json;
mod json_body;
mod problems;
mod proxy;
mod query;
mod request_counts;
mod request_id;
mod reset_connections;
mod service_routes;
mod unparsed;
mod visible;

pub use crate::accounts::audit::RequestSource;
pub use accept_language::set_language;
pub use access_log::{AccessLog, is_head, is_unparsed};
pub use base_url::BaseUrl;
pub use cors::Cors;
pub use guard_names::guard_names;
pub use headers::{POLICY_HEADER, SCRIPT_POLICY, SecurityHeaders, shield};
pub use idempotency_key::IdempotencyKey;
pub use in_flight::InFlight;
pub use json::Json;
pub use json_body::JsonBody;
pub use problems::{ErrorResponse, catchers, error_response};
pub use proxy::{CLIENT_HEADER, TrustedProxies};
pub use query::{KnownQuery, UniqueQuery, flag, number};
pub use request_counts::RequestCounts;
pub use reset_connections::ResetConnections;
pub use service_routes::{Health, Live, WhoAmI, routes, stage};
pub use unparsed::complete_unparsed;
pub use visible::{VisibleJson, visible};
