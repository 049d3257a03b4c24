//! The time of simulated stations.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::FleetSettings;
use crate::plan::DAY_S;

/// The longest past that is played in fast motion.
const PAST_DAYS_MAX: u32 = 29;

/// The stations' time: fast until it reaches ours, and ours from then on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tempo {
    begin: Timestamp,
    past_s: u32,
    started: Instant,
    speed: f64,
}

impl Tempo {
    pub(crate) fn begin(settings: &FleetSettings) -> Self {
        let past_s = settings.days.min(PAST_DAYS_MAX) * DAY_S;
        let begin = settings.now.checked_sub(SignedDuration::from_secs(past_s.into())).unwrap_or(settings.now);
        Self { begin, past_s, started: Instant::now(), speed: settings.speed }
    }

    /// What a station's clock shows at a second of a day.
    pub(crate) fn shown(&self, day: u32, second: u32) -> Timestamp {
        let passed = i64::from(day) * i64::from(DAY_S) + i64::from(second);
        self.begin.checked_add(SignedDuration::from_secs(passed)).unwrap_or(self.begin)
    }

    /// When that is for us.
    pub(crate) fn due(&self, day: u32, second: u32) -> Instant {
        let passed = f64::from(day) * f64::from(DAY_S) + f64::from(second);
        let fast = passed / self.speed;
        self.started + Duration::from_secs_f64(fast.max(passed - f64::from(self.past_s)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> FleetSettings {
        FleetSettings::new("ws://localhost:9000", 100, "2026-05-04T12:00:00Z".parse().unwrap())
    }

    #[tokio::test]
    async fn the_last_day_ends_now_and_the_first_lies_whole_days_before() {
        let settings = FleetSettings { days: 2, ..settings() };
        let tempo = Tempo::begin(&settings);
        assert_eq!(tempo.shown(0, 0), "2026-05-02T12:00:00Z".parse().unwrap());
        assert_eq!(tempo.shown(1, DAY_S), settings.now);
        assert_eq!(tempo.due(1, 0) - tempo.due(0, 0), Duration::from_secs(144));
    }

    #[tokio::test]
    async fn a_fleet_without_end_catches_up_with_the_clock_and_never_passes_it() {
        let tempo = Tempo::begin(&FleetSettings { days: u32::MAX, ..settings() });
        for day in [0, 1, 29, 30, 31, 365] {
            let real = (tempo.due(day, 0) - tempo.started).as_secs_f64();
            let ahead = tempo.shown(day, 0).duration_since(settings().now).as_secs_f64() - real;
            assert!(ahead < 1e-3, "day {day} is {ahead} s ahead");
            assert_eq!(ahead > -1e-3, day > 29, "day {day}");
        }
    }
}
