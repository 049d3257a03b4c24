//! What several profiles come to together (OCPP 2.0.1, K01 "combining charging profile purposes" and K08; 1.6, 3.13.5).
//!
//! Of each purpose the highest stack level counts that says something at a moment: one that is not valid, has not begun, or
//! whose schedule is over gives way to the next lower one. A transaction's profile, or its priority profile, stands in the
//! place of the default. What remains is the least of them, and of what is limited from outside. What is generated on the
//! spot comes on top (2.1, K25).

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::profile::{Period, Profile, ProfileKind, Purpose, Recurrency, Schedule, Unit};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// 0: the connection to the grid.
    pub evse: u32,
    pub from: Timestamp,
    /// s
    pub duration: i64,
    pub unit: Unit,
    /// What runs there, and since when.
    pub transaction: Option<(&'a str, Timestamp)>,
    /// V between a phase and neutral.
    pub volts: f64,
    /// Where a period does not say how many (OCPP's default is 3).
    pub phases: u8,
}

/// A profile, and the EVSE that it is installed at.
#[derive(Debug, Clone)]
pub struct Installed {
    pub evse: u32,
    pub profile: Profile,
}

/// From here on so much, until the next piece or the end.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Piece {
    /// s after the beginning
    pub start_period: i64,
    /// `None`: nothing limits it.
    pub limit: Option<f64>,
    pub number_phases: Option<u8>,
}

/// Pieces that an answer has at most; the rest of the time is left out.
const PIECES_MAX: usize = 1_024;

/// The composite schedule. Periods that say the same are one.
pub fn composite(installed: &[Installed], question: &Question<'_>) -> Vec<Piece> {
    let end = after(question.from, question.duration);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = question.from;
    while at < end && pieces.len() < PIECES_MAX {
        let (limit, phases, until) = at_moment(installed, question, at);
        let start_period = at.duration_since(question.from).as_secs();
        let piece = Piece { start_period, limit, number_phases: phases };
        let is_new = pieces.last().is_none_or(|last| (last.limit, last.number_phases) != (limit, phases));
        if is_new {
            pieces.push(piece);
        }
        at = until.filter(|until| *until > at).map_or(end, |until| until.min(end));
    }
    pieces
}

/// What a profile says at a moment, and until when it says so.
struct Word {
    limit: Option<f64>,
    phases: Option<u8>,
}

/// Limit, phases, and until when it is so; `None`: for good.
fn at_moment(
    installed: &[Installed],
    question: &Question<'_>,
    at: Timestamp,
) -> (Option<f64>, Option<u8>, Option<Timestamp>) {
    let mut until: Option<Timestamp> = None;
    let mut highest = |purpose: Purpose| {
        let mut found: Option<(i64, bool, Word)> = None;
        for Installed { evse, profile } in installed {
            if profile.purpose != purpose || !applies(*evse, profile, question) {
                continue;
            }
            let (word, next) = says(profile, question, at);
            until = [until, next].into_iter().flatten().min();
            // A default of this EVSE goes before one of all of them (K01.FR.44).
            let rank = (profile.stack_level, *evse > 0);
            if let Some(word) = word
                && found.as_ref().is_none_or(|(level, own, _)| rank > (*level, *own))
            {
                found = Some((rank.0, rank.1, word));
            }
        }
        found.map(|(_, _, word)| word)
    };
    let own = highest(Purpose::Priority).or_else(|| highest(Purpose::Transaction));
    let words = [own.or_else(|| highest(Purpose::Default)), highest(Purpose::Most), highest(Purpose::External)];
    let generated = highest(Purpose::LocalGeneration).and_then(|word| word.limit);
    let mut least: Option<Word> = None;
    for word in words.into_iter().flatten().filter(|word| word.limit.is_some()) {
        if least.as_ref().is_none_or(|known| word.limit < known.limit) {
            least = Some(word);
        }
    }
    match least {
        Some(Word { limit, phases }) => (limit.map(|limit| round(limit + generated.unwrap_or(0.0))), phases, until),
        None => (None, None, until),
    }
}

fn applies(evse: u32, profile: &Profile, question: &Question<'_>) -> bool {
    match profile.purpose {
        Purpose::Transaction | Purpose::Priority => {
            let of_this = |id: &String| question.transaction.is_some_and(|(running, _)| running == id);
            evse == question.evse
                && question.transaction.is_some()
                && profile.transaction_id.as_ref().is_none_or(of_this)
        }
        // A default of the whole station counts for each of its EVSEs, not for the connection to the grid.
        Purpose::Default => question.evse > 0 && (evse == 0 || evse == question.evse),
        Purpose::Most | Purpose::External | Purpose::LocalGeneration => evse == 0 || evse == question.evse,
    }
}

/// What it says at this moment, if anything, and when it next says something else.
fn says(profile: &Profile, question: &Question<'_>, at: Timestamp) -> (Option<Word>, Option<Timestamp>) {
    if let Some(from) = profile.valid_from.filter(|from| *from > at) {
        return (None, Some(from));
    }
    if profile.valid_to.is_some_and(|to| to <= at) {
        return (None, None);
    }
    let Some(schedule) = profile.schedules.first() else { return (None, None) };
    let ends = profile.valid_to;
    let Some(start) = begin(profile, schedule, question, at) else { return (None, ends) };
    if start > at {
        return (None, [Some(start), ends].into_iter().flatten().min());
    }
    let again = recurs(profile).map(|every| after(start, every));
    let over = schedule.duration.map(|duration| after(start, duration));
    if over.is_some_and(|over| over <= at) {
        return (None, [again, ends].into_iter().flatten().min());
    }
    let elapsed = at.duration_since(start).as_secs();
    let mut periods: Vec<&Period> = schedule.periods.iter().collect();
    periods.sort_by_key(|period| period.start_period);
    let current = periods.iter().rev().find(|period| period.start_period <= elapsed);
    let next =
        periods.iter().find(|period| period.start_period > elapsed).map(|period| after(start, period.start_period));
    let until = [next, over, again, ends].into_iter().flatten().min();
    let word =
        current.map(|period| Word { limit: in_unit(period, schedule.unit, question), phases: period.number_phases });
    (word, until)
}

/// When the schedule that counts at this moment began, or begins.
fn begin(profile: &Profile, schedule: &Schedule, question: &Question<'_>, at: Timestamp) -> Option<Timestamp> {
    match (profile.kind, schedule.start_schedule) {
        // A relative one begins with its transaction; without one it is seen as if the car came now (K08).
        (ProfileKind::Relative, _) => Some(question.transaction.map_or(question.from, |(_, since)| since)),
        (ProfileKind::Absolute | ProfileKind::Dynamic, start) => Some(start.unwrap_or(question.from)),
        (ProfileKind::Recurring, Some(start)) if start > at => Some(start),
        (ProfileKind::Recurring, Some(start)) => {
            let every = recurs(profile)?;
            let rounds = at.duration_since(start).as_secs() / every;
            Some(after(start, rounds * every))
        }
        (ProfileKind::Recurring, None) => None,
    }
}

/// s
fn recurs(profile: &Profile) -> Option<i64> {
    let is_recurring = profile.kind == ProfileKind::Recurring;
    is_recurring.then_some(match profile.recurrency_kind {
        Some(Recurrency::Weekly) => 7 * 86_400,
        Some(Recurrency::Daily) | None => 86_400,
    })
}

fn in_unit(period: &Period, unit: Unit, question: &Question<'_>) -> Option<f64> {
    let phases = f64::from(period.number_phases.unwrap_or(question.phases));
    period.limit.map(|limit| match (unit, question.unit) {
        (Unit::A, Unit::W) => limit * question.volts * phases,
        (Unit::W, Unit::A) => limit / question.volts / phases,
        _ => limit,
    })
}

/// Tenths, as profiles have them; never more than what was said.
fn round(limit: f64) -> f64 {
    (limit * 10.0 + 1e-6).floor() / 10.0
}

fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
