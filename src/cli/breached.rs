//! `vestibule breached ...`: makes the file of breached passwords.

use std::path::PathBuf;

use clap::Subcommand;

use super::failure::Failure;
use super::output::print_line;
use vestibule::password::BreachedPasswords;

#[derive(Debug, Subcommand)]
pub(super) enum BreachedCommand {
    /// Make the file from lists of SHA-1 hashes, each in ascending order
    Build {
        /// Lists: a hash in hexadecimal a line, with or without a colon and a number behind it
        #[arg(required = true, value_name = "FILE")]
        lists: Vec<PathBuf>,
        /// The file to make
        #[arg(long, value_name = "FILE", default_value = "breached-passwords")]
        output: PathBuf,
    },
}

/// Runs the command.
pub(super) fn run(command: &BreachedCommand) -> Result<(), Failure> {
    let BreachedCommand::Build { lists, output } = command;
    let count = BreachedPasswords::build(lists, output).map_err(Failure::new)?;
    print_line(format_args!(
        "{count} passwords are in {0}; name it in Rocket.toml:\n\n[default.auth.password]\n\
         breached = \"{0}\"",
        output.display()
    ));
    Ok(())
}
