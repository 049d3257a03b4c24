//! What several profiles come to together (OCPP 2.0.1, K01 "combining charging profile purposes" and K08; 1.6, 3.13.5).
//!
//! Of each purpose the highest stack level counts that says something at a moment: one that is not valid, has not begun, or
//! whose schedule is over gives way to the next lower one. A transaction's profile, or its priority profile, stands in the
//! place of the default. What remains is the least of them, and of what is limited from outside. What is generated on the
//! spot comes on top (2.1, K25).

mod back;
mod limits;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

pub use back::Back;
pub use limits::OtherPhases;

use limits::{Least, Limit, least};

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
    /// One of the EVSE itself goes before one of the station whatever their levels are (1.6, 5.16.1); in 2.x their levels decide.
    pub evse_first: bool,
    /// Of a priority profile: the transaction that is asked about has priority, by its driver's wish or ours (2.1, K21 and K22).
    pub is_active: bool,
    /// Of a dynamic profile: when its limit was last said. Its duration runs from then, and from each update anew (2.1, K28.FR.13 to 15).
    pub updated_at: Option<Timestamp>,
    /// It stands beside all others of its purpose, and gives way to none.
    pub is_apart: bool,
}

impl Installed {
    /// Its periods are in order, and phases are those that there are.
    pub fn new(evse: u32, mut profile: Profile) -> Self {
        for schedule in &mut profile.schedules {
            schedule.periods.sort_by_key(|period| period.start_period);
            for period in &mut schedule.periods {
                period.number_phases = period.number_phases.filter(|phases| (1..=3).contains(phases));
            }
        }
        Self { evse, profile, evse_first: false, is_active: false, updated_at: None, is_apart: false }
    }
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
    #[serde(flatten)]
    pub others: OtherPhases,
    /// What is said of flowing back.
    #[serde(flatten)]
    pub back: Back,
}

/// Pieces that an answer has at most, and moments that are looked at for it; the rest of the time is left out.
const PIECES_MAX: usize = 1_024;
const MOMENTS_MAX: usize = 5_000;

/// The composite schedule. Periods that say the same are one.
pub fn composite(installed: &[Installed], question: &Question<'_>) -> Vec<Piece> {
    let end = after(question.from, question.duration);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = question.from;
    for _ in 0..MOMENTS_MAX {
        if at >= end || pieces.len() == PIECES_MAX {
            break;
        }
        let (Least { limit, others, phases }, back, until) = at_moment(installed, question, at);
        let start_period = at.duration_since(question.from).as_secs();
        let piece = Piece { start_period, limit, number_phases: phases, others, back };
        let says = |piece: &Piece| (piece.limit, piece.number_phases, piece.others, piece.back);
        let is_new = pieces.last().is_none_or(|last| says(last) != says(&piece));
        if is_new {
            pieces.push(piece);
        }
        at = until.filter(|until| *until > at).map_or(end, |until| until.min(end));
    }
    pieces
}

/// What a profile says at a moment.
struct Word {
    limit: Limit,
    back: Back,
}

/// What may flow, what may flow back, and until when it is so; `None`: for good.
fn at_moment(installed: &[Installed], question: &Question<'_>, at: Timestamp) -> (Least, Back, Option<Timestamp>) {
    let mut until: Option<Timestamp> = None;
    // Of all that are meant, of the station or of the EVSE alone where only those are.
    let mut highest = |purpose: Purpose, only: Option<u32>| {
        let mut found: Option<((bool, i64, bool), Word)> = None;
        for held in installed {
            let Installed { evse, profile, evse_first, .. } = held;
            let is_meant = !held.is_apart && profile.purpose == purpose && only.is_none_or(|only| only == *evse);
            if !is_meant || !applies(held, question) {
                continue;
            }
            let (word, next) = says(held, question, at);
            until = [until, next].into_iter().flatten().min();
            let rank = (*evse_first && *evse > 0, profile.stack_level, *evse > 0);
            if let Some(word) = word
                && found.as_ref().is_none_or(|(best, _)| rank > *best)
            {
                found = Some((rank, word));
            }
        }
        found.map(|(_, word)| word)
    };
    let own = highest(Purpose::Priority, None).or_else(|| highest(Purpose::Transaction, None));
    let own = own.or_else(|| highest(Purpose::Default, None));
    // What limits the station limits each of its EVSEs, whatever limits that one besides.
    let mode = own.as_ref().map(|word| word.back).unwrap_or_default();
    let mut words = vec![own];
    for purpose in [Purpose::Most, Purpose::External] {
        words.push(highest(purpose, Some(0)));
        if question.evse > 0 {
            words.push(highest(purpose, Some(question.evse)));
        }
    }
    let generated = highest(Purpose::LocalGeneration, None).map(|word| word.limit);
    for held in installed.iter().filter(|held| held.is_apart && applies(held, question)) {
        let (word, next) = says(held, question, at);
        until = [until, next].into_iter().flatten().min();
        words.push(word);
    }
    let discharge = back::nearest(words.iter().flatten().map(|word| word.back));
    let limits: Vec<Limit> = words.iter().flatten().map(|word| word.limit).collect();
    let least = least(&limits, generated, question);
    let back = mode.within(discharge, least.limit);
    (least, back, until)
}

fn applies(held: &Installed, question: &Question<'_>) -> bool {
    let Installed { evse, profile, is_active, .. } = held;
    let evse = *evse;
    match profile.purpose {
        Purpose::Priority if !is_active => false,
        Purpose::Transaction | Purpose::Priority => {
            let of_this = |id: &String| question.transaction.is_some_and(|(running, _)| running == id);
            let is_here = evse == question.evse || (evse == 0 && profile.purpose == Purpose::Priority);
            is_here
                && question.evse > 0
                && question.transaction.is_some()
                && profile.transaction_id.as_ref().is_none_or(of_this)
        }
        // A default of the whole station counts for each of its EVSEs, not for the connection to the grid.
        Purpose::Default => question.evse > 0 && (evse == 0 || evse == question.evse),
        Purpose::Most | Purpose::External | Purpose::LocalGeneration => evse == 0 || evse == question.evse,
    }
}

/// What it says at this moment, if anything, and when it next says something else.
fn says(held: &Installed, question: &Question<'_>, at: Timestamp) -> (Option<Word>, Option<Timestamp>) {
    let profile = &held.profile;
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
    let lasts_from = held.updated_at.filter(|_| profile.kind == ProfileKind::Dynamic).unwrap_or(start);
    let over = schedule.duration.map(|duration| after(lasts_from, duration));
    if over.is_some_and(|over| over <= at) {
        return (None, [again, ends].into_iter().flatten().min());
    }
    let elapsed = at.duration_since(start).as_secs();
    let periods = &schedule.periods;
    let current = periods.iter().rev().find(|period| period.start_period <= elapsed);
    let next =
        periods.iter().find(|period| period.start_period > elapsed).map(|period| after(start, period.start_period));
    let until = [next, over, again, ends].into_iter().flatten().min();
    let word = current.map(|period| {
        let converted = |amount| in_unit(amount, period, schedule.unit, question);
        let back = Back::of(period, converted);
        Word { limit: Limit::of(period, schedule.unit), back }
    });
    (word, until)
}

/// When the schedule that counts at this moment began, or begins.
fn begin(profile: &Profile, schedule: &Schedule, question: &Question<'_>, at: Timestamp) -> Option<Timestamp> {
    match (profile.kind, schedule.start_schedule) {
        // A relative one begins with its transaction; without one it is seen as if the car came now (K08).
        (ProfileKind::Relative, _) => Some(question.transaction.map_or(question.from, |(_, since)| since)),
        // Without a start it begins with the charging (1.6, 7.13).
        (ProfileKind::Absolute | ProfileKind::Dynamic, start) => {
            Some(start.or(question.transaction.map(|(_, since)| since)).unwrap_or(question.from))
        }
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

fn in_unit(amount: f64, period: &Period, unit: Unit, question: &Question<'_>) -> f64 {
    let phases = f64::from(period.number_phases.unwrap_or(question.phases));
    match (unit, question.unit) {
        (Unit::A, Unit::W) => amount * question.volts * phases,
        (Unit::W, Unit::A) => amount / question.volts / phases,
        _ => amount,
    }
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
