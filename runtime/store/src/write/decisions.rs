//! Decisions: those of one transaction in one row, which packs them together and costs one place in each index.
//!
//! Where transactions are small, the next ones go into the same row until it holds some; where one is large, it takes several.

use std::sync::Arc;

use amprule_domain::DecisionId;
use amprule_domain::decision::Decision;
use rusqlite::{Connection, OptionalExtension, Statement, params};

use crate::decisions::{Filing, mark_of};
use crate::error::Outcome;
use crate::limits::{PACK_BYTES, PACK_ROWS};
use crate::packed::Packer;

/// More decisions than a row ever holds.
const GAP: i64 = 1 << 20;

pub(super) struct Decisions<'c> {
    last: Statement<'c>,
    add: Statement<'c>,
    extend: Statement<'c>,
    packer: Packer,
    filing: Arc<Filing>,
    /// The place of the last one. `None` until it is looked up.
    end: Option<i64>,
    /// Of the transaction that runs.
    new: Gathered,
    /// The row that was written last, while there is room in it.
    open: Option<Gathered>,
}

#[derive(Default)]
struct Gathered {
    first: i64,
    count: i64,
    /// The least and the greatest.
    ids: Option<(DecisionId, DecisionId)>,
    sessions: Vec<u8>,
    lines: Vec<u8>,
}

impl<'c> Decisions<'c> {
    pub(super) fn new(connection: &'c Connection, filing: Arc<Filing>) -> Outcome<Self> {
        let add =
            "INSERT INTO packs (first, count, least_id, greatest_id, sessions, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let extend =
            "UPDATE packs SET count = ?2, least_id = ?3, greatest_id = ?4, sessions = ?5, body = ?6 WHERE first = ?1";
        Ok(Self {
            last: connection.prepare("SELECT first, count FROM packs ORDER BY first DESC LIMIT 1")?,
            add: connection.prepare(add)?,
            extend: connection.prepare(extend)?,
            packer: Packer::quick()?,
            filing,
            end: None,
            new: Gathered::default(),
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
        let fits = |open: &Gathered| open.first > filed && open.has_room_for(&self.new);
        let statement = match self.open.take().filter(fits) {
            Some(mut open) => {
                open.append(&self.new);
                std::mem::swap(&mut self.new, &mut open);
                &mut self.extend
            }
            None => {
                self.new.first = end.max(filed) + 1;
                &mut self.add
            }
        };
        let Gathered { first, count, ids, sessions, lines } = &self.new;
        if let Some((least, greatest)) = ids {
            let (least, greatest) = (least.0.as_bytes().as_slice(), greatest.0.as_bytes().as_slice());
            let body = self.packer.pack_text(lines)?;
            statement.execute(params![first, count, least, greatest, sessions, body])?;
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
            None => {
                let last = self.last.query_row([], |row| {
                    // Places may have gaps: behind a damaged row comes a wide one.
                    let count = row.get_ref(1)?.as_i64().ok().filter(|count| (1..=GAP).contains(count)).unwrap_or(GAP);
                    Ok(row.get::<_, i64>(0)?.saturating_add(count - 1))
                });
                Ok(last.optional()?.unwrap_or(0))
            }
        }
    }
}

impl Gathered {
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

    fn has_room_for(&self, new: &Self) -> bool {
        self.count + new.count <= PACK_ROWS && self.lines.len() + new.lines.len() <= PACK_BYTES
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
