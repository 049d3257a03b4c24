//! When the simulated car comes, and how long it stays.

use amprule_domain::Timestamp;
use amprule_domain::event::ChargingState;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

pub(super) const ZONE: &str = "Europe/Berlin";
/// A Wednesday, 18:30 in Berlin.
const PLUGGED_IN: &str = "2026-07-01T18:30:00";
/// Minutes, what the car does, and Wh. It stands there for the rest of its time.
const COURSE: [(i64, ChargingState, i64); 3] =
    [(45, ChargingState::Charging, 8_250), (10, ChargingState::Suspended, 0), (65, ChargingState::Charging, 11_400)];

#[derive(Debug, Clone, Copy)]
pub struct Stay {
    pub from: Timestamp,
    pub minutes: i64,
}

impl Default for Stay {
    fn default() -> Self {
        Self { from: usual(), minutes: 150 }
    }
}

impl Stay {
    /// A local time of the usual Wednesday, `07:30`, or of another day, `2026-07-04T22:00`. The error says so.
    pub fn starting(text: &str) -> Result<Timestamp, String> {
        let day: DateTime = PLUGGED_IN.parse().expect("a literal time");
        let of_day = || text.parse::<Time>().map(|time| day.date().to_datetime(time));
        let local = text.parse::<DateTime>().ok().filter(|_| text.contains('-')).map_or_else(of_day, Ok);
        let zoned = local.and_then(|local| local.to_zoned(zone()));
        zoned
            .map(|zoned| zoned.timestamp())
            .map_err(|_| format!("{text:?} is no local time: 07:30, or 2026-07-04T22:00"))
    }

    /// Steps that fit the stay.
    pub(super) fn course(self) -> Vec<(i64, ChargingState, i64)> {
        let mut left = self.minutes;
        let mut steps = Vec::new();
        for (minutes, state, wh) in COURSE {
            let taken = minutes.min(left);
            if taken > 0 {
                steps.push((taken, state, wh * taken / minutes));
            }
            left -= taken;
        }
        if left > 0 {
            steps.push((left, ChargingState::Idle, 0));
        }
        steps
    }
}

pub(super) fn zone() -> TimeZone {
    TimeZone::get(ZONE).unwrap_or(TimeZone::UTC)
}

fn usual() -> Timestamp {
    let local: DateTime = PLUGGED_IN.parse().expect("a literal time");
    local.to_zoned(zone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stay_begins_on_the_usual_day_or_on_another() {
        for (text, expect) in [
            ("18:30", Ok("2026-07-01T16:30:00Z")),
            ("07:30", Ok("2026-07-01T05:30:00Z")),
            ("2026-12-24T22:00", Ok("2026-12-24T21:00:00Z")),
            ("noon", Err("\"noon\" is no local time: 07:30, or 2026-07-04T22:00")),
        ] {
            let found = Stay::starting(text).map(|at| at.to_string());
            assert_eq!(found.as_deref().map_err(String::as_str), expect, "{text}");
        }
        assert_eq!(Stay::default().from.to_string(), "2026-07-01T16:30:00Z");
    }

    #[test]
    fn a_short_stay_ends_while_it_charges_and_a_long_one_stands_there() {
        let course = |minutes| Stay { minutes, ..Stay::default() }.course();
        assert_eq!(course(20), [(20, ChargingState::Charging, 3_666)]);
        assert_eq!(course(600).last(), Some(&(480, ChargingState::Idle, 0)));
        assert_eq!(course(0), []);
    }
}
