//! Which database a URL means, decided by its scheme and nothing else.

use std::path::PathBuf;

use rocket::http::RawStr;

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
            "postgres" | "postgresql" if is_local(rest) || says_no_tls(rest) => {
                Ok(Self::Postgres(url.to_owned()))
            }
            "postgres" | "postgresql" => Err(
                "names another host, and this build has no TLS to PostgreSQL; add ?sslmode=disable \
                 if the network between is trusted",
            ),
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

/// Whether every host of the URL is this machine: a socket's directory, `localhost` or a
/// loopback address.
fn is_local(rest: &str) -> bool {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let named = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == "host" || name == "hostaddr").then_some(value)
    });
    hosts.split(',').chain(named.flat_map(|hosts| hosts.split(','))).all(|host| {
        let host = decoded(host);
        let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => host.split(':').next().unwrap_or_default(),
        };
        let loopback = host.parse().or_else(|_| name.parse::<std::net::IpAddr>());
        name.is_empty()
            || name.starts_with('/')
            || name == "localhost"
            || loopback.is_ok_and(|address| address.is_loopback())
    })
}

/// Whether libpq will read the URL without complaint: no white space, whole percent signs, at
/// most one `@` before the path.
fn is_clean(rest: &str) -> bool {
    let hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = rest.as_bytes();
    let percents = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    let whole = percents.fold(true, |whole, (index, _)| {
        whole && hex(bytes.get(index + 1)) && hex(bytes.get(index + 2))
    });
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    whole && rest.bytes().all(|byte| byte.is_ascii_graphic()) && authority.matches('@').count() < 2
}

fn says_no_tls(rest: &str) -> bool {
    rest.split_once('?').is_some_and(|(_, query)| query.split('&').any(|p| p == "sslmode=disable"))
}

fn decoded(text: &str) -> String {
    RawStr::new(text).percent_decode_lossy().into_owned()
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
            "postgresql://127.0.0.1:5433/db",
            "postgres://u@[::1]:5432/db",
            "postgres://u@%2Frun%2Fpostgresql/db",
            "postgres:///db?host=/run/postgresql",
            "postgres://db.example/x?sslmode=disable",
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
            "postgres://db.example/x",
            "postgres://localhost,db.example/x",
            "postgres://u:GE HEIM@localhost/x",
            "postgres://u:GE%ZZHEIM@localhost/x",
            "postgres://u:GEH@EIM@localhost/x",
            "postgres:///x?host=db.example",
            "postgres://db.example/x?sslmode=require",
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
