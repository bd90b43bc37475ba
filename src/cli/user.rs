//! `vestibule user ...`: manages users without signing in.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::database::Database;
use super::failure::Failure;
use super::output::{print_line, print_remark};
use super::password_link::PasswordLinks;
use super::user_import;
use crate::accounts::audit::Actor;
use crate::accounts::queries::{self, NewUser, UserChange, UserFilter};
use crate::accounts::{
    PasswordLink, PasswordOwner, Role, User, Username, full_name, new_password, unknown_password,
};
use crate::db::AnyConnection;
use vestibule::password::{Hasher, Password};
use vestibule::{Clock, Error};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a user; prompts for the password
    Add {
        /// The name to sign in with
        name: String,
        /// The user's role
        #[arg(long, default_value = "user")]
        role: RoleName,
        /// The name to show
        #[arg(long, default_value = "")]
        full_name: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
        /// Print a link with which the user sets the password, in the place of one
        #[arg(long, conflicts_with = "password_stdin")]
        invite: bool,
    },
    /// Add all users of a CSV file, or none: username, hash, role and optionally full_name
    Import {
        /// The file; its first line names the columns
        file: PathBuf,
        /// Check everything and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List all users, or those whose name or e-mail address contains a text
    List {
        /// Part of the name
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
    },
    /// Change the role of a user
    SetRole {
        /// The user's name
        name: String,
        /// The new role
        role: RoleName,
    },
    /// Change the password of a user; ends all its sign-ins
    SetPassword {
        /// The user's name
        name: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a link with which a user sets another password, once; ends nothing until it is used
    ResetLink {
        /// The user's name
        name: String,
    },
    /// Remove the e-mail address of a user
    RemoveAddress {
        /// The user's name
        name: String,
    },
    /// Remove the second factor of a user who has lost it; ends all its sign-ins
    ResetSecondFactor {
        /// The user's name
        name: String,
    },
    /// Disable an account; ends all its sign-ins
    Disable {
        /// The user's name
        name: String,
    },
    /// Enable an account again
    Enable {
        /// The user's name
        name: String,
    },
    /// Delete a user and its sign-ins permanently; its events stay in the audit log
    Delete {
        /// The user's name
        name: String,
        /// Confirm the deletion
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoleName {
    User,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::User => Self::User,
            RoleName::Admin => Self::Admin,
        }
    }
}

/// Runs one of the commands.
pub(super) fn run(command: &UserCommand) -> Result<(), Failure> {
    let Database { mut connection, auth, figment } = match command {
        UserCommand::Add { .. } | UserCommand::Import { .. } => Database::open_or_create()?,
        _ => Database::open()?,
    };
    let (connection, limits) = (&mut connection, &auth.password);
    let actor = Actor::command_line(Clock::system().now()?);
    match command {
        UserCommand::Add { name, role, full_name: full, password_stdin, invite } => {
            let links = invite.then(|| PasswordLinks::read(&figment, &auth)).transpose()?;
            let username = Username::parse(name)?;
            let full_name = full_name(full)?;
            let password = if *invite {
                unknown_password()?
            } else {
                let password = read_password(*password_stdin)?;
                let owner =
                    PasswordOwner { username: username.key(), full_name: full_name.as_deref() };
                new_password("password", &password, owner, limits)?;
                password
            };
            let new = NewUser {
                username,
                full_name,
                role: (*role).into(),
                password_hash: Hasher::new(limits)?.hash_blocking(&password)?,
                created_at: actor.at(),
            };
            let link = match &links {
                Some(links) => {
                    Some(PasswordLink::generate(actor.at(), links.invitation_lifetime())?)
                }
                None => None,
            };
            let user = queries::add(connection, &new, link.as_ref(), &actor)?.user;
            let (name, role) = (&user.username, user.role.as_str());
            print_line(format_args!("added {name} (id {}, {role})", user.id));
            if let (Some(links), Some(link)) = (links, link) {
                links.print(name, &link);
            }
        }
        UserCommand::Import { file, dry_run } => {
            user_import::run(connection, limits, file, *dry_run)?
        }
        UserCommand::List { search } => list(connection, search)?,
        UserCommand::SetRole { name, role } => {
            let role = Some((*role).into());
            change(connection, name, &UserChange { role, ..UserChange::default() }, &actor)?;
        }
        UserCommand::SetPassword { name, password_stdin } => {
            let user = find(connection, name)?;
            let password = read_password(*password_stdin)?;
            let (username, full_name) = (Username::parse(name)?, user.full_name.as_deref());
            let owner = PasswordOwner { username: username.key(), full_name };
            new_password("password", &password, owner, limits)?;
            let hash = Hasher::new(limits)?.hash_blocking(&password)?;
            queries::set_password(connection, &user, &hash, &actor)?;
            print_line(format_args!(
                "changed the password of {}; its sign-ins have ended",
                user.username
            ));
        }
        UserCommand::ResetLink { name } => {
            let links = PasswordLinks::read(&figment, &auth)?;
            let user = find(connection, name)?;
            let link = PasswordLink::generate(actor.at(), links.reset_lifetime())?;
            queries::make_reset_link(connection, user.id, &link, &actor)?;
            links.print(&user.username, &link);
        }
        UserCommand::RemoveAddress { name } => {
            let removes = UserChange { removes_address: true, ..UserChange::default() };
            let user = find(connection, name)?;
            let has = if user.email.is_some() { "now has" } else { "already had" };
            queries::change(connection, user.id, &removes, &actor)?;
            print_line(format_args!("{} {has} no e-mail address", user.username));
        }
        UserCommand::ResetSecondFactor { name } => {
            let user = find(connection, name)?;
            queries::reset_second_factors(connection, user.id, &actor)?;
            let has = if user.has_second_factor() { "now has" } else { "already had" };
            print_line(format_args!("{} {has} no second factor", user.username));
        }
        UserCommand::Disable { name } => {
            let active = Some(false);
            change(connection, name, &UserChange { active, ..UserChange::default() }, &actor)?;
        }
        UserCommand::Enable { name } => {
            let active = Some(true);
            change(connection, name, &UserChange { active, ..UserChange::default() }, &actor)?;
        }
        UserCommand::Delete { name, yes } => {
            let user = find(connection, name)?;
            if !yes {
                let line = format!("this deletes {} permanently; add --yes", user.username);
                return Err(Failure::new(line));
            }
            let deleted = queries::delete(connection, user.id, &actor)?;
            let (name, ended) = (user.username, deleted.ended);
            let sign_ins = if ended == 1 { "sign-in" } else { "sign-ins" };
            print_line(format_args!("deleted {name}; {ended} {sign_ins} ended"));
        }
    }
    Ok(())
}

/// Finds a user by name.
pub(super) fn find(connection: &mut AnyConnection, name: &str) -> Result<User, Failure> {
    let found = queries::named(connection, &Username::parse(name)?).map_err(Error::from)?;
    found.ok_or_else(|| Failure::new("there is no user of this name"))
}

/// Changes a user, and prints what the user is now.
fn change(
    connection: &mut AnyConnection,
    name: &str,
    change: &UserChange,
    actor: &Actor,
) -> Result<(), Failure> {
    let before = find(connection, name)?;
    let user = queries::change(connection, before.id, change, actor)?.user;
    let is = if (before.role, before.active) == (user.role, user.active) {
        "is already"
    } else {
        "is now"
    };
    let state = if user.active { "an active" } else { "a disabled" };
    let role = if user.role == Role::Admin { "administrator" } else { "user" };
    print_line(format_args!("{} {is} {state} {role}", user.username));
    Ok(())
}

fn list(connection: &mut AnyConnection, search: &str) -> Result<(), Failure> {
    let filter = UserFilter { search: search.to_owned(), ..UserFilter::default() };
    for page in 1.. {
        let (users, _) = queries::page(connection, &filter, page).map_err(Error::from)?;
        match (page, users.is_empty()) {
            (1, true) => print_remark("no user matches"),
            (1, false) => print_line(format_args!("     ID  STATE     ROLE   NAME")),
            _ => {}
        }
        if users.is_empty() {
            break;
        }
        for user in users {
            let state = if user.active { "active" } else { "disabled" };
            let (id, role, name) = (user.id, user.role.as_str(), user.username);
            let email = user.email.map(|email| format!(" <{email}>")).unwrap_or_default();
            print_line(format_args!("{id:>7}  {state:<8}  {role:<5}  {name}{email}"));
        }
    }
    Ok(())
}

/// Reads the password from standard input, which holds one line, or prompts for it twice.
fn read_password(from_stdin: bool) -> Result<Password, Failure> {
    let failed = |cause: std::io::Error| Failure::new(format!("cannot read the password: {cause}"));
    if from_stdin {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(failed)?;
        return one_line(&text).map(Into::into);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("no terminal to ask for the password; use --password-stdin"));
    }
    let first = rpassword::prompt_password("Password: ").map_err(failed)?;
    let second = rpassword::prompt_password("Once more: ").map_err(failed)?;
    if first == second { Ok(first.into()) } else { Err(Failure::new("the two passwords differ")) }
}

/// Returns the only line of a text, without the byte order mark that PowerShell puts in front. No form
/// takes a password with a line break.
fn one_line(text: &str) -> Result<&str, Failure> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains(['\n', '\r']) {
        return Err(Failure::new("the password must be one line; standard input holds more"));
    }
    Ok(line)
}
