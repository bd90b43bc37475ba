//! Fingerprints of the secrets in use, by which processes on one database notice that theirs differ.
//!
//! Imports `crate::db` only.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use time::OffsetDateTime;

use crate::db::schema::secrets_in_use;
use crate::db::{AnyConnection, from_micros, rfc3339, to_micros, write};

/// How often a running process records its fingerprints.
pub(crate) const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// For how long a fingerprint counts: a process that runs records it sooner.
const MAX_AGE: Duration = Duration::from_secs(25 * 60);

const RECORD: &str = "INSERT INTO secrets_in_use (fingerprint, setting, seen_at) \
     VALUES ($1, $2, $3) ON CONFLICT (fingerprint) DO UPDATE SET seen_at = $3";

/// The fingerprints of one secret: of its value, and of its previous ones and the next one.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprint {
    setting: &'static str,
    current: String,
    previous: Vec<String>,
    /// That of the secret published ahead: another process may already use it.
    next: Option<String>,
    /// When the newest previous one was replaced, if that is known.
    replaced_at: Option<OffsetDateTime>,
}

/// A secret that another process uses: unknown here, or replaced by a newer one.
#[derive(Clone, Debug)]
pub(crate) struct OtherSecret {
    setting: &'static str,
    is_former: bool,
    seen_at: OffsetDateTime,
}

impl Fingerprint {
    pub(crate) fn new<'s>(
        setting: &'static str,
        secret: &str,
        previous: impl Iterator<Item = &'s str>,
        next: Option<&str>,
        replaced_at: Option<OffsetDateTime>,
    ) -> Self {
        // The next one verifies already, so it stands among the previous ones.
        let previous = previous.filter(|secret| Some(*secret) != next);
        let previous = previous.map(|secret| digest(setting, secret)).collect();
        let next = next.map(|secret| digest(setting, secret));
        Self { setting, current: digest(setting, secret), previous, next, replaced_at }
    }
}

/// HMAC-SHA-256 with the secret as its key, cut to 96 bits: enough to notice a difference.
fn digest(setting: &str, secret: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(b"fingerprint of ");
    mac.update(setting.as_bytes());
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..12])
}

/// Deletes the fingerprints of previous secrets, once at the start: one that is recorded later is of
/// a process that still has them.
///
/// # Errors
/// A database error (503 `unavailable`).
pub(crate) fn delete_previous(
    connection: &mut AnyConnection,
    own: &[Fingerprint],
) -> QueryResult<()> {
    let previous: Vec<_> = own.iter().flat_map(|own| &own.previous).collect();
    let replaced = secrets_in_use::fingerprint.eq_any(previous);
    diesel::delete(secrets_in_use::table.filter(replaced)).execute(connection).map(drop)
}

/// Records that a process with these secrets runs, and deletes the fingerprints of processes that
/// have ended.
///
/// # Errors
/// A database error (503 `unavailable`).
fn record(
    connection: &mut AnyConnection,
    own: &[Fingerprint],
    now: OffsetDateTime,
) -> QueryResult<()> {
    write(connection, |connection| {
        let ended = secrets_in_use::seen_at.lt(to_micros(now - MAX_AGE));
        diesel::delete(secrets_in_use::table.filter(ended)).execute(connection)?;
        for Fingerprint { setting, current, .. } in own {
            diesel::sql_query(RECORD)
                .bind::<Text, _>(current)
                .bind::<Text, _>(*setting)
                .bind::<BigInt, _>(to_micros(now))
                .execute(connection)?;
        }
        Ok(())
    })
}

/// Records that this process runs, and warns of running processes with other secrets.
///
/// # Errors
/// A database error (503 `unavailable`).
pub(crate) fn record_and_compare(
    connection: &mut AnyConnection,
    own: &[Fingerprint],
    now: OffsetDateTime,
) -> QueryResult<()> {
    record(connection, own, now)?;
    for other in others(connection, own, now)? {
        log::warn!(target: "vestibule_service::secrets", "{other}");
    }
    Ok(())
}

/// Logs that the secrets could not be compared, which stops nothing.
pub(crate) fn warn_not_compared(cause: &impl std::fmt::Display) {
    log::warn!(target: "vestibule_service::secrets", cause:%; "the secrets were not compared");
}

/// Returns the secrets of running processes that are not known here, or that were in use after they
/// had been replaced.
///
/// # Errors
/// A database error (503 `unavailable`).
pub(crate) fn others(
    connection: &mut AnyConnection,
    own: &[Fingerprint],
    now: OffsetDateTime,
) -> QueryResult<Vec<OtherSecret>> {
    let mut found = Vec::new();
    for Fingerprint { setting, current, previous, next, replaced_at } in own {
        let seen = secrets_in_use::table
            .filter(secrets_in_use::setting.eq(*setting))
            .filter(secrets_in_use::seen_at.ge(to_micros(now - MAX_AGE)))
            .select(diesel::dsl::max(secrets_in_use::seen_at));
        let known = previous.iter().chain(next).chain([current]);
        let unknown: Option<i64> =
            seen.filter(secrets_in_use::fingerprint.ne_all(known)).get_result(connection)?;
        let former: Option<i64> = match replaced_at {
            Some(replaced_at) => seen
                .filter(secrets_in_use::fingerprint.eq_any(previous))
                .filter(secrets_in_use::seen_at.gt(to_micros(*replaced_at)))
                .get_result(connection)?,
            None => None,
        };
        for (is_former, newest) in [(false, unknown), (true, former)] {
            if let Some(Ok(seen_at)) = newest.map(from_micros) {
                found.push(OtherSecret { setting, is_former, seen_at });
            }
        }
    }
    Ok(found)
}

impl std::fmt::Display for OtherSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { setting, is_former, seen_at } = self;
        let seen_at = rfc3339(*seen_at);
        if *is_former {
            return write!(
                f,
                "a process with a replaced {setting} was seen at {seen_at}; restart all processes \
                 that have not been restarted since the rotation"
            );
        }
        write!(
            f,
            "a process with another {setting} was seen at {seen_at}: each refuses what the other \
             has issued; give all processes the same, and restart them"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Address, connect, migrate};

    fn database(directory: &tempfile::TempDir) -> AnyConnection {
        let file = Address::Sqlite(directory.path().join("x.sqlite3"));
        let mut database = connect(&file, Duration::from_secs(1), true).expect("a new file");
        migrate(&mut database).expect("migrations");
        database
    }

    fn minute(minute: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + time::Duration::minutes(minute)
    }

    #[test]
    fn a_process_with_the_secret_that_is_published_ahead_is_no_stranger_and_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut database = database(&directory);
        // Publication after an earlier rotation: the next one and the former one both verify.
        let both = || ["next", "former"].into_iter();
        let rotated = Some(minute(1));
        let behind = [Fingerprint::new("secret_key", "now", both(), Some("next"), rotated)];
        let previous = ["now", "former"].into_iter();
        let ahead = [Fingerprint::new("secret_key", "next", previous, None, Some(minute(20)))];
        record(&mut database, &ahead, minute(20)).expect("a write");
        delete_previous(&mut database, &behind).expect("a write");
        record(&mut database, &behind, minute(21)).expect("a write");
        let found = others(&mut database, &behind, minute(21)).expect("a query");
        assert!(found.is_empty(), "{found:?}");
        let found = others(&mut database, &ahead, minute(21)).expect("a query");
        assert!(found.len() == 1 && found[0].is_former, "it is found behind: {found:?}");
    }

    #[test]
    fn a_process_that_was_not_restarted_after_a_rotation_is_found() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut database = database(&directory);
        let none = std::iter::empty;
        let old = [Fingerprint::new("secret_key", "old", none(), None, None)];
        let rotated = Some(minute(10));
        let new = [Fingerprint::new("secret_key", "new", ["old"].into_iter(), None, rotated)];

        let found = |database: &mut AnyConnection, at: i64| {
            let found = others(database, &new, minute(at)).expect("a query");
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        record(&mut database, &old, minute(9)).expect("a write");
        assert_eq!(found(&mut database, 10), [""; 0], "seen before the rotation only");
        record(&mut database, &old, minute(11)).expect("a write");
        assert_eq!(found(&mut database, 11).len(), 1);
        delete_previous(&mut database, &new).expect("a write");
        record(&mut database, &new, minute(12)).expect("a write");
        assert_eq!(found(&mut database, 12), [""; 0], "it may have been restarted as well");
        record(&mut database, &old, minute(21)).expect("a write");
        record(&mut database, &new, minute(22)).expect("a write");
        let warned = found(&mut database, 22);
        assert!(warned.len() == 1 && warned[0].contains("a replaced secret_key"), "{warned:?}");
        assert_eq!(found(&mut database, 47), [""; 0], "it has ended since");
    }

    #[test]
    fn a_fingerprint_depends_on_the_secret_and_the_setting_and_shows_neither() {
        let [a, b] = ["battery staple", "correct horse"].map(|secret| digest("x", secret));
        assert_ne!(a, b);
        assert_ne!(a, digest("y", "battery staple"));
        assert_eq!(a, digest("x", "battery staple"));
        assert_eq!(a.len(), 16);
    }
}
