//! Requests of connections that the client resets before the service has looked at its address.

use std::thread;
use std::time::Duration;

use rocket::tokio::io::AsyncWriteExt;
use rocket::tokio::net::TcpStream;
use rocket::tokio::runtime::Builder;

use super::client::LONG_TIMEOUT;
use crate::support::process::Home;

/// Of so many, some are reset after they were accepted and before the service has looked at their address.
const REQUESTS: usize = 150;

/// Between two: a service that has nothing to do accepts at once.
const PAUSE: Duration = Duration::from_millis(20);

/// Sends a request and resets its connection at once.
async fn send_and_reset(address: &str, request: &str) {
    let mut stream = TcpStream::connect(address).await.expect("the kernel accepts");
    stream.write_all(request.as_bytes()).await.expect("there is room");
    stream.set_zero_linger().expect("an option of every socket");
}

#[test]
fn requests_of_reset_connections_forge_no_address_and_end_no_session() {
    let home = Home::new();
    home.configure(
        "[default.accounts]\ntrusted_proxy = [\"203.0.113.1\"]\n\
         [default.auth.session]\nprotection = \"strong\"\n",
    );
    let service = home.serve(LONG_TIMEOUT);
    let cookie = service.form_login("user_01", "1234").expect("a right password");
    let is_signed_in = || service.get("/whoami", &[("Cookie", &cookie)]).status == 200;
    assert!(is_signed_in());
    // The header would be that of a proxy.
    let visit = format!(
        "GET /whoami HTTP/1.1\r\nHost: x\r\nX-Real-IP: 192.0.2.7\r\nCookie: {cookie}\r\n\r\n"
    );
    let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
    for _ in 0..REQUESTS {
        runtime.block_on(send_and_reset(&service.address, &visit));
        thread::sleep(PAUSE);
    }
    assert!(is_signed_in());
    service.stop();
    for line in home.log() {
        assert_ne!(line["address"], "192.0.2.7", "{line}");
        assert_ne!(line["event"], "protected", "{line}");
    }
}
