//! The real program, started, killed and started again, and a client that opens a connection for
//! each request.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const TIMEOUT: Duration = Duration::from_secs(60);

/// The process, which ends with the test, also with one that fails.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // One that was killed before has ended.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

pub(crate) struct Server {
    program: Program,
    at: SocketAddr,
    first_answer: Duration,
    url: String,
    directory: TempDir,
    more: Vec<(String, String)>,
}

/// A response, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Server {
    pub(crate) fn start(url: &str) -> Self {
        Self::start_with(url, &[])
    }

    /// As [`start`](Self::start), with more settings in the environment.
    pub(crate) fn start_with(url: &str, more: &[(&str, &str)]) -> Self {
        let more = more.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self::launch(url.to_owned(), directory, more)
    }

    /// The program with its settings, in its directory.
    fn command(url: &str, directory: &TempDir) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ROCKET_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(directory.path())
            .env("VESTIBULE_STATE", directory.path().join("state"))
            .env("ROCKET_PROFILE", "debug")
            .env("ROCKET_PORT", "0")
            .env("ROCKET_TEMPLATE_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/templates"))
            // Five seconds for a database on a busy machine, as in the other tests.
            .env("ROCKET_DATABASES", format!("{{main={{url=\"{url}\",timeout=\"5s\"}}}}"))
            // Only a lost response is repeated; anything older is theft at once.
            .env(
                "ROCKET_AUTH",
                "{password={cost=4},token={refresh_grace=\"0s\"},throttle={failures=1000000}}",
            )
            // It asks for old passwords on purpose, and registers all the time.
            .env("ROCKET_ACCOUNTS", "{registrations={max=1000000}}");
        command
    }

    fn launch(url: String, directory: TempDir, more: Vec<(String, String)>) -> Self {
        let log = directory.path().join("log");
        let log = File::options().create(true).append(true).open(log).expect("a log");
        let mut command = Self::command(&url, &directory);
        command.envs(more.iter().cloned());
        command.stdout(Stdio::piped()).stderr(log);
        let begun = Instant::now();
        let mut program = Program(command.spawn().expect("the program starts"));
        let said = BufReader::new(program.0.stdout.take().expect("a pipe"));
        let mut lines = said.lines().map_while(Result::ok);
        let at = lines.find_map(|line| {
            let at = line.split_once("Vestibule is at http://")?.1;
            at.trim().parse().ok()
        });
        let at: SocketAddr = at.unwrap_or_else(|| {
            panic!("{}", std::fs::read_to_string(directory.path().join("log")).unwrap_or_default())
        });
        // The rest of the output is not read and fits into the pipe; but closing it would
        // make a write fail.
        std::mem::forget(lines);
        while !get(at, "/health", &[]).is_ok_and(|answer| answer.status == 200) {
            assert!(begun.elapsed() < TIMEOUT, "no answer");
        }
        Self { program, at, first_answer: begun.elapsed(), url, directory, more }
    }

    pub(crate) fn at(&self) -> SocketAddr {
        self.at
    }

    /// How long it took from the start of the program to its first response.
    pub(crate) fn first_answer(&self) -> Duration {
        self.first_answer
    }

    /// SIGKILL: the program does not get to do anything more.
    pub(crate) fn kill(&mut self) {
        self.program.0.kill().expect("the program can be killed");
        self.program.0.wait().expect("the program can be waited for");
    }

    /// Starts it again on what it left behind.
    pub(crate) fn again(self) -> Self {
        Self::launch(self.url, self.directory, self.more)
    }

    /// Waits until it works again after an outage of the database; returns how long that took.
    pub(crate) fn well_again(&self) -> Duration {
        let begun = Instant::now();
        while !get(self.at, "/health", &[]).is_ok_and(|answer| answer.status == 200) {
            assert!(begun.elapsed() < TIMEOUT, "not well again");
            std::thread::sleep(Duration::from_millis(5));
        }
        begun.elapsed()
    }

    /// What `vestibule audit verify` prints when all is well.
    pub(crate) fn verify_audit_log(&self) -> String {
        let mut command = Self::command(&self.url, &self.directory);
        let done = command.args(["audit", "verify"]).output().expect("the program can be run");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        assert!(done.status.success(), "{}", said(&done.stderr));
        said(&done.stdout)
    }

    /// All that it ever logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).expect("a log")
    }

    /// Ends it and returns all that it ever logged.
    pub(crate) fn stop(mut self) -> String {
        self.kill();
        self.log()
    }
}

pub(crate) fn get(at: SocketAddr, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
    send(at, "GET", path, headers, "")
}

/// Sends a request on a connection of its own. After an error its outcome is unknown.
pub(crate) fn send(
    at: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&at, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let fields: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\nContent-Length: {length}\r\n\
         {fields}\r\n{body}"
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let cut_off = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut_off)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let promised = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    // Killed in the middle of a response is killed before the response.
    if promised.is_some_and(|promised| promised != body.len()) {
        return Err(cut_off());
    }
    Ok(Answer { status: status.ok_or_else(cut_off)?, head: head.to_owned(), body: body.to_owned() })
}
