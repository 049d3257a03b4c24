//! What is not sent though its shape is right, as a table.

use amprule_ocpp::{CommandFault, Dialect};
use serde_json::{Value, json};

fn profile(purpose: &str, kind: &str, more: &Value, periods: &Value) -> Value {
    let mut profile = json!({
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": kind,
        "chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        let place = if name == "startSchedule" { &mut profile["chargingSchedule"][0] } else { &mut profile };
        place[name.as_str()] = value.clone();
    }
    profile
}

#[test]
fn what_the_standard_forbids_is_not_sent() {
    let start = json!({"startSchedule": "2026-07-01T08:00:00Z"});
    let (one, none) = (json!([{"startPeriod": 0, "limit": 16.0}]), json!({}));
    let of_t = json!({"transactionId": "t-1"});
    let set = |evse: i64, profile: Value| ("SetChargingProfile", json!({"evseId": evse, "chargingProfile": profile}));
    let begin = |profile: Value| {
        let token = json!({"idToken": "A", "type": "Central"});
        ("RequestStartTransaction", json!({"remoteStartId": 1, "idToken": token, "chargingProfile": profile}))
    };
    let cases = [
        (set(1, profile("TxDefaultProfile", "Absolute", &start, &one)), ""),
        (set(1, profile("TxProfile", "Relative", &of_t, &one)), ""),
        (begin(profile("TxProfile", "Relative", &none, &one)), ""),
        (set(1, profile("TxProfile", "Relative", &none, &one)), "/chargingProfile/transactionId"),
        (set(0, profile("TxProfile", "Relative", &of_t, &one)), "/chargingProfile/chargingProfilePurpose"),
        (
            set(1, profile("ChargingStationMaxProfile", "Absolute", &start, &one)),
            "/chargingProfile/chargingProfilePurpose",
        ),
        (set(0, profile("ChargingStationMaxProfile", "Relative", &none, &one)), "/chargingProfile/chargingProfileKind"),
        (
            set(0, profile("ChargingStationExternalConstraints", "Absolute", &start, &one)),
            "/chargingProfile/chargingProfilePurpose",
        ),
        (
            set(1, profile("TxDefaultProfile", "Absolute", &none, &one)),
            "/chargingProfile/chargingSchedule/0/startSchedule",
        ),
        (
            set(1, profile("TxDefaultProfile", "Relative", &start, &one)),
            "/chargingProfile/chargingSchedule/0/startSchedule",
        ),
        (
            set(1, profile("TxDefaultProfile", "Absolute", &start, &json!([{"startPeriod": 120, "limit": 16.0}]))),
            "/chargingProfile/chargingSchedule/0/chargingSchedulePeriod/0/startPeriod",
        ),
        (
            set(
                1,
                profile(
                    "TxDefaultProfile",
                    "Absolute",
                    &start,
                    &json!([{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 0, "limit": 8.0}]),
                ),
            ),
            "/chargingProfile/chargingSchedule/0/chargingSchedulePeriod/1/startPeriod",
        ),
        (
            set(1, profile("TxDefaultProfile", "Absolute", &start, &json!([{"startPeriod": 0, "limit": 10.123}]))),
            "/chargingProfile/chargingSchedule/0/chargingSchedulePeriod/0/limit",
        ),
        (set(1, profile("TxDefaultProfile", "Absolute", &start, &json!([{"startPeriod": 0, "limit": 8.1}]))), ""),
        (begin(profile("TxProfile", "Relative", &of_t, &one)), "/chargingProfile/transactionId"),
        (begin(profile("TxDefaultProfile", "Relative", &none, &one)), "/chargingProfile/chargingProfilePurpose"),
        (
            (
                "SendLocalList",
                json!({"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [{"idToken": {"idToken": "A", "type": "Central"}}]}),
            ),
            "/localAuthorizationList/0",
        ),
    ];
    for ((action, payload), expect) in cases {
        let path = match Dialect::V201.check_order(action, &payload.to_string()) {
            Ok(()) => String::new(),
            Err(CommandFault::Invalid { path, .. }) => path,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(path, expect, "{action} {payload}");
    }
}
