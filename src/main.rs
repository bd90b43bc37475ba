//! The program `vestibule`: runs the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    vestibule_service::cli::run()
}
