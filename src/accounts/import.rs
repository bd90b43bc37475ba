//! Imports users from a CSV file: all of them or none.

use std::collections::HashMap;

use csv::{ByteRecord, Position, ReaderBuilder, Trim};
use time::OffsetDateTime;

use super::audit::{Actor, AuditEvent, Record, append};
use super::queries::{self, NewUser};
use super::user::{Role, Username, full_name};
use crate::db::{AnyConnection, write};
use crate::mail::EmailAddress;
use vestibule::Error;
use vestibule::password::Hasher;

/// Users per insert query.
const BATCH: usize = 500;

/// The columns of a file; the last one is optional.
const COLUMNS: [&str; 4] = ["username", "hash", "role", "full_name"];

/// An invalid line. The message never holds a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The number of the line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// Valid users from a file, not checked against the database yet.
pub struct Import {
    users: Vec<(u64, NewUser)>,
}

/// Why nothing was imported.
pub enum ImportError {
    /// Lines of the file are invalid.
    Lines(Vec<BadLine>),
    /// The database failed.
    Database(Error),
}

impl Import {
    /// Reads a file: a header with `username`, `hash`, `role` and optionally `full_name`, in any
    /// order, then a line for each user. `progress` is called with the number of each line.
    ///
    /// # Errors
    /// All invalid lines: a wrong number of fields, an invalid user name, role, full name or hash, a
    /// repeated user name.
    pub fn read(
        file: &[u8],
        hasher: &Hasher,
        now: OffsetDateTime,
        mut progress: impl FnMut(u64),
    ) -> Result<Self, Vec<BadLine>> {
        let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(file);
        let columns = match reader.byte_headers() {
            Ok(header) => Columns::find(header),
            Err(error) => Err(error.to_string()),
        };
        let columns = columns.map_err(|message| vec![BadLine { line: 1, message }])?;
        let (mut users, mut bad) = (Vec::new(), Vec::new());
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut record = ByteRecord::new();
        loop {
            let line = reader.position().line();
            match reader.read_byte_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) => {
                    bad.push(BadLine { line, message: error.to_string() });
                    break;
                }
            }
            let line = record.position().map_or(line, |begin| line_of(begin, file));
            progress(line);
            let read = columns.read(&record, hasher, now).and_then(|user| {
                match seen.insert(unique_key(&user.username), line) {
                    None => Ok(user),
                    Some(first) => Err(format!("username: this name is in line {first} already")),
                }
            });
            match read {
                Ok(user) => users.push((line, user)),
                Err(message) => bad.push(BadLine { line, message }),
            }
        }
        if bad.is_empty() { Ok(Self { users }) } else { Err(bad) }
    }

    /// Returns the number of users and of the administrators among them.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let admins = self.users.iter().filter(|(_, user)| user.role == Role::Admin);
        (self.users.len(), admins.count())
    }

    /// Adds all users in one transaction, which a `dry` run rolls back. `progress` is called with
    /// the last line of each batch.
    ///
    /// # Errors
    /// The lines whose names are taken, or the error of the database. Then no user was added.
    pub fn write(
        &self,
        connection: &mut AnyConnection,
        actor: &Actor,
        dry: bool,
        mut progress: impl FnMut(u64),
    ) -> Result<(), ImportError> {
        let written = write(connection, |connection| {
            let mut bad = Vec::new();
            for batch in self.users.chunks(BATCH) {
                let keys = batch.iter().flat_map(|(_, user)| user.username.stored_keys());
                let taken = queries::taken_names(connection, keys.collect())?;
                let is_taken = |user: &NewUser| {
                    user.username.stored_keys().any(|key| taken.iter().any(|taken| taken == key))
                };
                let lines = batch.iter().filter(|(_, user)| is_taken(user));
                bad.extend(lines.map(|(line, _)| BadLine {
                    line: *line,
                    message: "username: this name is taken".to_owned(),
                }));
                if bad.is_empty() {
                    queries::insert_all(connection, batch.iter().map(|(_, user)| user))?;
                }
                progress(batch.last().map_or(0, |(line, _)| *line));
            }
            if !bad.is_empty() {
                return Err(Rollback::Failed(ImportError::Lines(bad)));
            }
            if dry {
                return Err(Rollback::DryRun);
            }
            let (users, admins) = self.counts();
            let detail = format!("{users} users, {admins} of them administrators");
            let record = Record::new(AuditEvent::Imported, actor).detail(detail);
            Ok(append(connection, &[record])?)
        });
        match written {
            Ok(()) | Err(Rollback::DryRun) => Ok(()),
            Err(Rollback::Failed(error)) => Err(error),
        }
    }
}

/// Returns what all spellings of a user name, or of the address that it is, have in common.
fn unique_key(name: &Username) -> String {
    let address = EmailAddress::parse(name.shown());
    address.map_or_else(|_| name.key().to_owned(), |address| address.key().to_owned())
}

/// Why a transaction is rolled back.
enum Rollback {
    DryRun,
    Failed(ImportError),
}

impl From<diesel::result::Error> for Rollback {
    fn from(cause: diesel::result::Error) -> Self {
        Self::Failed(ImportError::Database(cause.into()))
    }
}

impl From<Error> for Rollback {
    fn from(error: Error) -> Self {
        Self::Failed(ImportError::Database(error))
    }
}

/// The positions of the [`COLUMNS`] in the file.
struct Columns {
    positions: [Option<usize>; COLUMNS.len()],
    count: usize,
}

impl Columns {
    fn find(header: &ByteRecord) -> Result<Self, String> {
        let allowed =
            "the first line names the columns: username, hash, role, and perhaps full_name";
        let mut positions = [None; COLUMNS.len()];
        for (at, name) in header.iter().enumerate() {
            let column = COLUMNS.iter().position(|column| column.as_bytes() == name);
            match column {
                Some(column) if positions[column].is_none() => positions[column] = Some(at),
                _ => return Err(allowed.to_owned()),
            }
        }
        match positions {
            [Some(_), Some(_), Some(_), _] => Ok(Self { positions, count: header.len() }),
            _ => Err(allowed.to_owned()),
        }
    }

    fn field<'r>(&self, record: &'r ByteRecord, column: usize) -> Result<&'r str, String> {
        let bytes = self.positions[column].and_then(|at| record.get(at)).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| format!("{}: this is not UTF-8", COLUMNS[column]))
    }

    fn read(
        &self,
        record: &ByteRecord,
        hasher: &Hasher,
        created_at: OffsetDateTime,
    ) -> Result<NewUser, String> {
        if record.len() != self.count {
            let (found, count) = (record.len(), self.count);
            return Err(format!(
                "there are {found} fields and not {count}; a hash with commas stands in double quotes"
            ));
        }
        let role = self.field(record, 2)?;
        Ok(NewUser {
            username: Username::parse(self.field(record, 0)?).map_err(|error| message(&error))?,
            password_hash: hasher
                .adopt(self.field(record, 1)?)
                .map_err(|cause| format!("hash: {cause}"))?,
            role: Role::parse(role).ok_or("role: a role is user or admin")?,
            full_name: full_name(self.field(record, 3)?).map_err(|error| message(&error))?,
            created_at,
        })
    }
}

/// Returns the number of the line in which a record begins. The reader reports the first of the
/// empty lines before it.
fn line_of(begin: &Position, file: &[u8]) -> u64 {
    let at = usize::try_from(begin.byte()).unwrap_or(usize::MAX);
    let before = file.iter().skip(at).take_while(|byte| [b'\r', b'\n'].contains(byte));
    let empty = before.filter(|byte| **byte == b'\n').count();
    begin.line() + u64::try_from(empty).unwrap_or(0)
}

/// Returns the messages of all fields of an error in one line.
fn message(error: &Error) -> String {
    let fields: Vec<_> = error.fields().map(|(name, text)| format!("{name}: {text}")).collect();
    fields.join("; ")
}
