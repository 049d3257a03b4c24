//! Events for subscribers, and how far each has heard.

use amprule_domain::outbox::{OutboxEvent, Subscriber};
use rusqlite::{Connection, Statement, params};

use crate::codec::micros;
use crate::error::Outcome;
use crate::limits::{OUTBOX_KEPT, OUTBOX_MAX, OUTBOX_TRIM, OUTBOX_TRIMMED};

pub(super) struct Outbox<'c> {
    connection: &'c Connection,
    add: Statement<'c>,
}

impl<'c> Outbox<'c> {
    pub(super) fn new(connection: &'c Connection) -> Outcome<Self> {
        let sql = "INSERT INTO outbox (at, kind, station, session, bill, command) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        Ok(Self { connection, add: connection.prepare(sql)? })
    }

    pub(super) fn add(&mut self, event: &OutboxEvent) -> Outcome<()> {
        let OutboxEvent { at, kind, station, session, bill, command } = event;
        let session = session.as_ref().map(|session| session.0.as_bytes().as_slice());
        let command = command.as_ref().map(|command| command.0.as_bytes().as_slice());
        let place = self.add.insert(params![micros(*at), kind.as_str(), station.as_str(), session, bill, command])?;
        if place % OUTBOX_TRIM == 0 { self.trim(place) } else { Ok(()) }
    }

    /// What every subscriber has goes, but for the latest, and for the last that each has: it shows that nothing is missing
    /// behind it. Beyond the bound all goes, heard or not.
    fn trim(&self, newest: i64) -> Outcome<()> {
        let sql = "DELETE FROM outbox
                   WHERE place <= max(?1, min(?2, (SELECT coalesce(min(delivered) - 1, ?2) FROM subscribers)))
                   AND place < (SELECT min(place) FROM outbox) + ?3";
        let (lost, old) = (newest - OUTBOX_MAX, newest - OUTBOX_KEPT);
        self.connection.prepare_cached(sql)?.execute(params![lost, old, OUTBOX_TRIMMED])?;
        Ok(())
    }

    pub(super) fn subscriber(&self, subscriber: &Subscriber) -> Outcome<()> {
        let sql = "INSERT INTO subscribers (name, delivered, attempted, missed) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (name) DO UPDATE SET
                       delivered = excluded.delivered, attempted = excluded.attempted, missed = excluded.missed";
        let Subscriber { name, delivered, attempted, missed } = subscriber;
        let row = params![name, place(*delivered), attempted.map(place), place(*missed)];
        self.connection.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    pub(super) fn subscriber_gone(&self, name: &str) -> Outcome<()> {
        self.connection.prepare_cached("DELETE FROM subscribers WHERE name = ?1")?.execute([name])?;
        Ok(())
    }
}

fn place(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
