//! What is in a token, what is demanded of it, and what issues and renews it.

mod claim_settings;
mod claims;
mod errors;
mod foreign_issuers;
mod found_keys;
mod options;
mod properties;
mod published_examples;
mod refresh;
mod verified_cache;
mod without_expiry;
