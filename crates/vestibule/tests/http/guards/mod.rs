//! Which request each guard lets in, and what it responds to the others.

pub(crate) mod every_credential;
mod freshness;
pub(crate) mod in_catchers;
mod login_required;
mod methods;
mod multi_factor;
mod scopes;
