//! Accounts: how they are made, administered and protected against guessing.

mod added_users;
mod addresses;
mod administration_api;
mod administration_pages;
pub(crate) mod concurrent_requests;
mod enumeration;
mod first_administrator;
mod import;
mod imported_hashes;
mod mail_delivery;
mod notices;
mod own_name;
mod paged_lists;
mod parallel_links;
mod password_links;
mod registration;
mod reset_timing;
mod throttle;
