//! Answers to messages that may be repeated: of each station the latest.

use std::collections::HashMap;

use amprule_domain::StationId;
use amprule_domain::effect::Answered;
use rusqlite::{Connection, Statement, params};

use crate::codec::Body;
use crate::error::Outcome;
use crate::limits::{ANSWERS_PER_STATION, ANSWERS_TRIM, RINGS_AT_HAND};

pub(super) struct Answers<'c> {
    latest: Statement<'c>,
    add: Statement<'c>,
    forget: Statement<'c>,
    /// Each station's latest number.
    numbers: HashMap<StationId, i64>,
    body: Body,
}

impl<'c> Answers<'c> {
    pub(super) fn new(connection: &'c Connection) -> Outcome<Self> {
        Ok(Self {
            latest: connection.prepare("SELECT coalesce(max(n), 0) FROM answers WHERE station = ?1")?,
            add: connection.prepare(
                "INSERT INTO answers (station, n, position, message, digest, reply) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?,
            forget: connection.prepare("DELETE FROM answers WHERE station = ?1 AND n <= ?2")?,
            numbers: HashMap::new(),
            body: Body::default(),
        })
    }

    /// `position` is the journal's: it tells an answer's place among the messages with readings.
    pub(super) fn add(&mut self, station: &StationId, position: i64, answer: &Answered) -> Outcome<()> {
        let n = self.next(station)?;
        let (message, digest) = (&*answer.message.id, answer.message.digest.cast_signed());
        let reply = self.body.of(&answer.reply)?;
        self.add.execute(params![station.as_str(), n, position, message, digest, reply])?;
        // The oldest stand in another page than the newest.
        let old = n - ANSWERS_PER_STATION;
        if old > 0 && n % ANSWERS_TRIM == 0 {
            self.forget.execute(params![station.as_str(), old])?;
        }
        Ok(())
    }

    /// Of a station that is gone; of all: after a rollback.
    pub(super) fn forget(&mut self, station: Option<&StationId>) {
        match station {
            Some(station) => drop(self.numbers.remove(station)),
            None => self.numbers.clear(),
        }
    }

    fn next(&mut self, station: &StationId) -> Outcome<i64> {
        if let Some(n) = self.numbers.get_mut(station) {
            *n += 1;
            return Ok(*n);
        }
        if self.numbers.len() >= RINGS_AT_HAND {
            self.numbers.clear();
        }
        let n = self.latest.query_row([station.as_str()], |row| row.get::<_, i64>(0))? + 1;
        self.numbers.insert(station.clone(), n);
        Ok(n)
    }
}
