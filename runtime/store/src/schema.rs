//! The database's format: numbered migrations, counted in `PRAGMA user_version`, and the settings of a connection.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::error::{OpenError, explain};
use crate::limits;

/// In order; the first leads from an empty file to format 1. A released one is never edited.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/001_first.sql")];

/// The connection that writes, with the newest format.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    let refused = |error: rusqlite::Error| OpenError::Database {
        path: path.to_owned(),
        message: explain("prepare the database", &error).message,
    };
    let mut connection = Connection::open(path).map_err(refused)?;
    connection.busy_timeout(limits::BUSY).map_err(refused)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(refused)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(refused)?;
    connection.pragma_update(None, "wal_autocheckpoint", limits::CHECKPOINT_PAGES).map_err(refused)?;
    connection.pragma_update(None, "cache_size", -65_536).map_err(refused)?;
    let found = connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).map_err(refused)?;
    let known = MIGRATIONS.len();
    let done = usize::try_from(found).ok().filter(|&done| done <= known);
    let Some(done) = done else {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: known as i64 });
    };
    for (number, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        migrate(&mut connection, number + 1, sql).map_err(refused)?;
    }
    Ok(connection)
}

/// A connection that cannot write.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(limits::BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn migrate(connection: &mut Connection, number: usize, sql: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "user_version", number as i64)?;
    transaction.commit()
}
