//! The real program: started in a directory of its own, spoken to over TCP.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, PipeWriter, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use serde_json::Value;
use tempfile::TempDir;
use vestibule_service::db::{Address, connect};

use super::actor::Reply;
use super::postgres;

/// How long a program may take, however busy the machine is.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Cheap hashes, a free port, and a stop that is not delayed for long by a
/// connection which closed in the moment of the signal.
const CHEAP: &str = "[default]\nport = 0\nshutdown.grace = 2\n[default.auth.password]\ncost = 4\n";

/// No limit on the sign-ins of an account, for tests that open hundreds.
pub(crate) const MANY: (&str, &str) = ("ROCKET_ACCOUNTS", "{max_sign_ins=1000000}");

/// A setting without a cache: what another process changes, or a database that is
/// away, shows with the next request.
pub(crate) const AT_ONCE: (&str, &str) = ("ROCKET_AUTH", "{revocation_delay=0}");

/// The user `nobody`.
const NOBODY: u32 = 65534;

/// A working directory with nothing in it but `Rocket.toml`, and room for the program's own state.
pub(crate) struct Home {
    directory: TempDir,
    /// The setting that names the database, where it is not the default.
    database: String,
}

/// Runs a test with the program on SQLite, and on PostgreSQL where there is one.
pub(crate) fn at_home(test: impl Fn(Home)) {
    test(Home::new());
    if let Some(home) = Home::on_postgres() {
        test(home);
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The program while it serves; killed when dropped.
pub(crate) struct Service {
    child: Child,
    /// Host and port.
    pub(crate) address: String,
    pub(crate) banner: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let home = Self { directory, database: String::new() };
        home.configure("");
        home
    }

    /// One with a database of its own on PostgreSQL, where there is one.
    fn on_postgres() -> Option<Self> {
        Some(Self::at(&postgres::server()?.create_database(None)))
    }

    /// One with this database.
    pub(crate) fn at(url: &str) -> Self {
        let database = format!("[default.databases.main]\nurl = \"{url}\"\n");
        let home = Self { database, ..Self::new() };
        home.configure("");
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes `Rocket.toml`, beside the settings that every test wants.
    pub(crate) fn configure(&self, toml: &str) {
        self.configure_alone(&format!("{CHEAP}{}{toml}", self.database));
    }

    /// Writes `Rocket.toml`.
    pub(crate) fn configure_alone(&self, toml: &str) {
        fs::write(self.path("Rocket.toml"), toml).expect("the new directory can be written to");
    }

    /// The program in this directory, without settings from the environment of the tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("ROCKET_") || name.starts_with("VESTIBULE_") {
                command.env_remove(&*name);
            }
        }
        command.args(arguments).current_dir(self.directory.path());
        command.env("VESTIBULE_STATE", self.path("state"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The program as a user to whom file modes apply: root runs a copy of it as `nobody`,
    /// which then owns this directory.
    pub(crate) fn command_of_nobody(&self, arguments: &[&str]) -> Command {
        let command = self.command(arguments);
        let here = self.path("");
        if fs::metadata("/proc/self").expect("a process").uid() != 0 {
            return command;
        }
        let program = self.path("vestibule");
        copy_program(&program);
        chown(&here, Some(NOBODY), Some(NOBODY)).expect("root may");
        let mut other = Command::new(program);
        other.args(arguments).current_dir(here).uid(NOBODY).gid(NOBODY);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => other.env(name, value),
                None => other.env_remove(name),
            };
        }
        other.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        other
    }

    /// Runs statements on the database.
    pub(crate) fn sql(&self, statements: &str) {
        let file = format!("sqlite://{}", self.path("state/vestibule.sqlite3").display());
        let address = Address::parse(self.url().unwrap_or(&file)).expect("a good URL");
        let mut connection = connect(&address, TIMEOUT, false).expect("the database of the test");
        connection.batch_execute(statements).expect("a good statement");
    }

    /// The URL of the database, where it is not the default.
    pub(crate) fn url(&self) -> Option<&str> {
        Some(self.database.split_once("url = \"")?.1.trim_end_matches("\"\n"))
    }

    /// Runs a command with a text on its standard input and waits for its end.
    pub(crate) fn run(&self, arguments: &[&str], stdin: &str) -> Done {
        finish(&mut self.command(arguments), stdin)
    }

    /// What the service has logged, whole once it has been stopped.
    pub(crate) fn log(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("log")).expect("the service was started");
        let parsed =
            |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        text.lines().map(parsed).collect()
    }

    /// Starts the service and waits until it has said where it is.
    pub(crate) fn serve(&self, environment: &[(&str, &str)]) -> Service {
        let log = File::create(self.path("log")).expect("the new directory can be written to");
        self.serve_telling(environment, log.into())
    }

    /// As [`serve`](Self::serve), with what it logs in a file of this name.
    pub(crate) fn serve_logging(&self, environment: &[(&str, &str)], name: &str) -> Service {
        let file = fs::File::options().create(true).append(true).open(self.path(name));
        self.serve_telling(environment, file.expect("a log").into())
    }

    fn serve_telling(&self, environment: &[(&str, &str)], log: Stdio) -> Service {
        let mut command = self.command(&[]);
        command.envs(environment.iter().copied());
        Service::start_telling(command, log)
    }
}

impl Service {
    /// Runs a command that serves and waits until it has said where it is.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_telling(command, Stdio::null())
    }

    fn start_telling(mut command: Command, log: Stdio) -> Self {
        let mut child = command.stderr(log).spawn().expect("the program can be run");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut banner = String::new();
        let mut address = None;
        // The last line of the banner is empty, after the one that shows a request.
        while !(banner.contains("Try:") && banner.ends_with("\n\n")) {
            let read = lines.read_line(&mut banner).expect("the program writes text");
            assert_ne!(read, 0, "the program ended: {banner}");
            let found = banner.split_once("http://").map(|(_, rest)| rest);
            address = found.and_then(|rest| rest.lines().next()).map(str::to_owned);
        }
        let address = address.expect("the banner says where");
        let service = Self { child, address, banner };
        service.wait_until_it_answers();
        service
    }
}

/// Copies the program by a process of its own: a file that this one holds open for writing, which a
/// child started at that moment inherits, cannot be run.
pub(crate) fn copy_program(to: &Path) {
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_vestibule")).arg(to).status();
    assert!(copied.expect("cp can be run").success(), "the program can be copied");
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command, stdin: &str) -> Done {
    let mut child = command.spawn().expect("the program can be run");
    let mut pipe = child.stdin.take().expect("a pipe");
    // It fails when the program does not read: its own output says why.
    drop(pipe.write_all(stdin.as_bytes()));
    drop(pipe);
    // Read while it runs: a pipe that is full would stop it.
    let (stdout, stderr) = (read_all(child.stdout.take()), read_all(child.stderr.take()));
    let begun = Instant::now();
    while child.try_wait().expect("our own child").is_none() {
        if begun.elapsed() > TIMEOUT {
            child.kill().expect("our own child");
        }
        thread::sleep(Duration::from_millis(5));
    }
    let status = child.wait().expect("our own child");
    let text = |read: JoinHandle<Vec<u8>>| {
        String::from_utf8(read.join().expect("a reader")).expect("the program writes text")
    };
    Done { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// Reads a pipe to its end on a thread; nothing without one.
fn read_all(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes).expect("a pipe");
        }
        bytes
    })
}

impl Service {
    /// The program with a closed standard output.
    pub(crate) fn unheard(command: &mut Command, address: &str, out: PipeWriter) -> Self {
        let child = command.stdout(out).stderr(Stdio::null()).spawn();
        let child = child.expect("the program can be run");
        let service = Self { child, address: address.to_owned(), banner: String::new() };
        service.wait_until_it_answers();
        service
    }

    fn wait_until_it_answers(&self) {
        let begun = Instant::now();
        while TcpStream::connect(&self.address).is_err() {
            assert!(begun.elapsed() < TIMEOUT, "no answer at {}", self.address);
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a request with these headers and reads the whole response.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        ask(&self.address, method, path, headers, body).expect("the service answers")
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send("GET", path, headers, "")
    }

    /// Signs in over `/api`; returns the access token's header value, or the refusal.
    pub(crate) fn api_login(&self, username: &str, password: &str) -> Result<String, Reply> {
        let body = serde_json::json!({ "username": username, "password": password }).to_string();
        let json = [("Content-Type", "application/json")];
        let reply = self.send("POST", "/api/login", &json, &body);
        if reply.status != 200 {
            return Err(reply);
        }
        Ok(format!("Bearer {}", reply.json()["access_token"].as_str().expect("a token")))
    }

    /// Signs in through the form; returns the cookie to send, or the refusal.
    pub(crate) fn form_login(&self, username: &str, password: &str) -> Result<String, Reply> {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let body = format!("username={username}&password={}", password.replace(' ', "+"));
        let reply = self.send("POST", "/login", &form, &body);
        if reply.status != 303 {
            return Err(reply);
        }
        let cookie = reply.cookies().first().map(|cookie| (*cookie).to_owned());
        let cookie = cookie.expect("a session cookie");
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends the process a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill can be run");
        assert!(sent.success());
    }

    /// Asks the service to stop, as a service manager does, and waits until it has.
    pub(crate) fn stop(self) {
        self.signal("TERM");
        self.wait();
    }

    /// Waits until the service has stopped; returns its exit code.
    pub(crate) fn wait(mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            match self.child.try_wait().expect("our own child") {
                Some(status) => return status.code(),
                None => assert!(begun.elapsed() < TIMEOUT, "the service does not stop"),
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Sends a request on a connection of its own and reads the whole response. After an error its
/// outcome is unknown.
pub(crate) fn ask(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    read_reply(answer).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// A response from its bytes; `None` when it was cut off.
pub(crate) fn read_reply(answer: Vec<u8>) -> Option<Reply> {
    let answer = String::from_utf8(answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<_> = lines.filter_map(field).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, length)| length.parse::<usize>().ok());
    let whole = length.is_none_or(|length| length == body.len());
    whole.then(|| Reply { status, headers, body: body.to_owned() })
}

impl Drop for Service {
    fn drop(&mut self) {
        // A destructor cannot report an error.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
