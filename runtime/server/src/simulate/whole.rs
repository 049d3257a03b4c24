//! Stations with a state of their own beside the fleet, and what an operator might ask of them: to keep a place, to draw no more than
//! so much, and to fetch new firmware.

use std::path::Path;

use amprule_domain::ports::Clock as _;
use amprule_simulator::{FleetSettings, SimStation, StationSettings, Version};
use anyhow::{Context, Result};
use jiff::SignedDuration;
use serde_json::json;

use super::enter::Server;
use crate::environment::SystemClock;
use crate::output::say;

const VERSIONS: [Version; 3] = [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21];
const FIRMWARE: &str = "demo-1.1.bin";

fn id(number: u32) -> String {
    format!("WHOLE-{number:03}")
}

/// They are there as long as what this returns.
pub(super) async fn connect(url: &str, count: u32) -> Result<Vec<SimStation>> {
    let mut stations = Vec::new();
    for (number, version) in (1..=count).zip(VERSIONS.into_iter().cycle()) {
        let (station, _) = SimStation::connect_whole(StationSettings::new(url, id(number), version))
            .await
            .with_context(|| format!("connect {}", id(number)))?;
        station.boot().await.with_context(|| format!("boot {}", id(number)))?;
        stations.push(station);
    }
    Ok(stations)
}

/// As an operator would, through the API.
pub(super) fn ask(data: &Path, api: &str, fleet: &FleetSettings, count: u32) -> Result<()> {
    let server = Server::new(data, api)?;
    let number_of =
        |wanted: Version| (1..=count).zip(VERSIONS.into_iter().cycle()).find(|(_, version)| *version == wanted);
    if let (Some((number, _)), Some(driver)) = (number_of(Version::Ocpp201), fleet.tokens.first()) {
        let until = SystemClock.now().checked_add(SignedDuration::from_hours(1))?;
        let place = json!({
            "id": 1, "evseId": 1, "expiryDateTime": until, "idToken": { "idToken": driver, "type": "ISO14443" },
        });
        let order = json!({ "command": "request", "action": "ReserveNow", "payload": place });
        server.post(&format!("stations/{}/commands", id(number)), &order)?;
        say(format_args!("{}: a place is kept for {driver}", id(number)));
    }
    if let Some((number, _)) = number_of(Version::Ocpp21) {
        let schedule = json!({
            "id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 10 }],
        });
        let profile = json!({
            "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
            "chargingSchedule": [schedule],
        });
        let payload = json!({ "evseId": 0, "chargingProfile": profile });
        let order = json!({ "command": "request", "action": "SetChargingProfile", "payload": payload });
        server.post(&format!("stations/{}/commands", id(number)), &order)?;
        say(format_args!("{}: cars draw 10 A at most", id(number)));
    }
    let content: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    server.put_bytes(&format!("firmware/{FIRMWARE}"), &content)?;
    let stations: Vec<_> = (1..=count).map(id).collect();
    let order = json!({ "command": "firmware", "file": FIRMWARE, "again": 1 });
    server.post("commands", &json!({ "to": { "stations": stations }, "perMinute": 30, "order": order }))?;
    say(format_args!("all {count} are told to fetch {FIRMWARE}, one every two seconds"));
    Ok(())
}
