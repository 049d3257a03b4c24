//! Sessions that ended long ago are filed: their two rows are packed, and their readings leave the journal for one packed row.
//!
//! The latest to end stay as they are: late messages still come for them, and what a station repeats is known by the
//! journal. A session that changes after all is written as text again, and goes to the end of the queue.

use std::time::Instant;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use tracing::warn;

use crate::codec::{self, Received, micros};
use crate::error::Outcome;
use crate::limits::{FILED_AT_ONCE, FILED_ROWS_AT_ONCE, FILING_INTERVAL};
use crate::packed::Packer;
use crate::settings::ReadingSettings;

pub(super) struct Past<'c> {
    connection: &'c Connection,
    packer: Packer,
    settings: ReadingSettings,
    /// The last time ended at its bound.
    has_more: bool,
    /// After a failure.
    rests_until: Option<Instant>,
}

/// The session that ended first of those that are not filed.
struct First {
    n: i64,
    session: i64,
    journal_end: Option<i64>,
    last_received: Option<i64>,
}

impl<'c> Past<'c> {
    pub(super) fn new(connection: &'c Connection, settings: ReadingSettings) -> Outcome<Self> {
        Ok(Self { connection, packer: Packer::small()?, settings, has_more: false, rests_until: None })
    }

    /// So many are too many that a transaction for them is worth it.
    pub(super) fn is_due(&self) -> bool {
        self.surplus().is_ok_and(|surplus| surplus >= FILED_AT_ONCE)
    }

    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }

    /// Files some in a transaction of its own, and drops readings that are too old.
    pub(super) fn work(&mut self) {
        if self.rests_until.is_some_and(|until| Instant::now() < until) {
            return;
        }
        self.rests_until = None;
        let worked = self.work_on_some();
        self.has_more = matches!(worked, Ok(true));
        if let Err(failure) = worked {
            warn!(%failure, "sessions that ended long ago cannot be filed; they stay as they are, and it is tried again");
            self.rests_until = Some(Instant::now() + FILING_INTERVAL);
        }
    }

    /// Whether there may be more.
    fn work_on_some(&mut self) -> Outcome<bool> {
        let transaction = self.connection.unchecked_transaction()?;
        let oldest = self.oldest();
        let (mut sessions, mut rows) = (0, 0);
        while sessions < FILED_AT_ONCE && rows < FILED_ROWS_AT_ONCE {
            let Some(first) = self.first(oldest)? else { break };
            rows += self.file(&first)?;
            sessions += 1;
        }
        let dropped = oldest.map_or(Ok(0), |oldest| self.drop_older_than(oldest))?;
        transaction.commit()?;
        Ok(sessions == FILED_AT_ONCE || rows >= FILED_ROWS_AT_ONCE || dropped as i64 == FILED_AT_ONCE)
    }

    /// Readings that were received before this are not kept.
    fn oldest(&self) -> Option<i64> {
        let now = self.settings.clock.as_ref()?.now();
        now.checked_sub(self.settings.keep_for).ok().map(micros)
    }

    fn surplus(&self) -> Outcome<i64> {
        let sql = "SELECT (SELECT max(n) FROM unfiled) - (SELECT min(n) FROM unfiled) + 1";
        let waiting: Option<i64> = self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(waiting.unwrap_or(0) - i64::from(self.settings.hot_sessions))
    }

    /// `None`: it may stay. The journal's latest row never leaves: the next one counts from it.
    fn first(&self, oldest: Option<i64>) -> Outcome<Option<First>> {
        let sql = "SELECT n, session, journal_end, received_at FROM unfiled
                   LEFT JOIN courses ON no = session LEFT JOIN journal ON position = journal_end ORDER BY n LIMIT 1";
        let first = self.connection.prepare_cached(sql)?.query_row([], |row| {
            Ok(First { n: row.get(0)?, session: row.get(1)?, journal_end: row.get(2)?, last_received: row.get(3)? })
        });
        let Some(first) = first.optional()? else { return Ok(None) };
        let is_old = first.last_received.zip(oldest).is_some_and(|(at, oldest)| at < oldest);
        let newest = "SELECT max(position) FROM journal";
        let newest: Option<i64> = self.connection.prepare_cached(newest)?.query_row([], |row| row.get(0))?;
        let is_newest = first.journal_end.is_some() && first.journal_end == newest;
        Ok(Some(first).filter(|_| !is_newest && (is_old || self.surplus().is_ok_and(|surplus| surplus > 0))))
    }

    /// Returns how many rows have left the journal.
    fn file(&mut self, first: &First) -> Outcome<usize> {
        self.connection.prepare_cached("DELETE FROM unfiled WHERE n = ?1")?.execute([first.n])?;
        let sql = "SELECT 1 FROM sessions WHERE no = ?1 AND state = 'ended'";
        // One that goes on comes again when it ends.
        if !self.connection.prepare_cached(sql)?.exists([first.session])? {
            return Ok(0);
        }
        let rows = first.journal_end.map_or(Ok(0), |end| self.file_readings(first.session, end))?;
        self.pack_rows(first.session)?;
        Ok(rows)
    }

    fn file_readings(&mut self, session: i64, end: i64) -> Outcome<usize> {
        let (positions, messages) = match self.chain(end) {
            Ok(chain) => chain,
            Err(failure) => {
                warn!(session, %failure, "readings of a session cannot be read; they stay in the journal");
                return Ok(0);
            }
        };
        let until = messages.last().map_or(0, |message| message.at_ms.saturating_mul(1_000));
        let body = self.packer.pack(&codec::to_steps(messages))?;
        let sql = "INSERT INTO readings (session, until, body) VALUES (?1, ?2, ?3)";
        self.connection.prepare_cached(sql)?.execute(params![session, until, body])?;
        let mut delete = self.connection.prepare_cached("DELETE FROM journal WHERE position = ?1")?;
        for position in &positions {
            delete.execute([position])?;
        }
        self.connection.prepare_cached("UPDATE courses SET journal_end = NULL WHERE no = ?1")?.execute([session])?;
        Ok(positions.len())
    }

    /// A session's rows of the journal: their positions, and what is in them, oldest first.
    fn chain(&self, end: i64) -> Outcome<(Vec<i64>, Vec<Received>)> {
        let sql = "SELECT previous, received_at, readings FROM journal WHERE position = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let (mut positions, mut messages, mut at) = (Vec::new(), Vec::new(), Some(end));
        while let Some(position) = at {
            let mut rows = statement.query([position])?;
            let Some(row) = rows.next()? else { break };
            let readings = codec::readings(codec::text(row, 2)?)?;
            messages.push(Received { at_ms: row.get::<_, i64>(1)?.div_euclid(1_000), readings });
            positions.push(position);
            at = row.get(0)?;
        }
        messages.reverse();
        Ok((positions, messages))
    }

    fn pack_rows(&mut self, session: i64) -> Outcome<()> {
        for (select, update) in [
            ("SELECT head FROM sessions WHERE no = ?1", "UPDATE sessions SET head = ?2 WHERE no = ?1"),
            ("SELECT course FROM courses WHERE no = ?1", "UPDATE courses SET course = ?2 WHERE no = ?1"),
        ] {
            let mut select = self.connection.prepare_cached(select)?;
            let mut rows = select.query([session])?;
            let Some(row) = rows.next()? else { continue };
            if let ValueRef::Text(json) = row.get_ref(0)? {
                let packed = self.packer.pack_text(json)?;
                self.connection.prepare_cached(update)?.execute(params![session, packed])?;
            }
        }
        Ok(())
    }

    /// Some at a time, since a station may be waiting.
    fn drop_older_than(&self, oldest: i64) -> Outcome<usize> {
        let sql = "DELETE FROM readings WHERE until < ?1 AND n < (SELECT min(n) FROM readings) + ?2";
        Ok(self.connection.prepare_cached(sql)?.execute([oldest, FILED_AT_ONCE])?)
    }
}
