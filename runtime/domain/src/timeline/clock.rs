//! Where a tariff's clock changes.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Midnight, and these minutes of the local day. A clock with such minutes also changes where the wall clock is moved.
#[derive(Debug, Clone)]
pub struct TariffClock {
    zone: TimeZone,
    /// Ascending minutes of the local day, without 0.
    boundaries: Vec<u16>,
}

impl TariffClock {
    pub fn new(zone: TimeZone, boundaries: &[u16]) -> Self {
        let mut boundaries: Vec<u16> = boundaries.iter().copied().filter(|minute| (1..1440).contains(minute)).collect();
        boundaries.sort_unstable();
        boundaries.dedup();
        Self { zone, boundaries }
    }

    /// The first change of the clock after `at`. In an hour that happens twice the wall shows a boundary twice; one in
    /// an hour that does not happen is where the clock is moved.
    pub fn next_boundary(&self, at: Timestamp) -> Timestamp {
        let local = self.zone.to_datetime(at);
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        let today = self.boundaries.iter().filter(|&&boundary| boundary > minute).map(|&boundary| time_of(boundary));
        let of_today = today.filter_map(|time| self.on_wall(local.date(), time, at)).next();
        let midnight = || local.date().tomorrow().ok().and_then(|date| self.on_wall(date, Time::midnight(), at));
        let next = of_today.or_else(midnight).unwrap_or(Timestamp::MAX);
        self.moved_before(at, next).unwrap_or(next)
    }

    /// When the wall shows this after `at`.
    fn on_wall(&self, date: Date, time: Time, at: Timestamp) -> Option<Timestamp> {
        let wall = self.zone.to_ambiguous_timestamp(date.to_datetime(time));
        let candidates = match wall.offset() {
            AmbiguousOffset::Unambiguous { .. } => [wall.compatible().ok(), None],
            AmbiguousOffset::Gap { .. } => [None, self.zone.following(at).next().map(|moved| moved.timestamp())],
            AmbiguousOffset::Fold { .. } => [wall.earlier().ok(), wall.later().ok()],
        };
        candidates.into_iter().flatten().find(|candidate| *candidate > at)
    }

    /// The moment at which the wall clock is moved, if that is before the next boundary.
    fn moved_before(&self, at: Timestamp, next: Timestamp) -> Option<Timestamp> {
        let is_moved = !self.boundaries.is_empty()
            && next < Timestamp::MAX
            && self.zone.to_offset(at) != self.zone.to_offset(next);
        let moved = is_moved.then(|| self.zone.following(at).next())??.timestamp();
        (moved < next).then_some(moved)
    }
}

fn time_of(minute: u16) -> Time {
    let (hour, minute) = (i8::try_from(minute / 60), i8::try_from(minute % 60));
    jiff::civil::time(hour.unwrap_or(0), minute.unwrap_or(0), 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, until: &str, boundaries: &[u16], expect: &[&str]) {
        let clock = TariffClock::new(TimeZone::get("Europe/Berlin").expect("a bundled zone"), boundaries);
        let (mut at, until): (Timestamp, Timestamp) = (from.parse().expect("a time"), until.parse().expect("a time"));
        let mut found = Vec::new();
        loop {
            at = clock.next_boundary(at);
            if at > until {
                break;
            }
            found.push(at.to_string());
        }
        assert_eq!(found, expect, "{boundaries:?}");
    }

    #[test]
    fn a_boundary_in_the_hour_that_happens_twice_is_shown_twice() {
        let expect = ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"];
        check("2026-10-25T00:00:00Z", "2026-10-25T04:00:00Z", &[150], &expect);
    }

    #[test]
    fn a_boundary_in_the_hour_that_does_not_happen_is_at_its_edge() {
        check("2026-03-29T00:00:00Z", "2026-03-29T04:00:00Z", &[150], &["2026-03-29T01:00:00Z"]);
        let edge_and_after = ["2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z"];
        check("2026-03-29T00:00:00Z", "2026-03-29T04:00:00Z", &[150, 195], &edge_and_after);
    }

    #[test]
    fn other_days_change_at_their_boundaries_and_at_midnight() {
        let expect = ["2026-07-01T04:00:00Z", "2026-07-01T20:00:00Z", "2026-07-01T22:00:00Z"];
        check("2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z", &[1320, 360], &expect);
    }
}
