//! `vestibule key ...`: creates, lists and ends access keys.

use std::io::Write;
use std::time::Duration;

use clap::Subcommand;

use super::database::Database;
use super::failure::Failure;
use super::output::{print_line, print_remark, print_table, to_the_second};
use super::user;
use crate::accounts::audit::Actor;
use crate::accounts::{generate_key, last_seen, queries};
use vestibule::access_keys::KeyRequest;
use vestibule::config::duration;
use vestibule::database::sign_ins;
use vestibule::sign_ins::{SignIn, SignInId};
use vestibule::{Clock, ErrorKind};

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Create a key for a user's program; it is printed once, on standard output
    Add {
        /// The user's name
        name: String,
        /// What the key is for
        #[arg(long)]
        label: String,
        /// What the key may do: sign-ins, and for administrators users:read, users:write and
        /// introspect; may be given several times
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// How long the key is valid: "30 days", or seconds; auth.key.lifetime by default
        #[arg(long, value_name = "LIFE", value_parser = parse_lifetime)]
        expires: Option<Duration>,
    },
    /// List a user's keys
    List {
        /// The user's name
        name: String,
    },
    /// End a key
    End {
        /// The key's id, as `list` shows it
        // An id may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

/// Parses a duration like the settings.
fn parse_lifetime(text: &str) -> Result<Duration, &'static str> {
    duration::parse(text).ok_or("a duration such as \"30 days\" or a number of seconds")
}

/// Runs one of the commands.
pub(super) fn run(command: &KeyCommand) -> Result<(), Failure> {
    let Database { mut connection, auth, .. } = Database::open()?;
    let connection = &mut connection;
    let actor = Actor::command_line(Clock::system().now()?);
    match command {
        KeyCommand::Add { name, label, scopes, expires } => {
            if !auth.takes_keys() {
                let line = "nothing takes an access key: this requires a mode with tokens, and \
                            \"header\" in auth.token.locations";
                return Err(Failure::new(line));
            }
            let user = user::find(connection, name)?;
            let (label, scopes) = (label.clone(), scopes.clone());
            let request = KeyRequest { label, scopes, lifetime: *expires };
            let created = generate_key(&user, request, &auth, actor.at())?;
            queries::store_key(connection, &user, &created.sign_in, &actor)?;
            let (id, until) = (&created.sign_in.id, created.sign_in.expires_at);
            let until = to_the_second(until);
            // On standard error, so that standard output holds the key alone.
            let message = format!("created {id} for {}, valid until {until}", user.username);
            let _ = writeln!(std::io::stderr(), "{message}; the key cannot be shown again:");
            let mut out = std::io::stdout();
            let printed = writeln!(out, "{}", created.key.as_str()).and_then(|()| out.flush());
            if let Err(cause) = printed {
                queries::revoke_sign_in(connection, id.as_str(), None, &actor)?;
                let line = format!("the key could not be printed and has ended: {cause}");
                return Err(Failure::new(line));
            }
        }
        KeyCommand::List { name } => {
            let user = user::find(connection, name)?;
            let (now, idle) = (actor.at(), auth.session.idle);
            let all = sign_ins::list(connection, &user.id.to_string())?;
            let keys = all.iter().filter(|key| key.kind.is_key());
            let rows: Vec<_> = keys.filter(|key| key.is_active(now, idle)).map(row).collect();
            if rows.is_empty() {
                print_remark("no active key");
            } else {
                print_table(["ID", "EXPIRES", "LAST USE", "SCOPES", "LABEL"], &rows);
            }
        }
        KeyCommand::End { id } => {
            let unknown = || Failure::new("there is no key of this id");
            let id = SignInId::parse(id).ok_or_else(unknown)?;
            queries::find_key(connection, id.as_str())?.ok_or_else(unknown)?;
            match queries::revoke_sign_in(connection, id.as_str(), None, &actor) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(unknown()),
                ended => drop(ended?),
            }
            print_line(format_args!("ended 1"));
        }
    }
    Ok(())
}

fn row(key: &SignIn) -> [String; 5] {
    let scopes = key.scopes().join(",");
    [
        key.id.to_string(),
        to_the_second(key.expires_at),
        last_seen(key).map_or_else(|| "never".to_owned(), to_the_second),
        if scopes.is_empty() { "-".to_owned() } else { scopes },
        key.label().unwrap_or("-").to_owned(),
    ]
}
