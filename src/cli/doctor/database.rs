//! The database: reachable, encrypted, current schema, same clock.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::report::Report;
use crate::accounts::{active_samples, count_unreadable, unreadable_warning};
use crate::db::from_micros;
use crate::db::schema::{sign_ins, users};
use crate::db::{self, Address, AnyConnection, Encryption};
use crate::fingerprints;
use crate::settings::Settings;
use vestibule::Clock;
use vestibule::password::Hasher;

/// How long to wait for the database.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The difference between the clocks of two machines from which it warns: before the 5 s from which
/// tokens of one are refused on the other.
const MAX_CLOCK_SKEW: time::Duration = time::Duration::seconds(2);

/// Counts main tables that the user of PostgreSQL may not read and write.
const COUNT_INACCESSIBLE: &str = "SELECT count(*) AS n FROM pg_class \
    WHERE relnamespace = current_schema()::regnamespace \
    AND relname IN ('users', 'sign_ins', 'events', 'throttle') \
    AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT') \
    AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))";

const NOT_GRANTED: &str =
    "the user of the database lacks some; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES";

/// Selects 0 if the user of PostgreSQL may create tables, otherwise 1.
const CANNOT_CREATE: &str = "SELECT CASE WHEN has_schema_privilege(current_schema(), 'CREATE') \
    THEN 0 ELSE 1 END::bigint AS n";

const NO_CREATE: &str =
    "the user of the database may not create tables; run vestibule migrate as their owner";

#[derive(QueryableByName)]
struct NumberRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Runs all checks of the database that are possible.
pub(super) fn check(report: &mut Report, settings: &Settings) {
    let address = &settings.database.address;
    if let Address::Sqlite(path) = address
        && !path.exists()
    {
        return match db::check_creatable(path) {
            Ok(()) => report.ok("database", "SQLite, not there yet; the first start makes it"),
            Err(error) => report.fail("database", format_args!("{}: {error}", address.shown())),
        };
    }
    let mut connection = match db::connect(address, TIMEOUT, false) {
        Ok(connection) => connection,
        Err(error) => {
            return report.fail("database", format_args!("{}: {error}", address.shown()));
        }
    };
    if db::is_writable(&mut connection) {
        report.ok("database", address.shown());
    } else {
        report.warn(
            "database",
            format_args!(
                "{} accepts no writes now; another process holds its lock, or it is read-only",
                address.shown()
            ),
        );
    }
    encryption(report, address);
    pooler(report, address);
    connection_limit(report, settings, &mut connection);
    if schema(report, &mut connection) {
        accounts(report, settings, &mut connection);
        secrets(report, settings, &mut connection);
        authenticators(report, settings, &mut connection);
        clock(report, &mut connection);
    }
}

fn encryption(report: &mut Report, address: &Address) {
    match address.encryption() {
        None | Some(Encryption::Local) => {}
        Some(Encryption::Verified) => report.ok("encryption", "TLS, and the server is verified"),
        Some(Encryption::Unverified) => report.warn(
            "encryption",
            "TLS, but the server need not prove its name; set sslmode=verify-full",
        ),
        Some(Encryption::Plain) => report.warn(
            "encryption",
            "none, by sslmode=disable: password hashes cross the network in plain text; build \
             with --features postgres-tls and set sslmode=verify-full",
        ),
    }
}

fn pooler(report: &mut Report, address: &Address) {
    if let Ok(true) = db::is_pooled_per_transaction(address, TIMEOUT) {
        report.fail("pooler", db::POOLED_PER_TRANSACTION);
    }
}

/// Checks that the server accepts as many connections as two processes may open.
fn connection_limit(report: &mut Report, settings: &Settings, connection: &mut AnyConnection) {
    if matches!(connection, AnyConnection::Sqlite(_)) {
        return;
    }
    let query = "SELECT current_setting('max_connections')::bigint AS n";
    let Ok(max) = number(connection, query) else { return };
    let pool = i64::from(settings.database.pool_size);
    if pool * 2 > max {
        report.warn(
            "connections",
            format_args!(
                "the server accepts {max} and one process may open {pool}; lower \
                 databases.main.pool_size, or raise max_connections"
            ),
        );
    } else {
        report.ok("connections", format_args!("up to {pool} of {max}"));
    }
}

/// Checks the schema; returns whether there are tables.
fn schema(report: &mut Report, connection: &mut AnyConnection) -> bool {
    let status = match db::schema_status(connection) {
        Ok(status) => status,
        Err(error) => {
            report.fail("schema", error);
            return false;
        }
    };
    let (known, found) = (&status.known, &status.found);
    match (status.applied, status.pending, status.unknown) {
        (0, _, 0) => report.ok("schema", "empty; the next start sets it up"),
        (_, 0, 0) => report.ok("schema", format_args!("up to date, version {found}")),
        (_, pending, 0) => report.warn(
            "schema",
            format_args!(
                "{pending} pending migrations; back up, and run: vestibule migrate (or start)"
            ),
        ),
        _ => report.fail(
            "schema",
            format_args!(
                "has version {found}, and this program knows versions up to {known}; run the newer \
                 program"
            ),
        ),
    }
    let has_tables = status.applied > 0;
    privileges(report, connection, has_tables);
    has_tables
}

/// Checks that the user of PostgreSQL may create the tables, or read and write those that are there.
fn privileges(report: &mut Report, connection: &mut AnyConnection, has_tables: bool) {
    if matches!(connection, AnyConnection::Sqlite(_)) {
        return;
    }
    // First, because the user may not even see which migrations the tables have.
    let mut checks = vec![(COUNT_INACCESSIBLE, NOT_GRANTED)];
    checks.extend((!has_tables).then_some((CANNOT_CREATE, NO_CREATE)));
    for (query, problem) in checks {
        match number(connection, query) {
            Ok(0) => {}
            Ok(_) => return report.fail("privileges", problem),
            Err(error) => return report.fail("privileges", error),
        }
    }
}

fn accounts(report: &mut Report, settings: &Settings, connection: &mut AnyConnection) {
    let active = users::table.filter(users::role.eq("admin").and(users::active.eq(true)));
    match active.count().get_result::<i64>(connection) {
        Ok(0) => {
            report.warn("administrator", "there is none; run: vestibule user add NAME --role admin")
        }
        Ok(count) => report.ok("administrator", format_args!("{count}")),
        Err(error) => report.fail("administrator", error),
    }
    if settings.sample_users {
        return;
    }
    let hasher = Hasher::new(&settings.auth.password);
    let alive = hasher.and_then(|hasher| active_samples(connection, &hasher)).unwrap_or_default();
    if !alive.is_empty() {
        report.fail(
            "sample users",
            format_args!(
                "{} still have their published passwords; run: vestibule user set-password NAME",
                alive.join(", ")
            ),
        );
    }
}

/// Compares the secrets with those of running processes.
fn secrets(report: &mut Report, settings: &Settings, connection: &mut AnyConnection) {
    let own = &settings.fingerprints;
    let now = Clock::system().now().ok();
    let others = now.and_then(|now| fingerprints::others(connection, own, now).ok());
    match others {
        Some(others) if others.is_empty() => report.ok("processes", "none has other secrets"),
        others => others.iter().flatten().for_each(|other| report.warn("processes", other)),
    }
}

/// Counts the authenticators that the present secrets cannot read.
fn authenticators(report: &mut Report, settings: &Settings, connection: &mut AnyConnection) {
    // An older schema has none.
    let unreadable = count_unreadable(connection, &settings.sealing_keys).unwrap_or_default();
    if unreadable > 0 {
        report.warn("authenticators", unreadable_warning(unreadable));
    }
}

/// Compares this machine's clock with the database server's, and with the newest sign-in.
fn clock(report: &mut Report, connection: &mut AnyConnection) {
    let Ok(now) = Clock::system().now() else {
        return report.fail("clock", "shows a year outside 2020 to 2200; set it");
    };
    let (asked, other) = match connection {
        AnyConnection::Postgres(_) => (
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS n",
            "the database server's",
        ),
        AnyConnection::Sqlite(_) => ("", ""),
    };
    if !asked.is_empty()
        && let Ok(theirs) = number(connection, asked).map(from_micros)
        && let Ok(theirs) = theirs
        && (now - theirs).abs() > MAX_CLOCK_SKEW
    {
        let apart = (now - theirs).abs();
        return report.warn("clock", format_args!("{apart} from {other}; set both by NTP"));
    }
    let newest = sign_ins::table.select(diesel::dsl::max(sign_ins::last_seen_at));
    let newest = newest.first::<Option<i64>>(connection).ok().flatten();
    match newest.map(from_micros) {
        Some(Ok(newest)) if newest - now > MAX_CLOCK_SKEW => report.warn(
            "clock",
            format_args!("{} behind the newest sign-in; set it by NTP", newest - now),
        ),
        _ => report.ok("clock", "sane"),
    }
}

fn number(connection: &mut AnyConnection, statement: &str) -> QueryResult<i64> {
    diesel::sql_query(statement).get_result::<NumberRow>(connection).map(|row| row.n)
}
