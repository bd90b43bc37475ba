//! The audit log: what happened to accounts, who did it, when and from where, in a chain in
//! which a changed or missing row shows.
//!
//! What changes an account is written in the transaction of the change: there is no change
//! without its row. What a sign-in goes through is queued and written by one task a moment
//! later: signing in and out neither waits for the chain nor fails with it.

mod actor;
mod entry;
mod event;
mod failed_passwords;
mod listener;
mod queue;
mod verify;
mod writer;

pub use actor::Actor;
pub(super) use entry::Record;
pub use entry::{ActorView, ChainHead, Changed, Entry};
pub use event::AuditEvent;
pub use listener::AuditEvents;
pub use queue::Audit;
pub(super) use queue::{EventOwner, QueuedEvent};
pub use verify::{Verified, prune, verify};
pub use writer::Writer;
