//! The program itself: its start, its commands, new secrets, a failing database.

mod backup;
mod breached;
mod browser;
mod command_line;
mod cross_origin;
mod database_outage;
mod new_application;
mod new_secrets;
mod published_keys;
mod refusals;
mod start;
mod token_cookies;
