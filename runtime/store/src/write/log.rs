//! What is appended and bounded: answers and kept messages, where the oldest goes when a new one comes, and
//! decisions, which are filed later.

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::decision::Decision;
use amprule_domain::effect::{Answered, BillVersion, KeptMessage};
use rusqlite::{Connection, params};

use crate::codec::{Body, micros};
use crate::decisions::Filing;
use crate::error::Outcome;
use crate::limits::ANSWERS_PER_STATION;

pub(super) struct Log<'c> {
    connection: &'c Connection,
    body: Body,
    kept_per_reason: u32,
    filing: Arc<Filing>,
}

impl<'c> Log<'c> {
    pub(super) fn new(connection: &'c Connection, kept_per_reason: u32, filing: Arc<Filing>) -> Self {
        Self { connection, body: Body::default(), kept_per_reason, filing }
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

    /// Each reason has a ring of its own, so that many messages of one do not push out another's few.
    pub(super) fn keep(&self, kept: &KeptMessage) -> Outcome<()> {
        let n = self.next("SELECT max(n) FROM kept WHERE station = ?1", &kept.station)?;
        let latest = "SELECT coalesce(max(turn), 0) + 1 FROM kept WHERE station = ?1 AND why = ?2";
        let ring = params![kept.station.as_str(), kept.why];
        let turn: i64 = self.connection.prepare_cached(latest)?.query_row(ring, |row| row.get(0))?;
        let sql = "INSERT INTO kept (station, n, received_at, action, why, payload, turn) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (station, received_at, payload) = (kept.station.as_str(), micros(kept.received_at), &*kept.payload);
        let row = params![station, n, received_at, kept.action, kept.why, payload, turn];
        self.connection.prepare_cached(sql)?.execute(row)?;
        let sql = "DELETE FROM kept WHERE station = ?1 AND why = ?2 AND turn <= ?3";
        let surplus = params![station, kept.why, turn - i64::from(self.kept_per_reason)];
        self.connection.prepare_cached(sql)?.execute(surplus)?;
        Ok(())
    }

    /// A bill that is there already stays as it is.
    pub(super) fn bill(&mut self, bill: &BillVersion) -> Outcome<()> {
        let sql = "INSERT INTO bills (session, version, body) VALUES (?1, ?2, ?3) ON CONFLICT (session, version) DO NOTHING";
        let row = params![bill.session.0, bill.version, self.body.of(bill)?];
        self.connection.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    /// A decision that is there already stays as it is. Places go on after the last that was filed.
    pub(super) fn decide(&mut self, decision: &Decision) -> Outcome<()> {
        let sql = "INSERT INTO decisions (n, id, session, body)
                   VALUES (max((SELECT coalesce(max(n), 0) FROM decisions), ?4) + 1, ?1, ?2, ?3)
                   ON CONFLICT (id) DO NOTHING";
        let session = decision.session.as_ref().map(|session| session.0.as_bytes().as_slice());
        let (id, filed) = (decision.id.0.as_bytes().as_slice(), self.filing.filed());
        self.connection.prepare_cached(sql)?.execute(params![id, session, self.body.of(decision)?, filed])?;
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
