//! Requests and responses in general: bodies, headers, other sites.

mod bad_bodies;
mod cors;
mod cross_site;
mod forms;
mod hidden_characters;
mod json_body;
mod methods;
mod naughty_strings;
mod request_ids;
mod response_headers;
mod sent_twice;
mod unsent;
