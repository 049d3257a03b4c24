//! Whatever is asked, in whatever shape, gets an answer.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::Version;
use crate::whole::errands::Due;
use crate::whole::play::Play;
use crate::whole::requests::known;

/// What may stand where anything may stand.
fn things() -> Vec<Value> {
    let at = "2026-05-04T12:00:00Z";
    let place = json!({"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}});
    let monitor = json!({
        "component": place["component"], "variable": place["variable"], "type": "Delta", "value": 1, "severity": 1,
        "periodicEventStream": {"interval": i64::MAX, "values": 3},
    });
    let profile = json!({
        "id": 1, "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "transactionId": "tx-1",
        "chargingSchedule": [{
            "id": 1, "chargingRateUnit": "A", "startSchedule": at, "duration": i64::MAX,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}, {"startPeriod": i64::MAX, "limit": 6}],
        }],
    });
    let token = json!({"idToken": "CARD", "type": "ISO14443"});
    let firmware = json!({"location": "ftp://h/f", "retrieveDateTime": at, "signature": "invalid"});
    let curve = json!({"startTime": at, "duration": f64::MAX, "priority": i64::MIN});
    vec![
        json!(0),
        json!(1),
        json!(i64::MAX),
        json!(-1.5),
        json!(true),
        json!(null),
        json!("tx-1"),
        json!("1"),
        json!(at),
        json!("ftp://h/f"),
        json!("\u{1F50C}".repeat(300)),
        json!([]),
        json!({}),
        json!([{}]),
        json!([1, "tx-1", null]),
        json!([monitor]),
        json!([place]),
        profile,
        token.clone(),
        json!([{"idToken": token, "idTokenInfo": {}}]),
        firmware,
        curve,
        json!({"remoteLocation": "ftp://h/"}),
        json!({"id": 1, "connectorId": 1}),
    ]
}

/// Members that may be there, or not.
const OTHERS: [&str; 14] = [
    "evseId",
    "evse",
    "connectorId",
    "chargingProfile",
    "localAuthorizationList",
    "tariffIds",
    "componentVariable",
    "componentCriteria",
    "chargingProfileCriteria",
    "curve",
    "transactionId",
    "requestId",
    "idToken",
    "duration",
];

#[test]
fn nothing_that_is_asked_breaks_the_station() {
    let things = things();
    for version in [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21] {
        let mut play = Play::new(version);
        play.charges(1);
        for (round, (action, members)) in (0..things.len()).flat_map(|at| known(version).map(move |row| (at, row))) {
            let thing = |at: usize| things[(round * 7 + at * 5) % things.len()].clone();
            let mut asked = json!({});
            for (at, (member, words)) in members.into_iter().enumerate() {
                let word = words.split('|').nth(round % 2).filter(|word| !word.is_empty());
                asked[member] = word.map_or_else(|| thing(at), |word| json!(word));
            }
            for (at, member) in OTHERS.into_iter().enumerate().filter(|(at, _)| (round + at) % 3 == 0) {
                if asked.get(member).is_none() {
                    asked[member] = thing(round + at);
                }
            }
            if let Err(fault) = play.state.answer(action, &asked) {
                assert_ne!(fault.code(version), "NotImplemented", "{action}");
            }
            let said = play.said();
            for (action, payload) in said {
                play.hear(action, &payload, things[round].clone());
            }
            play.state.now += SignedDuration::from_secs(1);
            for due in [Due::Expiry, Due::Der, Due::Pull(1), Due::Boot, Due::Meter(1, 1)] {
                play.state.comes(&due);
            }
            play.state.errands.clear();
        }
    }
}
