//! nginx with the file that is delivered, on a free port of this machine.

use std::fs;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The delivered configuration.
const CONF: &str = include_str!("../../deploy/nginx.conf");

/// The name of the file of the certificate.
const CERTIFICATE: &str = "certificate";

/// nginx while it runs; killed when dropped.
pub(crate) struct Nginx {
    child: Child,
    /// Host and port.
    pub(crate) address: String,
    directory: TempDir,
}

/// The program; `None`, with one message, where there is none.
pub(crate) fn program() -> Option<PathBuf> {
    find_program("nginx", "nginx-light")
}

/// A program of a package of Debian; `None`, with a message, where there is none.
///
/// # Panics
///
/// Without the program when `CI` is `true`.
pub(crate) fn find_program(name: &str, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        let skipped = format!("skipped: {name} (not found; install {package})");
        assert!(!std::env::var("CI").is_ok_and(|ci| ci == "true"), "{skipped}");
        // Not `eprintln!`, which the test harness swallows when the test passes.
        drop(writeln!(io::stderr(), "{skipped}"));
    }
    found
}

impl Nginx {
    /// In front of these processes; `None` where there is no nginx.
    pub(crate) fn before(processes: &[&str]) -> Option<Self> {
        Self::start(processes, tempfile::tempdir().expect("a temporary directory"))
    }

    /// As [`before`](Self::before), with TLS, by the [`certificate`](Self::certificate).
    pub(crate) fn with_tls(processes: &[&str]) -> Option<Self> {
        program()?;
        let directory = tempfile::tempdir().expect("a temporary directory");
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(directory.path().join("key"))
            .arg("-out")
            .arg(directory.path().join(CERTIFICATE))
            .stderr(Stdio::null())
            .status();
        assert!(made.expect("openssl is installed").success());
        Self::start(processes, directory)
    }

    /// The file of the certificate, which is its own root.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.path().join(CERTIFICATE)
    }

    fn start(processes: &[&str], directory: TempDir) -> Option<Self> {
        let program = program()?;
        // Free now; if another process takes it meanwhile, the start fails with a message.
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr();
        let address = free.expect("an address").to_string();
        let file = directory.path().join("nginx.conf");
        fs::write(&file, conf(directory.path(), &address, processes)).expect("a new file");
        let child = Command::new(program)
            .arg("-p")
            .arg(directory.path())
            .arg("-c")
            .arg(&file)
            .args(["-e", "error.log", "-g", "daemon off; master_process off;"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx can be run");
        let mut nginx = Self { child, address, directory };
        let begun = Instant::now();
        while TcpStream::connect(&nginx.address).is_err() {
            let ended = nginx.child.try_wait().expect("our own child").is_some();
            assert!(!ended && begun.elapsed() < Duration::from_secs(10), "{}", nginx.log());
            thread::sleep(Duration::from_millis(5));
        }
        Some(nginx)
    }

    /// The error log of nginx.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("error.log")).unwrap_or_default()
    }

    /// The requests that nginx logged.
    pub(crate) fn access_log(&self) -> String {
        fs::read_to_string(self.directory.path().join("access.log")).unwrap_or_default()
    }

    /// How many clients it holds a connection to: not those that it is done with and whose last
    /// bytes are only on their way.
    pub(crate) fn clients(&self) -> usize {
        let port: u16 = self.address.rsplit(':').next().and_then(|p| p.parse().ok()).expect("one");
        let (here, listening) = (format!(":{port:04X}"), "0A");
        let table = fs::read_to_string("/proc/net/tcp").expect("the system's connections");
        let is_held = |line: &&str| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let [_, local, _, state, ..] = fields[..] else { return false };
            let inode = fields.get(9).copied().unwrap_or_default();
            local.ends_with(&here) && state != listening && inode != "0"
        };
        table.lines().skip(1).filter(is_held).count()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A destructor cannot report an error.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The delivered file with what a machine of one's own has in its place: files, port, processes, and
/// a certificate where there is one. All limits stay as they are.
fn conf(directory: &Path, address: &str, processes: &[&str]) -> String {
    const SERVER: &str = "        server 127.0.0.1:8000 ";
    let servers = processes.iter().map(|process| format!("        server {process} "));
    let line = CONF.lines().find(|line| line.starts_with(SERVER)).expect("a process");
    let upstream: String = servers.map(|server| line.replace(SERVER, &server) + "\n").collect();
    let here = format!("{}/", directory.display());
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {here}{name};\n"))
        .concat();
    let without_default = cut(CONF, "    # Requests with an unknown", "    # HTTP/1.1 only");
    let certificate = directory.join(CERTIFICATE);
    let (text, listen) = if certificate.exists() {
        let text = without_default
            .replace("/etc/ssl/vestibule.pem", &certificate.display().to_string())
            .replace("/etc/ssl/vestibule.key", &format!("{here}key"));
        (text, format!("listen {address} ssl;"))
    } else {
        let text = cut(&without_default, "        ssl_certificate ", "        add_header Strict");
        (text, format!("listen {address};"))
    };
    [
        ("user www-data;\n", ""),
        ("pid /run/nginx.pid;\n", "pid nginx.pid;\n"),
        ("/var/log/nginx/", &here),
        ("http {\n", &format!("http {{\n{temporary}")),
        (&format!("{line}\n"), &upstream),
        ("listen 443 ssl;", &listen),
    ]
    .iter()
    .fold(text, |text, (what, with)| {
        assert!(text.contains(what), "{what:?} is not in deploy/nginx.conf");
        text.replace(what, with)
    })
}

/// The text without what is between two marks.
fn cut(text: &str, from: &str, to: &str) -> String {
    let (before, rest) = text.split_once(from).expect("the first mark");
    let (_, after) = rest.split_once(to).expect("the second mark");
    format!("{before}{to}{after}")
}

/// The delivered file as it is, but for files, ports and user: nginx must understand all of it.
#[test]
fn nginx_understands_the_delivered_file() {
    let Some(program) = program() else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let at = |name: &str| directory.path().join(name).display().to_string();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=vestibule.example"])
        .args(["-keyout", &at("key"), "-out", &at("pem")])
        .stderr(Stdio::null())
        .status();
    assert!(made.expect("openssl is installed").success());
    // Ports of this machine alone; to try a file nginx takes them for a moment.
    let text = CONF
        .replace("user www-data;\n", "")
        .replace("listen 80", "listen 127.0.0.1:28080")
        .replace("listen 443", "listen 127.0.0.1:28443")
        .replace("/etc/ssl/vestibule.pem", &at("pem"))
        .replace("/etc/ssl/vestibule.key", &at("key"))
        .replace("/var/log/nginx/", &at(""))
        .replace("/run/nginx.pid", &at("pid"));
    fs::write(directory.path().join("nginx.conf"), text).expect("a new file");
    let done = Command::new(program)
        .args(["-t", "-p", &at(""), "-c", &at("nginx.conf"), "-e", &at("error.log")])
        .output()
        .expect("nginx can be run");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && !said.contains("[warn] \"ssl"), "{said}");
}
