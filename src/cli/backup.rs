//! `vestibule backup` and `vestibule restore`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use rustix::process::geteuid;

use super::database::open_migrated;
use super::failure::Failure;
use super::figment::{config_file, load_figment, load_with_database};
use super::output::{print_line, print_remark, to_the_second};
use crate::accounts::audit::{self, Actor, Verified};
use crate::accounts::queries::{self, Restored};
use crate::app;
use crate::db::{self, Address, AnyConnection};
use crate::settings;
use crate::state_dir::{StateDir, give_owner};
use vestibule::{Clock, Error};

const TIMEOUT: Duration = Duration::from_secs(5);

/// Shown after the help of `backup`.
const BACKUP_NOTES: &str = "\
The service may run meanwhile. On PostgreSQL take `pg_dump --format=custom` instead.

The secrets are not in it: keep secrets.toml of the state directory too, apart from it. Without them
all users must sign in again, and authenticators must be set up again.";

/// Shown after the help of `restore`.
const RESTORE_NOTES: &str = "\
Stop the service first. With a file of `vestibule backup` the database is replaced by it, and the
former one stays beside it. On PostgreSQL run this after `pg_restore`, without a file and with --yes.

Either way what may have been ended or used since the backup ends now: sign-ins and access keys, links,
recovery codes, trusted browsers, mails that wait. Passwords, roles and accounts are those of the backup.";

/// The arguments of `vestibule backup`.
#[derive(Debug, Args)]
#[command(after_help = BACKUP_NOTES)]
pub(super) struct BackupArguments {
    /// The file to write, which must not exist
    file: PathBuf,
}

/// The arguments of `vestibule restore`.
#[derive(Debug, Args)]
#[command(after_help = RESTORE_NOTES)]
pub(super) struct RestoreArguments {
    /// A file of `vestibule backup`; none on PostgreSQL
    file: Option<PathBuf>,
    /// Replace a database that is there
    #[arg(long, requires = "file")]
    replace: bool,
    /// Confirm on PostgreSQL that the configured database is a restored one
    #[arg(long, conflicts_with = "file")]
    yes: bool,
    /// Keep the sign-ins and access keys of the backup, also those that were ended since
    #[arg(long)]
    keep_sign_ins: bool,
}

/// Writes a copy of the SQLite database, and says what is not in it.
pub(super) fn back_up(arguments: &BackupArguments) -> Result<(), Failure> {
    let (state, figment) = load_with_database()?;
    let address = settings::database(&figment)?.address;
    let mut connection = db::connect(&address, TIMEOUT, false).map_err(Error::from)?;
    let AnyConnection::Sqlite(sqlite) = &mut connection else {
        return Err(Failure::new(
            "the database is on PostgreSQL: take `pg_dump --format=custom`, and after `pg_restore` \
             run `vestibule restore --yes`",
        ));
    };
    db::copy_to(sqlite, &arguments.file).map_err(|cause| failure("backed up", &cause))?;
    let version = db::schema_status(&mut connection).map_err(Error::from)?.found;
    print_line(format_args!(
        "{} is a copy of {}, of schema {version}",
        arguments.file.display(),
        address.shown()
    ));
    print_line(format_args!(
        "the secrets are not in it: keep {} too, apart from it",
        state.secrets().display()
    ));
    Ok(())
}

/// Puts a backup in place, and ends what must not come back to life with it.
pub(super) fn restore(arguments: &RestoreArguments) -> Result<(), Failure> {
    let restored = match &arguments.file {
        Some(file) => replace_database(file, arguments)?,
        None => end_in_place(arguments)?,
    };
    let Restored { ended, newest_event } = restored;
    let sign_ins = if arguments.keep_sign_ins {
        "its sign-ins and access keys are kept, also those that were ended since".to_owned()
    } else {
        format!("{ended} sign-ins and access keys ended")
    };
    let newest = newest_event.map_or("none".to_owned(), to_the_second);
    print_line(format_args!("restored: {sign_ins}; the newest event of the backup is of {newest}"));
    print_line(format_args!(
        "links, recovery codes, trusted browsers and mails that waited are deleted; passwords, roles \
         and accounts are those of the backup"
    ));
    Ok(())
}

/// Ends what must not come back to life in a database on PostgreSQL, which `pg_restore` has put in place.
fn end_in_place(arguments: &RestoreArguments) -> Result<Restored, Failure> {
    // Needs no secrets, so none are created.
    let figment = app::figment(&StateDir::from_env());
    config_file(&figment).map_err(Failure::new)?;
    let address = settings::database_address(&figment)?;
    if let Address::Sqlite(_) = address {
        return Err(Failure::new(
            "the database is on SQLite: name the file of `vestibule backup` to put in its place",
        ));
    }
    if !arguments.yes {
        return Err(Failure::new(format!(
            "this ends sign-ins, access keys, links and recovery codes in {}; add --yes if that was \
             restored by `pg_restore`",
            address.shown()
        )));
    }
    end_after_restore(&mut open_migrated(&figment, false)?.0, arguments.keep_sign_ins)
}

fn replace_database(file: &Path, arguments: &RestoreArguments) -> Result<Restored, Failure> {
    if file.try_exists().is_ok_and(|exists| !exists) {
        return Err(failure("restored", &format!("{} does not exist", file.display())));
    }
    let (_, figment) = load_figment()?;
    let Address::Sqlite(path) = settings::database(&figment)?.address else {
        return Err(Failure::new(
            "the database is on PostgreSQL: restore it by `pg_restore`, then run `vestibule restore \
             --yes`",
        ));
    };
    db::check_whole(file).map_err(|cause| failure("restored", &cause))?;
    if path.exists() && !arguments.replace {
        let line =
            format!("{} exists; add --replace to put the backup in its place", path.display());
        return Err(Failure::new(line));
    }
    let path = follow_link(path).map_err(|cause| failure("restored", &cause))?;
    // Made ready beside the place, so that nothing is lost if it cannot be.
    let ready = db::ready_path(&path);
    if ready.exists() && fs::canonicalize(file).ok() == fs::canonicalize(&ready).ok() {
        return Err(failure("restored", &"the backup has the name of a temporary file; rename it"));
    }
    let restored = make_ready(file, &ready, arguments.keep_sign_ins).and_then(|restored| {
        keep_owner(&ready, &path).map_err(|cause| failure("restored", &cause))?;
        let aside = db::put_in_place(&ready, &path).map_err(|cause| failure("restored", &cause))?;
        if let Some(aside) = aside {
            print_line(format_args!("the former database is {}", aside.display()));
        }
        Ok(restored)
    });
    if restored.is_err() {
        db::remove_copy(&ready);
    }
    restored
}

/// Returns the file that a symbolic link leads to, so that the file is replaced and not the link.
fn follow_link(path: PathBuf) -> Result<PathBuf, String> {
    if !path.is_symlink() {
        return Ok(path);
    }
    fs::canonicalize(&path).map_err(|cause| format!("the link {}: {cause}", path.display()))
}

fn make_ready(file: &Path, ready: &Path, keeps_sign_ins: bool) -> Result<Restored, Failure> {
    db::copy_backup(file, ready).map_err(|cause| failure("restored", &cause))?;
    let address = Address::Sqlite(ready.to_owned());
    let mut connection = db::connect(&address, TIMEOUT, false).map_err(Error::from)?;
    db::migrate(&mut connection).map_err(|cause| failure("restored", &cause))?;
    let restored = end_after_restore(&mut connection, keeps_sign_ins)?;
    // Only the file is put in place.
    db::merge_log(&mut connection).map_err(|cause| failure("restored", &cause))?;
    Ok(restored)
}

/// Gives the new file the owner and the mode of the one that it replaces, or else the owner of the directory.
fn keep_owner(ready: &Path, path: &Path) -> io::Result<()> {
    let file = File::open(ready)?;
    let former = fs::metadata(path).ok();
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let owner = match &former {
        Some(former) => former.clone(),
        None => fs::metadata(directory.unwrap_or(Path::new(".")))?,
    };
    // Fails unless root: the file then stays with the user who restores.
    let given = give_owner(&file, &owner);
    if geteuid().is_root() {
        given?;
    }
    former.map_or(Ok(()), |former| file.set_permissions(former.permissions()))
}

fn end_after_restore(
    connection: &mut AnyConnection,
    keeps_sign_ins: bool,
) -> Result<Restored, Failure> {
    // A warning only: this backup may be the only one.
    if let Verified::Broken { id, why } = audit::verify(connection, None)? {
        print_remark(&format!("warning: the audit log of the backup is broken: row {id} {why}"));
    }
    let actor = Actor::command_line(Clock::system().now()?);
    Ok(queries::end_after_restore(connection, keeps_sign_ins, &actor)?)
}

fn failure(done: &str, cause: &impl std::fmt::Display) -> Failure {
    Failure::new(format!("nothing was {done}: {cause}"))
}
