//! The examples as programs: each one is started, spoken to over TCP, and held against what the
//! Flask program of its paths and users responds.

mod client;
mod forge;

mod api_only;
mod automatic_user_loading;
mod first_starts;
mod flask_jwt;
mod flask_jwt_extended_errors;
mod flask_login;
mod login_and_tokens;
mod notes;
mod own_user;
mod pages_only;
mod roles;
mod second_factor;
mod two_services;
mod work_items;
