//! Whether the server in front disconnects a client that sends no request.

use std::io::ErrorKind::{TimedOut, WouldBlock};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ureq::http::Uri;

use super::report::Report;

/// Longer than `client_header_timeout` in deploy/nginx.conf.
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens a connection to an `https://` address, sends one byte and waits to be disconnected.
pub(super) fn check(report: &mut Report, base: &str) {
    let uri = base.parse::<Uri>().ok();
    let Some((uri, host)) = uri.as_ref().and_then(|uri| Some((uri, uri.host()?))) else { return };
    let host = host.trim_matches(['[', ']']);
    let connected = TcpStream::connect((host, uri.port_u16().unwrap_or(443)));
    if connected.is_ok_and(|stream| disconnects(stream, PATIENCE)) {
        report.ok("slow clients", "are disconnected");
    } else {
        let problem = format_args!(
            "{} s without a request and still connected; set client_header_timeout in front, as \
             deploy/nginx.conf does",
            PATIENCE.as_secs()
        );
        report.warn("slow clients", problem);
    }
}

fn disconnects(mut stream: TcpStream, patience: Duration) -> bool {
    // The first byte of TLS: a server may accept a connection only with the first byte.
    if stream.set_read_timeout(Some(patience)).is_err() || stream.write_all(&[0x16]).is_err() {
        return false;
    }
    // The end, a reset, or an alert of TLS before the end.
    let ended = stream.read_exact(&mut [0]);
    ended.err().is_none_or(|error| !matches!(error.kind(), WouldBlock | TimedOut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_server_disconnects_or_keeps_a_client_that_sends_no_request() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let connect = || {
            let address = listener.local_addr().expect("an address");
            TcpStream::connect(address).expect("the listener accepts")
        };
        let client = connect();
        let kept = listener.accept();
        assert!(!disconnects(client, Duration::from_millis(1)));
        drop(kept);
        let client = connect();
        drop(listener.accept());
        assert!(disconnects(client, Duration::from_secs(10)));
    }
}
