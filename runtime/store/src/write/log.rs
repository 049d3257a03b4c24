//! What is appended and bounded: answers, kept messages, decisions. The oldest goes when a new one comes.

use amprule_domain::StationId;
use amprule_domain::decision::Decision;
use amprule_domain::effect::{Answered, KeptMessage};
use rusqlite::{Connection, params};

use crate::codec::{Body, micros};
use crate::error::Outcome;
use crate::limits::{ANSWERS_PER_STATION, DECISIONS_KEPT, KEPT_PER_STATION};

pub(super) struct Log<'c> {
    connection: &'c Connection,
    body: Body,
}

impl<'c> Log<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, body: Body::default() }
    }

    /// `position` is the journal's: it tells an answer's place among the messages with readings.
    pub(super) fn answer(&mut self, station: &StationId, position: i64, answer: &Answered) -> Outcome<()> {
        let n = self.next("SELECT max(n) FROM answers WHERE station = ?1", station)?;
        let sql = "INSERT INTO answers (station, n, position, message, digest, reply) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (message, digest) = (&*answer.message.id, answer.message.digest.cast_signed());
        let reply = self.body.of(&answer.reply)?;
        let row = params![station.as_str(), n, position, message, digest, reply];
        self.connection.prepare_cached(sql)?.execute(row)?;
        self.forget("DELETE FROM answers WHERE station = ?1 AND n <= ?2", station, n - ANSWERS_PER_STATION)
    }

    pub(super) fn keep(&self, kept: &KeptMessage) -> Outcome<()> {
        let n = self.next("SELECT max(n) FROM kept WHERE station = ?1", &kept.station)?;
        let sql = "INSERT INTO kept (station, n, received_at, action, why, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let row = params![kept.station.as_str(), n, micros(kept.received_at), kept.action, kept.why, &*kept.payload];
        self.connection.prepare_cached(sql)?.execute(row)?;
        self.forget("DELETE FROM kept WHERE station = ?1 AND n <= ?2", &kept.station, n - KEPT_PER_STATION)
    }

    /// A decision that is there already stays as it is.
    pub(super) fn decide(&mut self, decision: &Decision) -> Outcome<()> {
        let sql = "INSERT INTO decisions (id, session, body) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING";
        let session = decision.session.as_ref().map(|session| session.0.as_bytes().as_slice());
        let row = params![decision.id.0.as_bytes().as_slice(), session, self.body.of(decision)?];
        if self.connection.prepare_cached(sql)?.execute(row)? == 1 {
            let oldest = self.connection.last_insert_rowid() - DECISIONS_KEPT;
            self.connection.prepare_cached("DELETE FROM decisions WHERE n <= ?1")?.execute([oldest])?;
        }
        Ok(())
    }

    fn next(&self, latest: &str, station: &StationId) -> Outcome<i64> {
        let n: Option<i64> = self.connection.prepare_cached(latest)?.query_row([station.as_str()], |row| row.get(0))?;
        Ok(n.unwrap_or(0) + 1)
    }

    fn forget(&self, sql: &str, station: &StationId, up_to: i64) -> Outcome<()> {
        if up_to > 0 {
            self.connection.prepare_cached(sql)?.execute(params![station.as_str(), up_to])?;
        }
        Ok(())
    }
}
