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

pub(crate) struct Pack<'r> {
    row: &'r Row<'r>,
    pub(crate) first: i64,
    count: i64,
}

impl<'r> Pack<'r> {
    pub(crate) fn of(row: &'r Row<'r>) -> Outcome<Self> {
        Ok(Self { row, first: row.get(0)?, count: row.get(1)? })
    }

    pub(crate) fn last(&self) -> i64 {
        self.first + self.count - 1
    }

    /// False: there is nothing of this session in it.
    pub(crate) fn may_tell_of(&self, session: SessionId) -> Outcome<bool> {
        let marks = self.row.get_ref(2)?.as_bytes().map_err(|error| Failure::Broken(error.to_string()))?;
        let mark = mark_of(session);
        Ok(marks.as_chunks::<4>().0.contains(&mark))
    }

    /// Each place with its decision, or none for one that is set aside.
    pub(crate) fn decisions(&self, reading: &Reading<'_>) -> Outcome<Vec<(i64, Option<Decision>)>> {
        let read = |(place, line): (i64, &[u8])| {
            let decision = forms::decision(line);
            Ok((place, reading.or_aside(decision, "decisions", || place.to_string(), || line.to_vec())?))
        };
        match self.text(reading)? {
            Some(text) => lines(self.first, &text).map(read).collect(),
            None => Ok(vec![(self.last(), None)]),
        }
    }

    pub(crate) fn find(&self, id: DecisionId, reading: &Reading<'_>) -> Outcome<Option<Decision>> {
        let is_it = |(_, decision): &(i64, Option<Decision>)| decision.as_ref().is_some_and(|one| one.id == id);
        Ok(self.decisions(reading)?.into_iter().find(is_it).and_then(|(_, decision)| decision))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.row.get_ref(3).ok().and_then(|body| body.as_bytes().ok().map(<[u8]>::len)).unwrap_or_default()
    }

    /// Each place with its line, as it stands in the row; none for one that is set aside.
    pub(crate) fn lines(&self, reading: &Reading<'_>) -> Outcome<Vec<(i64, Option<Line>)>> {
        let read = |(place, line): (i64, &[u8])| {
            let head = serde_json::from_slice(line).map_err(Failure::Json);
            let head = reading.or_aside(head, "decisions", || place.to_string(), || line.to_vec())?;
            Ok((place, head.map(|head| Line { head, text: line.to_vec() })))
        };
        match self.text(reading)? {
            Some(text) => lines(self.first, &text).map(read).collect(),
            None => Ok(vec![(self.last(), None)]),
        }
    }

    /// `None`: all of it is set aside.
    fn text(&self, reading: &Reading<'_>) -> Outcome<Option<Cow<'r, [u8]>>> {
        let whole = |text: &Cow<'_, [u8]>| lines(self.first, text).count() as i64 == self.count;
        let broken = || Failure::Broken(format!("a row does not hold the {} decisions that it should", self.count));
        let text = unpack(self.row, 3).and_then(|text| if whole(&text) { Ok(text) } else { Err(broken()) });
        let raw = || self.row.get_ref(3).ok().and_then(|body| body.as_bytes().ok().map(<[u8]>::to_vec));
        reading.or_aside(text, "decisions", || self.first.to_string(), || raw().unwrap_or_default())
    }
}

/// A row from before had one decision, and no line's end.
fn lines(first: i64, text: &[u8]) -> impl Iterator<Item = (i64, &[u8])> {
    (first..).zip(text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()))
}
