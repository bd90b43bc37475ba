//! `vestibule health`: checks the running service, for containers without curl.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::failure::Failure;
use super::figment::config_file;
use super::output::print_line;
use crate::app;
use crate::state_dir::StateDir;

/// A service that takes longer is not healthy.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The maximum size of a response that is read.
const MAX_RESPONSE: u64 = 8 * 1024;

/// Fails unless the service at the configured address responds with 200.
pub(super) fn run() -> Result<(), Failure> {
    let figment = app::figment(&StateDir::from_env());
    config_file(&figment).map_err(Failure::new)?;
    let server: rocket::Config = figment
        .extract()
        .map_err(|_| Failure::new("the settings cannot be read; run: vestibule doctor"))?;
    let at = local_address(server.address, server.port);
    match request_health(at) {
        Ok((200, body)) => {
            print_line(format_args!("{body}"));
            Ok(())
        }
        Ok((status, _)) => Err(Failure::new(format!("the service at {at} responds with {status}"))),
        Err(cause) => Err(Failure::new(format!("no response from {at}: {cause}"))),
    }
}

/// Returns the address at which a service is reached from its own machine: loopback if it listens on
/// all addresses.
pub(super) fn local_address(address: IpAddr, port: u16) -> SocketAddr {
    let address = match address {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    SocketAddr::new(address, port)
}

/// Requests `/health` and returns status and body.
pub(super) fn request_health(at: SocketAddr) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&at, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n")?;
    let mut response = String::new();
    stream.take(MAX_RESPONSE).read_to_string(&mut response)?;
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = response.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let status = status.ok_or_else(|| io::Error::other("not an HTTP response"))?;
    Ok((status, body.trim_end().to_owned()))
}
