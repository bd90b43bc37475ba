//! Pages for administrators. Reading requires the role in the database; every change also requires
//! a fresh session.

mod context;
pub(super) mod deletion;
pub(super) mod links;
pub(super) mod new;
pub(super) mod questions;
pub(super) mod sign_ins;
pub(super) mod user;
pub(super) mod users;
