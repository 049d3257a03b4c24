//! Stations that take watts alone. What they let flow of each phase is what their site means, on however many phases they are.

use std::sync::Arc;

use amprule_simulator::{Meter, SimStation, StationSettings, Version, Whole};
use amprule_tests::{Setup, TestServer, clock, until};
use serde_json::{Value, json};

use super::{circuit, evse, write};

/// A station of this version that takes watts alone, and has booted.
async fn watts(server: &TestServer, id: &str, version: Version) -> (SimStation, Arc<Whole>) {
    let settings = StationSettings::new(&server.ocpp, id, version);
    let (station, whole) = SimStation::connect_whole(settings).await.expect("the station connects");
    let (variable, unit) = match version {
        Version::Ocpp16 => ("ChargingScheduleAllowedChargingRateUnit", "Power"),
        _ => ("RateUnit", "W"),
    };
    assert!(whole.set("SmartChargingCtrlr", variable, unit), "it has {variable}");
    station.boot().await.expect("the station boots");
    (station, whole)
}

async fn until_flows(whole: &Whole, amperes: f64) {
    until(&format!("{amperes} A of each phase"), || ((whole.most_a(1) - amperes).abs() < 0.1).then_some(())).await;
}

/// The latest profile of this purpose.
fn profile(whole: &Whole, purpose: &str) -> Value {
    let found = whole.profiles().into_iter().rfind(|profile| profile.purpose() == purpose);
    found.unwrap_or_else(|| panic!("there is no {purpose}")).value
}

/// OCPP 2.0.1, K01.FR.49 and 50; 1.6, 7.14: watts without a number of phases are divided by three.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_one_phase_lets_flow_what_its_site_means() {
    let one = |id: &str, phase: u8| evse(id, &format!("phases = [{phase}]\nmost_a = 16"));
    let config = circuit(20) + &one("v16", 1) + &one("v201", 2) + &one("v21", 3);
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    server.api().accept(&["CARD-1"]);
    let mut stations = Vec::new();
    for (id, version) in [("v16", Version::Ocpp16), ("v201", Version::Ocpp201), ("v21", Version::Ocpp21)] {
        let (station, whole) = watts(&server, id, version).await;
        until_flows(&whole, 6.0).await;
        let (mut charge, _) = station.start(1, "CARD-1", Meter::new(clock::now(), 0)).await.expect("it starts");
        until_flows(&whole, 16.0).await;
        let of_transaction = profile(&whole, "TxProfile");
        let schedule = of_transaction.pointer("/chargingSchedule/0").unwrap_or(&of_transaction["chargingSchedule"]);
        let period = &schedule["chargingSchedulePeriod"][0];
        assert_eq!(
            (&schedule["chargingRateUnit"], period["limit"].as_f64(), &period["numberPhases"]),
            (&json!("W"), Some(3_680.0), &json!(1)),
            "{id}: {of_transaction}"
        );
        station.stop(&mut charge, Meter::new(clock::now(), 100), "Local").await.expect("it ends");
        until_flows(&whole, 6.0).await;
        stations.push((station, whole));
    }
    // Nobody shares them out any more: what begins there has all that its cable bears.
    write(&server, "");
    for (_, whole) in &stations {
        until_flows(whole, 16.0).await;
    }
}

/// Of three phases the number is left out: not every station takes one.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_three_phases_is_told_watts_alone() {
    let server = Setup::default().config(&(circuit(32) + &evse("three", ""))).start().await;
    let (_station, whole) = watts(&server, "three", Version::Ocpp201).await;
    until_flows(&whole, 6.0).await;
    let standing = profile(&whole, "TxDefaultProfile");
    let period = &standing["chargingSchedule"][0]["chargingSchedulePeriod"][0];
    assert_eq!((period["limit"].as_f64(), &period["numberPhases"]), (Some(4_140.0), &Value::Null), "{standing}");
}
