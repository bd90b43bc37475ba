//! The command line: the service itself, and what its administrator does beside it.

mod audit;
mod database;
mod doctor;
mod first;
mod health;
mod import;
mod key;
mod progress;
mod routes;
mod secrets;
mod serve;
mod sign_in;
mod transfer;
mod user;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rocket::figment::Figment;

use crate::app;
use crate::state_dir::StateDir;
use vestibule::ConfigError;

/// Sessions and tokens for Rocket: a small account service.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the service (the default)
    Serve,
    /// Look after users
    #[command(subcommand)]
    User(user::UserCommand),
    /// See who is signed in, and end it
    #[command(subcommand)]
    SignIn(sign_in::SignInCommand),
    /// Make, list and end access keys of programs
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Look into the audit log, and whether it is whole
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Change the keys of cookies and tokens without signing anybody out
    #[command(subcommand)]
    Secrets(secrets::SecretsCommand),
    /// Copy everything into an empty database: SQLite to PostgreSQL, back, or to the same kind
    Move(transfer::MoveArguments),
    /// Delete sign-ins that no longer stand
    Purge,
    /// List every route with the guard it demands
    Routes,
    /// Check configuration, files, database and surroundings; changes nothing
    Doctor,
    /// Ask the running service how it is
    Health,
}

/// Why a command did not do what it was asked: lines for a person, never a secret.
#[derive(Debug)]
pub(crate) struct Failure(Vec<String>);

impl Failure {
    fn new(line: impl Into<String>) -> Self {
        Self(vec![line.into()])
    }
}

impl From<Vec<ConfigError>> for Failure {
    fn from(faults: Vec<ConfigError>) -> Self {
        Self(faults.iter().map(ConfigError::to_string).collect())
    }
}

/// Parses the command line and runs it.
#[must_use]
pub fn run() -> ExitCode {
    let command = Arguments::parse().command.unwrap_or(Command::Serve);
    let done = match command {
        Command::Serve => serve::serve(),
        Command::User(command) => user::run(&command),
        Command::SignIn(command) => sign_in::run(&command),
        Command::Key(command) => key::run(&command),
        Command::Audit(command) => audit::run(&command),
        Command::Secrets(command) => secrets::run(&command),
        Command::Move(arguments) => transfer::run(&arguments),
        Command::Purge => sign_in::purge(),
        Command::Routes => routes::list(),
        Command::Doctor => doctor::run(),
        Command::Health => health::run(),
    };
    log::logger().flush();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(lines)) => {
            for line in lines {
                // With nobody to tell, the exit code says it.
                let _ = writeln!(std::io::stderr(), "vestibule: {line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints a line; a reader that has seen enough and left is no failure.
fn print_line(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The configuration, with the state directory made ready.
fn figment() -> Result<(StateDir, Figment), Failure> {
    let state = StateDir::from_env();
    state.prepare().map_err(Failure::new)?;
    let figment = app::figment(&state);
    Ok((state, figment))
}
