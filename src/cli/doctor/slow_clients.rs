//! Whether the server in front disconnects a client that sends no request.

use std::io::ErrorKind::{TimedOut, WouldBlock};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use ureq::http::Uri;

use super::report::Report;

/// Longer than `client_header_timeout` in deploy/nginx.conf.
const PATIENCE: Duration = Duration::from_secs(20);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens a connection to an `https://` address, sends one byte and waits to be disconnected.
pub(super) fn check(report: &mut Report, base: &str) {
    let uri = base.parse::<Uri>().ok();
    let Some((uri, host)) = uri.as_ref().and_then(|uri| Some((uri, uri.host()?))) else { return };
    let host = host.trim_matches(['[', ']']);
    let connected = connect(host, uri.port_u16().unwrap_or(443));
    match connected.and_then(|stream| disconnects(stream, PATIENCE)) {
        Ok(true) => report.ok("slow clients", "are disconnected"),
        Ok(false) => {
            let problem = format_args!(
                "{} s without a request and still connected; set client_header_timeout in front, \
                 as deploy/nginx.conf does",
                PATIENCE.as_secs()
            );
            report.warn("slow clients", problem);
        }
        Err(cause) => report.warn("slow clients", format_args!("could not be tried: {cause}")),
    }
}

/// Connects to the first address of the host that accepts.
fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut result = Err(io::Error::other("the host has no address"));
    for address in (host, port).to_socket_addrs()? {
        result = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn disconnects(mut stream: TcpStream, patience: Duration) -> io::Result<bool> {
    stream.set_read_timeout(Some(patience))?;
    // The first byte of TLS: a server may accept a connection only with the first byte.
    stream.write_all(&[0x16])?;
    // The end, a reset, or an alert of TLS before the end.
    let ended = stream.read_exact(&mut [0]);
    Ok(ended.err().is_none_or(|error| !matches!(error.kind(), WouldBlock | TimedOut)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_server_disconnects_or_keeps_a_client_that_sends_no_request() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let connect = || connect("127.0.0.1", port).expect("the listener accepts");
        let client = connect();
        let kept = listener.accept();
        assert!(!disconnects(client, Duration::from_millis(1)).expect("a connection"));
        drop(kept);
        let client = connect();
        drop(listener.accept());
        assert!(disconnects(client, Duration::from_secs(10)).expect("a connection"));
        drop(listener);
        assert!(super::connect("127.0.0.1", port).is_err());
    }
}
