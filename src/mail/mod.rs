//! E-mail: addresses, the outbox in the database, and sending by SMTP. Imports only `crate::db` and
//! the library `vestibule`.

mod address;
mod config;
mod counts;
mod kind;
mod mailer;
mod outbox;

pub use address::EmailAddress;
pub use config::MailConfig;
pub(crate) use counts::MailCounts;
pub use kind::MailKind;
pub use mailer::{MailError, Mailer, OutgoingMail};
pub(crate) use outbox::{
    ClaimedMail, NewMail, claim_next, count, list, purge, record_failure, remove,
};
pub use outbox::{Outbox, QueuedMail};
