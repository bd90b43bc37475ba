//! The program `vestibule`: parse the command line, run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    vestibule_service::cli::run()
}
