//! What every answer has, page or API: security headers, problem answers, a log line; and
//! the few routes that belong to neither half.

mod access_log;
mod allow;
mod guard_names;
mod headers;
mod in_flight;
mod json;
mod json_body;
mod probes;
mod problems;
mod proxy;

pub use access_log::AccessLog;
pub use allow::is_page;
pub use guard_names::guard_names;
pub use headers::{PrivateUrl, SecurityHeaders, shield};
pub use in_flight::InFlight;
pub use json::Json;
pub use json_body::JsonBody;
pub use probes::{routes, stage};
pub use problems::{Answer, answer, catchers};
pub use proxy::{CLIENT_HEADER, ClientAddress, TrustedProxies};
