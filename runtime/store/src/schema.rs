//! The database's format: numbered migrations, counted in `PRAGMA user_version`, and the settings of a connection.

use std::cmp::Ordering;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::decisions::segment::Content;
use crate::error::{OpenError, explain};
use crate::limits;

/// In order; the first leads from an empty file to format 1. A released one is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/001_first.sql"),
    include_str!("../migrations/002_kept_by_reason.sql"),
    include_str!("../migrations/003_transactions_by_station.sql"),
    include_str!("../migrations/004_bills.sql"),
    include_str!("../migrations/005_kept_bytes.sql"),
    include_str!("../migrations/006_charging.sql"),
    include_str!("../migrations/007_packed_decisions.sql"),
    include_str!("../migrations/008_commands_outbox_bills.sql"),
    include_str!("../migrations/009_lists_and_readings.sql"),
    include_str!("../migrations/010_budgets.sql"),
    include_str!("../migrations/011_decision_packs.sql"),
];

/// The connection that writes, with the newest format.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    let refused = |error: rusqlite::Error| OpenError::Database {
        path: path.to_owned(),
        message: explain("prepare the database", &error).message,
    };
    let mut connection = Connection::open(path).map_err(refused)?;
    connection.busy_timeout(limits::BUSY).map_err(refused)?;
    connection.set_prepared_statement_cache_capacity(limits::STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL").map_err(refused)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(refused)?;
    connection.pragma_update(None, "wal_autocheckpoint", limits::CHECKPOINT_PAGES).map_err(refused)?;
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

/// As large a cache as the database is worth.
pub(crate) fn fit_cache(connection: &Connection) -> rusqlite::Result<()> {
    let bytes = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let bytes: i64 = connection.prepare_cached(bytes)?.query_row([], |row| row.get(0))?;
    let cache = if bytes < limits::LARGE { limits::CACHE } else { limits::LARGE_CACHE };
    connection.pragma_update(None, "cache_size", -(cache >> 10))
}

/// A connection that cannot write.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(limits::BUSY)?;
    connection.set_prepared_statement_cache_capacity(limits::STATEMENTS);
    Ok(connection)
}

/// A connection that cannot write, to a database of another process.
pub(crate) fn open_foreign(path: &Path) -> Result<Connection, OpenError> {
    let refused = |error: rusqlite::Error| OpenError::Database {
        path: path.to_owned(),
        message: explain("prepare for reading", &error).message,
    };
    let connection = open_reader(path).map_err(refused)?;
    let found = connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).map_err(refused)?;
    let known = MIGRATIONS.len() as i64;
    match found.cmp(&known) {
        Ordering::Equal => Ok(connection),
        Ordering::Less => Err(OpenError::Older { path: path.to_owned(), found }),
        Ordering::Greater => Err(OpenError::Newer { path: path.to_owned(), found, known }),
    }
}

/// After a crash, or after a backup was put back, rows may stand where the last segment has its own. Tells up to which
/// place rows are filed.
pub(crate) fn settle_places(connection: &Connection, last: Option<Content>) -> rusqlite::Result<i64> {
    let Some(last) = last else { return Ok(0) };
    let end = last.last_place();
    let sql = "SELECT 1 FROM packs WHERE first <= ?1 AND first + count > ?1 AND ?2 BETWEEN least_id AND greatest_id";
    let is_filed = connection.prepare(sql)?.exists((end, last.last_id.0.as_bytes().as_slice()))?;
    if !is_filed {
        // From the greatest down, so that no place is taken twice.
        let rows: Vec<i64> = connection
            .prepare("SELECT first FROM packs WHERE first <= ?1 ORDER BY first DESC")?
            .query_map([end], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if !rows.is_empty() {
            tracing::warn!(
                rows = rows.len(),
                "the database is not the one that the segments of decisions were filed from, a backup perhaps; its decisions are kept behind them"
            );
            move_behind(connection, end, &rows)?;
        }
    }
    Ok(end)
}

fn move_behind(connection: &Connection, end: i64, rows: &[i64]) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    let greatest: i64 = transaction.query_row("SELECT max(first + count - 1) FROM packs", [], |row| row.get(0))?;
    let distance = end.max(greatest);
    for row in rows {
        transaction.execute("UPDATE packs SET first = first + ?1 WHERE first = ?2", [distance, *row])?;
    }
    transaction.commit()
}

fn migrate(connection: &mut Connection, number: usize, sql: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "user_version", number as i64)?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_messages_of_an_older_database_know_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("amprule.db");
        let mut old = Connection::open(&path).unwrap();
        for (number, sql) in MIGRATIONS.iter().enumerate().take(3) {
            migrate(&mut old, number + 1, sql).unwrap();
        }
        let rows = [(1, "report", 1, "ä"), (2, "late", 1, "abc"), (3, "report", 2, "abcd"), (4, "report", 3, "")];
        for (n, why, turn, payload) in rows {
            let sql = "INSERT INTO kept (station, n, received_at, action, why, payload, turn) VALUES ('cs-1', ?1, 0, 'A', ?2, ?3, ?4)";
            old.execute(sql, (n, why, payload, turn)).unwrap();
        }
        drop(old);
        let new = open_writer(&path).unwrap();
        let mut statement = new.prepare("SELECT past FROM kept ORDER BY n").unwrap();
        let past: Vec<i64> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(past, [0, 0, 2, 6]);
    }
}
