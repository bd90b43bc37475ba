//! Signing in by form and over the API, and what each sign-in opens.

mod changes_seen_at_once;
mod confirm;
mod introspection;
mod key_pairs;
mod login_form;
mod modes;
mod next_page;
mod session_and_token_apart;
mod signing_out;
mod token_cookies;
mod token_in_body;
mod token_locations;
pub(crate) mod token_types;
mod tokens;
