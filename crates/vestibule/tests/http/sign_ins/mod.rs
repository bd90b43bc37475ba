//! Sign-ins in the store and in the cache, and the access keys among them.

mod access_keys;
mod cache;
mod concurrent_lookups;
mod store_outage;
