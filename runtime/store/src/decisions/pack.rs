//! A row of decisions, as it is read: lines of JSON, one for each place from the row's first on.

use std::borrow::Cow;

use amprule_domain::decision::Decision;
use amprule_domain::{DecisionId, SessionId, Timestamp};
use rusqlite::Row;
use serde::Deserialize;

use crate::aside::Reading;
use crate::error::{Failure, Outcome};
use crate::forms;
use crate::packed::unpack;

/// What [`Pack::of`] needs to be selected.
pub(crate) const COLUMNS: &str = "first, count, sessions, body";
/// The first place of the row that has the place behind `?1`, or of the next.
pub(crate) const FROM: &str = "coalesce((SELECT max(first) FROM packs WHERE first <= ?1 + 1), 0)";

/// What a row tells of a session: the last bytes of its id, which are random.
pub(crate) fn mark_of(session: SessionId) -> [u8; 4] {
    let [.., a, b, c, d] = *session.0.as_bytes();
    [a, b, c, d]
}

/// A decision that is not taken apart.
pub(crate) struct Line {
    pub(crate) head: Head,
    pub(crate) text: Vec<u8>,
}

/// What must be known of it all the same.
#[derive(Deserialize)]
pub(crate) struct Head {
    pub(crate) id: DecisionId,
    pub(crate) at: Timestamp,
    pub(crate) session: Option<SessionId>,
}

/// Only its first place is believed: a damaged row must not speak for the places behind it.
pub(crate) struct Pack<'r> {
    row: &'r Row<'r>,
    pub(crate) first: i64,
}

impl<'r> Pack<'r> {
    pub(crate) fn of(row: &'r Row<'r>) -> Outcome<Self> {
        Ok(Self { row, first: row.get(0)? })
    }

    /// False: there is nothing of this session in it.
    pub(crate) fn may_tell_of(&self, session: SessionId) -> bool {
        let marks = self.bytes_of(2);
        let (marks, rest) = marks.as_chunks::<4>();
        !rest.is_empty() || marks.contains(&mark_of(session))
    }

    /// Each place with its decision, or none for one that is set aside.
    pub(crate) fn decisions(&self, reading: &Reading<'_>) -> Outcome<Vec<(i64, Option<Decision>)>> {
        self.each(reading, forms::decision)
    }

    /// Each place with its line, as it stands in the row; none for one that is set aside.
    pub(crate) fn lines(&self, reading: &Reading<'_>) -> Outcome<Vec<(i64, Option<Line>)>> {
        self.each(reading, |line| Ok(Line { head: serde_json::from_slice(line)?, text: line.to_vec() }))
    }

    pub(crate) fn find(&self, id: DecisionId, reading: &Reading<'_>) -> Outcome<Option<Decision>> {
        let decisions = self.decisions(reading)?.into_iter().filter_map(|(_, decision)| decision);
        Ok({ decisions }.find(|decision| decision.id == id))
    }

    pub(crate) fn packed_bytes(&self) -> usize {
        self.bytes_of(3).len()
    }

    fn each<T>(&self, reading: &Reading<'_>, read: impl Fn(&[u8]) -> Outcome<T>) -> Outcome<Vec<(i64, Option<T>)>> {
        let Some(text) = self.text(reading)? else { return Ok(vec![(self.first, None)]) };
        let or_aside = |(place, line): (i64, &[u8])| {
            let read = reading.or_aside(read(line), "decisions", || place.to_string(), || line.to_vec())?;
            Ok((place, read))
        };
        lines(self.first, &text).map(or_aside).collect()
    }

    /// `None`: all of it is set aside.
    fn text(&self, reading: &Reading<'_>) -> Outcome<Option<Cow<'r, [u8]>>> {
        let count = self.row.get_ref(1)?.as_i64().ok().and_then(|count| usize::try_from(count).ok());
        let is_whole = |text: &[u8]| Some(lines(self.first, text).count()) == count;
        let broken = || Failure::Broken("a row does not hold the decisions that it should".to_owned());
        let text = unpack(self.row, 3).and_then(|text| if is_whole(&text) { Ok(text) } else { Err(broken()) });
        reading.or_aside(text, "decisions", || self.first.to_string(), || self.bytes_of(3).to_vec())
    }

    fn bytes_of(&self, column: usize) -> &'r [u8] {
        self.row.get_ref(column).ok().and_then(|value| value.as_bytes().ok()).unwrap_or_default()
    }
}

/// A row from before had one decision, and no line's end.
fn lines(first: i64, text: &[u8]) -> impl Iterator<Item = (i64, &[u8])> {
    (first..).zip(text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()))
}
