//! Sessions: the short way for a message that only moves a session on, and both rows for everything else.

use amprule_domain::SessionNo;
use amprule_domain::session::{Session, SessionState};
use amprule_domain::token::IdToken;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Statement, ToSql, params};
use serde::Serialize;

use super::journal::Journal;
use crate::codec::{Body, micros};
use crate::error::{Failure, Outcome};
use crate::open_sessions::Changes;
use crate::packed::Packer;
use crate::session_form::{CourseOf, HeadOf, split};

pub(super) struct Sessions<'c> {
    move_on: Statement<'c>,
    settle: Statement<'c>,
    put_head: Statement<'c>,
    put_course: Statement<'c>,
    unmark: Statement<'c>,
    mark: Statement<'c>,
    may_be_filed: Statement<'c>,
    known: Statement<'c>,
    head: Part,
    course: Part,
    changes: Changes,
}

impl<'c> Sessions<'c> {
    pub(super) fn new(connection: &'c Connection) -> Outcome<Self> {
        Ok(Self {
            move_on: connection.prepare(MOVE_ON)?,
            settle: connection.prepare(SETTLE)?,
            put_head: connection.prepare(PUT_HEAD)?,
            put_course: connection.prepare(PUT_COURSE)?,
            unmark: connection.prepare("DELETE FROM marked WHERE session = ?1")?,
            mark: connection.prepare("INSERT OR IGNORE INTO marked (mark, started_at, session) VALUES (?1, ?2, ?3)")?,
            may_be_filed: connection.prepare("INSERT OR REPLACE INTO unfiled (session) VALUES (?1)")?,
            known: connection.prepare("SELECT iif(charging, token, NULL) FROM sessions WHERE no = ?1")?,
            head: Part::new()?,
            course: Part::new()?,
            changes: Changes::new(),
        })
    }

    pub(super) fn put(&mut self, session: &Session, journal: &mut Journal<'_>) -> Outcome<()> {
        let (head, course) = split(session);
        let price = session.price.as_ref();
        let total = price.map(|price| price.total.to_string());
        let currency = price.map(|price| price.currency.as_str());
        let (no, journal_end) = (session.no, journal.take_end(session.no));
        let (charging, is_over) = (session.occupies_its_token(), session.state == SessionState::Ended);
        let course_row = params![
            no.0,
            head.face(charging, &session.marks),
            total,
            currency,
            journal_end,
            self.course.of::<CourseOf<'_>>(&course, is_over)?
        ];
        if self.move_on.execute(course_row)? == 0 {
            let row = Row { session, charging, token: session.token.as_ref().map(IdToken::key) };
            let known = Known::of(&mut self.known, no)?;
            self.changes.extend(known.changes(&row));
            let head = self.head.of::<HeadOf<'_>>(&head, is_over)?;
            if !known.is_there || row.put(&mut self.settle, &head)? == 0 {
                row.put_whole(&mut self.put_head, &head)?;
            }
            self.put_course.execute(course_row)?;
            self.put_marks(session)?;
        }
        if is_over {
            journal.ended(no);
            self.may_be_filed.execute([no.0])?;
        }
        Ok(())
    }

    /// How many sessions of a token are open more, or fewer, since the last time.
    pub(super) fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    fn put_marks(&mut self, session: &Session) -> Outcome<()> {
        self.unmark.execute([session.no.0])?;
        for mark in session.marks.iter() {
            self.mark.execute(params![mark.as_str(), micros(session.started_at), session.no.0])?;
        }
        Ok(())
    }
}

/// What the table of sessions has of a session.
#[derive(Default)]
struct Known {
    is_there: bool,
    charging_token: Option<String>,
}

impl Known {
    fn of(statement: &mut Statement<'_>, no: SessionNo) -> Outcome<Self> {
        let read = statement.query_row([no.0], |row| Ok(Self { is_there: true, charging_token: row.get(0)? }));
        Ok(read.optional()?.unwrap_or_default())
    }

    fn changes(&self, row: &Row<'_>) -> Changes {
        let (before, after) = (self.charging_token.as_ref(), row.token.as_ref().filter(|_| row.charging));
        if before == after {
            return Changes::new();
        }
        let less = before.map(|token| (token.clone(), -1));
        less.into_iter().chain(after.map(|token| (token.clone(), 1))).collect()
    }
}

/// What the table of sessions is to have of one.
struct Row<'s> {
    session: &'s Session,
    charging: bool,
    token: Option<String>,
}

impl Row<'_> {
    fn put(&self, statement: &mut Statement<'_>, head: &ToSqlOutput<'_>) -> Outcome<usize> {
        let session = self.session;
        Ok(statement.execute(params![
            session.no.0,
            session.id.0.as_bytes().as_slice(),
            session.station.as_str(),
            session.transaction.as_str(),
            self.token,
            session.state.as_str(),
            micros(session.started_at),
            session.location,
            self.charging,
            head
        ])?)
    }

    fn put_whole(&self, statement: &mut Statement<'_>, head: &ToSqlOutput<'_>) -> Outcome<()> {
        match self.put(statement, head)? {
            0 => Err(Failure::Broken("another session has this number".to_owned())),
            _ => Ok(()),
        }
    }
}

/// One of a session's two rows, as it is written: packed when the session is over and will hardly be written again.
struct Part {
    body: Body,
    packer: Packer,
}

impl Part {
    fn new() -> Outcome<Self> {
        Ok(Self { body: Body::default(), packer: Packer::quick_for_sessions()? })
    }

    fn of<T: Serialize>(&mut self, part: &T, is_over: bool) -> Outcome<ToSqlOutput<'_>> {
        Ok(match is_over {
            true => ToSqlOutput::Borrowed(ValueRef::Blob(self.packer.pack(part)?)),
            false => self.body.of(part)?.to_sql()?,
        })
    }
}

/// Does nothing when the session is new or its head has changed.
const MOVE_ON: &str = "
    UPDATE courses SET total = ?3, currency = ?4, journal_end = coalesce(?5, journal_end), course = ?6
    WHERE no = ?1 AND face = ?2";

/// Does nothing when the session would be found elsewhere than before: an index is written for each column that is set,
/// changed or not.
const SETTLE: &str = "
    UPDATE sessions SET state = ?6, charging = ?9, head = ?10
    WHERE no = ?1 AND id = ?2 AND station = ?3 AND txn = ?4 AND token IS ?5 AND started_at = ?7 AND location IS ?8";

const PUT_HEAD: &str = "
    INSERT INTO sessions (no, id, station, txn, token, state, started_at, location, charging, head)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (no) DO UPDATE SET
        station = excluded.station, txn = excluded.txn, token = excluded.token, state = excluded.state,
        started_at = excluded.started_at, location = excluded.location, charging = excluded.charging,
        head = excluded.head
    WHERE id = excluded.id";

const PUT_COURSE: &str = "
    INSERT INTO courses (no, face, total, currency, journal_end, course) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (no) DO UPDATE SET
        face = excluded.face, total = excluded.total, currency = excluded.currency,
        journal_end = coalesce(excluded.journal_end, journal_end), course = excluded.course";
