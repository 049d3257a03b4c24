//! The journal of readings: rows in the order of their arrival, each pointing back to its session's row before.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use amprule_domain::SessionNo;
use amprule_domain::effect::ReadingsRow;
use rusqlite::{Connection, OptionalExtension, Statement, params};

use crate::codec::{Body, micros};
use crate::error::{Failure, Outcome};
use crate::limits::JOURNAL_ENDS;

pub(super) struct Journal<'c> {
    last: Statement<'c>,
    append: Statement<'c>,
    find_end: Statement<'c>,
    set_end: Statement<'c>,
    /// `None` until it is looked up.
    position: Option<i64>,
    ends: HashMap<SessionNo, i64>,
    /// Sessions whose new end is not in their row yet.
    moved: Vec<SessionNo>,
    body: Body,
}

impl<'c> Journal<'c> {
    pub(super) fn new(connection: &'c Connection) -> Outcome<Self> {
        Ok(Self {
            last: connection.prepare("SELECT coalesce(max(position), 0) FROM journal")?,
            append: connection.prepare(
                "INSERT INTO journal (position, previous, received_at, message, digest, readings) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?,
            find_end: connection.prepare("SELECT journal_end FROM courses WHERE no = ?1")?,
            set_end: connection.prepare("UPDATE courses SET journal_end = ?2 WHERE no = ?1")?,
            position: None,
            ends: HashMap::new(),
            moved: Vec::new(),
            body: Body::default(),
        })
    }

    /// The latest row's.
    pub(super) fn position(&mut self) -> Outcome<i64> {
        match self.position {
            Some(position) => Ok(position),
            None => Ok(*self.position.insert(self.last.query_row([], |row| row.get(0))?)),
        }
    }

    pub(super) fn append(&mut self, row: &ReadingsRow) -> Outcome<()> {
        let position = self.position()? + 1;
        let previous = self.move_end(row.session, position)?;
        let readings = self.body.of_readings(&row.readings)?;
        let (message, digest) = (&*row.message.id, row.message.digest.cast_signed());
        self.append.execute(params![position, previous, micros(row.received_at), message, digest, readings])?;
        self.position = Some(position);
        Ok(())
    }

    /// The end that the session's row is about to carry; `None`: it has not moved.
    pub(super) fn take_end(&mut self, session: SessionNo) -> Option<i64> {
        let at = self.moved.iter().position(|&moved| moved == session)?;
        self.moved.swap_remove(at);
        self.ends.get(&session).copied()
    }

    /// No more readings are expected of this session.
    pub(super) fn ended(&mut self, session: SessionNo) {
        self.ends.remove(&session);
    }

    /// Writes the ends that no session's row has taken along.
    pub(super) fn finish(&mut self) -> Outcome<()> {
        while let Some(session) = self.moved.pop() {
            let end = self.ends.get(&session).copied();
            if self.set_end.execute(params![session.0, end])? == 0 {
                return Err(Failure::Broken(format!("there is no session number {}", session.0)));
            }
        }
        Ok(())
    }

    pub(super) fn forget(&mut self) {
        self.position = None;
        self.ends.clear();
        self.moved.clear();
    }

    /// Returns the end before.
    fn move_end(&mut self, session: SessionNo, position: i64) -> Outcome<Option<i64>> {
        if self.ends.len() >= JOURNAL_ENDS && self.moved.is_empty() {
            self.ends.clear();
        }
        if !self.moved.contains(&session) {
            self.moved.push(session);
        }
        match self.ends.entry(session) {
            Entry::Occupied(mut known) => Ok(Some(known.insert(position))),
            Entry::Vacant(unknown) => {
                let end = self.find_end.query_row([session.0], |row| row.get(0)).optional()?.flatten();
                unknown.insert(position);
                Ok(end)
            }
        }
    }
}
