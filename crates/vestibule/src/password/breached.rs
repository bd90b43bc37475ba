//! The file of breached passwords.
//!
//! It has a filter for each value of the first two bytes of a SHA-1 hash, behind an index of where
//! each begins. A check reads one filter, so that a list of a billion hashes costs no memory: about
//! 36 KB, which the system caches.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha1::{Digest as _, Sha1};
use xorf::{BinaryFuse16, Descriptor, Filter};

use super::Password;

/// The first bytes of the file: its kind and version.
const MAGIC: [u8; 8] = *b"vstbr001";

/// The number of filters.
const FILTERS: u64 = 1 << 16;

/// The bytes before the first filter: the magic, and where each filter begins and the last ends.
const HEADER: u64 = MAGIC.len() as u64 + (FILTERS + 1) * 8;

/// The bytes of a filter before its fingerprints: seed, segment length, length of all segments.
const DESCRIPTOR: usize = 16;

/// A file of breached passwords, open for checks.
///
/// A password that is in the list is always found. One that is not is found with a probability of
/// 1 in 65,536.
#[derive(Debug)]
pub struct BreachedPasswords(File);

impl BreachedPasswords {
    /// Opens a file that [`build`](Self::build) made.
    ///
    /// # Errors
    /// The error of the system; `InvalidData` for any other file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut magic = [0; MAGIC.len()];
        match file.read_exact(&mut magic) {
            Ok(()) if magic == MAGIC => Ok(Self(file)),
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            _ => Err(invalid("it is no file of `vestibule breached build`")),
        }
    }

    /// Returns whether the list has a password. Reads the file: do not call it on an async thread.
    ///
    /// # Errors
    /// The error of the system; `InvalidData` for a damaged file.
    pub fn contains(&mut self, password: &Password) -> io::Result<bool> {
        let [a, b, c, d, e, f, g, h, ..]: [u8; 20] = Sha1::digest(password.reveal()).into();
        let key = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let mut range = [0; 16];
        self.0.seek(SeekFrom::Start(MAGIC.len() as u64 + (key >> 48) * 8))?;
        self.0.read_exact(&mut range)?;
        let [begin, end] = [&range[..8], &range[8..]].map(number);
        let length = end.checked_sub(begin).and_then(|length| usize::try_from(length).ok());
        let is_in_file = begin >= HEADER && end <= self.0.metadata()?.len();
        let length =
            length.filter(|_| is_in_file).ok_or_else(|| invalid("its index is damaged"))?;
        if length == 0 {
            return Ok(false);
        }
        let mut bytes = vec![0; length];
        self.0.seek(SeekFrom::Start(begin))?;
        self.0.read_exact(&mut bytes)?;
        let filter = decode(&bytes).ok_or_else(|| invalid("a filter is damaged"))?;
        Ok(filter.contains(&key))
    }

    /// Makes the file from lists: lines of SHA-1 hashes in hexadecimal, in ascending order, each with
    /// nothing or a colon and anything behind it. Returns how many different hashes there are.
    ///
    /// # Errors
    /// A sentence that names the file, and the line if one cannot be read; `output` stays as it was.
    ///
    /// ```
    /// use vestibule::password::BreachedPasswords;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = std::env::temp_dir().join(format!("breached-{}", std::process::id()));
    /// # std::fs::create_dir_all(&directory)?;
    /// let (list, output) = (directory.join("list"), directory.join("breached-passwords"));
    /// std::fs::write(&list, "7110EDA4D09E062AA5E4A390B0A572AC0D2C0220:1256907\n")?;
    /// BreachedPasswords::build(&[list], &output)?;
    /// assert!(BreachedPasswords::open(&output)?.contains(&"1234".into())?);
    /// # std::fs::remove_dir_all(&directory)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn build(lists: &[PathBuf], output: &Path) -> Result<u64, String> {
        let mut part = output.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        // Compared by their real paths: the file would take the place of the list.
        let is_list = |list: &PathBuf| fs::canonicalize(list).ok() == fs::canonicalize(output).ok();
        if output.exists() && lists.iter().any(is_list) {
            return Err(failed(output, &"it is one of the lists"));
        }
        let built = write_file(lists, &part).and_then(|count| {
            if count == 0 {
                return Err("the lists hold no hash".to_owned());
            }
            fs::rename(&part, output).map_err(|cause| failed(output, &cause))?;
            Ok(count)
        });
        built.inspect_err(|_| {
            // What cannot be removed is overwritten by the next attempt.
            let _ = fs::remove_file(&part);
        })
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn failed(path: &Path, cause: &dyn std::fmt::Display) -> String {
    format!("{}: {cause}", path.display())
}

fn encode(keys: &[u64], bytes: &mut Vec<u8>) -> Result<(), &'static str> {
    let filter = BinaryFuse16::try_from(keys)?;
    let Descriptor { seed, segment_length, segment_count_length, .. } = filter.descriptor;
    bytes.extend(seed.to_le_bytes());
    bytes.extend(segment_length.to_le_bytes());
    bytes.extend(segment_count_length.to_le_bytes());
    bytes.extend(filter.fingerprints.iter().flat_map(|print| print.to_le_bytes()));
    Ok(())
}

/// Returns the filter, or `None` for bytes that would make it read outside of its fingerprints.
fn decode(bytes: &[u8]) -> Option<BinaryFuse16> {
    let (head, prints) = bytes.split_at_checked(DESCRIPTOR)?;
    let segment_length = u32::try_from(number(&head[8..12])).ok()?;
    let segment_count_length = u32::try_from(number(&head[12..])).ok()?;
    let all = u64::from(segment_count_length) + 2 * u64::from(segment_length);
    let fits = segment_length.is_power_of_two() && prints.len() as u64 == all * 2;
    fits.then(|| BinaryFuse16 {
        descriptor: Descriptor {
            seed: number(&head[..8]),
            segment_length,
            segment_length_mask: segment_length - 1,
            segment_count_length,
        },
        fingerprints: prints
            .chunks_exact(2)
            .map(|two| u16::from_le_bytes([two[0], two[1]]))
            .collect(),
    })
}

/// A list that is read, of which `next` is the first hash that was not taken.
struct List {
    path: PathBuf,
    lines: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    next: Option<u64>,
}

impl List {
    fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|cause| failed(path, &cause))?;
        let lines = BufReader::with_capacity(1 << 20, file);
        let mut list =
            Self { path: path.to_owned(), lines, line: Vec::new(), number: 0, next: Some(0) };
        list.advance()?;
        Ok(list)
    }

    fn advance(&mut self) -> Result<(), String> {
        self.line.clear();
        self.number += 1;
        let read = self.lines.read_until(b'\n', &mut self.line);
        if read.map_err(|cause| failed(&self.path, &cause))? == 0 {
            self.next = None;
            return Ok(());
        }
        let refused = |what| failed(&self.path, &format!("line {}: {what}", self.number));
        let hash = hash(&self.line).ok_or_else(|| refused("there is no SHA-1 hash"))?;
        if self.next > Some(hash) {
            return Err(refused("the hashes are not in ascending order; sort the file"));
        }
        self.next = Some(hash);
        Ok(())
    }
}

/// Returns the first eight bytes of the hash in a line.
fn hash(line: &[u8]) -> Option<u64> {
    let (digits, rest) = line.trim_ascii_end().split_at_checked(40)?;
    let is_hash = digits.iter().all(u8::is_ascii_hexdigit) && matches!(rest, [] | [b':', ..]);
    let first = std::str::from_utf8(&digits[..16]).ok().filter(|_| is_hash)?;
    u64::from_str_radix(first, 16).ok()
}

/// Writes the filters of the merged lists, then the index in front of them.
fn write_file(lists: &[PathBuf], path: &Path) -> Result<u64, String> {
    let cause = |cause: io::Error| failed(path, &cause);
    let mut lists = lists.iter().map(|path| List::open(path)).collect::<Result<Vec<_>, _>>()?;
    let mut file = BufWriter::new(File::create(path).map_err(cause)?);
    let mut end = HEADER;
    file.seek(SeekFrom::Start(end)).map_err(cause)?;
    let (mut index, mut keys, mut bytes) = (vec![end], Vec::new(), Vec::new());
    let mut count = 0;
    loop {
        let next = lists.iter_mut().filter(|list| list.next.is_some()).min_by_key(|list| list.next);
        let key = next.as_ref().and_then(|list| list.next);
        // Before the first hash of another filter, and at the end.
        while key.map_or(FILTERS, |key| key >> 48) >= index.len() as u64 {
            if !keys.is_empty() {
                encode(&keys, &mut bytes).map_err(|cause| failed(path, &cause))?;
                file.write_all(&bytes).map_err(cause)?;
                end += bytes.len() as u64;
                keys.clear();
                bytes.clear();
            }
            index.push(end);
        }
        let (Some(list), Some(key)) = (next, key) else { break };
        if keys.last() != Some(&key) {
            keys.push(key);
            count += 1;
        }
        list.advance()?;
    }
    file.rewind().map_err(cause)?;
    file.write_all(&MAGIC).map_err(cause)?;
    for begin in index {
        file.write_all(&begin.to_le_bytes()).map_err(cause)?;
    }
    file.into_inner().map_err(|error| cause(error.into_error()))?.sync_all().map_err(cause)?;
    Ok(count)
}

#[cfg(test)]
mod tests;
