//! The tables that are copied: the columns of a row, and how rows are read and written.
//!
//! A row is read with all columns of the schema, in their order, so a new column in the schema does
//! not compile here until it is added. Keys are sorted as bytes (on PostgreSQL by `COLLATE "C"`), so
//! that both databases return the rows in the same order.

mod accounts;
mod addresses;
mod devices;
mod events;
mod links;
mod mails;
mod passkeys;
mod registrations;
mod second_factors;
mod table_row;
mod throttle;

pub(super) use accounts::{SignInRow, UserRow};
pub(super) use addresses::FormerAddressRow;
pub(super) use devices::KnownDeviceRow;
pub(super) use events::{ChainRow, EventRow};
pub(super) use links::{PasswordLinkRow, SetupLinkRow, SignInLinkRow};
pub(super) use mails::{MailRow, PendingAddressRow};
pub(super) use passkeys::PasskeyRow;
pub(super) use registrations::RegistrationRow;
pub(super) use second_factors::{AuthenticatorRow, RecoveryCodeRow, TrustedBrowserRow};
pub(super) use table_row::TableRow;
pub(super) use throttle::ThrottleRow;

/// All tables but `secrets_in_use`, which tells what runs on a database and is true of no other. A
/// table that others reference comes before them.
pub(super) const TABLES: [&str; 17] = [
    UserRow::TABLE,
    SignInRow::TABLE,
    ThrottleRow::TABLE,
    EventRow::TABLE,
    ChainRow::TABLE,
    SetupLinkRow::TABLE,
    PasswordLinkRow::TABLE,
    PendingAddressRow::TABLE,
    FormerAddressRow::TABLE,
    RegistrationRow::TABLE,
    MailRow::TABLE,
    KnownDeviceRow::TABLE,
    SignInLinkRow::TABLE,
    AuthenticatorRow::TABLE,
    RecoveryCodeRow::TABLE,
    TrustedBrowserRow::TABLE,
    PasskeyRow::TABLE,
];
