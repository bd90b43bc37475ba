//! The command line: starting the service, and administering it.

mod audit;
mod backup;
mod breached;
mod database;
mod doctor;
mod failure;
mod figment;
mod first_user;
mod health;
mod key;
mod mail;
mod migrate;
mod new;
mod openapi;
mod output;
mod password_link;
mod progress;
mod purge;
mod routes;
mod secrets;
mod serve;
mod sign_in;
mod transfer;
mod user;
mod user_import;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::http::visible;
use failure::Failure;

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
    /// Manage users
    #[command(subcommand)]
    User(user::UserCommand),
    /// List and end sign-ins
    #[command(subcommand)]
    SignIn(sign_in::SignInCommand),
    /// Create, list and end access keys of programs
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Try the mail server, list mails that wait
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Verify, export and prune the audit log
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Make the file of breached passwords, which no new password may be in
    #[command(subcommand)]
    Breached(breached::BreachedCommand),
    /// Change the keys of cookies and tokens without ending any sign-in
    #[command(subcommand)]
    Secrets(secrets::SecretsCommand),
    /// Copy everything into an empty database, of the same or the other kind
    Move(transfer::MoveArguments),
    /// Write a copy of the SQLite database while the service runs
    Backup(backup::BackupArguments),
    /// Put a backup in place, and end its sign-ins, links and codes
    Restore(backup::RestoreArguments),
    /// Bring the schema of the database up to date, as every start does
    Migrate,
    /// Delete expired sign-ins, throttle counters, links and rows of the audit log
    Purge,
    /// List every route with its guard
    Routes,
    /// Print the OpenAPI document of the API
    Openapi,
    /// Check configuration, files, database and deployment; changes nothing
    Doctor(doctor::DoctorArguments),
    /// Check the health of the running service
    Health,
    /// Write a new application that uses the library, with login by pages and by tokens
    New(new::NewArguments),
    /// Print a script that completes commands, for bash, zsh, fish, elvish or powershell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Parses the command line and runs it.
#[must_use]
pub fn run() -> ExitCode {
    let command = Arguments::parse().command.unwrap_or(Command::Serve);
    let result = match command {
        Command::Serve => serve::run(),
        Command::User(command) => user::run(&command),
        Command::SignIn(command) => sign_in::run(&command),
        Command::Key(command) => key::run(&command),
        Command::Mail(command) => mail::run(&command),
        Command::Audit(command) => audit::run(&command),
        Command::Breached(command) => breached::run(&command),
        Command::Secrets(command) => secrets::run(&command),
        Command::Move(arguments) => transfer::run(&arguments),
        Command::Backup(arguments) => backup::back_up(&arguments),
        Command::Restore(arguments) => backup::restore(&arguments),
        Command::Migrate => migrate::run(),
        Command::Purge => purge::run(),
        Command::Routes => routes::run(),
        Command::Openapi => openapi::run(),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Health => health::run(),
        Command::New(arguments) => new::run(&arguments),
        Command::Completions { shell } => {
            print_completions(shell);
            Ok(())
        }
    };
    log::logger().flush();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(lines)) => {
            for line in lines {
                // If standard error is closed, the exit code remains.
                let _ = writeln!(std::io::stderr(), "vestibule: {}", visible(&line));
            }
            ExitCode::FAILURE
        }
    }
}

fn print_completions(shell: Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "vestibule", &mut script);
    output::print_bytes(&script);
}
