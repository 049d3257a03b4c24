//! Questions about readings, and about the messages that brought them.

use std::collections::{BTreeSet, HashSet};

use amprule_domain::doors::{Listed, Page, StoredReading};
use amprule_domain::effect::{Answered, MessageKey};
use amprule_domain::reply::Reply;
use amprule_domain::{SessionNo, StationId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::page::{limit, not_a_cursor};
use crate::aside::Reading;
use crate::codec::{self, bytes, decode};
use crate::error::Outcome;
use crate::limits::{ANSWERS_PER_STATION, SESSIONS_REMEMBERED};
use crate::packed::unpack;

/// A session's readings, the latest message's last one first: those in the journal, then those that are filed.
///
/// A place in the list is a row, how many of its readings were told, and how many of all: the row may be filed meanwhile.
/// Rows of filed readings count below zero.
pub(crate) fn readings(connection: &Connection, session: SessionNo, page: &Page) -> Outcome<Listed<StoredReading>> {
    // One look at the books: what is filed meanwhile would be told twice.
    let snapshot = connection.unchecked_transaction()?;
    let mut told = Told { skip: 0, before: 0, limit: limit(page), items: Vec::new(), next: None };
    let mut filed_from = i64::MAX;
    let start = match place(page)? {
        None => journal_end(&snapshot, session)?,
        Some([row, skip, before]) => {
            (told.skip, told.before) = (count(skip), count(before));
            if row < 0 {
                filed_from = row.saturating_neg();
                None
            } else if is_in_journal(&snapshot, row)? {
                Some(row)
            } else {
                // It is filed. Some of its session's rows may not be yet, where there are very many.
                told.skip = told.before;
                journal_end(&snapshot, session)?
            }
        }
    };
    walk(&snapshot, start, |row| {
        let received_at = codec::time(row.received_at)?;
        let readings = codec::readings(&row.readings)?.into_iter().rev();
        let message = Some(row.message);
        let stored = readings.map(|reading| StoredReading { received_at, message: message.clone(), reading });
        Ok(told.of_row(row.position, stored))
    })?;
    if told.next.is_none() {
        told_of_filed(&snapshot, session, filed_from, &mut told)?;
    }
    Ok(Listed { items: told.items, next: told.next })
}

fn place(page: &Page) -> Outcome<Option<[i64; 3]>> {
    let parse = |text: &str| -> Option<[i64; 3]> {
        let numbers: Vec<i64> = text.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
        numbers.try_into().ok()
    };
    page.after.as_deref().map(|text| parse(text).ok_or_else(|| not_a_cursor(text))).transpose()
}

fn count(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn is_in_journal(connection: &Connection, position: i64) -> Outcome<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM journal WHERE position = ?1")?.exists([position])?)
}

/// A page of readings as it fills.
struct Told {
    /// Readings of the rows to come that earlier pages told.
    skip: usize,
    /// Readings that earlier pages told.
    before: usize,
    limit: usize,
    items: Vec<StoredReading>,
    next: Option<String>,
}

impl Told {
    /// False: the page is full.
    fn of_row(&mut self, row: i64, readings: impl ExactSizeIterator<Item = StoredReading>) -> bool {
        let skipped = self.skip.min(readings.len());
        self.skip -= skipped;
        for (at, reading) in readings.enumerate().skip(skipped) {
            if self.items.len() == self.limit {
                self.next = Some(format!("{row}.{at}.{}", self.before + self.items.len()));
                return false;
            }
            self.items.push(reading);
        }
        true
    }
}

/// From the row `first` back.
fn told_of_filed(connection: &Connection, session: SessionNo, first: i64, told: &mut Told) -> Outcome<()> {
    let sql = "SELECT body, n FROM readings WHERE session = ?1 AND n <= ?2 ORDER BY n DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![session.0, first])?;
    while let Some(row) = rows.next()? {
        let mut stored = Vec::new();
        for message in codec::from_steps(&unpack(row, 0)?)? {
            let received_at = codec::time(message.at_ms.saturating_mul(1_000))?;
            stored.extend(message.readings.into_iter().map(|reading| StoredReading {
                received_at,
                message: None,
                reading,
            }));
        }
        if !told.of_row(-row.get::<_, i64>(1)?, stored.into_iter().rev()) {
            break;
        }
    }
    Ok(())
}

/// Kept answers, and empty ones for the messages behind the station's readings; the `latest`, oldest first.
pub(crate) fn answered(reading: &Reading<'_>, station: &StationId, latest: usize) -> Outcome<Vec<Answered>> {
    let mut found = kept_answers(reading, station)?;
    let floor = floor(reading, station, &found)?;
    for end in journal_ends(reading, station)? {
        let mut taken = 0;
        walk(reading, Some(end), |row| {
            taken += 1;
            if row.position <= floor || taken > latest {
                return Ok(false);
            }
            found.push((row.position, 0, Answered { message: row.message, reply: Reply::Empty }));
            Ok(true)
        })?;
    }
    found.sort_by_key(|(position, n, _)| (*position, *n));
    Ok(latest_of_each(found, latest))
}

/// A message that brought readings and has a kept answer too counts once, with the answer.
fn latest_of_each(found: Vec<(i64, i64, Answered)>, latest: usize) -> Vec<Answered> {
    let mut seen = HashSet::new();
    let newest_first = found.into_iter().rev().map(|(_, _, answer)| answer);
    let mut answers: Vec<Answered> =
        newest_first.filter(|answer| seen.insert(answer.message.clone())).take(latest).collect();
    answers.reverse();
    answers
}

/// With the journal's position at their time and their own number, which begins with 1.
fn kept_answers(reading: &Reading<'_>, station: &StationId) -> Outcome<Vec<(i64, i64, Answered)>> {
    let sql = "SELECT position, n, message, digest, reply FROM answers WHERE station = ?1 ORDER BY n";
    let mut statement = reading.prepare_cached(sql)?;
    let mut rows = statement.query([station.as_str()])?;
    let mut answers = Vec::new();
    while let Some(row) = rows.next()? {
        let (n, reply): (i64, _) = (row.get(1)?, bytes(row, 4));
        let read = reading.or_aside(decode(reply), "answers", || format!("{station} {n}"), || reply.to_vec())?;
        if let Some(reply) = read {
            answers.push((row.get(0)?, n, Answered { message: key(row.get(2)?, row.get(3)?), reply }));
        }
    }
    Ok(answers)
}

/// Rows up to here are not spoken of: they are from before the station's registration, or their answers may be forgotten.
fn floor(connection: &Connection, station: &StationId, kept: &[(i64, i64, Answered)]) -> Outcome<i64> {
    let sql = "SELECT since FROM stations WHERE id = ?1";
    let since = connection.prepare_cached(sql)?.query_row([station.as_str()], |row| row.get(0)).optional()?;
    let full = kept.len() as i64 >= ANSWERS_PER_STATION;
    let oldest = kept.first().filter(|_| full).map_or(0, |(position, ..)| *position);
    Ok(oldest.max(since.unwrap_or(0)))
}

fn journal_ends(connection: &Connection, station: &StationId) -> Outcome<BTreeSet<i64>> {
    let live = "SELECT journal_end FROM sessions INDEXED BY sessions_live JOIN courses USING (no)
                WHERE station = ?1 AND state <> 'ended' AND journal_end IS NOT NULL AND ?2 > 0";
    let latest = "SELECT journal_end FROM (SELECT journal_end FROM sessions INDEXED BY sessions_by_station
                  JOIN courses USING (no) WHERE station = ?1 ORDER BY started_at DESC, sessions.no DESC LIMIT ?2)
                  WHERE journal_end IS NOT NULL";
    let mut ends = BTreeSet::new();
    for sql in [live, latest] {
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![station.as_str(), SESSIONS_REMEMBERED as i64], |row| row.get(0))?;
        for end in rows {
            ends.insert(end?);
        }
    }
    Ok(ends)
}

fn journal_end(connection: &Connection, session: SessionNo) -> Outcome<Option<i64>> {
    let sql = "SELECT journal_end FROM courses WHERE no = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([session.0], |row| row.get(0)).optional()?.flatten())
}

struct JournalRow {
    position: i64,
    previous: Option<i64>,
    received_at: i64,
    message: MessageKey,
    readings: String,
}

/// From `start` back along the chain, until `visit` says false.
fn walk(
    connection: &Connection,
    start: Option<i64>,
    mut visit: impl FnMut(JournalRow) -> Outcome<bool>,
) -> Outcome<()> {
    let sql = "SELECT position, previous, received_at, message, digest, readings FROM journal WHERE position = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut at = start;
    while let Some(position) = at {
        let row = statement.query_row([position], |row| {
            Ok(JournalRow {
                position: row.get(0)?,
                previous: row.get(1)?,
                received_at: row.get(2)?,
                message: key(row.get(3)?, row.get(4)?),
                readings: row.get(5)?,
            })
        });
        let Some(row) = row.optional()? else { break };
        at = row.previous;
        if !visit(row)? {
            break;
        }
    }
    Ok(())
}

fn key(id: String, digest: i64) -> MessageKey {
    MessageKey { id: id.into_boxed_str(), digest: digest.cast_unsigned() }
}

/// When the latest row was received.
pub(crate) fn last_received(connection: &Connection) -> Outcome<Option<Timestamp>> {
    let sql = "SELECT received_at FROM journal ORDER BY position DESC LIMIT 1";
    let micros: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    micros.map(codec::time).transpose()
}
