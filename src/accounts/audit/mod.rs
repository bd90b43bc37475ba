//! The audit log: what happened to accounts, who did it, when and from where, in a chain in
//! which a changed or missing row shows.
//!
//! What changes an account is written in the transaction of the change: there is no change
//! without its row. What a sign-in goes through is queued and written by one task a moment
//! later: signing in and out neither waits for the chain nor fails with it.

mod by;
mod entry;
mod listener;
mod queue;
mod verify;
mod what;
mod writer;
mod wrong;

pub use by::By;
pub(super) use entry::Record;
pub use entry::{Changed, Doer, Entry, Head};
pub use listener::AuditEvents;
pub use queue::Audit;
pub(super) use queue::{Noted, Whose};
pub use verify::{Verified, prune, verify};
pub use what::What;
pub use writer::Writer;
