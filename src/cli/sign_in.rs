//! `vestibule sign-in ...` and `vestibule purge`: who is signed in, and nobody any longer.

use clap::Subcommand;
use time::format_description::well_known::Rfc3339;

use super::database::Database;
use super::{Failure, print_line, user};
use crate::accounts::audit::Actor;
use crate::accounts::queries;
use crate::housekeeping::BATCH;
use vestibule::{Clock, Error, ErrorKind, SignInId};

#[derive(Debug, Subcommand)]
pub(super) enum SignInCommand {
    /// List a user's sign-ins
    List {
        /// The user's name
        name: String,
    },
    /// End one sign-in, or all of a user
    End {
        /// The sign-in's id, as `list` shows it
        // One id in 64 begins with a hyphen.
        #[arg(
            required_unless_present = "all_of",
            conflicts_with = "all_of",
            allow_hyphen_values = true
        )]
        id: Option<String>,
        /// End all sign-ins of this user
        #[arg(long, value_name = "NAME")]
        all_of: Option<String>,
    },
}

/// Runs one of the commands.
pub(super) fn run(command: &SignInCommand) -> Result<(), Failure> {
    let mut database = Database::open()?;
    let by = Actor::command_line(Clock::system().now()?);
    match command {
        SignInCommand::List { name } => {
            let user = user::find(&mut database.connection, name)?;
            let (now, idle) = (Clock::system().now()?, database.auth.session.idle);
            let all = queries::sign_ins_of(&mut database.connection, user.id)?;
            for sign_in in all.iter().filter(|sign_in| sign_in.stands(now, idle)) {
                print_line(format_args!(
                    "{}  {:<7}  {}  {:<15}  {}",
                    sign_in.id,
                    sign_in.kind.as_str(),
                    sign_in.last_seen_at.format(&Rfc3339).unwrap_or_default(),
                    sign_in.address.as_deref().unwrap_or("-"),
                    sign_in.label.as_deref().or(sign_in.user_agent.as_deref()).unwrap_or("-"),
                ));
            }
        }
        SignInCommand::End { id: Some(id), .. } => {
            let unknown = || Failure::new("there is no sign-in of this id");
            let id = SignInId::parse(id).ok_or_else(unknown)?;
            match queries::revoke_sign_in(&mut database.connection, id.as_str(), &by) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(unknown()),
                ended => ended?,
            }
            print_line(format_args!("ended 1"));
        }
        SignInCommand::End { all_of, .. } => {
            let name = all_of.as_deref().unwrap_or_default();
            let user = user::find(&mut database.connection, name)?;
            let ended = queries::sign_out(&mut database.connection, user.id, &by)?.ended;
            print_line(format_args!("ended {ended}"));
        }
    }
    Ok(())
}

/// Deletes every sign-in that no longer stands, in small batches.
pub(super) fn purge() -> Result<(), Failure> {
    let mut database = Database::open()?;
    let (now, idle) = (Clock::system().now()?, database.auth.session.idle);
    queries::purge_throttle(&mut database.connection, now)?;
    queries::purge_links(&mut database.connection, now)?;
    let mut purged = 0;
    loop {
        let count = queries::purge(&mut database.connection, now, idle, BATCH)?;
        purged += count;
        if i64::try_from(count).unwrap_or(i64::MAX) < BATCH {
            break;
        }
    }
    print_line(format_args!("purged {purged}"));
    Ok(())
}

impl From<diesel::result::Error> for Failure {
    fn from(cause: diesel::result::Error) -> Self {
        Error::from(cause).into()
    }
}
