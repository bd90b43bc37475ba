//! Opening connections: by the address's own scheme, with the settings that both databases
//! need to keep their word.

use std::fs::OpenOptions;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, R2D2Connection};

use super::{Address, AnyConnection, DbError, encryption};

/// Opens connections for the pool.
pub(super) struct Manager {
    address: Address,
    timeout: Duration,
    file: Option<File>,
}

impl Manager {
    pub(super) fn new(address: Address, timeout: Duration) -> Self {
        let file = match &address {
            Address::Sqlite(path) => Some(File::at(path.clone())),
            Address::Postgres(_) => None,
        };
        Self { address, timeout, file }
    }
}

/// Lets a connection of SQLite keep half a megabyte of pages, not two: there are several, and what
/// one does not keep the system has in memory for all of them.
pub(super) fn limit_cache(connection: &mut AnyConnection) -> Result<(), DbError> {
    Ok(connection.batch_execute("PRAGMA cache_size = -512;")?)
}

/// The SQLite file that was there at the start. One that was deleted, moved or replaced would go
/// on being read and written, and nobody would find it again.
pub(super) struct File {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl File {
    pub(super) fn at(path: PathBuf) -> Self {
        let identity = identity(&path).ok();
        Self { path, identity }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path still leads to it.
    pub(super) fn check(&self) -> Result<(), DbError> {
        match identity(&self.path) {
            Ok(found) if self.identity.is_none_or(|identity| identity == found) => Ok(()),
            Ok(_) => Err(DbError::Connect("the file is another one than at the start".to_owned())),
            Err(cause) => Err(DbError::Connect(cause.to_string())),
        }
    }
}

/// Which file a path leads to.
pub(super) fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

impl ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = DbError;

    fn connect(&self) -> Result<AnyConnection, DbError> {
        if let Some(file) = &self.file {
            file.check()?;
        }
        let mut connection = connect(&self.address, self.timeout, false)?;
        if self.file.is_some() {
            limit_cache(&mut connection)?;
        }
        Ok(connection)
    }

    /// Asks a server whether the connection still stands, and of a file whether it is the same.
    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), DbError> {
        match &self.file {
            None => Ok(connection.ping()?),
            Some(file) => file.check(),
        }
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        connection.is_broken()
    }
}

/// Opens one connection; waits for locks and answers no longer than `timeout`.
///
/// A SQLite file that is not there is made only when `create` says so: a pool that found its
/// file gone must not go on with an empty one.
///
/// # Errors
/// [`DbError::Connect`] with the driver's words.
pub fn connect(
    address: &Address,
    timeout: Duration,
    create: bool,
) -> Result<AnyConnection, DbError> {
    // libpq explains itself in several lines; a log and a command line have one for it.
    let refused = |cause: diesel::ConnectionError| {
        let words: Vec<_> = cause.to_string().split_whitespace().map(str::to_owned).collect();
        DbError::Connect(words.join(" "))
    };
    let millis = timeout.as_millis();
    if let (Address::Sqlite(path), true) = (address, create) {
        let failed = |cause| format!("cannot write {}: {cause}", path.display());
        make_private(path).map_err(|cause| DbError::Connect(failed(cause)))?;
    }
    let (mut connection, settings) = match address {
        Address::Sqlite(path) => (
            AnyConnection::Sqlite(
                SqliteConnection::establish(&uri(path, create)).map_err(refused)?,
            ),
            // FULL: with NORMAL an acknowledged commit could be lost with the power.
            format!(
                "PRAGMA busy_timeout = {millis}; PRAGMA foreign_keys = ON; \
                 PRAGMA synchronous = FULL;"
            ),
        ),
        Address::Postgres(url) => (
            AnyConnection::Postgres(
                PgConnection::establish(&complete(url, timeout)).map_err(refused)?,
            ),
            format!("SET statement_timeout = {millis}; SET lock_timeout = {millis};"),
        ),
    };
    connection.batch_execute(&settings).map_err(|cause| {
        // SQLite says so too where only the log beside the file cannot be written.
        let path = match address {
            Address::Sqlite(path) => format!("{}: ", path.display()),
            Address::Postgres(_) => String::new(),
        };
        DbError::Connect(format!("{path}{cause}"))
    })?;
    Ok(connection)
}

/// Makes the file before SQLite would make it readable for everybody; the files beside it
/// get the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        // SQLite would open what it cannot write, and fail at the first sign-in.
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(path).map(drop)
        }
        made => made.map(drop),
    }
}

/// The path as a SQLite URI, which alone can say whether to create the file.
fn uri(path: &Path, create: bool) -> String {
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

/// The URL with what it does not say itself: limits of time, because a server that is there but
/// says nothing, or a machine that is gone, must not hold a connection for minutes; and what
/// protects the connection.
fn complete(url: &str, timeout: Duration) -> String {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let seconds = timeout.as_secs().max(2);
    let limits = [
        ("connect_timeout", seconds.to_string()),
        ("tcp_user_timeout", (seconds * 1000).to_string()),
        // A machine that lost its power says no goodbye to a connection that waits for it.
        ("keepalives_idle", seconds.to_string()),
        ("keepalives_interval", "1".to_owned()),
        ("keepalives_count", "3".to_owned()),
        ("application_name", "vestibule".to_owned()),
    ];
    let protection = encryption::defaults(rest).iter().map(|(name, value)| (*name, *value));
    let limits = limits.iter().map(|(name, value)| (*name, value.as_str()));
    limits.chain(protection).fold(url.to_owned(), |url, (name, value)| {
        let separator = match url.split_once('?') {
            Some((_, query)) if names(query, name) => return url,
            Some(_) => '&',
            None => '?',
        };
        format!("{url}{separator}{name}={value}")
    })
}

fn names(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gets_the_limits_that_it_does_not_set() {
        let url = complete("postgres://localhost/x?connect_timeout=9", Duration::from_secs(1));
        assert!(url.starts_with("postgres://localhost/x?connect_timeout=9&"), "{url}");
        assert_eq!(url.matches("connect_timeout").count(), 1);
        for limit in ["tcp_user_timeout=2000", "keepalives_idle=2", "keepalives_interval=1"] {
            assert!(url.contains(limit), "{url}");
        }
        assert!(!url.contains("sslmode"), "{url}");
    }

    #[test]
    fn a_url_of_another_host_gets_the_strictest_protection_of_the_build() {
        let url = complete("postgres://db.example/x", Duration::from_secs(1));
        let strict = url.ends_with("&sslmode=verify-full&sslrootcert=system");
        assert_eq!(strict, encryption::BUILT_IN, "{url}");
        let own = complete("postgres://db.example/x?sslmode=disable", Duration::from_secs(1));
        assert!(!own.contains("verify-full"), "{own}");
    }
}
