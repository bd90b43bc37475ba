//! What is in the tables, as lines that are the same on both databases.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use vestibule_service::accounts::audit::{Verified, events_after, verify};
use vestibule_service::db::AnyConnection;

use crate::redaction::Names;

#[derive(Debug, QueryableByName)]
#[expect(dead_code, reason = "read by `Debug`")]
struct UserRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Text)]
    username_key: String,
    #[diesel(sql_type = Nullable<Text>)]
    full_name: Option<String>,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bool)]
    active: bool,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = Text)]
    scheme: String,
}

/// A row of `sign_ins`, without what only keys have.
#[derive(Debug, QueryableByName)]
#[expect(dead_code, reason = "read by `Debug`")]
pub(crate) struct SignInRow {
    #[diesel(sql_type = Text)]
    pub(crate) id: String,
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    pub(crate) created_at: i64,
    #[diesel(sql_type = BigInt)]
    auth_time: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) last_seen_at: i64,
    #[diesel(sql_type = BigInt)]
    expires_at: i64,
    #[diesel(sql_type = Bool)]
    remembered: bool,
    #[diesel(sql_type = BigInt)]
    generation: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    rotated_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    user_agent: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    address: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    label: Option<String>,
}

#[derive(Debug, QueryableByName)]
#[expect(dead_code, reason = "read by `Debug`")]
struct ThrottleRow {
    #[diesel(sql_type = Text)]
    bucket: String,
    #[diesel(sql_type = BigInt)]
    failures: i64,
    #[diesel(sql_type = BigInt)]
    ends_at: i64,
}

#[derive(Debug, QueryableByName)]
#[expect(dead_code, reason = "read by `Debug`")]
struct LinkRow {
    #[diesel(sql_type = BigInt)]
    expires_at: i64,
}

/// All sign-ins, in no order that matters.
pub(crate) fn sign_ins(connection: &mut AnyConnection) -> Vec<SignInRow> {
    diesel::sql_query("SELECT * FROM sign_ins").load(connection).expect("rows")
}

/// Every row of every table; of what is random only that it is there.
pub(crate) fn of(connection: &mut AnyConnection, names: &mut Names) -> String {
    let users = "SELECT *, substr(password_hash, 1, 27) AS scheme FROM users ORDER BY id";
    let users: Vec<UserRow> = diesel::sql_query(users).load(connection).expect("rows");
    let buckets: Vec<ThrottleRow> =
        diesel::sql_query("SELECT * FROM throttle").load(connection).expect("rows");
    let links = "SELECT expires_at FROM setup_links UNION ALL SELECT expires_at FROM password_links \
                 ORDER BY expires_at";
    let links: Vec<LinkRow> = diesel::sql_query(links).load(connection).expect("rows");
    let mut rest: Vec<_> = sign_ins(connection).iter().map(|row| format!("{row:?}")).collect();
    rest.extend(buckets.iter().map(|row| format!("{row:?}")));
    let mut rest: Vec<_> = rest.iter().map(|line| names.replace(line)).collect();
    rest.sort();
    let lines = users.iter().map(|row| format!("{row:?}"));
    let lines = lines.chain(rest).chain(links.iter().map(|row| format!("{row:?}")));
    let mut lines: Vec<_> = lines.collect();
    lines.push(log(connection, names, 0));
    match verify(connection, None).expect("an answer") {
        Verified::Whole { rows, head } => lines.push(format!("whole: {rows}, {}", head.id)),
        broken => lines.push(format!("{broken:?}")),
    }
    lines.join("\n")
}

/// The audit log after a row, as it is exported.
pub(crate) fn log(connection: &mut AnyConnection, names: &mut Names, after: i64) -> String {
    let rows = events_after(connection, after).expect("rows");
    let line = |row| {
        let mut row = serde_json::to_value(row).expect("JSON");
        names.redact(&mut row);
        names.replace(&row.to_string())
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
