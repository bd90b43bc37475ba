//! The contents of a database, by the tables and columns that it lists itself, so that what a
//! migration adds is included.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use vestibule_service::db::{Address, AnyConnection, connect};

/// The columns of a row in the result of [`lines`].
const BETWEEN: &str = "|";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The column `line` of a query's result.
fn lines(connection: &mut AnyConnection, statement: &str) -> Vec<String> {
    let answer = diesel::sql_query(statement).get_results::<Line>(connection);
    answer.expect(statement).into_iter().map(|line| line.line).collect()
}

pub(crate) fn open(url: &str) -> AnyConnection {
    let address = Address::parse(url).expect("the test's own URL");
    connect(&address, Duration::from_secs(20), true).expect("the test's own database")
}

pub(crate) fn sql(url: &str, statements: &str) {
    open(url).batch_execute(statements).expect("a good statement");
}

pub(crate) fn number(url: &str, what: &str) -> i64 {
    let found = lines(&mut open(url), &format!("SELECT CAST({what} AS TEXT) AS line"));
    found[0].parse().expect("a number")
}

/// A column of a table, as the database itself describes it.
struct Column {
    name: String,
    is_flag: bool,
    is_text: bool,
    may_be_absent: bool,
}

/// Which processes run on a database, which is true of no other.
const RUNNING: &str = "secrets_in_use";

/// The tables that the database itself names, but for those that it or Diesel keeps for itself, and
/// for [`RUNNING`].
fn tables(connection: &mut AnyConnection) -> Vec<String> {
    let statement = match connection {
        AnyConnection::Sqlite(_) => {
            "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE \
             'sqlite%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'"
        }
        AnyConnection::Postgres(_) => {
            "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public' AND \
             tablename NOT LIKE '\\_\\_%'"
        }
    };
    let mut tables = lines(connection, statement);
    tables.retain(|table| table != RUNNING);
    tables
}

fn columns(connection: &mut AnyConnection, table: &str) -> Vec<Column> {
    let statement = match connection {
        AnyConnection::Sqlite(_) => format!(
            "SELECT name || '|' || lower(type) || '|' || \"notnull\" AS line \
             FROM pragma_table_info('{table}')"
        ),
        AnyConnection::Postgres(_) => format!(
            "SELECT column_name || '|' || data_type || '|' || CASE is_nullable WHEN 'NO' THEN 1 \
             ELSE 0 END AS line FROM information_schema.columns WHERE table_name = '{table}' \
             ORDER BY ordinal_position"
        ),
    };
    let described = lines(connection, &statement);
    let column = |line: &String| {
        let parts: Vec<_> = line.split(BETWEEN).collect();
        Column {
            name: parts[0].to_owned(),
            is_flag: parts[1] == "boolean",
            is_text: parts[1] == "text",
            may_be_absent: parts[2] == "0",
        }
    };
    described.iter().map(column).collect()
}

/// Every row of every table that there is, in whichever database, as sorted lines.
pub(crate) fn dump(url: &str) -> BTreeMap<String, Vec<String>> {
    let connection = &mut open(url);
    let mut all = BTreeMap::new();
    for table in tables(connection) {
        let shown: Vec<_> = columns(connection, &table)
            .iter()
            .map(|column| {
                let name = &column.name;
                let value =
                    if column.is_flag { format!("CAST({name} AS INTEGER)") } else { name.clone() };
                format!("'{name}=' || coalesce(CAST({value} AS TEXT), 'absent')")
            })
            .collect();
        let row = shown.join(&format!(" || '{BETWEEN}' || "));
        let mut rows = lines(connection, &format!("SELECT {row} AS line FROM {table}"));
        rows.sort();
        all.insert(table, rows);
    }
    all
}

/// Fills every table that there is with something in every column that there is.
pub(crate) fn fill(url: &str) {
    let connection = &mut open(url);
    connection.batch_execute("DELETE FROM event_chain").expect("a table");
    let mut all = tables(connection);
    // Others refer to it, `sign_ins` by the text of its id.
    all.sort_by_key(|table| table != "users");
    for table in &all {
        let columns = columns(connection, table);
        let referring = format!("SELECT \"from\" AS line FROM pragma_foreign_key_list('{table}')");
        let referring = lines(connection, &referring);
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        for row in 1..=if table == "event_chain" { 1 } else { 4 } {
            let values: Vec<_> = columns
                .iter()
                .enumerate()
                .map(|(at, column)| match column {
                    column if column.name == "account" && column.is_text => format!("'{row}'"),
                    column if row == 2 && column.may_be_absent => "NULL".to_owned(),
                    column if row == 3 && column.may_be_absent && column.is_text => "''".to_owned(),
                    column if column.is_flag => (row % 2 == 1).to_string(),
                    // In the order of letters 1 to 4 are another sequence than as bytes.
                    column if column.is_text => {
                        let first = ["", "Z", "a", "_ä", "B"][row];
                        format!("'{first} {table} {} ''🦀'' \t {row}\n'", column.name)
                    }
                    column if column.name == "id" || referring.contains(&column.name) => {
                        row.to_string()
                    }
                    _ => format!("{}", (row as i64) * 1_000_000_000_000_007 - at as i64),
                })
                .collect();
            let (names, values) = (names.join(", "), values.join(", "));
            connection
                .batch_execute(&format!("INSERT INTO {table} ({names}) VALUES ({values})"))
                .expect("a row like any other");
        }
    }
}
