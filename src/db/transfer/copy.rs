//! Copies table by table, then reads the target back and compares.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::digest::{Digest, Field};
use super::endpoints::number;
use super::error::TransferError;
use super::ids;
use super::rows::{
    AuthenticatorRow, ChainRow, EventRow, FormerAddressRow, KnownDeviceRow, MailRow, PasskeyRow,
    PasswordLinkRow, PendingAddressRow, RecoveryCodeRow, RegistrationRow, SetupLinkRow,
    SignInLinkRow, SignInRow, TABLES, TableRow, ThrottleRow, TrustedBrowserRow, UserRow,
};
use super::summary::{CopiedTable, Step};
use crate::db::address::Backend;
use crate::db::connection::AnyConnection;

/// The number of rows per insert statement. SQLite accepts 32,766 values in one.
const BATCH: usize = 1_000;

/// Copies from a source whose snapshot has begun.
pub(super) struct TableCopier<'c> {
    source: &'c mut AnyConnection,
    to: Backend,
    progress: &'c mut dyn FnMut(Step, u64, u64),
    /// The number of rows in the source.
    total: u64,
    /// The number of rows handled in this step.
    done: u64,
}

#[derive(QueryableByName)]
struct OrphanRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    account: String,
}

impl<'c> TableCopier<'c> {
    /// Counts the rows of the source and checks its references.
    pub(super) fn new(
        source: &'c mut AnyConnection,
        to: Backend,
        progress: &'c mut dyn FnMut(Step, u64, u64),
    ) -> Result<Self, TransferError> {
        let mut total = 0;
        for table in TABLES {
            let rows = number(source, &format!("SELECT count(*) AS n FROM {table}"))?;
            total += u64::try_from(rows).unwrap_or(0);
        }
        let orphan = diesel::sql_query(
            "SELECT id, account FROM sign_ins \
             WHERE account NOT IN (SELECT CAST(id AS TEXT) FROM users) LIMIT 1",
        );
        if let Some(OrphanRow { id, account }) = orphan.get_result(source).optional()? {
            return Err(TransferError::Orphan { row: id, account });
        }
        Ok(Self { source, to, progress, total, done: 0 })
    }

    /// Reads every table without writing.
    pub(super) fn read(&mut self) -> Result<Vec<CopiedTable>, TransferError> {
        self.copy_tables(None)
    }

    /// Fills the target's empty tables, reads them back and compares.
    pub(super) fn write_and_compare(
        &mut self,
        target: &mut AnyConnection,
    ) -> Result<Vec<CopiedTable>, TransferError> {
        // The target may have had accounts too; their ids must not be assigned again either.
        let highest = ids::highest(self.source)?.max(ids::highest(target)?);
        let tables = self.copy_tables(Some(&mut *target))?;
        // After the rows, because inserting them changes SQLite's counter.
        ids::continue_after(target, highest)?;

        self.done = 0;
        for (table, written) in tables.iter().zip(self.read_back(target)?) {
            if *table != written {
                return Err(TransferError::Differs(table.name));
            }
        }
        if ids::highest(target)? != highest {
            return Err(TransferError::Differs("users"));
        }
        Ok(tables)
    }

    /// Copies all tables. A table that others reference comes before them.
    fn copy_tables(
        &mut self,
        mut target: Option<&mut AnyConnection>,
    ) -> Result<Vec<CopiedTable>, TransferError> {
        Ok(vec![
            self.copy_table::<UserRow>(target.as_deref_mut())?,
            self.copy_table::<SignInRow>(target.as_deref_mut())?,
            self.copy_table::<ThrottleRow>(target.as_deref_mut())?,
            self.copy_table::<EventRow>(target.as_deref_mut())?,
            self.copy_table::<ChainRow>(target.as_deref_mut())?,
            self.copy_table::<SetupLinkRow>(target.as_deref_mut())?,
            self.copy_table::<PasswordLinkRow>(target.as_deref_mut())?,
            self.copy_table::<PendingAddressRow>(target.as_deref_mut())?,
            self.copy_table::<FormerAddressRow>(target.as_deref_mut())?,
            self.copy_table::<RegistrationRow>(target.as_deref_mut())?,
            self.copy_table::<MailRow>(target.as_deref_mut())?,
            self.copy_table::<KnownDeviceRow>(target.as_deref_mut())?,
            self.copy_table::<SignInLinkRow>(target.as_deref_mut())?,
            self.copy_table::<AuthenticatorRow>(target.as_deref_mut())?,
            self.copy_table::<RecoveryCodeRow>(target.as_deref_mut())?,
            self.copy_table::<TrustedBrowserRow>(target.as_deref_mut())?,
            self.copy_table::<PasskeyRow>(target)?,
        ])
    }

    fn read_back(&mut self, target: &mut AnyConnection) -> Result<Vec<CopiedTable>, TransferError> {
        Ok(vec![
            self.read_table::<UserRow>(target)?,
            self.read_table::<SignInRow>(target)?,
            self.read_table::<ThrottleRow>(target)?,
            self.read_table::<EventRow>(target)?,
            self.read_table::<ChainRow>(target)?,
            self.read_table::<SetupLinkRow>(target)?,
            self.read_table::<PasswordLinkRow>(target)?,
            self.read_table::<PendingAddressRow>(target)?,
            self.read_table::<FormerAddressRow>(target)?,
            self.read_table::<RegistrationRow>(target)?,
            self.read_table::<MailRow>(target)?,
            self.read_table::<KnownDeviceRow>(target)?,
            self.read_table::<SignInLinkRow>(target)?,
            self.read_table::<AuthenticatorRow>(target)?,
            self.read_table::<RecoveryCodeRow>(target)?,
            self.read_table::<TrustedBrowserRow>(target)?,
            self.read_table::<PasskeyRow>(target)?,
        ])
    }

    fn copy_table<R: TableRow>(
        &mut self,
        mut target: Option<&mut AnyConnection>,
    ) -> Result<CopiedTable, TransferError> {
        if let Some(target) = target.as_deref_mut() {
            // The migration inserts a row.
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
        Ok(summary_of::<R>(digest))
    }

    fn read_table<R: TableRow>(
        &mut self,
        target: &mut AnyConnection,
    ) -> Result<CopiedTable, TransferError> {
        let mut digest = Digest::default();
        R::each(target, &mut |row| {
            digest.add(&row.fields());
            self.done += 1;
            (self.progress)(Step::Compared, self.done, self.total);
            Ok(())
        })?;
        Ok(summary_of::<R>(digest))
    }
}

fn summary_of<R: TableRow>(digest: Digest) -> CopiedTable {
    let (rows, checksum) = digest.finish();
    CopiedTable { name: R::TABLE, rows, checksum }
}

/// Fails at a NUL character, which PostgreSQL would refuse without naming the row.
fn refuse_nul(
    table: &'static str,
    fields: &[(&'static str, Field<'_>)],
) -> Result<(), TransferError> {
    let has_nul = |field: &Field<'_>| matches!(field, Field::Text(text) if text.contains('\0'));
    match fields.iter().find(|(_, field)| has_nul(field)) {
        None => Ok(()),
        Some((column, _)) => {
            let row = fields.first().map(|(_, key)| key.to_string()).unwrap_or_default();
            Err(TransferError::Nul { table, column, row })
        }
    }
}
