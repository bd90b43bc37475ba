//! The library half as another application sees it: its own user type, its own ledger, its
//! own catchers, and no feature.

mod app;
mod claims;
mod cookies;
mod flask_jwt;
mod flask_jwt_extended;
mod flask_login;
mod forge;
mod freshness;
mod ladder;
mod launch;
mod ledger;
mod origin;
mod outage;
mod policy;
mod properties;
mod refresh;
mod sessions;
mod users;
