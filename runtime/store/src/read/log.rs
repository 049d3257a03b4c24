//! Questions about decisions and kept messages, newest first.

use std::collections::BTreeSet;

use amprule_domain::decision::Decision;
use amprule_domain::doors::{DecisionSpan, Listed, Page};
use amprule_domain::effect::KeptMessage;
use amprule_domain::{DecisionId, SessionId, StationId};
use parking_lot::Mutex;
use rusqlite::{Connection, Row};

use super::page::{Query, after, limit};
use crate::aside::Reading;
use crate::codec::time;
use crate::decisions::Segments;
use crate::error::{Failure, Outcome};
use crate::forms;
use crate::limits::{ROWS_PER_PAGE, SEGMENTS_PER_PAGE, WORDS_MAX};
use crate::packed::unpack;

pub(crate) fn decision(reading: &Reading<'_>, id: DecisionId) -> Outcome<Option<Decision>> {
    let mut statement = reading.prepare_cached("SELECT n, body FROM decisions WHERE id = ?1")?;
    let mut rows = statement.query([id.0.as_bytes().as_slice()])?;
    Ok(rows.next()?.map(|row| decision_of(reading, row)).transpose()?.flatten())
}

pub(crate) fn decisions(reading: &Reading<'_>, session: Option<SessionId>, page: &Page) -> Outcome<Listed<Decision>> {
    let mut query = Query::new("SELECT n, body FROM decisions");
    if let Some(session) = session {
        query.filter("session = ?", [session.0.as_bytes().to_vec().into()]);
    }
    if let Some(n) = after::<i64>(page)? {
        query.filter("n < ?", [n.into()]);
    }
    query.list(reading, "n DESC", page, |row| Ok((row.get::<_, i64>(0)?.to_string(), decision_of(reading, row)?)))
}

/// Of place and body.
pub(crate) fn decision_of(reading: &Reading<'_>, row: &Row<'_>) -> Outcome<Option<Decision>> {
    let read = unpack(row, 1).and_then(|json| forms::decision(&json));
    let raw = || row.get_ref(1).ok().and_then(|body| body.as_bytes().ok().map(<[u8]>::to_vec)).unwrap_or_default();
    let place: i64 = row.get(0)?;
    reading.or_aside(read, "decisions", || place.to_string(), raw)
}

/// Goes on at a place, through segments and then through rows. The cursor is the last place that was looked at.
///
/// `look` brings the list of segments up to date. When one was added while rows were read, rows may have left for it.
pub(crate) fn decisions_between(
    reading: &Reading<'_>,
    segments: &Segments,
    span: &DecisionSpan,
    page: &Page,
    look: impl Fn() -> Outcome<()>,
) -> Outcome<Listed<Decision>> {
    for _ in 0..ATTEMPTS {
        look()?;
        let end = segments.end();
        let listed = try_between(reading, segments, span, page);
        look()?;
        match listed {
            // A segment was removed after it was seen.
            Err(failure) if failure.is_not_found() => {}
            listed if segments.end() == end || listed.is_err() => return listed,
            _ => {}
        }
    }
    Err(Failure::Broken("decisions are being filed too fast; try again".to_owned()))
}

/// Filing makes a segment a minute at most while it is not behind.
const ATTEMPTS: usize = 16;

fn try_between(
    reading: &Reading<'_>,
    segments: &Segments,
    span: &DecisionSpan,
    page: &Page,
) -> Outcome<Listed<Decision>> {
    let mut found = Found { span, limit: limit(page), place: after::<i64>(page)?.unwrap_or(0), items: Vec::new() };
    for _ in 0..SEGMENTS_PER_PAGE {
        let Some(segment) = segments.next(found.place, span) else {
            return found.read_rows(reading, segments);
        };
        let read = segment.after(found.place).and_then(|decisions| {
            found.take(&mut decisions.map(|read| read.map(|(place, decision)| (place, Some(decision)))))
        });
        match read {
            Ok(true) => return Ok(found.unfinished()),
            Ok(false) => {}
            Err(failure) if failure.is_not_found() => return Err(failure),
            Err(failure) => return Err(Failure::Broken(format!("{}: {failure}", segment.path.display()))),
        }
    }
    Ok(found.unfinished())
}

/// A page in the making.
struct Found<'s> {
    span: &'s DecisionSpan,
    limit: usize,
    place: i64,
    items: Vec<Decision>,
}

impl Found<'_> {
    /// True when the page is full.
    fn take(&mut self, decisions: &mut dyn Iterator<Item = Outcome<(i64, Option<Decision>)>>) -> Outcome<bool> {
        for decision in decisions {
            let (place, decision) = decision?;
            self.place = place;
            if let Some(decision) = decision.filter(|decision| self.span.has(decision)) {
                self.items.push(decision);
                if self.items.len() == self.limit {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Rows that have a segment by now are read there.
    fn read_rows(mut self, reading: &Reading<'_>, segments: &Segments) -> Outcome<Listed<Decision>> {
        self.place = self.place.max(segments.end());
        let sql = "SELECT n, body FROM decisions WHERE n > ?1 ORDER BY n LIMIT ?2";
        let mut statement = reading.prepare_cached(sql)?;
        let rows = statement.query_and_then((self.place, ROWS_PER_PAGE as i64), |row| -> Outcome<_> {
            Ok((row.get::<_, i64>(0)?, decision_of(reading, row)?))
        })?;
        let mut looked_at = 0;
        let full = self.take(&mut rows.inspect(|_| looked_at += 1))?;
        if full || looked_at == ROWS_PER_PAGE {
            return Ok(self.unfinished());
        }
        Ok(Listed { items: self.items, next: None })
    }

    fn unfinished(self) -> Listed<Decision> {
        Listed { items: self.items, next: Some(self.place.to_string()) }
    }
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
