//! The library half as another application sees it: its own user type, its own ledger, its
//! own catchers, and no feature.

mod app;
mod catchers;
mod claims;
mod cookie_policy;
mod cookies;
mod csrf;
mod forge;
mod freshness;
mod headers;
mod implicit_refresh;
mod json_body;
mod ladder;
mod launch;
mod ledger;
mod methods;
mod origin;
mod outage;
mod places;
mod policy;
mod properties;
mod refresh;
mod refresh_body;
mod scopes;
mod sessions;
mod several_locations;
mod token_cookies;
mod token_json;
mod token_query;
mod users;
