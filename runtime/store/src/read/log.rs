//! Questions about decisions and kept messages, newest first.

use std::collections::BTreeSet;

use amprule_domain::decision::Decision;
use amprule_domain::effect::KeptMessage;
use amprule_domain::ports::{Listed, Page};
use amprule_domain::{DecisionId, SessionId, StationId};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension};

use super::page::{Query, after};
use crate::codec::{decode, time};
use crate::error::Outcome;
use crate::limits::WORDS_MAX;

pub(crate) fn decision(connection: &Connection, id: DecisionId) -> Outcome<Option<Decision>> {
    let mut statement = connection.prepare_cached("SELECT body FROM decisions WHERE id = ?1")?;
    let body: Option<String> = statement.query_row([id.0.as_bytes().as_slice()], |row| row.get(0)).optional()?;
    body.as_deref().map(decode).transpose()
}

pub(crate) fn decisions(connection: &Connection, session: Option<SessionId>, page: &Page) -> Outcome<Listed<Decision>> {
    let mut query = Query::new("SELECT n, body FROM decisions");
    if let Some(session) = session {
        query.filter("session = ?", [session.0.as_bytes().to_vec().into()]);
    }
    if let Some(n) = after::<i64>(page)? {
        query.filter("n < ?", [n.into()]);
    }
    query.list(connection, "n DESC", page, |row| {
        Ok((row.get::<_, i64>(0)?.to_string(), decode(&row.get::<_, String>(1)?)?))
    })
}

pub(crate) fn kept(connection: &Connection, station: &StationId, page: &Page) -> Outcome<Listed<KeptMessage>> {
    let mut query = Query::new("SELECT n, received_at, action, why, payload FROM kept");
    query.filter("station = ?", [station.as_str().to_owned().into()]);
    if let Some(n) = after::<i64>(page)? {
        query.filter("n < ?", [n.into()]);
    }
    query.list(connection, "n DESC", page, |row| {
        let message = KeptMessage {
            station: station.clone(),
            received_at: time(row.get(1)?)?,
            action: row.get(2)?,
            why: word(&row.get::<_, String>(3)?),
            payload: row.get::<_, String>(4)?.into_boxed_str(),
        };
        Ok((row.get::<_, i64>(0)?.to_string(), message))
    })
}

/// The reasons are constants of the program that wrote them; there are few, so each is kept for good.
fn word(text: &str) -> &'static str {
    static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut words = WORDS.lock();
    if let Some(known) = words.get(text) {
        return known;
    }
    if words.len() >= WORDS_MAX {
        return "other";
    }
    let word: &'static str = String::leak(text.to_owned());
    words.insert(word);
    word
}
