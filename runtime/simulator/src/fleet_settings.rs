//! What a fleet is: its stations, drivers, days and speed.

use jiff::Timestamp;

use crate::chance::Chance;
use crate::{FleetError, StationSettings, Version};

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
    /// The days that are played, one after the other. They begin as many days before `now`, 29 at most, so that a replay of 30 days has them all. Whoever has
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

    pub(crate) fn check(&self) -> Result<(), FleetError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> FleetSettings {
        FleetSettings::new("ws://localhost:9000", 100, "2026-05-04T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn about_half_of_the_stations_speak_each_version() {
        let settings = settings();
        let older = (1..=100).filter(|number| settings.station(*number).version == Version::Ocpp16).count();
        assert!((30..=70).contains(&older), "{older}");
        assert_eq!(settings.station(7).id, "SIM-007");
    }
}
