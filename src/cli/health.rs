//! `vestibule health`: asks the running service how it is, for a container without curl.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::{Failure, print_line};
use crate::app;
use crate::state_dir::StateDir;

/// A service that needs longer is not well.
const PATIENCE: Duration = Duration::from_secs(3);

/// More than the answer has.
const MOST: u64 = 8 * 1024;

/// Fails unless the service at the configured address answers 200.
pub(super) fn run() -> Result<(), Failure> {
    let server: rocket::Config = app::figment(&StateDir::from_env())
        .extract()
        .map_err(|_| Failure::new("the settings cannot be read; run: vestibule doctor"))?;
    let at = reachable(server.address, server.port);
    match ask(at) {
        Ok((200, body)) => {
            print_line(format_args!("{body}"));
            Ok(())
        }
        Ok((status, _)) => Err(Failure::new(format!("the service at {at} answers {status}"))),
        Err(cause) => Err(Failure::new(format!("no answer from {at}: {cause}"))),
    }
}

/// Where a service that listens on this address is reached from its own machine.
pub(super) fn reachable(address: IpAddr, port: u16) -> SocketAddr {
    let address = match address {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    SocketAddr::new(address, port)
}

/// Status and body of `/health`.
pub(super) fn ask(at: SocketAddr) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&at, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(MOST).read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let status = status.ok_or_else(|| io::Error::other("it speaks no HTTP"))?;
    Ok((status, body.trim_end().to_owned()))
}
