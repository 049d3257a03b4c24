//! The database's format: numbered migrations, counted in `PRAGMA user_version`, and the settings of a connection.

use std::cmp::Ordering;
use std::path::Path;

use rusqlite::config::DbConfig;
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
    include_str!("../migrations/012_station_reports.sql"),
    include_str!("../migrations/013_limited.sql"),
    include_str!("../migrations/014_holdings.sql"),
    include_str!("../migrations/015_signed_values.sql"),
];

/// The connection that writes, with the newest format.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    let refused = |error: rusqlite::Error| OpenError::Database {
        path: path.to_owned(),
        message: explain("prepare the database", &error).message,
    };
    let mut connection = Connection::open(path).map_err(refused)?;
    connection.busy_timeout(limits::BUSY).map_err(refused)?;
    keep_statements(&connection).map_err(refused)?;
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
    keep_statements(&connection)?;
    Ok(connection)
}

/// Statements are prepared once: without the guarantee SQLite plans some of them anew for each value that is bound.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(limits::STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
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
    let sql = "SELECT 1 FROM (SELECT least_id, greatest_id FROM packs WHERE first <= ?1 ORDER BY first DESC LIMIT 1)
               WHERE ?2 BETWEEN least_id AND greatest_id";
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
    use amprule_domain::event::Boot;
    use amprule_domain::reported::{Identity, Powers, Reported};
    use amprule_domain::station::{Provisioning, StationRecord};
    use amprule_domain::{StationId, Timestamp};

    use super::*;
    use crate::aside::{Aside, Reading, stranger};
    use crate::read::records;

    /// As the step that has this in it found it.
    fn before(step: &str, path: &Path) -> Connection {
        let mut old = Connection::open(path).unwrap();
        for (number, sql) in MIGRATIONS.iter().enumerate().take_while(|(_, sql)| !sql.contains(step)) {
            migrate(&mut old, number + 1, sql).unwrap();
        }
        old
    }

    #[test]
    fn kept_messages_of_an_older_database_know_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("amprule.db");
        let old = before("ALTER TABLE kept ADD COLUMN past", &path);
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

    /// Stations' bodies as earlier versions wrote them, and as some hand left them.
    #[test]
    fn what_stations_of_an_older_database_said_leaves_the_operators_record() {
        let record = |id: &str| StationRecord::new(StationId::from(id), Provisioning::Accepted);
        let cases = [
            (
                r#"{"id":"told","provisioning":"pending","securityProfile":1,"passwordHash":"h","location":"Yard","group":"depot",
                    "timeZone":"Europe/Berlin","powerWMax":{"1":11000},"powerWReported":{"0":22000,"2":50000},
                    "powerWConnectors":{"1":4200,"2":null},"boot":{"vendor":"Volta \"V\"","model":"One","serial":"0042",
                    "firmware":null,"reason":"PowerUp"},"protocol":"ocpp-test","bootedAt":"2026-07-01T08:00:00.123456Z"}"#,
                StationRecord {
                    provisioning: Provisioning::Pending,
                    security_profile: 1,
                    password_hash: Some("h".to_owned()),
                    location: Some("Yard".to_owned()),
                    group: Some("depot".to_owned()),
                    time_zone: "Europe/Berlin".to_owned(),
                    power_w_max: [(1, 11_000)].into(),
                    ..record("told")
                },
                Reported {
                    identity: Identity {
                        boot: Boot {
                            vendor: "Volta \"V\"".to_owned(),
                            model: "One".to_owned(),
                            serial: Some("0042".to_owned()),
                            firmware: None,
                            reason: Some("PowerUp".to_owned()),
                        },
                        booted_at: "2026-07-01T08:00:00.123456Z".parse::<Timestamp>().ok(),
                        protocol: Some("ocpp-test".to_owned()),
                    },
                    powers: Powers {
                        evses: [(0, 22_000), (2, 50_000)].into(),
                        connectors: [(1, Some(4_200)), (2, None)].into(),
                    },
                },
            ),
            (
                r#"{"id":"silent","provisioning":"accepted","securityProfile":0,"passwordHash":null,"location":null,
                    "timeZone":"UTC","boot":{"vendor":"","model":"","serial":null,"firmware":null,"reason":null},
                    "protocol":null,"bootedAt":null}"#,
                record("silent"),
                Reported::default(),
            ),
            (
                r#"{"id":"nobody","provisioning":"accepted","securityProfile":0,"passwordHash":null,"location":null,
                    "timeZone":"UTC","boot":{"vendor":7},"protocol":null,"bootedAt":null}"#,
                record("nobody"),
                Reported::default(),
            ),
            (
                r#"{"id":"by-hand","provisioning":"accepted","securityProfile":0,"passwordHash":null,"location":null,
                    "timeZone":"UTC","powerWReported":"abc","powerWConnectors":{"1":4200},"protocol":null}"#,
                record("by-hand"),
                Reported {
                    powers: Powers { connectors: [(1, Some(4_200))].into(), ..Powers::default() },
                    ..Reported::default()
                },
            ),
            (r#"{"id":"#, stranger(&StationId::from("cut")), Reported::default()),
            ("[1]", stranger(&StationId::from("list")), Reported::default()),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("amprule.db");
        let old = before("CREATE TABLE reports", &path);
        for (body, record, _) in &cases {
            let sql = "INSERT INTO stations (id, since, body) VALUES (?1, 0, ?2)";
            old.execute(sql, (record.id.as_str(), body)).unwrap();
        }
        drop(old);
        let (new, aside) = (open_writer(&path).unwrap(), Aside::default());
        let reading = Reading { connection: &new, aside: &aside };
        for (body, record, reported) in cases {
            assert_eq!(records::station(&reading, &record.id).unwrap(), Some(record.clone()), "{body}");
            assert_eq!(records::reported(&reading, &record.id).unwrap(), reported, "{body}");
        }
        let sql = "SELECT count(*) FROM stations WHERE body LIKE '%Volta%' OR body LIKE '%powerWReported%'";
        let left: i64 = new.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "it stands in one place");
    }
}
