//! Queries: plain functions on a connection, without Rocket.
//!
//! Imports `accounts::{user, audit}`, `crate::db` and the library `vestibule`; those of the audit
//! log itself are in `accounts::audit`.
//!
//! A row with a unique key is read with `get_result`. `first` would bind a `LIMIT`, and SQLite
//! prepares a query again whenever its limit is bound, which takes ten times as long as the look-up.
//!
//! The two look-ups of each request, of the sign-in and of the user, match on the connection's
//! database: through `AnyConnection` the SQL is generated again each time, which takes as long as
//! the look-up.

mod access_keys;
mod addresses;
mod administration;
mod devices;
mod former_addresses;
mod import;
mod limit;
mod links;
mod locks;
mod notices;
mod passkeys;
mod password_links;
mod registrations;
mod restored;
mod second_factors;
pub(super) mod setup;
mod sign_in_links;
mod sign_in_list;
mod sign_ins;
mod spellings;
mod trusted_browsers;
mod user_list;
mod users;
mod wrong_codes;

pub(super) use access_keys::end_key;
pub use access_keys::{MAX_ACTIVE_KEYS, check_is_new, find_key, store_key};
pub(super) use addresses::{confirm_address, owner_of_address_link};
pub use addresses::{
    new_address_link, pending_address, purge_pending_addresses, remove_address, request_address,
};
pub(super) use administration::delete_own;
pub use administration::{UserChange, add, change, delete, revoke_sign_in, sign_out};
pub(super) use devices::{change_device_notices, record_device};
pub use former_addresses::{new_return_link, purge_former_addresses};
pub(super) use former_addresses::{owner_of_return_link, return_address};
pub(super) use import::{insert_all, taken_names};
pub(super) use limit::end_least_recently_used;
pub(super) use links::delete_pending_address;
pub(super) use notices::record_breached_password;
pub use passkeys::OwnPasskey;
pub(super) use passkeys::{
    ANSWER_WITHIN, NewPasskey, UsedPasskey, add_passkey, check_passkey_limit, find_passkey,
    passkeys, record_passkey_counter, remove_passkey, use_passkey,
};
pub use password_links::{link_expiry, make_reset_link, purge_password_links, store_mailed_link};
pub(super) use password_links::{owner_of_link, use_link};
pub(super) use registrations::{
    confirm_registration, queue_registration_again, registration_of_link, store_registration,
    waiting_hash,
};
pub use registrations::{new_registration_link, purge_registrations};
pub use restored::{Restored, end_after_restore};
pub use second_factors::reset_second_factors;
pub(super) use second_factors::{
    StoredAuthenticator, add_authenticator, authenticator_since, count_recovery_codes,
    has_recovery_code, remove_second_factors, replace_recovery_codes, reseal, sealed_authenticator,
    sealed_by_others, use_recovery_code,
};
pub use setup::{has_administrator, purge_links};
pub(super) use sign_in_links::{SignInProof, owner_of_sign_in_link, use_sign_in_link};
pub use sign_in_links::{purge_sign_in_links, store_sign_in_link};
pub(super) use sign_in_list::{active_keys, active_sign_ins};
pub use sign_ins::lock_account;
pub(super) use spellings::named_by_address;
pub use trusted_browsers::{TrustedBrowser, purge_trusted_browsers};
pub(super) use trusted_browsers::{end_trust, is_trusted, trust_browser, trusted_browsers};
pub use user_list::{PAGE, UserFilter, page, pages};
pub use users::{
    CurrentSignIn, NewUser, change_password, find, insert, is_empty, named, set_password,
    upgrade_hash, with_address,
};
pub(super) use users::{change_language, change_own_name, hash_of, with_hash};
pub(super) use wrong_codes::{WrongCode, accepts_authenticator_codes, count_wrong_code, use_step};

#[cfg(test)]
mod tests {
    #[test]
    fn a_look_up_by_key_binds_no_limit() {
        let sources = [
            include_str!("user_list.rs"),
            include_str!("access_keys.rs"),
            include_str!("addresses.rs"),
            include_str!("administration.rs"),
            include_str!("former_addresses.rs"),
            include_str!("../audit/queries.rs"),
            include_str!("import.rs"),
            include_str!("links.rs"),
            include_str!("locks.rs"),
            include_str!("devices.rs"),
            include_str!("notices.rs"),
            include_str!("passkeys.rs"),
            include_str!("password_links.rs"),
            include_str!("registrations.rs"),
            include_str!("restored.rs"),
            include_str!("second_factors.rs"),
            include_str!("setup.rs"),
            include_str!("sign_in_links.rs"),
            include_str!("sign_in_list.rs"),
            include_str!("sign_ins.rs"),
            include_str!("trusted_browsers.rs"),
            include_str!("users.rs"),
            include_str!("wrong_codes.rs"),
        ];
        for query in sources.iter().flat_map(|source| source.split(';')) {
            let by_key = query.contains("find(");
            assert!(!(by_key && query.contains(".first(")), "{query}");
        }
    }
}
