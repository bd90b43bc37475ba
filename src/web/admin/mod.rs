//! Pages for administrators. Looking takes the role, which the database is asked for on each
//! request; every change takes a password that was proven lately, too.

pub(super) mod deletion;
mod desk;
pub(super) mod user;
pub(super) mod users;
