//! Questions about kept messages, newest first.

use std::collections::BTreeSet;

use amprule_domain::StationId;
use amprule_domain::doors::{Listed, Page};
use amprule_domain::effect::KeptMessage;
use parking_lot::Mutex;
use rusqlite::Connection;

use super::page::{Query, after};
use crate::codec::time;
use crate::error::Outcome;
use crate::limits::WORDS_MAX;

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
        Ok((row.get::<_, i64>(0)?.to_string(), Some(message)))
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
