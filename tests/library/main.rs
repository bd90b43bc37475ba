//! The library half as another application sees it: its own user type, its own ledger, its
//! own catchers, and no feature.

mod app;
mod claims;
mod cookies;
mod endless;
mod faults;
mod foreign;
mod forge;
mod found_keys;
mod freshness;
mod issue;
mod key_pairs;
mod ladder;
mod launch;
mod ledger;
mod leniency;
mod origin;
mod outage;
mod policy;
mod previous_keys;
mod properties;
mod refresh;
mod sessions;
mod users;
