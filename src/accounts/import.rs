//! Users from elsewhere, out of a CSV file: all of them or none.

use std::collections::HashMap;

use csv::{ByteRecord, Position, ReaderBuilder, Trim};
use time::OffsetDateTime;

use super::audit::{Actor, AuditEvent, Record};
use super::queries::{self, NewUser};
use super::{Role, Username, full_name};
use crate::db::{AnyConnection, write};
use vestibule::{Error, Hasher};

/// How many users are written with one statement.
const BATCH: usize = 500;

/// What a file may hold; the last column may be absent.
const COLUMNS: [&str; 4] = ["username", "hash", "role", "full_name"];

/// Why a line cannot be taken; never with a hash in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The number of the line, from 1.
    pub line: u64,
    /// What is wrong, as a sentence or the beginning of one.
    pub why: String,
}

/// Users who have been read from a file, and found good as far as the file goes.
pub struct Import {
    users: Vec<(u64, NewUser)>,
}

/// Why nothing was imported.
pub enum Refused {
    /// Lines of the file are at fault.
    Lines(Vec<BadLine>),
    /// The store failed.
    Failed(Error),
}

impl Import {
    /// Reads a file: a header with `username`, `hash`, `role` and perhaps `full_name`, in any
    /// order, then a line for each user. `progress` hears the number of each line.
    ///
    /// # Errors
    /// Every line that cannot be taken: another number of fields, a user name, role, full name
    /// or hash that cannot be kept, a name that came before.
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
        let columns = columns.map_err(|why| vec![BadLine { line: 1, why }])?;
        let (mut users, mut bad) = (Vec::new(), Vec::new());
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut record = ByteRecord::new();
        loop {
            let line = reader.position().line();
            match reader.read_byte_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) => {
                    bad.push(BadLine { line, why: error.to_string() });
                    break;
                }
            }
            let line = record.position().map_or(line, |begin| line_of(begin, file));
            progress(line);
            let read = columns.read(&record, hasher, now).and_then(|user| {
                match seen.insert(user.username.key().to_owned(), line) {
                    None => Ok(user),
                    Some(first) => Err(format!("username: this name is in line {first} already")),
                }
            });
            match read {
                Ok(user) => users.push((line, user)),
                Err(why) => bad.push(BadLine { line, why }),
            }
        }
        if bad.is_empty() { Ok(Self { users }) } else { Err(bad) }
    }

    /// How many users there are, and how many of them are administrators.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let admins = self.users.iter().filter(|(_, user)| user.role == Role::Admin);
        (self.users.len(), admins.count())
    }

    /// Adds all of them in one transaction; with `dry` it is taken back at the end. `progress`
    /// hears the line of the last one written.
    ///
    /// # Errors
    /// The lines whose names are taken, or the store's failure; then nobody was added.
    pub fn write(
        &self,
        connection: &mut AnyConnection,
        by: &Actor,
        dry: bool,
        mut progress: impl FnMut(u64),
    ) -> Result<(), Refused> {
        let written = write(connection, |connection| {
            let mut bad = Vec::new();
            for batch in self.users.chunks(BATCH) {
                let keys = batch.iter().map(|(_, user)| user.username.key()).collect();
                let taken = queries::taken(connection, keys)?;
                let is_taken = |user: &NewUser| taken.iter().any(|key| key == user.username.key());
                let lines = batch.iter().filter(|(_, user)| is_taken(user));
                bad.extend(lines.map(|(line, _)| BadLine {
                    line: *line,
                    why: "username: this name is taken".to_owned(),
                }));
                if bad.is_empty() {
                    queries::insert_all(connection, batch.iter().map(|(_, user)| user))?;
                }
                progress(batch.last().map_or(0, |(line, _)| *line));
            }
            match bad.is_empty() {
                true if dry => Err(Halt::Dry),
                true => {
                    let (users, admins) = self.counts();
                    let detail = format!("{users} users, {admins} of them administrators");
                    let record = Record::by(AuditEvent::Imported, by).detail(detail);
                    Ok(queries::append(connection, &[record])?)
                }
                false => Err(Halt::Refused(Refused::Lines(bad))),
            }
        });
        match written {
            Ok(()) | Err(Halt::Dry) => Ok(()),
            Err(Halt::Refused(refused)) => Err(refused),
        }
    }
}

/// Why a transaction is taken back.
enum Halt {
    Dry,
    Refused(Refused),
}

impl From<diesel::result::Error> for Halt {
    fn from(cause: diesel::result::Error) -> Self {
        Self::Refused(Refused::Failed(cause.into()))
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Refused(Refused::Failed(error))
    }
}

/// Where each column of [`COLUMNS`] is.
struct Columns {
    places: [Option<usize>; COLUMNS.len()],
    count: usize,
}

impl Columns {
    fn find(header: &ByteRecord) -> Result<Self, String> {
        let allowed =
            "the first line names the columns: username, hash, role, and perhaps full_name";
        let mut places = [None; COLUMNS.len()];
        for (at, name) in header.iter().enumerate() {
            let column = COLUMNS.iter().position(|column| column.as_bytes() == name);
            match column {
                Some(column) if places[column].is_none() => places[column] = Some(at),
                _ => return Err(allowed.to_owned()),
            }
        }
        match places {
            [Some(_), Some(_), Some(_), _] => Ok(Self { places, count: header.len() }),
            _ => Err(allowed.to_owned()),
        }
    }

    fn field<'r>(&self, record: &'r ByteRecord, column: usize) -> Result<&'r str, String> {
        let bytes = self.places[column].and_then(|at| record.get(at)).unwrap_or_default();
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
            username: Username::parse(self.field(record, 0)?).map_err(|error| told(&error))?,
            password_hash: hasher
                .adopt(self.field(record, 1)?)
                .map_err(|why| format!("hash: {why}"))?,
            role: Role::parse(role).ok_or("role: a role is user or admin")?,
            full_name: full_name(self.field(record, 3)?).map_err(|error| told(&error))?,
            created_at,
        })
    }
}

/// The number of the line in which a record begins, for which the reader takes the first of
/// the empty lines before it.
fn line_of(begin: &Position, file: &[u8]) -> u64 {
    let at = usize::try_from(begin.byte()).unwrap_or(usize::MAX);
    let before = file.iter().skip(at).take_while(|byte| [b'\r', b'\n'].contains(byte));
    let empty = before.filter(|byte| **byte == b'\n').count();
    begin.line() + u64::try_from(empty).unwrap_or(0)
}

/// A fault of a field in one line.
fn told(error: &Error) -> String {
    let fields: Vec<_> = error.fields().map(|(name, text)| format!("{name}: {text}")).collect();
    fields.join("; ")
}
