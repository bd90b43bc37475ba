//! May a password travel to this PostgreSQL server? To this machine, or encrypted to one that is
//! known, or where the operator says that the network is trusted.

use std::env;
use std::net::IpAddr;

use super::address::decoded;

/// Whether this build speaks TLS to PostgreSQL: the cargo feature `postgres-tls`.
pub(super) const BUILT_IN: bool = cfg!(feature = "postgres-tls");

/// What protects the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// The connection does not leave this machine.
    Local,
    /// TLS, and the server proves that it is the one that the URL names.
    Verified,
    /// TLS with a server that does not prove its name.
    Unverified,
    /// Nothing, because the URL says so.
    Plain,
}

/// What the part of a URL after its scheme means, in a build with or without TLS.
///
/// # Errors
/// A sentence, when the connection would leave this machine in plain text without the URL saying
/// so, or would silently do so when the server wants it.
pub(super) fn check(rest: &str, built_in: bool) -> Result<Encryption, &'static str> {
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

/// What is added to a URL that names another host and says nothing of TLS: the server must prove
/// its name, by a certificate that this system trusts.
pub(super) fn defaults(rest: &str) -> &'static [(&'static str, &'static str)] {
    match check(rest, BUILT_IN) {
        Ok(Encryption::Verified) if parameter(rest, "sslrootcert").is_none() => {
            &[("sslmode", "verify-full"), ("sslrootcert", "system")]
        }
        Ok(Encryption::Verified) => &[("sslmode", "verify-full")],
        _ => &[],
    }
}

/// Whether every host of the URL is this machine: a socket's directory, `localhost` or a
/// loopback address. Where the URL names none, libpq asks the environment.
fn is_local(rest: &str) -> bool {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let named = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == "host" || name == "hostaddr").then_some(value)
    });
    let of_environment = ["PGHOST", "PGHOSTADDR"].map(|name| env::var(name).unwrap_or_default());
    let elsewhere = parameter(rest, "service").is_some() || env::var_os("PGSERVICE").is_some();
    !elsewhere
        && hosts
            .split(',')
            .chain(named.flat_map(|hosts| hosts.split(',')))
            .chain(of_environment.iter().flat_map(|hosts| hosts.split(',')))
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

/// The last value of a parameter, which is the one that counts.
fn parameter<'r>(rest: &'r str, name: &str) -> Option<&'r str> {
    let (_, query) = rest.split_once('?')?;
    let mut pairs = query.rsplit('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
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
                assert_eq!(check(local, built_in), Ok(Encryption::Local), "{local}");
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
            assert!(check(remote, false).is_err(), "{remote}");
        }
        assert_eq!(check("db.example/x?sslmode=disable", false), Ok(Encryption::Plain));
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
            assert_eq!(check(remote, true), means, "{remote}");
        }
        for silent in ["prefer", "allow", "", "Require", "verify-full%20"] {
            assert!(check(&format!("db.example/x?sslmode={silent}"), true).is_err(), "{silent}");
        }
    }
}
