//! What is appended: bills, and kept messages, where the oldest goes when a new one comes.

use amprule_domain::StationId;
use amprule_domain::bill::Bill;
use amprule_domain::effect::KeptMessage;
use rusqlite::{Connection, OptionalExtension, params};

use crate::codec::micros;
use crate::error::Outcome;
use crate::forms::BILL;
use crate::packed::Packer;
use crate::settings::KeptBounds;

pub(super) struct Log<'c> {
    connection: &'c Connection,
    packer: Packer,
    kept: KeptBounds,
}

impl<'c> Log<'c> {
    pub(super) fn new(connection: &'c Connection, kept: KeptBounds) -> Outcome<Self> {
        Ok(Self { connection, packer: Packer::quick()?, kept })
    }

    /// Each reason has a ring of its own, so that many messages of one do not push out another's few. The oldest go, of
    /// more messages than there may be and of more bytes; the newest stays, however large.
    pub(super) fn keep(&self, kept: &KeptMessage) -> Outcome<()> {
        let n = self.next("SELECT max(n) FROM kept WHERE station = ?1", &kept.station)?;
        let (turn, past) = self.end_of_ring(kept)?;
        let sql = "INSERT INTO kept (station, n, received_at, action, why, payload, turn, past)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let (station, received_at, payload) = (kept.station.as_str(), micros(kept.received_at), &*kept.payload);
        let row = params![station, n, received_at, kept.action, kept.why, payload, turn, past];
        self.connection.prepare_cached(sql)?.execute(row)?;
        let bytes_over = past + payload.len() as i64 - i64::try_from(self.kept.bytes).unwrap_or(i64::MAX);
        let first = self.first_from(kept, bytes_over)?.unwrap_or(turn).min(turn);
        let first = first.max(turn + 1 - i64::from(self.kept.messages));
        let sql = "DELETE FROM kept WHERE station = ?1 AND why = ?2 AND turn < ?3";
        self.connection.prepare_cached(sql)?.execute(params![station, kept.why, first])?;
        Ok(())
    }

    /// The next turn, and the bytes of all turns before it.
    fn end_of_ring(&self, kept: &KeptMessage) -> Outcome<(i64, i64)> {
        let sql = "SELECT turn + 1, past + octet_length(payload) FROM kept WHERE station = ?1 AND why = ?2
                   ORDER BY turn DESC LIMIT 1";
        let ring = params![kept.station.as_str(), kept.why];
        let end = self.connection.prepare_cached(sql)?.query_row(ring, |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(end.optional()?.unwrap_or((1, 0)))
    }

    /// The oldest turn that begins at this byte of the ring or later.
    fn first_from(&self, kept: &KeptMessage, byte: i64) -> Outcome<Option<i64>> {
        let sql = "SELECT turn FROM kept WHERE station = ?1 AND why = ?2 AND past >= ?3 ORDER BY turn LIMIT 1";
        let ring = params![kept.station.as_str(), kept.why, byte];
        Ok(self.connection.prepare_cached(sql)?.query_row(ring, |row| row.get(0)).optional()?)
    }

    /// A bill that is there already stays as it is.
    pub(super) fn bill(&mut self, bill: &Bill) -> Outcome<()> {
        let sql = "INSERT INTO bills (session, version, form, body) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (session, version) DO NOTHING";
        let row = params![bill.session.0, bill.version, BILL, self.packer.pack(bill)?];
        self.connection.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    fn next(&self, latest: &str, station: &StationId) -> Outcome<i64> {
        let n: Option<i64> = self.connection.prepare_cached(latest)?.query_row([station.as_str()], |row| row.get(0))?;
        Ok(n.unwrap_or(0) + 1)
    }
}
