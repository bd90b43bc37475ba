//! The audit log: what happened to accounts, by whom, when and from where, in a hash chain that
//! shows a changed or missing row.
//!
//! Changes by administrators, the command line and the set-up link, password changes and new keys are
//! logged in the transaction of the change. Signing in and out, registering and ending one's own
//! sign-ins are queued and written by one task a moment later: a request neither waits for the chain
//! nor fails with it.
//!
//! Imports `accounts::{user, user_agent}`, `crate::db` and the library `vestibule`; of the accounts nothing else.

mod actor;
mod entry;
mod event;
mod failed_passwords;
mod listener;
mod log;
mod prune;
mod queries;
mod queue;
mod source;
mod verify;
mod writer;

pub(super) use self::log::log_change;
pub use actor::Actor;
pub(super) use entry::Record;
pub use entry::{ActorView, ChainHead, ChangedUser, Entry};
pub use event::AuditEvent;
pub use listener::AuditEvents;
pub use prune::{prune, prune_step};
pub(super) use queries::{COPY_WINDOW, append, check_is_newest, events};
pub use queries::{EVENTS_PAGE, events_after, last_before};
pub use queue::Audit;
pub(super) use queue::{EventOwner, QueuedEvent};
pub use source::RequestSource;
pub use verify::{Verified, verify};
pub use writer::Writer;
