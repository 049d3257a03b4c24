//! Block K: how cars mean to charge (K15 to K17), and limits from outside (K11 to K13).

use amprule_simulator::{Meter, Version};
use amprule_tests::{ago, until};
use serde_json::{Value, json};

use super::Flow;

fn schedule(unit: &str, limit: f64) -> Value {
    let periods = json!([{"startPeriod": 0, "limit": limit}]);
    json!({"id": 1, "chargingRateUnit": unit, "startSchedule": ago(60), "chargingSchedulePeriod": periods})
}

fn profile(id: i64, purpose: &str, amperes: f64) -> Value {
    json!({
        "id": id, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule("A", amperes)],
    })
}

impl Flow {
    async fn means(&self, unit: &str, limit: f64) -> Value {
        let plan = json!({"evseId": 1, "timeBase": ago(0), "chargingSchedule": schedule(unit, limit)});
        self.station.call("NotifyEVChargingSchedule", plan).await.expect("an answer")["status"].clone()
    }

    fn set(&self) -> Vec<Value> {
        let asked = self.whole.requests().into_iter();
        asked.filter(|(action, _)| action == "SetChargingProfile").map(|(_, payload)| payload).collect()
    }

    fn most_a(&self) -> Value {
        let path = "/api/v1/stations/cs-1/composite-schedule?evse=1&duration=600&unit=A";
        self.api.get(path).ok()["periods"][0]["limit"].clone()
    }
}

/// K16.FR.06 and 07; 2.1, K15.FR.12 and 13, K17.FR.12 and 13.
#[tokio::test(flavor = "multi_thread")]
async fn a_car_that_means_to_draw_more_than_it_may_is_told_again() {
    for version in [Version::Ocpp201, Version::Ocpp21] {
        let flow = Flow::of(version).await;
        flow.api.accept(&["CARD-1"]);
        let now = amprule_tests::clock::now();
        let (charge, _) = flow.station.start(1, "CARD-1", Meter::new(now, 0)).await.expect("it starts");
        assert_eq!(flow.means("A", 32.0).await, "Accepted", "nothing limits it");
        let mut own = profile(5, "TxProfile", 10.0);
        own["transactionId"] = json!(charge.transaction);
        flow.accepted("SetChargingProfile", json!({"evseId": 1, "chargingProfile": own})).await;
        for (unit, limit) in [("A", 8.0), ("A", 10.0), ("W", 6_900.0)] {
            assert_eq!(flow.means(unit, limit).await, "Accepted", "{limit} {unit}");
        }
        for (times, (unit, limit)) in [("A", 16.0), ("W", 11_000.0), ("A", 12.0)].into_iter().enumerate() {
            assert_eq!(flow.means(unit, limit).await, "Rejected", "{limit} {unit}");
            let told = until("it is told again", || Some(flow.set()).filter(|set| set.len() == times + 2)).await;
            assert_eq!(told.last().map(|told| &told["chargingProfile"]), Some(&own));
        }
        assert_eq!(flow.means("A", 16.0).await, "Rejected");
        flow.ordered(json!({"command": "report", "waitS": 20})).await.ok();
        assert_eq!(flow.set().len(), 4, "it was told often enough");
    }
}

/// What is told of a limit counts, until it is cleared or its source's profile is reported.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_from_outside_limits() {
    let flow = Flow::of(Version::Ocpp201).await;
    let usual = profile(1, "TxDefaultProfile", 16.0);
    flow.accepted("SetChargingProfile", json!({"evseId": 1, "chargingProfile": usual})).await;
    let limit = async |source: &str, schedules: Value| {
        let mut limit = json!({"evseId": 1, "chargingLimit": {"chargingLimitSource": source}});
        if schedules != Value::Null {
            limit["chargingSchedule"] = schedules;
        }
        flow.station.call("NotifyChargingLimit", limit).await.expect("it is taken");
    };
    limit("Other", Value::Null).await;
    assert_eq!(flow.most_a(), 16.0, "nobody knows how much that is");
    limit("SO", json!([schedule("A", 6.0)])).await;
    assert_eq!(flow.most_a(), 6.0);
    assert_eq!(flow.means("A", 10.0).await, "Rejected");
    limit("EMS", json!([schedule("A", 9.0)])).await;
    let cleared = json!({"chargingLimitSource": "SO", "evseId": 1});
    flow.station.call("ClearedChargingLimit", cleared).await.expect("it is taken");
    assert_eq!(flow.most_a(), 9.0, "another one still limits it");
    let reported = json!({
        "requestId": 1, "chargingLimitSource": "EMS", "evseId": 1, "tbc": false,
        "chargingProfile": [profile(900, "ChargingStationExternalConstraints", 12.0)],
    });
    flow.station.call("ReportChargingProfiles", reported).await.expect("it is taken");
    assert_eq!(flow.most_a(), 12.0, "its source has said more");
}
