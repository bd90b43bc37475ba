//! The library over HTTP, as an application sees it: its own user type, its own store and its own
//! catchers, without any cargo feature, but for `code_login`.

#[cfg(all(feature = "second-factor", feature = "testing"))]
mod code_login;
mod configuration;
mod flask;
mod guards;
mod password_login;
mod policy;
mod ready_routes;
mod sessions;
mod sign_ins;
mod support;
mod token_locations;
mod tokens;
