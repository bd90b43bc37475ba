//! Where a token is read: header, cookies, query string and JSON body.

mod cookies;
mod csrf;
mod header;
mod implicit_refresh;
mod json_body;
mod query;
mod refresh_in_body;
mod session_beside_body;
mod several;
