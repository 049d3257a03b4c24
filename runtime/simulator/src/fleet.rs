//! Many stations that play charging days in fast motion.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::chance::Chance;
use crate::plan::DAY_S;
use crate::progress::{Listener, Progress};
use crate::runner::Runner;
use crate::{FleetError, StationSettings, Version};

/// Between the first connects of two stations.
const STAGGER: Duration = Duration::from_millis(5);
/// The longest past that is played in fast motion.
const PAST_DAYS_MAX: u32 = 30;

#[derive(Debug, Clone, PartialEq)]
pub struct FleetSettings {
    /// The server's address without a station: `ws://127.0.0.1:9000`.
    pub url: String,
    /// How many stations. About half of them speak 1.6, the others 2.0.1, as the seed decides.
    pub stations: u32,
    /// Station number 7 is called `SIM-007` with the prefix `SIM-`.
    pub prefix: String,
    /// Simulated seconds in a real one; 600 plays a day in 144 seconds.
    pub speed: f64,
    pub seed: u64,
    /// Cards of the drivers, drawn evenly.
    pub tokens: Vec<String>,
    /// The days that are played, one after the other. They begin as many days before `now`, 30 at most. Whoever has
    /// caught up with the clock goes on in real time, so no message comes from the future.
    pub days: u32,
    pub now: Timestamp,
    /// Simulated time between meter values.
    pub meter_every_s: u32,
    /// The same for all stations.
    pub password: Option<String>,
    /// Failed connects in a row until a station gives up; they are up to 15 seconds apart.
    pub attempts: u32,
}

impl FleetSettings {
    /// One day that ends at `now`, in fast motion.
    pub fn new(url: impl Into<String>, stations: u32, now: Timestamp) -> Self {
        Self {
            url: url.into(),
            stations,
            prefix: "SIM-".to_owned(),
            speed: 600.0,
            seed: 1,
            tokens: ["DRIVER-1", "DRIVER-2", "DRIVER-3", "DRIVER-4"].map(str::to_owned).to_vec(),
            days: 1,
            now,
            meter_every_s: 300,
            password: None,
            attempts: 40,
        }
    }

    fn check(&self) -> Result<(), FleetError> {
        if self.stations == 0 {
            Err(FleetError::NoStations)
        } else if self.tokens.is_empty() {
            Err(FleetError::NoTokens)
        } else if self.days == 0 {
            Err(FleetError::NoDays)
        } else if !(1.0..=100_000.0).contains(&self.speed) {
            Err(FleetError::Speed)
        } else {
            Ok(())
        }
    }

    /// Who the station with this number is.
    pub fn station(&self, number: u32) -> StationSettings {
        let version =
            if Chance::new(self.seed, &[number, 16]).percent(50) { Version::Ocpp16 } else { Version::Ocpp201 };
        let mut station = StationSettings::new(&self.url, format!("{}{number:03}", self.prefix), version);
        station.password.clone_from(&self.password);
        station
    }
}

/// A fleet that is ready to play.
pub struct Fleet {
    settings: Arc<FleetSettings>,
    listener: Listener,
}

impl Fleet {
    /// `listener` is told everything that happens, from many tasks at once.
    ///
    /// # Errors
    /// Says which setting cannot work.
    pub fn new(
        settings: FleetSettings,
        listener: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Self, FleetError> {
        settings.check()?;
        Ok(Self { settings: Arc::new(settings), listener: Arc::new(listener) })
    }

    /// Plays all days. Dropping the future cuts all stations off.
    pub async fn run(self) {
        let tempo = Tempo::begin(&self.settings);
        let mut stations = JoinSet::new();
        for number in 1..=self.settings.stations {
            let runner = Runner::new(number, Arc::clone(&self.settings), tempo, Arc::clone(&self.listener));
            stations.spawn(async move {
                tokio::time::sleep(STAGGER * number).await;
                runner.run().await;
            });
        }
        while stations.join_next().await.is_some() {}
    }
}

/// The stations' time: fast until it reaches ours, and ours from then on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tempo {
    begin: Timestamp,
    past_s: u32,
    started: Instant,
    speed: f64,
}

impl Tempo {
    fn begin(settings: &FleetSettings) -> Self {
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
            assert_eq!(ahead > -1e-3, day > 30, "day {day}");
        }
    }

    #[test]
    fn about_half_of_the_stations_speak_each_version() {
        let settings = settings();
        let older = (1..=100).filter(|number| settings.station(*number).version == Version::Ocpp16).count();
        assert!((30..=70).contains(&older), "{older}");
        assert_eq!(settings.station(7).id, "SIM-007");
    }

    #[test]
    fn impossible_settings_are_refused() {
        let refused = |settings| Fleet::new(settings, |_| {}).map(drop).unwrap_err();
        assert_eq!(refused(FleetSettings { stations: 0, ..settings() }), FleetError::NoStations);
        assert_eq!(refused(FleetSettings { tokens: vec![], ..settings() }), FleetError::NoTokens);
        assert_eq!(refused(FleetSettings { days: 0, ..settings() }), FleetError::NoDays);
        assert_eq!(refused(FleetSettings { speed: f64::NAN, ..settings() }), FleetError::Speed);
    }
}
