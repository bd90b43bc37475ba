//! The failure of a command.

use vestibule::Error;
use vestibule::config::ConfigError;

/// Why a command failed: lines for the operator, without secrets.
#[derive(Debug)]
pub(crate) struct Failure(pub(super) Vec<String>);

impl Failure {
    pub(super) fn new(line: impl Into<String>) -> Self {
        Self(vec![line.into()])
    }
}

impl From<Vec<ConfigError>> for Failure {
    fn from(errors: Vec<ConfigError>) -> Self {
        Self(errors.iter().map(ConfigError::to_string).collect())
    }
}

/// One line per rejected field, or the error with its cause.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let fields: Vec<String> =
            error.fields().map(|(name, message)| format!("{name}: {message}")).collect();
        match (fields.is_empty(), std::error::Error::source(&error)) {
            (false, _) => Self(fields),
            (true, Some(cause)) => Self::new(format!("{error} ({cause})")),
            (true, None) => Self::new(error.to_string()),
        }
    }
}

impl From<diesel::result::Error> for Failure {
    fn from(cause: diesel::result::Error) -> Self {
        Error::from(cause).into()
    }
}
