//! The copying itself, table by table, and the look back.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::digest::{Digest, Field};
use super::endpoints::number;
use super::rows::{Chain, Event, Row, SetupLink, SignIn, TABLES, Throttle, User};
use super::{MoveError, MovedTable, Step, ids};
use crate::db::{AnyConnection, Backend};

/// How many rows are written with one statement. SQLite takes 32,766 values in one.
const BATCH: usize = 1_000;

/// A source that is being copied.
pub(super) struct Copy<'c> {
    source: &'c mut AnyConnection,
    to: Backend,
    progress: &'c mut dyn FnMut(Step, u64, u64),
    /// How many rows the source has in all, and how many are done in this step.
    total: u64,
    done: u64,
}

#[derive(QueryableByName)]
struct Orphan {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    account: i64,
}

impl<'c> Copy<'c> {
    /// Begins with a source whose snapshot was taken.
    pub(super) fn new(
        source: &'c mut AnyConnection,
        to: Backend,
        progress: &'c mut dyn FnMut(Step, u64, u64),
    ) -> Result<Self, MoveError> {
        let mut total = 0;
        for table in TABLES {
            let rows = number(source, &format!("SELECT count(*) AS n FROM {table}"))?;
            total += u64::try_from(rows).unwrap_or(0);
        }
        // SQLite looks after references only where a connection asks for it.
        let orphan = diesel::sql_query(
            "SELECT id, account FROM sign_ins \
             WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = sign_ins.account) LIMIT 1",
        );
        if let Some(Orphan { id, account }) = orphan.get_result(source).optional()? {
            return Err(MoveError::Orphan { row: id, account });
        }
        Ok(Self { source, to, progress, total, done: 0 })
    }

    /// Reads every table and writes nothing.
    pub(super) fn read(&mut self) -> Result<Vec<MovedTable>, MoveError> {
        self.tables(None)
    }

    /// Fills the target's empty tables, then reads them back and compares.
    pub(super) fn write_and_compare(
        &mut self,
        target: &mut AnyConnection,
    ) -> Result<Vec<MovedTable>, MoveError> {
        // Of two histories none may be forgotten: the target may have had accounts as well.
        let highest = ids::highest(self.source)?.max(ids::highest(target)?);
        let tables = self.tables(Some(&mut *target))?;
        // After the rows, because SQLite counts these along.
        ids::go_on_after(target, highest)?;

        self.done = 0;
        for (table, seen) in tables.iter().zip(self.seen(target)?) {
            if *table != seen {
                return Err(MoveError::Differs(table.name));
            }
        }
        if ids::highest(target)? != highest {
            return Err(MoveError::Differs("users"));
        }
        Ok(tables)
    }

    /// Every table, those first to which others refer.
    fn tables(
        &mut self,
        mut target: Option<&mut AnyConnection>,
    ) -> Result<Vec<MovedTable>, MoveError> {
        Ok(vec![
            self.table::<User>(target.as_deref_mut())?,
            self.table::<SignIn>(target.as_deref_mut())?,
            self.table::<Throttle>(target.as_deref_mut())?,
            self.table::<Event>(target.as_deref_mut())?,
            self.table::<Chain>(target.as_deref_mut())?,
            self.table::<SetupLink>(target)?,
        ])
    }

    fn seen(&mut self, target: &mut AnyConnection) -> Result<Vec<MovedTable>, MoveError> {
        Ok(vec![
            self.look_at::<User>(target)?,
            self.look_at::<SignIn>(target)?,
            self.look_at::<Throttle>(target)?,
            self.look_at::<Event>(target)?,
            self.look_at::<Chain>(target)?,
            self.look_at::<SetupLink>(target)?,
        ])
    }

    fn table<R: Row>(
        &mut self,
        mut target: Option<&mut AnyConnection>,
    ) -> Result<MovedTable, MoveError> {
        if let Some(target) = target.as_deref_mut() {
            // What the migration wrote.
            diesel::sql_query(format!("DELETE FROM {}", R::TABLE)).execute(target)?;
        }
        let (mut digest, mut batch) = (Digest::default(), Vec::new());
        let Self { source, to, progress, total, done } = self;
        R::each(source, &mut |row| {
            let fields = row.fields();
            if *to == Backend::Postgres {
                refuse_nul(R::TABLE, &fields)?;
            }
            digest.add(&fields);
            if let Some(target) = target.as_deref_mut() {
                batch.push(row);
                if batch.len() == BATCH {
                    R::insert(target, &batch)?;
                    batch.clear();
                }
            }
            *done += 1;
            progress(Step::Copied, *done, *total);
            Ok(())
        })?;
        if let (Some(target), false) = (target, batch.is_empty()) {
            R::insert(target, &batch)?;
        }
        Ok(moved::<R>(digest))
    }

    fn look_at<R: Row>(&mut self, target: &mut AnyConnection) -> Result<MovedTable, MoveError> {
        let mut digest = Digest::default();
        R::each(target, &mut |row| {
            digest.add(&row.fields());
            self.done += 1;
            (self.progress)(Step::Compared, self.done, self.total);
            Ok(())
        })?;
        Ok(moved::<R>(digest))
    }
}

fn moved<R: Row>(digest: Digest) -> MovedTable {
    let (rows, checksum) = digest.finish();
    MovedTable { name: R::TABLE, rows, checksum }
}

/// PostgreSQL would refuse it too, and not say where.
fn refuse_nul(table: &'static str, fields: &[(&'static str, Field<'_>)]) -> Result<(), MoveError> {
    let has_nul = |field: &Field<'_>| matches!(field, Field::Text(text) if text.contains('\0'));
    match fields.iter().find(|(_, field)| has_nul(field)) {
        None => Ok(()),
        Some((column, _)) => {
            let row = fields.first().map(|(_, key)| key.to_string()).unwrap_or_default();
            Err(MoveError::Nul { table, column, row })
        }
    }
}
