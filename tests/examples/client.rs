//! An example while it serves, and a client for it made of the standard library alone.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use diesel::{Connection, SqliteConnection};
use serde_json::Value;
use tempfile::TempDir;

/// How long a response may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A program; killed when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // A destructor cannot report an error.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A server of a running example.
pub(crate) struct Example {
    _process: Arc<Process>,
    /// Host and port.
    address: String,
    /// Where its database is, if it has one.
    directory: Arc<TempDir>,
}

impl Example {
    /// Starts the example of this name on a free port.
    pub(crate) fn start(name: &str) -> Self {
        Self::start_with(name, "{password={cost=4}}")
    }

    /// With this as its settings for `auth`.
    pub(crate) fn start_with(name: &str, auth: &str) -> Self {
        Self::start_with_variables(name, &[("ROCKET_AUTH", auth)])
    }

    /// With these variables.
    pub(crate) fn start_with_variables(name: &str, variables: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self::start_in(Arc::new(directory), name, variables)
    }

    /// Kills it and starts an example on its database.
    pub(crate) fn restart(self, name: &str) -> Self {
        let directory = Arc::clone(&self.directory);
        drop(self);
        Self::start_in(directory, name, &[("ROCKET_AUTH", "{password={cost=4}}")])
    }

    /// On the database in this directory, which may not exist yet.
    pub(crate) fn start_in(
        directory: Arc<TempDir>,
        name: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let [example] = Self::start_servers(directory, name, variables);
        example
    }

    /// An example of several servers, in the order in which they began to listen.
    pub(crate) fn start_servers<const COUNT: usize>(
        directory: Arc<TempDir>,
        name: &str,
        variables: &[(&str, &str)],
    ) -> [Self; COUNT] {
        let mut command = Command::new(program(name));
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("ROCKET_") {
                command.env_remove(variable);
            }
        }
        command.env("ROCKET_DATABASE", database(&directory));
        command.env("ROCKET_PORT", "0").envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let child = command.spawn().unwrap_or_else(|error| {
            panic!("{error}: is {name} built? `cargo build --examples` does it")
        });
        let mut process = Process(child);
        let mut said = BufReader::new(process.0.stdout.take().expect("a pipe"));
        let addresses = [(); COUNT].map(|()| read_address(name, &mut said));
        // Its output must be read: a full or closed pipe would stop it.
        thread::spawn(move || io::copy(&mut said, &mut io::sink()));
        let process = Arc::new(process);
        addresses.map(|address| Self {
            _process: Arc::clone(&process),
            address,
            directory: Arc::clone(&directory),
        })
    }

    /// A connection of the test's own to its database.
    pub(crate) fn database(&self) -> SqliteConnection {
        let file = database(&self.directory);
        SqliteConnection::establish(file.to_str().expect("UTF-8")).expect("a database")
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send("GET", path, headers, "")
    }

    /// Sends JSON.
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let headers = [headers, &[("Content-Type", "application/json")]].concat();
        self.send("POST", path, &headers, &body.to_string())
    }

    /// Sends a request and reads the whole response.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let mut stream = TcpStream::connect(&self.address).expect("the example listens");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a time-out can be set");
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).expect("the example reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the example answers in text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let field = |line: &str| {
            let (name, value) = line.split_once(':').expect("a field");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        Reply {
            status: status.and_then(|status| status.parse().ok()).expect("a status"),
            headers: lines.map(field).collect(),
            body: body.to_owned(),
        }
    }
}

/// Reads its output up to the address of the next server.
fn read_address(name: &str, said: &mut impl BufRead) -> String {
    let mut log = String::new();
    loop {
        let begin = log.len();
        let read = said.read_line(&mut log).expect("the example writes text");
        assert_ne!(read, 0, "{name} ended: {log}");
        if let Some((_, rest)) = log[begin..].split_once("launched from http://") {
            return rest.trim_end().to_owned();
        }
    }
}

fn database(directory: &TempDir) -> PathBuf {
    directory.path().join("database.sqlite3")
}

/// Where cargo puts an example: beside the directory of this very program.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this program has a path");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("target/<profile>/deps");
    profile.join("examples").join(name)
}

/// A response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    /// Fails unless it has this status and this JSON.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &Value) {
        assert_eq!((self.status, &self.json()), (status, body), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A text field of the JSON body.
    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        let json = self.json();
        json[name].as_str().unwrap_or_else(|| panic!("no {name}: {self:?}")).to_owned()
    }

    /// All values of a header; its name is in small letters.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.headers.iter().filter(|(field, _)| field == name);
        fields.map(|(_, value)| value.as_str()).collect()
    }

    /// The `name=value` of each cookie that is set, as a client sends them back.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        let fields = self.all("set-cookie").into_iter();
        fields.map(|field| field.split(';').next().unwrap_or_default()).collect()
    }
}
