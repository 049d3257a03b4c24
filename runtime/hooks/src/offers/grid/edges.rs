//! Sessions on both sides of what an offer itself distinguishes: its energies, durations, idle times and hours.

use amprule_domain::offer::{Conditions, Offer, OfferInput};
use jiff::{SignedDuration, Timestamp, Zoned};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::{SHORT, SampleSession};

/// Kinds that an offer's edges add, at most.
const MOST_KINDS: usize = 24;
/// Starts that an offer's hours add, at most.
const MOST_STARTS: usize = 16;
/// Strong enough to pass an edge of energy in some hours.
const WATTS: i64 = 22_000;
/// A session begins so long before an hour, and passes it while it charges.
const BEFORE: SignedDuration = SignedDuration::from_mins(31);
pub(super) const LONGEST_MIN: i64 = 3 * 24 * 60;
/// Numbers of a unit that are tried as edges, at most; the smallest first.
const MOST_NUMBERS: usize = 32;

/// Beyond each edge of energy, of duration and of idle time, by half and something odd.
pub(super) fn kinds(offer: &Offer) -> Vec<SampleSession> {
    let mut kinds = Vec::new();
    let plain = SampleSession { charging_min: 41, idle_s: 0, ..SHORT };
    for when in offer.elements.iter().map(|element| &element.when) {
        let Conditions { from_wh, until_wh, from_s, until_s, from_idle_s, until_idle_s, .. } = *when;
        for wh in [from_wh, until_wh].into_iter().flatten() {
            let charging_min = (i64::from(wh) * 60 * 3 / 2 / WATTS + 7).min(LONGEST_MIN);
            kinds.push(SampleSession { charging_min, watts: WATTS, ..plain });
        }
        for seconds in [from_s, until_s].into_iter().flatten() {
            let charging_min = (i64::from(seconds) * 3 / 2 / 60 + 7).min(LONGEST_MIN);
            kinds.push(SampleSession { charging_min, watts: 3_700, ..plain });
            kinds.push(SampleSession { idle_s: charging_min * 60 + 11, ..plain });
        }
        for seconds in [from_idle_s, until_idle_s].into_iter().flatten() {
            let idle_s = i64::from(seconds) * 3 / 2 + 137;
            kinds.push(SampleSession { idle_s: idle_s.min(LONGEST_MIN * 60), ..plain });
        }
    }
    kinds.truncate(MOST_KINDS);
    kinds
}

/// Just below each of these numbers, at it and just beyond it, as kilowatt-hours, as minutes and as hours.
pub(super) fn kinds_at(numbers: &[Decimal]) -> impl Iterator<Item = SampleSession> {
    let mut numbers: Vec<Decimal> = numbers.to_vec();
    numbers.retain(|number| *number > Decimal::ZERO && *number <= Decimal::from(LONGEST_MIN));
    numbers.sort_unstable();
    numbers.dedup();
    numbers.truncate(MOST_NUMBERS);
    numbers.into_iter().flat_map(|number| {
        // An hour at so many watts is so many watt-hours.
        let energies = around(number, 1_000).map(|watts| SampleSession { charging_min: 60, watts, idle_s: 0, ..SHORT });
        let idles = around(number, 60).chain(around(number, 3_600)).filter(|seconds| *seconds <= LONGEST_MIN * 60);
        let idles = idles.map(|idle_s| SampleSession { idle_s, ..SHORT });
        let minutes = around(number, 1).chain(around(number, 60)).filter(|minutes| *minutes <= LONGEST_MIN);
        let times = minutes.map(|charging_min| SampleSession { charging_min, idle_s: 0, ..SHORT });
        energies.chain(idles).chain(times)
    })
}

/// In parts of a unit, of which there are so many in one.
fn around(number: Decimal, parts: i64) -> impl Iterator<Item = i64> {
    let at = number.saturating_mul(Decimal::from(parts)).trunc().to_i64().unwrap_or(0);
    [at - 1, at, at + 1].into_iter().filter(|part| *part > 0)
}

/// Before each hour at which the offer's prices change, on a day on which they do.
pub(super) fn starts(offer: &Offer, question: &OfferInput, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let local = from.to_zoned(question.zone());
    let mut starts = Vec::new();
    for when in offer.elements.iter().map(|element| &element.when) {
        let hours = [when.from_minute, when.until_minute].into_iter().flatten();
        // Without hours a day begins at midnight.
        let hours = hours.chain((!when.weekdays.is_empty()).then_some(0));
        for minute in hours {
            let days = (0..=7).filter_map(|day| hour(&local, day, minute));
            let of_when = |at: &Zoned| {
                let weekday = at.weekday().to_monday_one_offset().unsigned_abs();
                when.weekdays.is_empty() || when.weekdays.contains(&weekday)
            };
            let found = days.filter(of_when).filter_map(|at| at.timestamp().checked_sub(BEFORE).ok());
            starts.extend(found.filter(|at| (from..to).contains(at)).take(1));
        }
    }
    starts.sort_unstable();
    starts.dedup();
    starts.truncate(MOST_STARTS);
    starts
}

/// When a clock there shows this minute, so many days later.
fn hour(local: &Zoned, day: i64, minute: u16) -> Option<Zoned> {
    let date = local.date().checked_add(jiff::Span::new().days(day)).ok()?;
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    date.at(hour, minute, 0, 0).to_zoned(local.time_zone().clone()).ok()
}
