//! Decisions: those of one transaction in one row, which packs them together and costs one place in each index.
//!
//! Where transactions are small, the next ones go into the same row until it holds some.

use std::sync::Arc;

use amprule_domain::DecisionId;
use amprule_domain::decision::Decision;
use rusqlite::{Connection, OptionalExtension, Statement, params};

use crate::decisions::{Filing, mark_of};
use crate::error::Outcome;
use crate::limits::{PACK_BYTES, PACK_ROWS};
use crate::packed::Packer;

pub(super) struct Decisions<'c> {
    last: Statement<'c>,
    put: Statement<'c>,
    packer: Packer,
    filing: Arc<Filing>,
    /// The place of the last one. `None` until it is looked up.
    end: Option<i64>,
    /// Of the transaction that runs.
    new: Pack,
    /// The row that was written last, while there is room in it.
    open: Option<Pack>,
}

#[derive(Default)]
struct Pack {
    first: i64,
    count: i64,
    /// The least and the greatest.
    ids: Option<(DecisionId, DecisionId)>,
    sessions: Vec<u8>,
    lines: Vec<u8>,
}

impl<'c> Decisions<'c> {
    pub(super) fn new(connection: &'c Connection, filing: Arc<Filing>) -> Outcome<Self> {
        let sql =
            "INSERT INTO packs (first, count, least_id, greatest_id, sessions, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (first) DO UPDATE SET
                       count = excluded.count, least_id = excluded.least_id, greatest_id = excluded.greatest_id,
                       sessions = excluded.sessions, body = excluded.body";
        Ok(Self {
            last: connection.prepare("SELECT first + count - 1 FROM packs ORDER BY first DESC LIMIT 1")?,
            put: connection.prepare(sql)?,
            packer: Packer::quick()?,
            filing,
            end: None,
            new: Pack::default(),
            open: None,
        })
    }

    pub(super) fn add(&mut self, decision: &Decision) -> Outcome<()> {
        self.new.add(decision)?;
        if self.new.lines.len() < PACK_BYTES { Ok(()) } else { self.finish() }
    }

    /// Writes what the transaction has brought. Places go on after the last one, filed or not.
    pub(super) fn finish(&mut self) -> Outcome<()> {
        if self.new.count == 0 {
            return Ok(());
        }
        let (filed, end) = (self.filing.filed(), self.end()?);
        let fits = |open: &Pack| open.first > filed && open.count + self.new.count <= PACK_ROWS;
        match self.open.take().filter(fits) {
            Some(mut open) => {
                open.append(&self.new);
                std::mem::swap(&mut self.new, &mut open);
            }
            None => self.new.first = end.max(filed) + 1,
        }
        let Pack { first, count, ids, sessions, lines } = &self.new;
        if let Some((least, greatest)) = ids {
            let (least, greatest) = (least.0.as_bytes().as_slice(), greatest.0.as_bytes().as_slice());
            let body = self.packer.pack_text(lines)?;
            self.put.execute(params![first, count, least, greatest, sessions, body])?;
        }
        self.end = Some(first + count - 1);
        match *count < PACK_ROWS {
            true => self.open = Some(std::mem::take(&mut self.new)),
            false => self.new.clear(),
        }
        Ok(())
    }

    /// After a rollback.
    pub(super) fn forget(&mut self) {
        (self.end, self.open) = (None, None);
        self.new.clear();
    }

    fn end(&mut self) -> Outcome<i64> {
        match self.end {
            Some(end) => Ok(end),
            None => Ok(self.last.query_row([], |row| row.get(0)).optional()?.unwrap_or(0)),
        }
    }
}

impl Pack {
    fn add(&mut self, decision: &Decision) -> Outcome<()> {
        serde_json::to_writer(&mut self.lines, decision)?;
        self.lines.push(b'\n');
        let (least, greatest) = self.ids.unwrap_or((decision.id, decision.id));
        self.ids = Some((least.min(decision.id), greatest.max(decision.id)));
        if let Some(session) = &decision.session {
            self.sessions.extend_from_slice(&mark_of(*session));
        }
        self.count += 1;
        Ok(())
    }

    fn append(&mut self, new: &Self) {
        self.count += new.count;
        self.lines.extend_from_slice(&new.lines);
        self.sessions.extend_from_slice(&new.sessions);
        self.ids = match (self.ids, new.ids) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
    }

    /// Keeps its room.
    fn clear(&mut self) {
        self.lines.clear();
        self.sessions.clear();
        (self.count, self.ids) = (0, None);
    }
}
