//! A session's periods, cut where a condition of an offer changes.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Offer;
use super::conditions::{Conditions, Facts, Power};
use crate::Energy;
use crate::event::ChargingState;
use crate::timeline::{Period, TariffClock};

/// A stretch within which every condition of the offer is one and the same.
#[derive(Debug)]
pub(super) struct Piece {
    /// At its start.
    pub(super) facts: Facts,
    pub(super) state: ChargingState,
    pub(super) seconds: i64,
    pub(super) energy: Energy,
}

/// More is no session, and its midnights would take long to count.
const MOST_S: i64 = 400 * 86_400;

/// Whole seconds. Energy flows evenly within a period; a moment at which it reaches an amount is rounded down to the second,
/// the amount is exact.
pub(super) fn pieces(offer: &Offer, zone: &TimeZone, periods: &[Period]) -> Result<Vec<Piece>, String> {
    let Some(first) = periods.first() else { return Ok(Vec::new()) };
    let mut session = Session::new(offer, zone, first.started_at.as_second());
    let mut pieces = Vec::new();
    for (at, period) in periods.iter().enumerate() {
        session.take(period, &mut pieces).map_err(|why| format!("period {at}: {why}"))?;
    }
    Ok(pieces)
}

/// As far as it is cut.
struct Session<'a> {
    zone: &'a TimeZone,
    /// `None`: no condition is of the clock.
    clock: Option<TariffClock>,
    changes: Changes,
    started_s: i64,
    ended_s: i64,
    energy: Energy,
    idle_s: i64,
}

/// Where else conditions change.
struct Changes {
    energy: Vec<Energy>,
    duration_s: Vec<i64>,
    idle_s: Vec<i64>,
}

/// A point within a period: seconds since its start, and the energy until then.
type Point = (i64, i64);

impl<'a> Session<'a> {
    fn new(offer: &Offer, zone: &'a TimeZone, started_s: i64) -> Self {
        let conditions = || offer.elements.iter().map(|element| &element.when);
        let minutes: Vec<u16> = conditions().flat_map(|when| [when.from_minute, when.until_minute]).flatten().collect();
        let clock = conditions().any(Conditions::is_of_clock).then(|| TariffClock::new(zone.clone(), &minutes));
        let seconds = |of: fn(&Conditions) -> [Option<u32>; 2]| conditions().flat_map(of).flatten().map(i64::from);
        let changes = Changes {
            energy: seconds(|when| [when.from_wh, when.until_wh]).map(Energy::from_wh).collect(),
            duration_s: seconds(|when| [when.from_s, when.until_s]).collect(),
            idle_s: seconds(|when| [when.from_idle_s, when.until_idle_s]).collect(),
        };
        Self { zone, clock, changes, started_s, ended_s: started_s, energy: Energy::ZERO, idle_s: 0 }
    }

    fn take(&mut self, period: &Period, pieces: &mut Vec<Piece>) -> Result<(), String> {
        let (start, end) = (period.started_at.as_second(), period.ended_at.as_second());
        if start < self.ended_s || end < start {
            return Err("it begins before the one before it ends, or ends before it begins".to_owned());
        }
        if period.energy < Energy::ZERO {
            return Err(format!("its energy is {}", period.energy));
        }
        if end - self.started_s > MOST_S {
            return Err(format!("it ends more than {} days after the session's start", MOST_S / 86_400));
        }
        let power = Power(period.energy, end - start);
        let mut from: Point = (0, 0);
        for to in self.points(start, end, period) {
            let facts = self.facts(start + from.0, power)?;
            let (seconds, energy) = (to.0 - from.0, Energy::from_mwh(to.1 - from.1));
            pieces.push(Piece { facts, state: period.state, seconds, energy });
            self.energy += energy;
            self.idle_s += if period.state == ChargingState::Idle { seconds } else { 0 };
            from = to;
        }
        self.ended_s = end;
        Ok(())
    }

    /// Ascending in time and in energy; the last is the period's end.
    fn points(&self, start: i64, end: i64, period: &Period) -> Vec<Point> {
        let (length, energy) = (end - start, period.energy);
        let at_time = |seconds: i64| (seconds, share(energy.mwh(), seconds, length));
        let of_duration = self.changes.duration_s.iter().map(|change| self.started_s + change - start);
        let is_idle = period.state == ChargingState::Idle;
        let of_idle = self.changes.idle_s.iter().filter(|_| is_idle).map(|change| change - self.idle_s);
        let times = self.of_clock(start, end).into_iter().chain(of_duration).chain(of_idle);
        let times = times.filter(|seconds| (1..length).contains(seconds)).map(at_time);

        let amounts = self.changes.energy.iter().map(|change| (*change - self.energy).mwh());
        let amounts = amounts.filter(|mwh| (1..energy.mwh()).contains(mwh));
        let amounts = amounts.map(|mwh| (share(length, mwh, energy.mwh()), mwh));

        let mut points: Vec<Point> = times.chain(amounts).chain([(length, energy.mwh())]).collect();
        points.sort_unstable();
        points.dedup();
        points
    }

    /// Seconds since the start.
    fn of_clock(&self, start: i64, end: i64) -> Vec<i64> {
        let (Some(clock), Ok(from)) = (&self.clock, Timestamp::from_second(start)) else { return Vec::new() };
        let changes = std::iter::successors(Some(from), |at| Some(clock.next_boundary(*at)).filter(|next| next > at));
        changes.skip(1).map(Timestamp::as_second).take_while(|at| *at < end).map(|at| at - start).collect()
    }

    fn facts(&self, at: i64, power: Power) -> Result<Facts, String> {
        let local = self.zone.to_datetime(Timestamp::from_second(at).map_err(|error| error.to_string())?);
        Ok(Facts {
            date: local.date(),
            weekday: local.weekday().to_monday_one_offset().unsigned_abs(),
            minute: u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs()),
            energy: self.energy,
            duration_s: at - self.started_s,
            idle_s: self.idle_s,
            power,
        })
    }
}

/// Rounded down. The part is within the whole, which is not nothing.
fn share(of: i64, part: i64, whole: i64) -> i64 {
    i64::try_from(i128::from(of) * i128::from(part) / i128::from(whole)).unwrap_or(of)
}
