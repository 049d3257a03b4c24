//! Charging profiles: what is taken, what is refused, what they come to.

use serde_json::{Value, json};

use crate::Version;
use crate::whole::errands::Due;
use crate::whole::play::Play;

fn profile(id: i64, level: i64, purpose: &str, limit: f64) -> Value {
    json!({
        "id": id, "stackLevel": level, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
        "chargingSchedule": [{
            "id": 1, "chargingRateUnit": "A", "startSchedule": "2026-05-04T12:00:00Z",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        }],
    })
}

fn with(mut profile: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        profile.pointer_mut(parent).unwrap()[member] = value.clone();
    }
    profile
}

fn set(play: &mut Play, evse: i64, profile: Value, reason: &str) {
    let expected = match reason {
        "" => json!({"status": "Accepted"}),
        reason => json!({"status": "Rejected", "statusInfo": {"reasonCode": reason}}),
    };
    play.check("SetChargingProfile", json!({"evseId": evse, "chargingProfile": profile}), expected);
}

#[test]
fn a_profile_is_taken_only_when_it_can_be_followed() {
    let mut play = Play::new(Version::Ocpp201);
    play.charges(1);
    let (max, default, tx) = ("ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile");
    let schedule = "/chargingSchedule/0";
    let period = "/chargingSchedule/0/chargingSchedulePeriod/0";
    let of_tx = [("/transactionId", json!("tx-1"))];
    let many: Vec<Value> = (0..25).map(|start| json!({"startPeriod": start, "limit": 6})).collect();
    let rows = [
        (0, profile(1, 0, max, 16.0), ""),
        (1, profile(2, 0, max, 16.0), "InvalidProfile"),
        (0, with(profile(2, 0, max, 16.0), &[("/chargingProfileKind", json!("Relative"))]), "InvalidProfile"),
        (0, profile(2, 0, max, 16.0), "DuplicateProfile"),
        (0, profile(2, 9, max, 16.0), "InvalidStackLevel"),
        (3, profile(2, 0, default, 16.0), "UnknownEvse"),
        (0, profile(2, 0, default, 16.0), ""),
        (1, profile(3, 0, default, 16.0), "DuplicateProfile"),
        (1, profile(3, 1, default, 16.0), ""),
        (0, profile(4, 0, "ChargingStationExternalConstraints", 16.0), "InvalidProfile"),
        (0, profile(4, 0, tx, 16.0), "InvalidProfile"),
        (1, profile(4, 0, tx, 16.0), "MissingParam"),
        (1, with(profile(4, 0, tx, 16.0), &[("/transactionId", json!("other"))]), "TxNotFound"),
        (1, with(profile(4, 0, tx, 16.0), &of_tx), ""),
        (1, with(profile(5, 0, tx, 16.0), &of_tx), "DuplicateProfile"),
        (1, with(profile(4, 0, tx, 10.0), &of_tx), ""),
        (2, with(profile(6, 0, default, 16.0), &[("/chargingProfileKind", json!("Recurring"))]), "InvalidSchedule"),
        (
            2,
            with(profile(6, 3, default, 16.0), &[(&*format!("{schedule}/chargingRateUnit"), json!("V"))]),
            "UnsupportedRateUnit",
        ),
        (2, with(profile(6, 3, default, 16.0), &[(&*format!("{period}/startPeriod"), json!(5))]), "InvalidSchedule"),
        (2, with(profile(6, 3, default, 16.0), &[(&*format!("{period}/phaseToUse"), json!(2))]), "InvalidSchedule"),
        (
            2,
            with(profile(6, 3, default, 16.0), &[(&*format!("{schedule}/chargingSchedulePeriod"), json!(many))]),
            "TooManyElements",
        ),
    ];
    for (evse, profile, reason) in rows {
        set(&mut play, evse, profile, reason);
    }
    assert_eq!(play.state.profiles.len(), 4);
    for (id, level) in (10..18).zip(1..) {
        set(&mut play, 2, profile(id, level, default, 6.0), "");
    }
    set(&mut play, 2, profile(20, 0, "TxDefaultProfile", 6.0), "DuplicateProfile");
    set(&mut play, 0, profile(20, 8, max, 6.0), "OutOfStorage");
}

#[test]
fn profiles_are_reported_by_evse_and_cleared_by_criteria() {
    let mut play = Play::new(Version::Ocpp201);
    for (evse, id, level) in [(0, 1, 0), (1, 2, 1), (1, 3, 2), (2, 4, 1)] {
        set(&mut play, evse, profile(id, level, "TxDefaultProfile", 16.0), "");
    }
    let get = |criteria: Value| json!({"requestId": 9, "chargingProfile": criteria});
    play.check("GetChargingProfiles", get(json!({"stackLevel": 1})), json!({"status": "Accepted"}));
    play.follows(&[
        ("ReportChargingProfiles", json!({"requestId": 9, "evseId": 1, "tbc": true, "chargingProfile": [{"id": 2}]})),
        ("ReportChargingProfiles", json!({"requestId": 9, "evseId": 2, "tbc": false, "chargingProfile": [{"id": 4}]})),
    ]);
    play.check("GetChargingProfiles", get(json!({"chargingLimitSource": ["EMS"]})), json!({"status": "NoProfiles"}));
    let clear = |criteria: Value| json!({"chargingProfileCriteria": criteria});
    let rows = [
        (json!({"chargingProfileId": 1}), "Accepted", 3),
        (json!({"chargingProfileId": 1}), "Unknown", 3),
        (clear(json!({"evseId": 1, "stackLevel": 2})), "Accepted", 2),
        (clear(json!({"chargingProfilePurpose": "TxProfile"})), "Unknown", 2),
        (clear(json!({"chargingProfilePurpose": "TxDefaultProfile"})), "Accepted", 0),
    ];
    for (asked, status, left) in rows {
        play.check("ClearChargingProfile", asked, json!({"status": status}));
        assert_eq!(play.state.profiles.len(), left);
    }
}

#[test]
fn in_1_6_the_later_profile_replaces_the_earlier() {
    let mut play = Play::new(Version::Ocpp16);
    let profile = |id: i64, level: i64, purpose: &str| {
        json!({
            "chargingProfileId": id, "stackLevel": level, "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Relative",
            "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 4600.0}]},
        })
    };
    let rows = [
        (1, profile(1, 0, "TxDefaultProfile"), "Accepted", 1),
        (1, profile(2, 0, "TxDefaultProfile"), "Accepted", 1),
        (1, profile(3, 9, "TxDefaultProfile"), "Rejected", 1),
        (1, profile(3, 0, "TxProfile"), "Rejected", 1),
        (0, profile(3, 0, "ChargePointMaxProfile"), "Rejected", 1),
    ];
    for (connector, profile, status, count) in rows {
        let asked = json!({"connectorId": connector, "csChargingProfiles": profile});
        play.check("SetChargingProfile", asked, json!({"status": status}));
        assert_eq!(play.state.profiles.len(), count);
    }
    play.charges(1);
    let asked = json!({"connectorId": 1, "csChargingProfiles": profile(3, 0, "TxProfile")});
    play.check("SetChargingProfile", asked, json!({"status": "Accepted"}));
    play.check(
        "GetCompositeSchedule",
        json!({"connectorId": 1, "duration": 600, "chargingRateUnit": "A"}),
        json!({"status": "Accepted", "connectorId": 1, "chargingSchedule": {
            "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.7}],
        }}),
    );
    play.check("ClearChargingProfile", json!({}), json!({"status": "Accepted"}));
    assert!(play.state.profiles.is_empty());
}

#[test]
fn a_composite_schedule_is_the_least_of_what_counts() {
    let mut play = Play::new(Version::Ocpp201);
    let steps = |steps: Value| [("/chargingSchedule/0/chargingSchedulePeriod", steps)];
    let day = with(
        profile(1, 0, "TxDefaultProfile", 16.0),
        &steps(json!([
            {"startPeriod": 0, "limit": 16}, {"startPeriod": 600, "limit": 10}, {"startPeriod": 1200, "limit": 20},
        ])),
    );
    set(&mut play, 0, day, "");
    set(&mut play, 0, profile(2, 0, "ChargingStationMaxProfile", 13.0), "");
    let short = with(profile(3, 4, "TxDefaultProfile", 6.0), &[("/chargingSchedule/0/duration", json!(300))]);
    set(&mut play, 1, short, "");
    let period = |start: i64, limit: f64| json!({"startPeriod": start, "limit": limit});
    let expected = |periods: Value| json!({"status": "Accepted", "schedule": {"chargingSchedulePeriod": periods}});
    let rows = [
        (1, json!([period(0, 6.0), period(300, 13.0), period(600, 10.0), period(1200, 13.0)])),
        (2, json!([period(0, 13.0), period(600, 10.0), period(1200, 13.0)])),
        (0, json!([period(0, 13.0)])),
    ];
    for (evse, periods) in rows {
        play.check("GetCompositeSchedule", json!({"evseId": evse, "duration": 1800}), expected(periods));
    }
    let refused = |reason: &str| json!({"status": "Rejected", "statusInfo": {"reasonCode": reason}});
    play.check("GetCompositeSchedule", json!({"evseId": 5, "duration": 60}), refused("UnknownEvse"));
    let volts = json!({"evseId": 1, "duration": 60, "chargingRateUnit": "V"});
    play.check("GetCompositeSchedule", volts, refused("UnsupportedRateUnit"));
}

#[test]
fn a_dynamic_profile_follows_updates_and_pulls_them() {
    let mut play = Play::new(Version::Ocpp21);
    let changes = [("/chargingProfileKind", json!("Dynamic")), ("/dynUpdateInterval", json!(30))];
    set(&mut play, 1, with(profile(7, 0, "TxDefaultProfile", 16.0), &changes), "");
    let update = |id: i64| json!({"chargingProfileId": id, "scheduleUpdate": {"limit": 8}});
    play.check("UpdateDynamicSchedule", update(8), json!({"status": "Rejected"}));
    play.check("UpdateDynamicSchedule", update(7), json!({"status": "Accepted"}));
    play.passes(30, &Due::Pull(7));
    let said = play.follows(&[("PullDynamicScheduleUpdate", json!({"chargingProfileId": 7}))]);
    let answer = json!({"status": "Accepted", "scheduleUpdate": {"limit": 9}});
    play.hear("PullDynamicScheduleUpdate", &said[0].1, answer);
    let period = &play.state.profiles[0].value["chargingSchedule"][0]["chargingSchedulePeriod"][0];
    assert_eq!(period["limit"], 9);
}

#[test]
fn operation_modes_say_what_a_period_may_hold() {
    let mut play = Play::new(Version::Ocpp21);
    let period = |period: Value| {
        let periods = [
            ("/chargingSchedule/0/chargingSchedulePeriod", json!([period])),
            ("/chargingSchedule/0/chargingRateUnit", json!("W")),
        ];
        with(profile(1, 0, "TxDefaultProfile", 0.0), &periods)
    };
    let rows = [
        (json!({"startPeriod": 0, "limit": 16}), ""),
        (json!({"startPeriod": 0, "limit": 16, "setpoint": 5}), "InvalidSchedule"),
        (json!({"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -5}), ""),
        (json!({"startPeriod": 0, "operationMode": "CentralFrequency", "setpoint": -5}), "UnsupportedParam"),
        (json!({"startPeriod": 0, "operationMode": "LocalFrequency", "v2xBaseline": 0}), "InvalidSchedule"),
        (json!({"startPeriod": 0, "operationMode": "Idle", "limit": 1}), "InvalidSchedule"),
        (json!({"startPeriod": 0, "limit": 16, "limit_L2": 5}), "PhaseConflict"),
    ];
    for (asked, reason) in rows {
        set(&mut play, 1, period(asked), reason);
    }
    let signal = json!({"timestamp": "2026-05-04T12:00:00Z", "signal": 1});
    play.check("AFRRSignal", signal.clone(), json!({"status": "Rejected"}));
    let curve = json!([{"frequency": 49.9, "power": 1}, {"frequency": 50.1, "power": 0}]);
    let local =
        json!({"startPeriod": 0, "operationMode": "LocalFrequency", "v2xBaseline": 0, "v2xFreqWattCurve": curve});
    set(&mut play, 1, period(local), "");
    play.check("AFRRSignal", signal, json!({"status": "Accepted"}));
}

#[test]
fn a_number_that_is_kept_for_others_is_refused() {
    let mut play = Play::new(Version::Ocpp21);
    assert!(play.state.set_by_itself("SmartChargingCtrlr", "MaxExternalConstraintsId", "100"));
    set(&mut play, 1, profile(100, 0, "TxDefaultProfile", 6.0), "InvalidProfile");
    set(&mut play, 1, profile(101, 0, "TxDefaultProfile", 6.0), "");
}

#[test]
fn priority_needs_a_transaction_and_a_profile() {
    let mut play = Play::new(Version::Ocpp21);
    let ask = json!({"transactionId": "tx-1", "activate": true});
    play.check("UsePriorityCharging", ask.clone(), json!({"status": "Rejected"}));
    play.charges(1);
    play.check("UsePriorityCharging", ask.clone(), json!({"status": "NoProfile"}));
    set(&mut play, 1, profile(1, 0, "TxDefaultProfile", 6.0), "");
    set(&mut play, 1, profile(2, 0, "PriorityCharging", 20.0), "");
    let limit = |limit: f64| json!({"schedule": {"chargingSchedulePeriod": [{"limit": limit}]}});
    play.check("GetCompositeSchedule", json!({"evseId": 1, "duration": 60}), limit(6.0));
    play.check("UsePriorityCharging", ask, json!({"status": "Accepted"}));
    play.check("GetCompositeSchedule", json!({"evseId": 1, "duration": 60}), limit(20.0));
    let transfer = |id: &str| json!({"transactionId": id, "allowedEnergyTransfer": ["DC"]});
    play.check("NotifyAllowedEnergyTransfer", transfer("tx-1"), json!({"status": "Accepted"}));
    play.check("NotifyAllowedEnergyTransfer", transfer("tx-2"), json!({"status": "Rejected"}));
}
