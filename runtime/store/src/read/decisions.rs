//! Questions about decisions, which are in rows of the database and, older, in segments.

use amprule_domain::decision::Decision;
use amprule_domain::doors::{DecisionSpan, Listed, Page};
use amprule_domain::{DecisionId, SessionId};

use super::page::{after, limit};
use crate::aside::Reading;
use crate::decisions::pack::{COLUMNS, FROM};
use crate::decisions::segment::Segment;
use crate::decisions::{Pack, Segments};
use crate::error::{Failure, Outcome};
use crate::limits::{ROWS_PER_PAGE, SEGMENTS_PER_PAGE};

pub(crate) fn one(reading: &Reading<'_>, id: DecisionId) -> Outcome<Option<Decision>> {
    let sql = format!("SELECT {COLUMNS} FROM packs WHERE greatest_id >= ?1 AND least_id <= ?1 ORDER BY greatest_id");
    let mut statement = reading.prepare_cached(&sql)?;
    let mut rows = statement.query([id.0.as_bytes().as_slice()])?;
    while let Some(row) = rows.next()? {
        if let Some(decision) = Pack::of(row)?.find(id, reading)? {
            return Ok(Some(decision));
        }
    }
    Ok(None)
}

/// Newest first, of any age: through rows, and then through segments. The cursor is the last place that was looked at.
pub(crate) fn newest(
    reading: &Reading<'_>,
    segments: &Segments,
    session: Option<SessionId>,
    page: &Page,
) -> Outcome<Listed<Decision>> {
    steadily(
        segments,
        || Ok(()),
        || {
            let before = after::<i64>(page)?.unwrap_or(i64::MAX);
            let mut found = Newest { session, limit: limit(page), place: before, items: Vec::new() };
            let is_full = found.read_rows(reading, segments.end())? || found.read_segments(segments);
            let next = is_full.then(|| found.place.to_string());
            Ok(Listed { items: found.items, next })
        },
    )
}

/// A page that goes back in time.
struct Newest {
    session: Option<SessionId>,
    limit: usize,
    /// Looked at.
    place: i64,
    items: Vec<Decision>,
}

impl Newest {
    /// True when the page is full. What is filed is read where it was filed.
    fn read_rows(&mut self, reading: &Reading<'_>, filed: i64) -> Outcome<bool> {
        let sql = format!("SELECT {COLUMNS} FROM packs WHERE first < ?1 ORDER BY first DESC");
        let mut statement = reading.prepare_cached(&sql)?;
        let mut rows = statement.query([self.place])?;
        while let Some(row) = rows.next()? {
            let pack = Pack::of(row)?;
            if self.session.is_none_or(|session| pack.may_tell_of(session))
                && self.take(pack.decisions(reading)?.into_iter().rev().filter(|(place, _)| *place > filed))
            {
                return Ok(true);
            }
            if pack.first <= filed {
                break;
            }
        }
        Ok(false)
    }

    /// True when there may be more. One that cannot be read, or is gone, is left out.
    fn read_segments(&mut self, segments: &Segments) -> bool {
        for _ in 0..SEGMENTS_PER_PAGE {
            let Some(segment) = segments.before(self.place, self.session) else { return false };
            let latest = segment.before(self.place, self.session, self.limit).unwrap_or_else(|failure| {
                let file = segment.path.display();
                tracing::error!(%file, %failure, "a segment of decisions cannot be read; the list goes on without it");
                Vec::new()
            });
            let is_all = latest.len() < self.limit;
            if self.take(latest.into_iter()) {
                return true;
            }
            if is_all {
                self.place = self.place.min(segment.content.first_place);
            }
        }
        segments.before(self.place, self.session).is_some()
    }

    fn take(&mut self, decisions: impl Iterator<Item = (i64, Option<Decision>)>) -> bool {
        let place = self.place;
        for (place, decision) in decisions.filter(|(at, _)| *at < place) {
            if let Some(decision) = decision.filter(|one| self.session.is_none_or(|id| one.session == Some(id))) {
                self.items.push(decision);
            }
            self.place = place;
            if self.items.len() == self.limit {
                return true;
            }
        }
        false
    }
}

/// Goes on at a place, through segments and then through rows. The cursor is the last place that was looked at.
///
/// `look` brings the list of segments up to date. When one was added while rows were read, rows may have left for it.
pub(crate) fn between(
    reading: &Reading<'_>,
    segments: &Segments,
    span: &DecisionSpan,
    page: &Page,
    look: impl Fn() -> Outcome<()>,
) -> Outcome<Listed<Decision>> {
    steadily(segments, look, || try_between(reading, segments, span, page))
}

/// Reads again when a segment was filed or removed meanwhile.
fn steadily<T>(segments: &Segments, look: impl Fn() -> Outcome<()>, read: impl Fn() -> Outcome<T>) -> Outcome<T> {
    for _ in 0..ATTEMPTS {
        look()?;
        let end = segments.end();
        let read = read();
        look()?;
        match read {
            // A segment was removed after it was seen.
            Err(failure) if failure.is_not_found() => {}
            read if segments.end() == end || read.is_err() => return read,
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
        let read = segment.after(found.place).and_then(|decisions| found.take(&mut { decisions }));
        if read.map_err(|failure| in_segment(&segment, failure))? {
            return Ok(found.unfinished());
        }
    }
    Ok(found.unfinished())
}

fn in_segment(segment: &Segment, failure: Failure) -> Failure {
    match failure.is_not_found() {
        true => failure,
        false => Failure::Broken(format!("{}: {failure}", segment.path.display())),
    }
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
        let sql = format!("SELECT {COLUMNS} FROM packs WHERE first >= {FROM} ORDER BY first LIMIT ?2");
        let mut statement = reading.prepare_cached(&sql)?;
        let mut rows = statement.query((self.place, ROWS_PER_PAGE as i64))?;
        let (mut looked_at, from) = (0, self.place);
        while let Some(row) = rows.next()? {
            let decisions = Pack::of(row)?.decisions(reading)?.into_iter().filter(|(place, _)| *place > from);
            if self.take(&mut decisions.map(Ok))? {
                return Ok(self.unfinished());
            }
            looked_at += 1;
        }
        if looked_at == ROWS_PER_PAGE {
            return Ok(self.unfinished());
        }
        Ok(Listed { items: self.items, next: None })
    }

    fn unfinished(self) -> Listed<Decision> {
        Listed { items: self.items, next: Some(self.place.to_string()) }
    }
}
