//! A throw-away PostgreSQL for the tests.
//!
//! [`server`] gives every test of one test binary the same cluster, started on first use in about a
//! third of a second; each test makes itself a database in it. `TEST_POSTGRES_URL` names a server
//! to use instead: its user must be allowed to create databases, and those made here are dropped
//! when the tests end.
//!
//! The cluster listens on a Unix socket in its own directory and nowhere else, so two test binaries
//! never meet on a port. It keeps nothing safe (`fsync` is off) because nothing in it is worth
//! keeping.
//!
//! Statics are never dropped and a killed process drops nothing at all, so no destructor may be
//! what ends the cluster. A shell, the *keeper*, owns it: it takes its orders from a pipe that only
//! the test process holds open, and end-of-file, which the kernel delivers however that process
//! ends, makes it end the server and remove the directory.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The role every connection to our own cluster uses, and its only one.
const ROLE: &str = "vestibule";

/// The start of the directory's name; the keeper removes no directory that is called otherwise.
const PREFIX: &str = "vestibule-postgres-";

/// How long a server may take until it accepts connections.
const TIMEOUT: Duration = Duration::from_secs(60);

const SKIPPED: &str =
    "skipped: PostgreSQL (no initdb found; install postgresql or set TEST_POSTGRES_URL)";

/// Starts the server and stops it on a word, and cleans up at end-of-file.
///
/// Arguments: the directory, the folder of programs, the role, and for a standby the URL of its
/// primary. Orders: `start` with options of the
/// server, `stop` and `signal` with the name of a signal, `kill`. A reply without a reader must
/// not end the shell before it has cleaned up, so it ignores the broken pipe. Its background jobs
/// ignore the quit signal until PostgreSQL has put its own handlers in place; the terminate signal,
/// which ends a server that is not that far yet and otherwise does no harm, closes that gap.
const KEEPER: &str = r#"
set -u
trap '' PIPE
directory=$1 initdb=$2/initdb postgres=$2/postgres basebackup=$2/pg_basebackup role=$3 primary=$4
server=
# Texts sort as in a language, as they do where people install it, and not as bytes; by ICU, which
# needs nothing of the system's own languages.
language=
if "$initdb" --help | grep -q icu-locale
then language='--locale-provider=icu --icu-locale=en-US'
fi
if [ -n "$primary" ]
then
    "$basebackup" -d "$primary" -D "$directory/data" --write-recovery-conf --checkpoint=fast \
        --no-sync >&2 && echo initialised || echo failed
elif "$initdb" -D "$directory/data" -A trust -U "$role" -E UTF8 --locale=C $language \
    --no-sync --no-instructions >&2
then echo initialised
else echo failed
fi
while read -r order options; do
    case $order in
    start)
        # Of two values of a setting the later one counts.
        "$postgres" -D "$directory/data" \
            -c listen_addresses= -c unix_socket_directories="$directory" -c port=5432 \
            -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
            -c shared_buffers=16MB -c autovacuum=off -c max_connections=400 $options >&2 &
        server=$!
        echo started ;;
    stop)
        kill -"$options" "$server"
        wait "$server"
        server=
        echo stopped ;;
    kill)
        # Stopped first, so that it starts no process which is not on the list.
        kill -STOP "$server"
        children=$(cat "/proc/$server/task/$server/children")
        kill -KILL $children "$server"
        wait "$server"
        server=
        # None may be left that holds the shared memory, or the next server does not start.
        for child in $children; do
            tries=0
            while [ -e "/proc/$child/exe" ] && [ "$tries" -lt 200 ]; do
                sleep 0.05
                tries=$((tries + 1))
            done
        done
        sleep 0.1
        echo killed ;;
    signal)
        # The server first: a child that it forks after they are listed would go on.
        kill -"$options" "$server"
        kill -"$options" $(cat "/proc/$server/task/$server/children")
        echo signalled ;;
    esac
done
if [ -n "$server" ]; then
    kill -CONT "$server" $(cat "/proc/$server/task/$server/children")
    kill -TERM "$server"
    kill -QUIT "$server"
    wait "$server"
fi
case $directory in
/*/vestibule-postgres-*) rm -rf -- "$directory" ;;
esac
"#;

/// Reads the names of the databases made on a foreign server, and drops them at end-of-file.
///
/// Arguments: psql, the URL.
const DROPPER: &str = r#"
for name in $(cat); do
    echo "DROP DATABASE IF EXISTS \"$name\" WITH (FORCE);"
done | "$1" -X -q -d "$2"
"#;

/// The cluster shared by the tests of this binary; `None`, said once on stderr, without PostgreSQL.
///
/// # Panics
///
/// When there is no PostgreSQL and `CI` is `true`: there, a skipped test would never
/// be run.
pub(crate) fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER
        .get_or_init(|| match env::var("TEST_POSTGRES_URL") {
            Ok(url) if !url.is_empty() => Some(Server::outside(&url)),
            _ => private(),
        })
        .as_ref()
}

/// A cluster of the caller's own, for tests that take the server away; it ends when dropped.
///
/// # Panics
///
/// As [`server`] does.
pub(crate) fn private() -> Option<Server> {
    if let Some(programs) = find_programs() {
        return Some(Server::start(&programs, ""));
    }
    assert!(!env::var("CI").is_ok_and(|ci| ci == "true"), "{SKIPPED}");
    static SAID: Once = Once::new();
    // Not `eprintln!`, which the test harness swallows when the test passes.
    SAID.call_once(|| drop(writeln!(io::stderr(), "{SKIPPED}")));
    None
}

/// A PostgreSQL server in which tests make databases.
pub(crate) struct Server {
    psql: PathBuf,
    /// The URL up to the name of the database, and what follows the name.
    url: (String, String),
    /// The database from which others can be made.
    maintenance: String,
    /// The directory of our own cluster; `None` on a foreign server.
    directory: Option<PathBuf>,
    keeper: Mutex<Keeper>,
}

impl Server {
    /// The URL of a database of this server.
    pub(crate) fn url(&self, database: &str) -> String {
        let (before, after) = &self.url;
        format!("{before}{database}{after}")
    }

    /// Makes an empty database, or a copy of `template`, and returns its URL.
    ///
    /// No connection to the template may be open while it is copied. Copies can be made at the same
    /// time.
    pub(crate) fn create_database(&self, template: Option<&str>) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        static RUN: OnceLock<RandomState> = OnceLock::new();
        // Two machines, or two containers, may share a server and have processes of the same
        // number.
        let run = RUN.get_or_init(RandomState::new).hash_one(()) as u32;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("vestibule_{}_{run:08x}_{count}", std::process::id());

        if self.directory.is_none() {
            self.keeper().order(&name);
        }
        let template = template.unwrap_or("template0");
        self.execute(
            &self.maintenance,
            &format!(r#"CREATE DATABASE "{name}" TEMPLATE "{template}""#),
        );
        self.url(&name)
    }

    /// Runs SQL statements, one by one, and returns their results: one line for each row, with `|`
    /// between columns.
    ///
    /// # Panics
    ///
    /// With the server's message, at the first statement that fails.
    pub(crate) fn execute(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql);
        let answer = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "psql: {}\n{sql}", complaint.trim());
        answer.trim_end().to_owned()
    }

    /// Stops the server: connections break, and new ones are refused. What was committed stays.
    ///
    /// # Panics
    ///
    /// On the server of `TEST_POSTGRES_URL`, which is not ours to stop; take a [`private`] one.
    pub(crate) fn stop(&self) {
        self.stop_by("INT");
    }

    /// As [`stop`](Self::stop), without a goodbye: what was committed is found again by recovery.
    pub(crate) fn stop_immediately(&self) {
        self.stop_by("QUIT");
    }

    /// As [`stop`](Self::stop), by SIGKILL for all its processes at once.
    pub(crate) fn kill(&self) {
        self.own_directory();
        let mut keeper = self.keeper();
        keeper.order("kill");
        assert_eq!(keeper.answer(), "killed", "{}", self.log());
    }

    fn stop_by(&self, signal: &str) {
        self.own_directory();
        let mut keeper = self.keeper();
        keeper.order(&format!("stop {signal}"));
        assert_eq!(keeper.answer(), "stopped", "{}", self.log());
    }

    /// Freezes the server with all its processes, or lets it go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.own_directory();
        let mut keeper = self.keeper();
        keeper.order(if frozen { "signal STOP" } else { "signal CONT" });
        assert_eq!(keeper.answer(), "signalled", "{}", self.log());
    }

    /// Starts the server after [`stop`](Self::stop) and waits until it accepts connections.
    pub(crate) fn start_again(&self) {
        self.start_with("");
    }

    /// As [`start_again`](Self::start_again), with settings, such as `-c max_connections=8`.
    pub(crate) fn start_with(&self, options: &str) {
        self.own_directory();
        let mut keeper = self.keeper();
        keeper.order(&format!("start {options}"));
        assert_eq!(keeper.answer(), "started", "{}", self.log());

        let begun = Instant::now();
        while !self.psql(&self.maintenance, "SELECT 1").status.success() {
            assert!(begun.elapsed() < TIMEOUT, "PostgreSQL does not answer:\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts a cluster that follows this one as its standby.
    pub(crate) fn standby(&self) -> Self {
        let programs = find_programs().expect("the programs of the primary");
        Self::start(&programs, &self.url(&self.maintenance))
    }

    /// Starts a cluster of our own; with the URL of a primary, a standby.
    fn start(programs: &Path, primary: &str) -> Self {
        // Not the temporary directory of the environment: the name of a socket may have about a
        // hundred bytes, and what belongs to root alone is closed to the user PostgreSQL runs as.
        let directory = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in("/tmp")
            .expect("a temporary directory can be made");
        let path = directory.path();
        let log = File::create(path.join("log")).expect("the new directory can be written to");

        let mut command = shell(KEEPER);
        command.arg(path).arg(programs).arg(ROLE).arg(primary);
        command.stderr(log);
        // PostgreSQL refuses to run as root.
        if fs::metadata(path).expect("the new directory exists").uid() == 0 {
            let (uid, gid) = unprivileged();
            chown(path, Some(uid), Some(gid)).expect("root may give a directory away");
            command.uid(uid).gid(gid);
        }
        let keeper = Keeper::start(&mut command);

        // From here on the directory is the keeper's to remove.
        let directory = directory.keep();
        let server = Self {
            psql: find_psql(),
            url: (format!("postgres://{ROLE}@{}/", percent_encode(&directory)), String::new()),
            maintenance: "postgres".to_owned(),
            directory: Some(directory),
            keeper: Mutex::new(keeper),
        };
        assert_eq!(server.keeper().answer(), "initialised", "{}", server.log());
        server.start_again();
        server
    }

    /// Uses the server of a URL.
    fn outside(url: &str) -> Self {
        let (address, query) = url.split_at(url.find('?').unwrap_or(url.len()));
        let host = address.find("://").map_or(0, |at| at + "://".len());
        let (address, database) = match address[host..].find('/') {
            Some(slash) => (&address[..host + slash], &address[host + slash + 1..]),
            None => (address, ""),
        };
        let maintenance = if database.is_empty() { "postgres" } else { database };

        let psql = find_psql();
        let mut command = shell(DROPPER);
        command.arg(&psql).arg(format!("{address}/{maintenance}{query}")).stderr(Stdio::null());
        Self {
            psql,
            url: (format!("{address}/"), query.to_owned()),
            maintenance: maintenance.to_owned(),
            directory: None,
            keeper: Mutex::new(Keeper::start(&mut command)),
        }
    }

    /// Runs SQL statements through psql, in `database`.
    fn psql(&self, database: &str, sql: &str) -> Output {
        let mut psql = without_settings(Command::new(&self.psql))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-", "-d"])
            .arg(self.url(database))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql can be run");
        let mut stdin = psql.stdin.take().expect("psql was given a pipe");
        let writer = thread::spawn({
            let sql = sql.to_owned();
            // It fails when psql ended early; psql's own output says why.
            move || drop(stdin.write_all(sql.as_bytes()))
        });
        let output = psql.wait_with_output().expect("psql can be waited for");
        writer.join().expect("writing to a pipe does not panic");
        output
    }

    fn keeper(&self) -> MutexGuard<'_, Keeper> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where our own cluster lives.
    pub(crate) fn own_directory(&self) -> &Path {
        self.directory.as_deref().expect(
            "the server of TEST_POSTGRES_URL is not stopped by a test, which takes a private one",
        )
    }

    /// What initdb and the server said, for the message of a failure.
    fn log(&self) -> String {
        fs::read_to_string(self.own_directory().join("log")).unwrap_or_default()
    }
}

/// The shell that cleans up after this process, and the pipe whose end tells it to.
struct Keeper {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Keeper {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell can be run");
        let orders = child.stdin.take();
        let answers = child.stdout.take().expect("the shell was given a pipe");
        Self { child, orders, answers: BufReader::new(answers) }
    }

    fn order(&mut self, word: &str) {
        let pipe = self.orders.as_mut().expect("the pipe is closed by nothing but the destructor");
        writeln!(pipe, "{word}").expect("the keeper reads its orders");
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the keeper answers in text");
        line.trim_end().to_owned()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.orders.take());
        // A destructor cannot report an error.
        drop(self.child.wait());
    }
}

/// A shell that runs `script`, whatever happens at this terminal.
fn shell(script: &str) -> Command {
    let mut command = without_settings(Command::new("/bin/sh"));
    // In a process group of its own, or Ctrl-C would end it together with the tests, before it
    // cleaned up.
    command.args(["-c", script, "keeper"]).current_dir("/").process_group(0);
    command
}

/// Hides settings for another PostgreSQL, such as `PGPORT` and `PGDATA`.
fn without_settings(mut command: Command) -> Command {
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C");
    command
}

/// The folder that holds initdb and the server.
fn find_programs() -> Option<PathBuf> {
    folders()
        // Where PATH has but a link to initdb, the server is beside what it points to.
        .filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok())
        .filter_map(|initdb| initdb.parent().map(Path::to_owned))
        .find(|folder| folder.join("postgres").is_file())
}

/// `psql` of the same version as the server, or the first there is.
fn find_psql() -> PathBuf {
    find_programs()
        .into_iter()
        .chain(folders())
        .map(|folder| folder.join("psql"))
        .find(|psql| psql.is_file())
        .expect("psql is installed, as the tests on PostgreSQL need it")
}

/// Where programs are: in `PATH`, then in Debian's folders for each version, the newest first.
fn folders() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| (number(&version.file_name()), version.path().join("bin")))
        .collect();
    versions.sort();
    let path: Vec<_> = env::split_paths(&path).collect();
    path.into_iter().chain(versions.into_iter().rev().map(|(_, folder)| folder))
}

/// A version as it sorts: 9.6 before 15.
fn number(version: &OsStr) -> Vec<u32> {
    version.to_string_lossy().split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// The user and group as which PostgreSQL runs when the tests run as root.
pub(crate) fn unprivileged() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").expect("the users are listed in /etc/passwd");
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(str::parse);
        Some((ids.next()?.ok()?, ids.next()?.ok()?))
    };
    find("postgres").or_else(|| find("nobody")).expect("there is a user postgres or nobody")
}

pub(crate) fn percent_encode(path: &Path) -> String {
    path.as_os_str().as_encoded_bytes().iter().fold(String::new(), |mut url, &byte| {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
                url.push(char::from(byte));
            }
            _ => write!(url, "%{byte:02X}").expect("writing to a string does not fail"),
        }
        url
    })
}
