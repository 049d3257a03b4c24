//! Sessions that ended long ago are filed: their readings leave the journal for one packed row.
//!
//! The latest to end stay as they are: late messages still come for them, and what a station repeats is known by the
//! journal. A session that changes after all goes to the end of the queue.

use std::time::Instant;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use tracing::warn;

use crate::codec::{self, Received, micros};
use crate::error::{Failure, Outcome};
use crate::limits::{FILED_AT_ONCE, FILED_ROWS_AT_ONCE, FILING_INTERVAL};
use crate::packed::Packer;
use crate::settings::ReadingSettings;

pub(super) struct Past<'c> {
    connection: &'c Connection,
    packer: Packer,
    settings: ReadingSettings,
    /// So many more are waiting than may, and the last in the queue when they were counted.
    surplus: i64,
    counted_at: i64,
    /// The last time ended at its bound.
    has_more: bool,
    /// After a failure.
    rests_until: Option<Instant>,
}

/// The first of the queue.
struct First {
    session: i64,
    started_at: i64,
    is_ended: bool,
    /// Sessions are packed when they end; those of earlier versions were not.
    is_text: bool,
    journal_end: Option<i64>,
    last_received: Option<i64>,
}

/// A message of the journal.
struct Message {
    position: i64,
    received: Received,
}

impl<'c> Past<'c> {
    pub(super) fn new(connection: &'c Connection, settings: ReadingSettings) -> Outcome<Self> {
        let (packer, surplus, counted_at) = (Packer::small()?, 0, i64::MIN);
        Ok(Self { connection, packer, settings, surplus, counted_at, has_more: false, rests_until: None })
    }

    /// So many are too many that a transaction for them is worth it.
    pub(super) fn is_due(&mut self) -> bool {
        self.count(FILED_AT_ONCE).is_ok() && self.surplus >= FILED_AT_ONCE
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
            self.counted_at = i64::MIN;
        }
    }

    /// Whether there may be more.
    fn work_on_some(&mut self) -> Outcome<bool> {
        self.count(1)?;
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

    /// Readings from before this are not kept.
    fn oldest(&self) -> Option<i64> {
        let now = self.settings.clock.as_ref()?.now();
        now.checked_sub(self.settings.keep_for).ok().map(micros)
    }

    /// To count takes a while, so it is done when so many may have come.
    fn count(&mut self, after: i64) -> Outcome<()> {
        let last = "SELECT coalesce(max(n), 0) FROM unfiled";
        let last: i64 = self.connection.prepare_cached(last)?.query_row([], |row| row.get(0))?;
        // An empty queue begins anew with 1.
        if last < self.counted_at || last.saturating_sub(self.counted_at) >= after {
            let count = "SELECT count(*) FROM unfiled";
            let count: i64 = self.connection.prepare_cached(count)?.query_row([], |row| row.get(0))?;
            (self.surplus, self.counted_at) = (count - i64::from(self.settings.hot_sessions), last);
        }
        Ok(())
    }

    /// `None`: it may stay. The journal's latest row never leaves: the next one counts from it.
    fn first(&self, oldest: Option<i64>) -> Outcome<Option<First>> {
        let sql = "SELECT session, coalesce(started_at, 0), state = 'ended', journal_end, received_at,
                   typeof(head) = 'text' OR typeof(course) = 'text' FROM unfiled
                   LEFT JOIN sessions ON sessions.no = session LEFT JOIN courses ON courses.no = session
                   LEFT JOIN journal ON position = journal_end ORDER BY n LIMIT 1";
        let first = self.connection.prepare_cached(sql)?.query_row([], |row| {
            let is_ended = row.get::<_, Option<bool>>(2)?.unwrap_or(false);
            let (session, started_at, journal_end) = (row.get(0)?, row.get(1)?, row.get(3)?);
            let (last_received, is_text) = (row.get(4)?, row.get::<_, Option<bool>>(5)?.unwrap_or(false));
            Ok(First { session, started_at, is_ended, is_text, journal_end, last_received })
        });
        let Some(first) = first.optional()? else { return Ok(None) };
        let is_old = oldest.is_some_and(|oldest| first.until() < oldest);
        let newest = "SELECT max(position) FROM journal";
        let newest: Option<i64> = self.connection.prepare_cached(newest)?.query_row([], |row| row.get(0))?;
        let is_newest = first.journal_end.is_some() && first.journal_end == newest;
        Ok(Some(first).filter(|_| !is_newest && (is_old || self.surplus > 0)))
    }

    /// Returns how many rows have left the journal. A session with very many stays first until all of them have.
    fn file(&mut self, first: &First) -> Outcome<usize> {
        let mut rows = 0;
        // One that goes on comes again when it ends.
        if first.is_ended {
            rows = first.journal_end.map_or(Ok(0), |end| self.file_readings(first, end))?;
            if rows >= FILED_ROWS_AT_ONCE {
                return Ok(rows);
            }
            if first.is_text {
                self.pack_rows(first.session)?;
            }
        }
        self.connection.prepare_cached("DELETE FROM unfiled WHERE session = ?1")?.execute([first.session])?;
        self.surplus -= 1;
        Ok(rows)
    }

    /// The oldest, at most [`FILED_ROWS_AT_ONCE`].
    fn file_readings(&mut self, first: &First, end: i64) -> Outcome<usize> {
        let session = first.session;
        let (messages, next) = match self.oldest_messages(end) {
            Ok(found) => found,
            Err(failure) => {
                warn!(session, %failure, "readings of a session cannot be read; they stay in the journal");
                return Ok(0);
            }
        };
        let until = messages.last().map_or(i64::MIN, |last| last.received.at_ms.saturating_mul(1_000));
        let positions: Vec<i64> = messages.iter().map(|message| message.position).collect();
        let body = self.packer.pack(&codec::to_steps(messages.into_iter().map(|message| message.received)))?;
        let sql = "INSERT INTO readings (session, until, body) VALUES (?1, ?2, ?3)";
        self.connection.prepare_cached(sql)?.execute(params![session, until.max(first.started_at), body])?;
        let mut delete = self.connection.prepare_cached("DELETE FROM journal WHERE position = ?1")?;
        for position in &positions {
            delete.execute([position])?;
        }
        let (sql, of) = match next {
            Some(position) => ("UPDATE journal SET previous = NULL WHERE position = ?1", position),
            None => ("UPDATE courses SET journal_end = NULL WHERE no = ?1", session),
        };
        self.connection.prepare_cached(sql)?.execute([of])?;
        Ok(positions.len())
    }

    /// Of a session's chain in the journal, oldest first; and the position of the one behind them, if there are more.
    fn oldest_messages(&self, end: i64) -> Outcome<(Vec<Message>, Option<i64>)> {
        let mut positions = self.chain(end)?;
        let more = positions.len().saturating_sub(FILED_ROWS_AT_ONCE);
        let next = more.checked_sub(1).map(|at| positions[at]);
        let mut statement =
            self.connection.prepare_cached("SELECT received_at, readings FROM journal WHERE position = ?1")?;
        let mut messages = Vec::with_capacity(positions.len() - more);
        for position in positions.drain(more..).rev() {
            let mut rows = statement.query([position])?;
            let Some(row) = rows.next()? else { break };
            let readings = codec::readings(codec::text(row, 1)?)?;
            let received = Received { at_ms: row.get::<_, i64>(0)?.div_euclid(1_000), readings };
            messages.push(Message { position, received });
        }
        Ok((messages, next))
    }

    /// Newest first.
    fn chain(&self, end: i64) -> Outcome<Vec<i64>> {
        let mut statement = self.connection.prepare_cached("SELECT previous FROM journal WHERE position = ?1")?;
        let (mut positions, mut at) = (Vec::new(), Some(end));
        while let Some(position) = at {
            let previous: Option<Option<i64>> = statement.query_row([position], |row| row.get(0)).optional()?;
            let Some(previous) = previous else { break };
            if previous.is_some_and(|previous| previous >= position) {
                return Err(Failure::Broken(format!("row {position} of the journal points at a later one")));
            }
            positions.push(position);
            at = previous;
        }
        Ok(positions)
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
        let sql = "DELETE FROM readings WHERE n IN (SELECT n FROM readings WHERE until < ?1 ORDER BY until LIMIT ?2)";
        Ok(self.connection.prepare_cached(sql)?.execute([oldest, FILED_AT_ONCE])?)
    }
}

impl First {
    /// A clock that stood years back when it received does not make a session old.
    fn until(&self) -> i64 {
        self.last_received.unwrap_or(i64::MIN).max(self.started_at)
    }
}
