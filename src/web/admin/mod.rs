//! Pages for administrators. Looking takes the role, which the database is asked for on each
//! request; every change takes a password that was proven lately, too.

mod context;
pub(super) mod deletion;
pub(super) mod user;
pub(super) mod users;
