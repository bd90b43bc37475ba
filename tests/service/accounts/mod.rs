//! Accounts: how they are made, administered and protected against guessing.

mod added_users;
mod address_return;
mod address_spellings;
mod address_timing;
pub(crate) mod addresses;
mod administration_api;
mod administration_pages;
mod breached;
pub(crate) mod concurrent_requests;
mod enumeration;
mod first_administrator;
mod import;
mod imported_hashes;
mod mail_delivery;
mod notices;
mod own_deletion;
mod own_name;
mod paged_lists;
mod parallel_links;
pub(crate) mod password_links;
mod password_reset;
mod registration;
mod required_addresses;
mod sign_in_links;
mod throttle;
