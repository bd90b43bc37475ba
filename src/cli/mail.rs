//! `vestibule mail ...`: tries the mail server, and lists mails that wait.

use clap::Subcommand;
use vestibule::{Clock, Error};

use super::database::open_migrated;
use super::failure::Failure;
use super::figment::{load_figment, load_with_database};
use super::output::{print_line, print_remark, print_table, to_the_second};
use crate::db::from_micros;
use crate::mail::{self, EmailAddress, OutgoingMail};
use crate::settings;

/// How many mails are listed.
const LISTED: i64 = 1000;

#[derive(Debug, Subcommand)]
pub(super) enum MailCommand {
    /// Send a mail to this address now and say what the server answers
    Test {
        /// Where to
        address: String,
    },
    /// List mails that wait, and those that were given up
    Queue,
}

/// Runs one of the commands.
pub(super) fn run(command: &MailCommand) -> Result<(), Failure> {
    match command {
        MailCommand::Test { address } => {
            let (_, figment) = load_figment()?;
            let mailer = settings::mailer(&figment)?
                .ok_or_else(|| Failure::new("no mail is sent: mail.url is not set"))?;
            let to = EmailAddress::parse(address)?;
            let at = Clock::system().now()?;
            let site = settings::accounts(&figment)?.site_name;
            let message = OutgoingMail {
                id: format!("test-{}", at.unix_timestamp_nanos()),
                to,
                subject: format!("A test - {site}"),
                text: format!("This mail was sent to try the mail server of {site}.\n"),
                at,
            };
            let target = mailer.target();
            mailer.send(&message).map_err(|cause| Failure::new(format!("{target}: {cause}")))?;
            print_line(format_args!("{target} took the mail to {}", message.to.shown()));
        }
        MailCommand::Queue => {
            let (_, figment) = load_with_database()?;
            let (mut connection, _) = open_migrated(&figment, false)?;
            let mails = mail::list(&mut connection, LISTED).map_err(Error::from)?;
            if mails.is_empty() {
                print_remark("no mail waits");
                return Ok(());
            }
            let time = |micros| from_micros(micros).map(to_the_second).unwrap_or_default();
            let rows: Vec<_> = mails
                .into_iter()
                .map(|mail| {
                    let next = mail.next_at.map_or_else(|| "given up".to_owned(), time);
                    let queued = time(mail.created_at);
                    let (attempts, error) = (mail.attempts.to_string(), mail.error);
                    [mail.kind, mail.recipient, queued, attempts, next, error.unwrap_or_default()]
                })
                .collect();
            print_table(["MAIL", "TO", "QUEUED", "TRIED", "NEXT", "ERROR"], &rows);
        }
    }
    Ok(())
}
