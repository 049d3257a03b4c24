//! Rows that cannot be read: each is told of, kept as it was, and stands in nobody's way.
//!
//! Readers find them and go on without them. The writer copies them into the table `set_aside`, where an operator sees them,
//! with the next commit. A row of a table that is read by its key alone leaves that table, so that another may take its
//! place; a station waits to be accepted; sessions and decisions stay where they are.

use std::collections::HashSet;
use std::ops::Deref;

use amprule_domain::StationId;
use amprule_domain::doors::{Listed, Page, SetAside};
use amprule_domain::station::{Provisioning, StationRecord};
use parking_lot::Mutex;
use rusqlite::{Connection, params};

use crate::codec::{text, time};
use crate::error::Outcome;
use crate::limits::SET_ASIDE;
use crate::read::page::{Query, after};

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Found {
    pub(crate) table: &'static str,
    pub(crate) key: String,
    pub(crate) why: String,
    pub(crate) body: Vec<u8>,
}

/// What readers have found and the writer has not copied yet.
#[derive(Default)]
pub(crate) struct Aside {
    new: Mutex<Vec<Found>>,
    /// Each is told once. At the bound all are forgotten, and told again.
    told: Mutex<HashSet<(&'static str, String)>>,
}

/// A connection that reads, and goes on where a row cannot be read.
pub(crate) struct Reading<'r> {
    pub(crate) connection: &'r Connection,
    pub(crate) aside: &'r Aside,
}

impl Deref for Reading<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Reading<'_> {
    /// `None`: the row is set aside. What fails for another reason than the row's own is nobody's fault but the database's.
    pub(crate) fn or_aside<T>(
        &self,
        read: Outcome<T>,
        table: &'static str,
        key: impl FnOnce() -> String,
        body: impl FnOnce() -> Vec<u8>,
    ) -> Outcome<Option<T>> {
        match read {
            Ok(item) => Ok(Some(item)),
            Err(failure) if failure.is_of_the_row() => {
                self.aside.find(Found { table, key: key(), why: failure.to_string(), body: body() });
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}

impl Aside {
    pub(crate) fn find(&self, found: Found) {
        let mut told = self.told.lock();
        if told.len() >= SET_ASIDE {
            told.clear();
        }
        if told.insert((found.table, found.key.clone())) {
            let Found { table, key, why, .. } = &found;
            tracing::error!(table, key, why, "a row cannot be read and is set aside; GET /api/v1/set-aside shows it");
            self.new.lock().push(found);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.new.lock().is_empty()
    }

    /// By the writer.
    pub(crate) fn copy(&self, connection: &Connection) -> Outcome<()> {
        let found = std::mem::take(&mut *self.new.lock());
        for (done, row) in found.iter().enumerate() {
            if let Err(failure) = Self::copy_one(connection, row) {
                self.new.lock().extend_from_slice(&found[done..]);
                return Err(failure);
            }
        }
        Ok(())
    }

    fn copy_one(connection: &Connection, row: &Found) -> Outcome<()> {
        let Found { table, key, why, body } = row;
        let sql = "INSERT INTO set_aside (source, key, found_at, why, body) VALUES
                           (?1, ?2, CAST(unixepoch('subsec') * 1000000 AS INTEGER), ?3, ?4)
                       ON CONFLICT (source, key) DO UPDATE SET
                           found_at = excluded.found_at, why = excluded.why, body = excluded.body";
        connection.prepare_cached(sql)?.execute(params![table, key, why, body])?;
        // It may be another one by now.
        if *table == "stations" {
            let sql = "UPDATE stations SET body = ?3 WHERE id = ?1 AND CAST(body AS BLOB) = ?2";
            let stranger = serde_json::to_string(&stranger(&StationId::from(key.as_str())))?;
            connection.prepare_cached(sql)?.execute(params![key, body, stranger])?;
        } else if let Some(remove) = removal(table) {
            connection.prepare_cached(remove)?.execute(params![key, body])?;
        }
        Ok(())
    }
}

/// What a station is whose record cannot be read: its password is not known, so it may connect and nothing else until an
/// operator has said who it is.
pub(crate) fn stranger(id: &StationId) -> StationRecord {
    StationRecord::new(id.clone(), Provisioning::Pending)
}

fn removal(table: &str) -> Option<&'static str> {
    match table {
        "tokens" => Some("DELETE FROM tokens WHERE key = ?1 AND CAST(body AS BLOB) = ?2"),
        "connectors" => Some(
            "DELETE FROM connectors WHERE station || ' ' || evse || ' ' || connector = ?1 AND CAST(body AS BLOB) = ?2",
        ),
        "reports" => Some("DELETE FROM reports WHERE station || ' ' || kind = ?1 AND CAST(body AS BLOB) = ?2"),
        "limited" => Some("DELETE FROM limited WHERE station || ' ' || evse = ?1 AND CAST(body AS BLOB) = ?2"),
        "exchanges" => Some("DELETE FROM exchanges WHERE n = ?1 AND CAST(body AS BLOB) = ?2"),
        _ => None,
    }
}

/// Newest first.
pub(crate) fn list(connection: &Connection, page: &Page) -> Outcome<Listed<SetAside>> {
    let mut query = Query::new("SELECT n, source, key, found_at, why, body FROM set_aside");
    if let Some(n) = after::<i64>(page)? {
        query.filter("n < ?", [n.into()]);
    }
    query.list(connection, "n DESC", page, |row| {
        let body: Vec<u8> = row.get(5)?;
        let item = SetAside {
            table: text(row, 1)?.to_owned(),
            key: text(row, 2)?.to_owned(),
            found_at: time(row.get(3)?)?,
            why: text(row, 4)?.to_owned(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        Ok((row.get::<_, i64>(0)?.to_string(), Some(item)))
    })
}
