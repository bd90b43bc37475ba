//! Whether a password may be sent to this PostgreSQL server: to this machine, over TLS to a verified
//! server, or where the URL says that the network is trusted.

use std::env;
use std::net::IpAddr;

use super::url::{decoded, parameter};

/// Whether this build supports TLS to PostgreSQL (cargo feature `postgres-tls`).
pub(in crate::db) const TLS_BUILT_IN: bool = cfg!(feature = "postgres-tls");

/// How the connection to PostgreSQL is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// The connection does not leave this machine.
    Local,
    /// TLS; the certificate is verified against the host name in the URL.
    Verified,
    /// TLS without verifying the host name.
    Unverified,
    /// None, because the URL says `sslmode=disable`.
    Plain,
}

/// Returns how a connection is protected. `rest` is the URL after its scheme; `built_in` says
/// whether the build has TLS.
///
/// # Errors
/// A sentence, if the connection would leave this machine unencrypted without `sslmode=disable`,
/// or could fall back to plain text.
pub(super) fn encryption_of(rest: &str, built_in: bool) -> Result<Encryption, &'static str> {
    let mode = parameter(rest, "sslmode");
    match mode {
        Some("disable") => Ok(if is_local(rest) { Encryption::Local } else { Encryption::Plain }),
        _ if is_local(rest) => Ok(Encryption::Local),
        _ if !built_in => {
            Err("names another host, and this build has no TLS to PostgreSQL (cargo feature \
             postgres-tls); add ?sslmode=disable if the network between is trusted")
        }
        None | Some("verify-full") => Ok(Encryption::Verified),
        Some("require" | "verify-ca") => Ok(Encryption::Unverified),
        Some(_) => {
            Err("names another host with an sslmode that allows plain text; say verify-full, \
             verify-ca, require or disable")
        }
    }
}

/// Returns the parameters that are added to a URL that names another host and sets no `sslmode`:
/// the server's certificate must be trusted by this system and match the host name.
pub(in crate::db) fn encryption_defaults(rest: &str) -> &'static [(&'static str, &'static str)] {
    match encryption_of(rest, TLS_BUILT_IN) {
        Ok(Encryption::Verified) if parameter(rest, "sslrootcert").is_none() => {
            &[("sslmode", "verify-full"), ("sslrootcert", "system")]
        }
        Ok(Encryption::Verified) => &[("sslmode", "verify-full")],
        _ => &[],
    }
}

/// Returns whether every host of the URL is this machine: a socket directory, `localhost` or a
/// loopback address. If the URL names none, libpq reads `PGHOST` and `PGHOSTADDR`.
fn is_local(rest: &str) -> bool {
    let (location, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = location.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let named = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == "host" || name == "hostaddr").then_some(value)
    });
    let from_environment = ["PGHOST", "PGHOSTADDR"].map(|name| env::var(name).unwrap_or_default());
    let uses_service_file =
        parameter(rest, "service").is_some() || env::var_os("PGSERVICE").is_some();
    !uses_service_file
        && hosts
            .split(',')
            .chain(named.flat_map(|hosts| hosts.split(',')))
            .chain(from_environment.iter().flat_map(|hosts| hosts.split(',')))
            .all(is_this_machine)
}

fn is_this_machine(host: &str) -> bool {
    let host = decoded(host);
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    let loopback = host.parse().or_else(|_| name.parse::<IpAddr>());
    name.is_empty()
        || name.starts_with('/')
        || name == "localhost"
        || loopback.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_needs_no_encryption() {
        for local in [
            "u:p@localhost/db",
            "127.0.0.1:5433/db",
            "u@[::1]:5432/db",
            "u@%2Frun%2Fpostgresql/db",
            "/db?host=/run/postgresql",
            "localhost/db?sslmode=prefer",
            "localhost/db?sslmode=disable",
        ] {
            for built_in in [false, true] {
                assert_eq!(encryption_of(local, built_in), Ok(Encryption::Local), "{local}");
            }
        }
    }

    #[test]
    fn another_machine_is_refused_without_tls_unless_the_url_says_so() {
        for remote in [
            "db.example/x",
            "localhost,db.example/x",
            "/x?host=db.example",
            "/x?hostaddr=192.0.2.1",
            "localhost/x?host=db.example",
            "/x?service=db",
            "db.example/x?sslmode=require",
            "db.example/x?sslmode=disable&sslmode=prefer",
        ] {
            assert!(encryption_of(remote, false).is_err(), "{remote}");
        }
        assert_eq!(encryption_of("db.example/x?sslmode=disable", false), Ok(Encryption::Plain));
    }

    #[test]
    fn with_tls_the_server_must_prove_its_name_unless_the_url_says_otherwise() {
        for (remote, means) in [
            ("db.example/x", Ok(Encryption::Verified)),
            ("db.example/x?sslmode=verify-full", Ok(Encryption::Verified)),
            ("db.example/x?sslrootcert=/etc/ca.pem", Ok(Encryption::Verified)),
            ("db.example/x?sslmode=verify-ca", Ok(Encryption::Unverified)),
            ("db.example/x?sslmode=require", Ok(Encryption::Unverified)),
            ("db.example/x?sslmode=disable", Ok(Encryption::Plain)),
        ] {
            assert_eq!(encryption_of(remote, true), means, "{remote}");
        }
        for silent in ["prefer", "allow", "", "Require", "verify-full%20"] {
            assert!(
                encryption_of(&format!("db.example/x?sslmode={silent}"), true).is_err(),
                "{silent}"
            );
        }
    }
}
