//! Sessions: the short way for a message that only moves a session on, and the whole row for everything else.

use std::hash::{DefaultHasher, Hash, Hasher};

use amprule_domain::session::{Session, SessionState};
use amprule_domain::token::IdToken;
use rusqlite::{Connection, Statement, params};

use super::journal::Journal;
use crate::codec::{Body, micros};
use crate::error::{Failure, Outcome};

pub(super) struct Sessions<'c> {
    move_on: Statement<'c>,
    put: Statement<'c>,
    body: Body,
}

impl<'c> Sessions<'c> {
    pub(super) fn new(connection: &'c Connection) -> Outcome<Self> {
        Ok(Self { move_on: connection.prepare(MOVE_ON)?, put: connection.prepare(PUT)?, body: Body::default() })
    }

    pub(super) fn put(&mut self, session: &Session, journal: &mut Journal<'_>) -> Outcome<()> {
        let row = Row::of(session, journal.take_end(session.no), self.body.of(session)?);
        if !Self::moves_on(&mut self.move_on, &row)? {
            Self::put_whole(&mut self.put, &row)?;
        }
        if session.state == SessionState::Ended {
            journal.ended(session.no);
        }
        Ok(())
    }

    /// False when something indexed has changed, or the session is new.
    fn moves_on(statement: &mut Statement<'_>, row: &Row<'_>) -> Outcome<bool> {
        let changed = statement.execute(params![
            row.session.no.0,
            row.face,
            row.total,
            row.currency,
            row.journal_end,
            row.body
        ])?;
        Ok(changed == 1)
    }

    fn put_whole(statement: &mut Statement<'_>, row: &Row<'_>) -> Outcome<()> {
        let session = row.session;
        let changed = statement.execute(params![
            session.no.0,
            row.face,
            row.total,
            row.currency,
            row.journal_end,
            session.id.0.as_bytes().as_slice(),
            session.station.as_str(),
            session.transaction.as_str(),
            session.token.as_ref().map(IdToken::key),
            session.state.as_str(),
            micros(session.started_at),
            row.body
        ])?;
        match changed {
            0 => Err(Failure::Broken("another session has this number".to_owned())),
            _ => Ok(()),
        }
    }
}

const MOVE_ON: &str = "
    UPDATE sessions SET total = ?3, currency = ?4, journal_end = coalesce(?5, journal_end), body = ?6
    WHERE no = ?1 AND face = ?2";

const PUT: &str = "
    INSERT INTO sessions (no, face, total, currency, journal_end, id, station, txn, token, state, started_at, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
    ON CONFLICT (no) DO UPDATE SET
        face = excluded.face, total = excluded.total, currency = excluded.currency,
        journal_end = coalesce(excluded.journal_end, journal_end), station = excluded.station, txn = excluded.txn,
        token = excluded.token, state = excluded.state, started_at = excluded.started_at, body = excluded.body
    WHERE id = excluded.id";

struct Row<'a> {
    session: &'a Session,
    face: i64,
    total: Option<String>,
    currency: Option<&'a str>,
    journal_end: Option<i64>,
    body: &'a Body,
}

impl<'a> Row<'a> {
    fn of(session: &'a Session, journal_end: Option<i64>, body: &'a Body) -> Self {
        Self {
            session,
            face: face(session),
            total: session.price.as_ref().map(|price| price.total.to_string()),
            currency: session.price.as_ref().map(|price| price.currency.as_str()),
            journal_end,
            body,
        }
    }
}

/// Over everything in the row that is indexed. Another hash function in a later version only means the long way once.
fn face(session: &Session) -> i64 {
    let mut hasher = DefaultHasher::new();
    session.id.hash(&mut hasher);
    session.station.hash(&mut hasher);
    session.transaction.hash(&mut hasher);
    session.token.as_ref().map(|token| &token.id_token).hash(&mut hasher);
    session.state.as_str().hash(&mut hasher);
    session.started_at.hash(&mut hasher);
    hasher.finish().cast_signed()
}
