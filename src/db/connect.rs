//! Opens a connection with the settings that each database needs: time limits, durable commits,
//! encryption.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::address::{self, Address, without_scheme};
use super::connection::AnyConnection;
use super::error::DbError;

/// The process of PostgreSQL that has a connection.
#[derive(QueryableByName)]
pub(super) struct BackendProcess {
    #[diesel(sql_type = Integer)]
    pub(super) pid: i32,
}

/// Opens one connection that waits for locks and results no longer than `timeout`.
///
/// A missing SQLite file is created only if `create` is set: a pool whose file was deleted must
/// not continue with an empty one. No file is created where [`check_creatable`] fails.
///
/// # Errors
/// [`DbError::Connect`] with the driver's message.
pub fn connect(
    address: &Address,
    timeout: Duration,
    create: bool,
) -> Result<AnyConnection, DbError> {
    match address {
        Address::Sqlite(path) => open_file(path, timeout, create),
        Address::Postgres(url) => {
            let mut connection = open_server(url, timeout)?;
            limit_waits(&mut connection, timeout).map_err(failed_to_connect)?;
            Ok(connection)
        }
    }
}

/// Opens a connection to PostgreSQL, without time limits for its statements. Each host has the
/// `connect_timeout` of the URL.
pub(super) fn open_server(url: &str, timeout: Duration) -> Result<AnyConnection, DbError> {
    let opened = PgConnection::establish(&with_defaults(url, timeout));
    opened.map(AnyConnection::Postgres).map_err(|cause| {
        let text = cause.to_string();
        let is_about_url = ABOUT_URL.iter().any(|part| text.contains(part));
        failed_to_connect(if is_about_url { UNREADABLE_URL.to_owned() } else { text })
    })
}

/// Parts of libpq's messages about a URL that it cannot read. They repeat some of it, which may be of a password.
const ABOUT_URL: [&str; 3] = [" URI", "percent-encoded", "invalid integer value"];

const UNREADABLE_URL: &str =
    "its URL cannot be read; check the parameters, and percent-encode special characters";

/// Sets how long a connection waits for a lock and PostgreSQL for a statement, at least 1 ms.
pub(super) fn limit_waits(connection: &mut AnyConnection, wait: Duration) -> Result<(), DbError> {
    let millis = wait.as_millis().max(1);
    let setting = match connection {
        AnyConnection::Sqlite(_) => format!("PRAGMA busy_timeout = {millis};"),
        AnyConnection::Postgres(_) => {
            format!("SET statement_timeout = {millis}; SET lock_timeout = {millis};")
        }
    };
    Ok(connection.batch_execute(&setting)?)
}

/// Sets the same limits as [`limit_waits`], and returns the backend. Not a prepared statement, which a
/// pooler might not find again.
pub(super) fn limit_waits_of_backend(
    server: &mut PgConnection,
    wait: Duration,
) -> Result<BackendProcess, DbError> {
    let millis = wait.as_millis().max(1);
    let limits = diesel::sql_query(format!(
        "SELECT pg_backend_pid() AS pid, set_config('statement_timeout', '{millis}', false), \
         set_config('lock_timeout', '{millis}', false)"
    ));
    Ok(limits.get_result(server)?)
}

fn open_file(path: &Path, timeout: Duration, create: bool) -> Result<AnyConnection, DbError> {
    if create {
        check_creatable(path)?;
        let failed = |cause| format!("cannot write {}: {cause}", path.display());
        create_private(path).map_err(|cause| DbError::Connect(failed(cause)))?;
    }
    let opened = SqliteConnection::establish(&sqlite_uri(path, if create { "rwc" } else { "rw" }));
    let mut connection = opened.map(AnyConnection::Sqlite).map_err(failed_to_connect)?;
    // FULL: with NORMAL an acknowledged commit could be lost with the power.
    let settings = "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;";
    let result = limit_waits(&mut connection, timeout)
        .and_then(|()| Ok(connection.batch_execute(settings)?));
    // SQLite reports this even if only the write-ahead log beside the file is not writable.
    result.map_err(|cause| DbError::Connect(format!("{}: {cause}", path.display())))?;
    Ok(connection)
}

/// Puts a message on one line: libpq's has several.
fn failed_to_connect(cause: impl std::fmt::Display) -> DbError {
    let words: Vec<_> = cause.to_string().split_whitespace().map(str::to_owned).collect();
    DbError::Connect(words.join(" "))
}

/// Checks that a SQLite file may be created if it does not exist: nothing is left of a former one.
///
/// # Errors
/// [`DbError::Connect`] if a log is there without its file, or if a restore was interrupted.
pub fn check_creatable(path: &Path) -> Result<(), DbError> {
    check_no_orphaned_log(path)?;
    let ready = ready_path(path);
    if ready.exists() && !path.exists() {
        return Err(DbError::Connect(format!(
            "{} is missing, and {} is left of an interrupted restore; run `vestibule restore` again",
            path.display(),
            ready.display()
        )));
    }
    Ok(())
}

/// Fails if only the write-ahead log exists, or a journal. The file was then moved away, and a new one beside the
/// log would lose the last writes, or get those of the former one.
pub(super) fn check_no_orphaned_log(path: &Path) -> Result<(), DbError> {
    for suffix in ["-wal", "-journal"] {
        let log = beside(path, suffix);
        // In this order, because a process that starts meanwhile creates the file before the log.
        if log.exists() && !path.exists() {
            return Err(DbError::Connect(format!(
                "{} is missing, and its log {} is not; put the file back, or move the log away too",
                path.display(),
                log.display()
            )));
        }
    }
    Ok(())
}

/// Returns where a restore makes the new file ready, before it is put in place.
#[must_use]
pub fn ready_path(path: &Path) -> PathBuf {
    beside(path, ".restoring")
}

/// Returns the path of a file beside another one, whose name begins with the name of that.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Creates the file with mode 0600, before SQLite would create it readable for all users. SQLite
/// gives the files beside it the same mode.
pub(super) fn create_private(path: &Path) -> std::io::Result<()> {
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
pub(super) fn sqlite_uri(path: &Path, mode: &str) -> String {
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
    format!("file:{escaped}?mode={mode}")
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
