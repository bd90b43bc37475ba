//! Opens a connection with the settings that each database needs: time limits, durable commits,
//! encryption.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::address::{self, Address, without_scheme};
use super::connection::AnyConnection;
use super::error::DbError;

/// Opens one connection that waits for locks and results no longer than `timeout`.
///
/// A missing SQLite file is created only if `create` is set: a pool whose file was deleted must
/// not continue with an empty one.
///
/// # Errors
/// [`DbError::Connect`] with the driver's message.
pub fn connect(
    address: &Address,
    timeout: Duration,
    create: bool,
) -> Result<AnyConnection, DbError> {
    // libpq's message has several lines; logs and the command line show one.
    let failed_to_connect = |cause: diesel::ConnectionError| {
        let words: Vec<_> = cause.to_string().split_whitespace().map(str::to_owned).collect();
        DbError::Connect(words.join(" "))
    };
    let millis = timeout.as_millis();
    if let (Address::Sqlite(path), true) = (address, create) {
        let failed = |cause| format!("cannot write {}: {cause}", path.display());
        create_private(path).map_err(|cause| DbError::Connect(failed(cause)))?;
    }
    let (mut connection, settings) = match address {
        Address::Sqlite(path) => (
            AnyConnection::Sqlite(
                SqliteConnection::establish(&sqlite_uri(path, create))
                    .map_err(failed_to_connect)?,
            ),
            // FULL: with NORMAL an acknowledged commit could be lost with the power.
            format!(
                "PRAGMA busy_timeout = {millis}; PRAGMA foreign_keys = ON; \
                 PRAGMA synchronous = FULL;"
            ),
        ),
        Address::Postgres(url) => (
            AnyConnection::Postgres(
                PgConnection::establish(&with_defaults(url, timeout)).map_err(failed_to_connect)?,
            ),
            format!("SET statement_timeout = {millis}; SET lock_timeout = {millis};"),
        ),
    };
    connection.batch_execute(&settings).map_err(|cause| {
        // SQLite reports this even if only the write-ahead log beside the file is not writable.
        let path = match address {
            Address::Sqlite(path) => format!("{}: ", path.display()),
            Address::Postgres(_) => String::new(),
        };
        DbError::Connect(format!("{path}{cause}"))
    })?;
    Ok(connection)
}

/// Creates the file with mode 0600, before SQLite would create it readable for all users. SQLite
/// gives the files beside it the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        // SQLite would open a file that it cannot write, and fail at the first sign-in.
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(path).map(drop)
        }
        created => created.map(drop),
    }
}

/// Returns the path as a SQLite URI: only a URI can say whether to create the file.
fn sqlite_uri(path: &Path, create: bool) -> String {
    let escaped: String = path
        .to_string_lossy()
        .chars()
        .map(|c| match c {
            '?' => "%3f".to_owned(),
            '#' => "%23".to_owned(),
            '%' => "%25".to_owned(),
            other => other.to_string(),
        })
        .collect();
    format!("file:{escaped}?mode={}", if create { "rwc" } else { "rw" })
}

/// Adds the parameters that the URL does not set itself: time limits, so that an unresponsive
/// server or a lost machine does not hold a connection for minutes, and the TLS mode.
fn with_defaults(url: &str, timeout: Duration) -> String {
    let seconds = timeout.as_secs().max(2);
    let limits = [
        ("connect_timeout", seconds.to_string()),
        ("tcp_user_timeout", (seconds * 1000).to_string()),
        // A machine that lost its power never closes its connections.
        ("keepalives_idle", seconds.to_string()),
        ("keepalives_interval", "1".to_owned()),
        ("keepalives_count", "3".to_owned()),
        ("application_name", "vestibule".to_owned()),
    ];
    let encryption = address::encryption_defaults(without_scheme(url))
        .iter()
        .map(|(name, value)| (*name, *value));
    let limits = limits.iter().map(|(name, value)| (*name, value.as_str()));
    limits.chain(encryption).fold(url.to_owned(), |url, (name, value)| {
        let separator = match url.split_once('?') {
            Some((_, query)) if has_parameter(query, name) => return url,
            Some(_) => '&',
            None => '?',
        };
        format!("{url}{separator}{name}={value}")
    })
}

fn has_parameter(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gets_the_limits_that_it_does_not_set() {
        let url = with_defaults("postgres://localhost/x?connect_timeout=9", Duration::from_secs(1));
        assert!(url.starts_with("postgres://localhost/x?connect_timeout=9&"), "{url}");
        assert_eq!(url.matches("connect_timeout").count(), 1);
        for limit in ["tcp_user_timeout=2000", "keepalives_idle=2", "keepalives_interval=1"] {
            assert!(url.contains(limit), "{url}");
        }
        assert!(!url.contains("sslmode"), "{url}");
    }

    #[test]
    fn a_url_of_another_host_gets_the_strictest_protection_of_the_build() {
        let url = with_defaults("postgres://db.example/x", Duration::from_secs(1));
        let strict = url.ends_with("&sslmode=verify-full&sslrootcert=system");
        assert_eq!(strict, address::TLS_BUILT_IN, "{url}");
        let own = with_defaults("postgres://db.example/x?sslmode=disable", Duration::from_secs(1));
        assert!(!own.contains("verify-full"), "{own}");
    }
}
