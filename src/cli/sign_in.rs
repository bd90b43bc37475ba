//! `vestibule sign-in ...`: lists and ends sign-ins.

use clap::Subcommand;

use super::database::Database;
use super::failure::Failure;
use super::output::{print_line, print_remark, print_table, to_the_second};
use super::user;
use crate::accounts::audit::Actor;
use crate::accounts::queries;
use vestibule::database::sign_ins;
use vestibule::sign_ins::{SignIn, SignInId};
use vestibule::{Clock, ErrorKind};

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
        // An id may begin with a hyphen.
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
    let actor = Actor::command_line(Clock::system().now()?);
    match command {
        SignInCommand::List { name } => {
            let user = user::find(&mut database.connection, name)?;
            let (now, idle) = (Clock::system().now()?, database.auth.session.idle);
            let all = sign_ins::list(&mut database.connection, &user.id.to_string())?;
            let active = all.iter().filter(|sign_in| sign_in.is_active(now, idle));
            let rows: Vec<_> = active.map(row).collect();
            if rows.is_empty() {
                print_remark("no active sign-in");
            } else {
                print_table(["ID", "KIND", "LAST USE", "ADDRESS", "PROGRAM"], &rows);
            }
        }
        SignInCommand::End { id: Some(id), .. } => {
            let unknown = || Failure::new("there is no sign-in of this id");
            let id = SignInId::parse(id).ok_or_else(unknown)?;
            match queries::revoke_sign_in(&mut database.connection, id.as_str(), None, &actor) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(unknown()),
                ended => drop(ended?),
            }
            print_line(format_args!("ended 1"));
        }
        SignInCommand::End { all_of, .. } => {
            let name = all_of.as_deref().unwrap_or_default();
            let user = user::find(&mut database.connection, name)?;
            let ended = queries::sign_out(&mut database.connection, user.id, &actor)?.ended;
            print_line(format_args!("ended {ended}"));
        }
    }
    Ok(())
}

fn row(sign_in: &SignIn) -> [String; 5] {
    let program = sign_in.label().or(sign_in.user_agent.as_deref());
    [
        sign_in.id.to_string(),
        sign_in.kind.as_str().to_owned(),
        to_the_second(sign_in.last_seen_at),
        sign_in.address.as_deref().unwrap_or("-").to_owned(),
        program.unwrap_or("-").to_owned(),
    ]
}
