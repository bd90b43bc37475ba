//! Which database a URL means, decided by its scheme and nothing else.

use std::path::PathBuf;

use rocket::http::RawStr;

use super::encryption::{self, Encryption};

/// The two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// A file beside the program.
    Sqlite,
    /// A server.
    Postgres,
}

impl Backend {
    /// The word in `/health` and in the banner.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A database URL that was understood.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// The path of the file.
    Sqlite(PathBuf),
    /// The whole URL, as libpq reads it.
    Postgres(String),
}

impl Address {
    /// Reads `sqlite://path/to/file` or `postgres://...`.
    ///
    /// # Errors
    /// A sentence that says what is allowed and repeats nothing of the URL.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        match scheme {
            "sqlite" if rest.is_empty() || rest.starts_with(':') => {
                Err("must name a file: sqlite://path/to/file")
            }
            "sqlite" => Ok(Self::Sqlite(PathBuf::from(rest))),
            // libpq would repeat what it stumbles over, and that may be the password.
            "postgres" | "postgresql" if !is_clean(rest) => Err(
                "is not written as a URL; percent-encode every special character of the password",
            ),
            "postgres" | "postgresql" => encryption::check(rest, encryption::BUILT_IN)
                .map(|_| Self::Postgres(url.to_owned())),
            _ => Err("must begin with sqlite:// or postgres://"),
        }
    }

    /// Which database this is.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    /// What protects the connection to a server; `None` for a file.
    #[must_use]
    pub fn encryption(&self) -> Option<Encryption> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                encryption::check(rest, encryption::BUILT_IN).ok()
            }
        }
    }

    /// The address without anything secret: the path, or host and database name.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("SQLite, {}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let plain = rest.split('?').next().unwrap_or_default();
                let place = plain.rsplit_once('@').map_or(plain, |(_, place)| place);
                format!("PostgreSQL, {}", decoded(place))
            }
        }
    }
}

/// By hand: a URL holds a password.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

/// Whether libpq will read the URL without complaint: no white space, whole percent signs, at
/// most one `@` before the path, and no `?` before that, which libpq would take for a part of the
/// user's name.
fn is_clean(rest: &str) -> bool {
    let hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = rest.as_bytes();
    let percents = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    let whole = percents.fold(true, |whole, (index, _)| {
        whole && hex(bytes.get(index + 1)) && hex(bytes.get(index + 2))
    });
    let authority = rest.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    whole && rest.bytes().all(|byte| byte.is_ascii_graphic()) && !user.contains(['@', '?'])
}

pub(super) fn decoded(text: &str) -> String {
    RawStr::new(text).percent_decode_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_alone_picks_the_database() {
        assert_eq!(Address::parse("sqlite://var/a.db"), Ok(Address::Sqlite("var/a.db".into())));
        assert_eq!(Address::parse("sqlite:///srv/a.db"), Ok(Address::Sqlite("/srv/a.db".into())));
        for local in
            ["postgres://u:p@localhost/db", "postgresql://db.example:5433/db?sslmode=disable"]
        {
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
