//! The rows of the database: remembered, compared after every request, and put back.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use vestibule_service::db::{Address, AnyConnection, connect};

/// What a request did to the rows since they were remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub(crate) struct Changes {
    /// Sign-ins of browsers that are new.
    #[diesel(sql_type = BigInt)]
    pub(crate) created: i64,
    /// Sign-ins of browsers that are gone.
    #[diesel(sql_type = BigInt)]
    pub(crate) ended: i64,
    /// Sign-ins of browsers of which any column differs.
    #[diesel(sql_type = BigInt)]
    pub(crate) touched: i64,
    /// Rows of users and of sign-ins of any kind that differ.
    #[diesel(sql_type = BigInt)]
    pub(crate) accounts: i64,
    /// Rows of any table that differ.
    #[diesel(sql_type = BigInt)]
    pub(crate) all: i64,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// A connection beside the application's own.
pub(crate) struct Rows {
    connection: AnyConnection,
    tables: Vec<String>,
    comparison: String,
    /// SQLite's count of what others have written, and what the last comparison found.
    last: Option<(i64, Changes)>,
}

impl Rows {
    pub(crate) fn of(url: &str) -> Self {
        let address = Address::parse(url).expect("the test's own URL");
        let mut connection = connect(&address, std::time::Duration::from_secs(5), false)
            .expect("the test's own database");
        // In the order of creation, so that a row comes after those that it refers to.
        let list = match &mut connection {
            AnyConnection::Sqlite(_) => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
                 AND name NOT LIKE '%diesel%' ORDER BY rowid"
            }
            AnyConnection::Postgres(_) => {
                "SELECT CAST(relname AS TEXT) AS name FROM pg_class WHERE relkind = 'r' AND \
                 relnamespace = 'public'::regnamespace AND relname NOT LIKE '%diesel%' ORDER BY oid"
            }
        };
        let names = diesel::sql_query(list).load::<Name>(&mut connection).expect("the tables");
        let tables: Vec<String> = names.into_iter().map(|name| name.name).collect();
        let comparison = comparison(&tables);
        let mut rows = Self { connection, tables, comparison, last: None };
        if matches!(rows.connection, AnyConnection::Sqlite(_)) {
            rows.run("PRAGMA synchronous = OFF");
        }
        rows
    }

    pub(crate) fn run(&mut self, statements: &str) {
        self.last = None;
        self.connection.batch_execute(statements).expect("a good statement");
    }

    /// Takes the rows as they are for the state that [`restore`](Self::restore) goes back to.
    pub(crate) fn remember(&mut self) {
        for table in self.tables.clone() {
            self.run(&format!(
                "DROP TABLE IF EXISTS kept_{table}; \
                 CREATE TEMPORARY TABLE kept_{table} AS SELECT * FROM {table}"
            ));
        }
    }

    pub(crate) fn changes(&mut self) -> Changes {
        let version = self.version();
        match self.last {
            Some((known, changes)) if version == Some(known) => changes,
            _ => {
                let changes = diesel::sql_query(&self.comparison).get_result(&mut self.connection);
                let changes = changes.expect("a good query");
                self.last = version.map(|version| (version, changes));
                changes
            }
        }
    }

    /// Differs whenever another connection has written; most requests write nothing.
    fn version(&mut self) -> Option<i64> {
        if matches!(self.connection, AnyConnection::Postgres(_)) {
            return None;
        }
        let version = diesel::sql_query("PRAGMA data_version");
        let version = version.get_result::<Version>(&mut self.connection);
        Some(version.expect("a good query").data_version)
    }

    pub(crate) fn restore(&mut self) {
        let (begin, overriding) = match self.connection {
            AnyConnection::Sqlite(_) => ("BEGIN IMMEDIATE", ""),
            AnyConnection::Postgres(_) => ("BEGIN", "OVERRIDING SYSTEM VALUE"),
        };
        let empty: Vec<_> =
            self.tables.iter().rev().map(|table| format!("DELETE FROM {table}")).collect();
        let fill: Vec<_> = self
            .tables
            .iter()
            .map(|table| format!("INSERT INTO {table} {overriding} SELECT * FROM kept_{table}"))
            .collect();
        self.run(&format!("{begin}; {}; {}; COMMIT", empty.join("; "), fill.join("; ")));
    }
}

/// The query behind [`Changes`].
fn comparison(tables: &[String]) -> String {
    let count = |rows: String| format!("(SELECT count(*) FROM ({rows}) AS found)");
    let differing = |table: &String| {
        format!(
            "{} + {}",
            count(format!("SELECT * FROM {table} EXCEPT SELECT * FROM kept_{table}")),
            count(format!("SELECT * FROM kept_{table} EXCEPT SELECT * FROM {table}")),
        )
    };
    let sum =
        |tables: Vec<&String>| tables.into_iter().map(differing).collect::<Vec<_>>().join(" + ");
    let accounts = |table: &&String| ["users", "sign_ins"].contains(&table.as_str());
    let browsers =
        |from: &str, and: &str| format!("SELECT * FROM {from} WHERE kind = 'browser' AND id {and}");
    let created = browsers("sign_ins", "NOT IN (SELECT id FROM kept_sign_ins)");
    let ended = browsers("kept_sign_ins", "NOT IN (SELECT id FROM sign_ins)");
    let touched = browsers("sign_ins", "IN (SELECT id FROM kept_sign_ins)");
    format!(
        "SELECT {} AS created, {} AS ended, {} AS touched, \
         CAST({} AS BIGINT) AS accounts, CAST({} AS BIGINT) AS \"all\"",
        count(created),
        count(ended),
        count(format!("{touched} EXCEPT SELECT * FROM kept_sign_ins")),
        sum(tables.iter().filter(accounts).collect()),
        sum(tables.iter().collect()),
    )
}
