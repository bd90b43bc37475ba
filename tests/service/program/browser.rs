//! Chromium, and a server for the page that it opens.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long the browser may take to start and to call.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The browser, killed when dropped.
struct Browser(Child);

impl Drop for Browser {
    fn drop(&mut self) {
        // A destructor cannot report an error.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Opens a page; `None` without Chromium, which with `CI=true` is a failure.
fn open(url: &str, profile: &Path) -> Option<Browser> {
    for name in ["chromium", "chromium-browser", "google-chrome"] {
        let mut command = Command::new(name);
        command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server"]);
        command.arg(format!("--user-data-dir={}", profile.display())).arg(url);
        let browser = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Ok(child) = browser.spawn() {
            return Some(Browser(child));
        }
    }
    let skipped = "skipped: a page in a browser (no chromium found)";
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{skipped}");
    eprintln!("{skipped}");
    None
}

/// Reads one request: its head and its body.
fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// Forwards a request to the service, as a proxy in front of both does.
fn forward(service: &str, head: &str, body: &[u8], browser: &mut TcpStream) -> io::Result<()> {
    let mut stream = TcpStream::connect(service)?;
    stream.write_all(head.replace("Connection: keep-alive", "Connection: close").as_bytes())?;
    stream.write_all(body)?;
    io::copy(&mut stream, browser).map(drop)
}

/// Serves the page, and the service behind the same origin if one is named, until the page has said
/// what it could read.
fn serve(listener: &TcpListener, page: &str, service: Option<&str>) -> Value {
    loop {
        let (mut stream, _) = listener.accept().expect("the browser connects");
        // A browser opens connections that it does not use.
        let Some((head, body)) = read(&mut stream) else { continue };
        let is_page = head.starts_with("GET / ");
        let is_said = head.starts_with("POST /said ");
        if let Some(service) = service.filter(|_| !is_page && !is_said) {
            forward(service, &head, &body, &mut stream).expect("the service responds");
            continue;
        }
        let content = if is_page { page } else { "" };
        let length = content.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}");
        let sent =
            stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n{content}").as_bytes());
        if is_said {
            return serde_json::from_slice(&body).expect("what the page said");
        }
        sent.expect("the browser reads");
    }
}

/// Opens a page at this host, before the service if one is named, and returns what it posted to
/// `/said`; `None` without a browser.
pub(super) fn read_page(
    listener: TcpListener,
    host: &str,
    page: String,
    service: Option<String>,
) -> Option<Value> {
    let port = listener.local_addr().expect("an address").port();
    let profile = tempfile::tempdir().expect("a temporary directory");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(serve(&listener, &page, service.as_deref())));
    let browser = open(&format!("http://{host}:{port}/"), profile.path())?;
    let said = receiver.recv_timeout(TIMEOUT).expect("the page says what it could read");
    drop(browser);
    Some(said)
}
