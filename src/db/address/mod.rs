//! The database URL. Its scheme alone decides which database is used.

mod encryption;
mod url;

use std::path::PathBuf;

use encryption::encryption_of;
use url::decoded;

pub use encryption::Encryption;
pub(super) use encryption::{TLS_BUILT_IN, encryption_defaults};
pub(super) use url::without_scheme;

/// The kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// SQLite, a file.
    Sqlite,
    /// PostgreSQL, a server.
    Postgres,
}

impl Backend {
    /// The name in `/health`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A parsed database URL.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// The path of the file.
    Sqlite(PathBuf),
    /// The whole URL, as libpq reads it.
    Postgres(String),
}

impl Address {
    /// Returns whether there can be a database: on SQLite whether its file exists.
    #[must_use]
    pub fn exists(&self) -> bool {
        match self {
            Self::Sqlite(path) => path.exists(),
            Self::Postgres(_) => true,
        }
    }

    /// Parses `sqlite://path/to/file` or `postgres://...`.
    ///
    /// # Errors
    /// A sentence that says what is allowed; it repeats nothing of the URL, which may hold a
    /// password.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        match scheme {
            "sqlite" if rest.is_empty() || rest.starts_with(':') => {
                Err("must name a file: sqlite://path/to/file")
            }
            "sqlite" => Ok(Self::Sqlite(PathBuf::from(rest))),
            // libpq's error message would repeat the malformed part, which may be the password.
            "postgres" | "postgresql" if !is_well_formed(rest) => Err(
                "is not written as a URL; percent-encode special characters, as %40 for @ and %2F for /",
            ),
            "postgres" | "postgresql" => {
                encryption_of(rest, TLS_BUILT_IN).map(|_| Self::Postgres(url.to_owned()))
            }
            _ => Err("must begin with sqlite:// or postgres://"),
        }
    }

    /// Returns the kind of database.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    /// Returns how the connection to a server is protected; `None` for a file.
    #[must_use]
    pub fn encryption(&self) -> Option<Encryption> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(url) => encryption_of(without_scheme(url), TLS_BUILT_IN).ok(),
        }
    }

    /// Returns the address for logs and messages, without secrets: the path, or host and database
    /// name.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("SQLite, {}", path.display()),
            Self::Postgres(url) => {
                let without_query = without_scheme(url).split('?').next().unwrap_or_default();
                let host_and_name =
                    without_query.rsplit_once('@').map_or(without_query, |(_, rest)| rest);
                format!("PostgreSQL, {}", decoded(host_and_name))
            }
        }
    }
}

/// Written by hand because a URL may hold a password.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

/// Returns whether libpq accepts the URL and reads no part of a password as something else: no white space,
/// complete percent escapes, ports that are numbers, and at most one `@`, which stands before the first `/` or `?`.
fn is_well_formed(rest: &str) -> bool {
    let hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = rest.as_bytes();
    let percents = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    let whole = percents.fold(true, |whole, (index, _)| {
        whole && hex(bytes.get(index + 1)) && hex(bytes.get(index + 2))
    });
    let (authority, others) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let has_one_at = authority.matches('@').count() <= 1 && !others.contains('@');
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let has_good_ports = hosts.split(',').all(|host| {
        // The colons in brackets are of an IPv6 address.
        let end = host.rsplit_once(']').map_or(host, |(_, end)| end);
        end.split_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
    });
    whole && has_one_at && has_good_ports && rest.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_alone_picks_the_database() {
        assert_eq!(Address::parse("sqlite://var/a.db"), Ok(Address::Sqlite("var/a.db".into())));
        assert_eq!(Address::parse("sqlite:///srv/a.db"), Ok(Address::Sqlite("/srv/a.db".into())));
        for local in [
            "postgres://u:p@localhost/db",
            "postgresql://db.example:5433/db?sslmode=disable",
            "postgres://u:p@[::1]:5432,localhost:,%2Frun%2Fpostgresql/db",
        ] {
            assert_eq!(
                Address::parse(local).map(|a| a.backend()),
                Ok(Backend::Postgres),
                "{local}"
            );
        }
        for wrong in [
            "",
            "var/a.db",
            "mysql://x",
            "sqlite://",
            "sqlite://:memory:",
            "postgres://u:GE HEIM@localhost/x",
            "postgres://u:GE%ZZHEIM@localhost/x",
            "postgres://u:GEH@EIM@localhost/x",
            "postgres://u:GEH/EIM@localhost/x",
            "postgres://u:1/EIM@localhost/x?sslmode=disable",
            "postgres://u:GEH/E?I=M@localhost/x",
            "postgres://u:GEH?EIM@localhost/x",
            "postgres://u:GEHEIM/x",
            "postgres://[::1]:GEHEIM/x",
            "postgres://localhost?x@db.example/x",
        ] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let address =
            Address::parse("postgres://u:hunter2@localhost/db?password=hunter2").expect("local");
        assert_eq!(format!("{address:?}"), "PostgreSQL, localhost/db");
    }
}
