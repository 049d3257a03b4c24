//! Profiles and what they come to, as a table.

use serde_json::{Value, json};

use super::{Installed, Question, composite};
use crate::Timestamp;
use crate::smart_charging::profile::Unit;

fn at(time: &str) -> Timestamp {
    format!("2026-07-01T{time}:00Z").parse().expect("a time")
}

/// A profile of one schedule in A: `[from, limit]` for each period.
fn profile(purpose: &str, level: i64, more: &Value, periods: &[(i64, f64)]) -> Value {
    let periods: Vec<_> = periods.iter().map(|(from, limit)| json!({"startPeriod": from, "limit": limit})).collect();
    let mut profile = json!({
        "id": 1, "stackLevel": level, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
        "chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "startSchedule": "2026-07-01T08:00:00Z", "chargingSchedulePeriod": periods}],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        let schedule = ["duration", "startSchedule", "chargingRateUnit"].contains(&name.as_str());
        let place = if schedule { &mut profile["chargingSchedule"][0] } else { &mut profile };
        match value {
            Value::Null => drop(place.as_object_mut().expect("an object").remove(name)),
            value => place[name.as_str()] = value.clone(),
        }
    }
    profile
}

fn installed(evse: u32, profile: Value) -> Installed {
    Installed::new(evse, serde_json::from_value(profile).expect("a profile"))
}

fn question<'a>() -> Question<'a> {
    Question {
        evse: 1,
        from: at("09:00"),
        duration: 3_600,
        unit: Unit::A,
        transaction: Some(("t-1", at("08:30"))),
        volts: 230.0,
        phases: 3,
    }
}

#[test]
fn profiles_come_to_what_the_standard_says() {
    let none = json!({});
    let cases: Vec<(&str, Vec<Installed>, Question<'_>, Value)> = vec![
        ("nothing limits", vec![], question(), json!([[0, null]])),
        (
            "a default of the station counts at each EVSE",
            vec![installed(0, profile("TxDefaultProfile", 0, &none, &[(0, 16.0)]))],
            question(),
            json!([[0, 16.0]]),
        ),
        (
            "one of the EVSE itself goes before it",
            vec![
                installed(0, profile("TxDefaultProfile", 1, &none, &[(0, 16.0)])),
                installed(1, profile("TxDefaultProfile", 1, &none, &[(0, 20.0)])),
            ],
            question(),
            json!([[0, 20.0]]),
        ),
        (
            "the highest level counts, though it allows more",
            vec![
                installed(1, profile("TxDefaultProfile", 3, &none, &[(0, 25.0)])),
                installed(1, profile("TxDefaultProfile", 1, &none, &[(0, 10.0)])),
            ],
            question(),
            json!([[0, 25.0]]),
        ),
        (
            "after its duration the level below says what is",
            vec![
                installed(1, profile("TxDefaultProfile", 3, &json!({"duration": 5_400}), &[(0, 25.0)])),
                installed(1, profile("TxDefaultProfile", 1, &none, &[(0, 10.0)])),
            ],
            question(),
            json!([[0, 25.0], [1_800, 10.0]]),
        ),
        (
            "the transaction's own replaces the default, and the station's most holds all the same",
            vec![
                installed(0, profile("ChargingStationMaxProfile", 0, &none, &[(0, 32.0), (5_400, 12.0)])),
                installed(0, profile("TxDefaultProfile", 0, &none, &[(0, 10.0)])),
                installed(1, profile("TxProfile", 0, &json!({"transactionId": "t-1"}), &[(0, 20.0)])),
            ],
            question(),
            json!([[0, 20.0], [1_800, 12.0]]),
        ),
        (
            "of another transaction, or another EVSE, is not ours",
            vec![
                installed(1, profile("TxProfile", 5, &json!({"transactionId": "t-0"}), &[(0, 6.0)])),
                installed(2, profile("TxProfile", 5, &json!({"transactionId": "t-1"}), &[(0, 7.0)])),
                installed(1, profile("TxDefaultProfile", 0, &none, &[(0, 16.0)])),
            ],
            question(),
            json!([[0, 16.0]]),
        ),
        (
            "relative: from the transaction's start on",
            vec![installed(
                1,
                profile(
                    "TxDefaultProfile",
                    0,
                    &json!({"chargingProfileKind": "Relative", "startSchedule": null}),
                    &[(0, 32.0), (3_600, 8.0)],
                ),
            )],
            question(),
            json!([[0, 32.0], [1_800, 8.0]]),
        ),
        (
            "each day anew",
            vec![installed(
                1,
                profile(
                    "TxDefaultProfile",
                    0,
                    &json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "startSchedule": "2026-06-01T00:00:00Z", "duration": 86_400}),
                    &[(0, 6.0), (34_200, 16.0)],
                ),
            )],
            question(),
            json!([[0, 6.0], [1_800, 16.0]]),
        ),
        (
            "each week anew, and in between nothing",
            vec![installed(
                1,
                profile(
                    "TxDefaultProfile",
                    0,
                    &json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Weekly", "startSchedule": "2026-06-24T09:30:00Z", "duration": 600}),
                    &[(0, 6.0)],
                ),
            )],
            question(),
            json!([[0, null], [1_800, 6.0], [2_400, null]]),
        ),
        (
            "valid later, and not for long",
            vec![installed(
                1,
                profile(
                    "TxDefaultProfile",
                    0,
                    &json!({"validFrom": "2026-07-01T09:10:00Z", "validTo": "2026-07-01T09:20:00Z"}),
                    &[(0, 9.0)],
                ),
            )],
            question(),
            json!([[0, null], [600, 9.0], [1_200, null]]),
        ),
        (
            "watts of all phases as amperes of each, never more",
            vec![installed(1, profile("TxDefaultProfile", 0, &json!({"chargingRateUnit": "W"}), &[(0, 11_000.0)]))],
            question(),
            json!([[0, 15.9]]),
        ),
        (
            "periods in disorder",
            vec![installed(1, profile("TxDefaultProfile", 0, &none, &[(5_400, 8.0), (0, 16.0)]))],
            question(),
            json!([[0, 16.0], [1_800, 8.0]]),
        ),
        (
            "a gap before the first period is the level below",
            vec![
                installed(1, profile("TxDefaultProfile", 2, &none, &[(4_200, 8.0)])),
                installed(1, profile("TxDefaultProfile", 0, &none, &[(0, 16.0)])),
            ],
            question(),
            json!([[0, 16.0], [600, 8.0]]),
        ),
        (
            "without a transaction the default says what one would get",
            vec![
                installed(1, profile("TxProfile", 9, &none, &[(0, 6.0)])),
                installed(1, profile("TxDefaultProfile", 0, &none, &[(0, 16.0)])),
            ],
            Question { transaction: None, ..question() },
            json!([[0, 16.0]]),
        ),
        (
            "a priority that nobody has asked for is none",
            vec![
                installed(1, profile("TxProfile", 0, &json!({"transactionId": "t-1"}), &[(0, 6.0)])),
                installed(1, profile("PriorityCharging", 0, &json!({"transactionId": "t-1"}), &[(0, 30.0)])),
            ],
            question(),
            json!([[0, 6.0]]),
        ),
        (
            "in 1.6 a connector's own goes before the station's of any level",
            vec![
                Installed { evse_first: true, ..installed(0, profile("TxDefaultProfile", 5, &none, &[(0, 16.0)])) },
                Installed { evse_first: true, ..installed(1, profile("TxDefaultProfile", 0, &none, &[(0, 32.0)])) },
            ],
            question(),
            json!([[0, 32.0]]),
        ),
        (
            "what limits the station limits an EVSE that is limited less",
            vec![
                installed(0, profile("ChargingStationExternalConstraints", 0, &none, &[(0, 12.0)])),
                installed(1, profile("ChargingStationExternalConstraints", 7, &none, &[(0, 20.0)])),
            ],
            question(),
            json!([[0, 12.0]]),
        ),
        (
            "no phases at all are as many as usual",
            vec![installed(1, {
                let mut none_of_them =
                    profile("TxDefaultProfile", 0, &json!({"chargingRateUnit": "W"}), &[(0, 11_040.0)]);
                none_of_them["chargingSchedule"][0]["chargingSchedulePeriod"][0]["numberPhases"] = json!(0);
                none_of_them
            })],
            question(),
            json!([[0, 16.0]]),
        ),
        (
            "the grid's connection knows no defaults",
            vec![
                installed(0, profile("TxDefaultProfile", 0, &none, &[(0, 16.0)])),
                installed(0, profile("ChargingStationMaxProfile", 0, &none, &[(0, 63.0)])),
                installed(0, profile("ChargingStationExternalConstraints", 0, &none, &[(0, 40.0)])),
            ],
            Question { evse: 0, ..question() },
            json!([[0, 40.0]]),
        ),
        (
            "priority goes before the transaction's own, and the roof comes on top",
            vec![
                installed(1, profile("TxProfile", 0, &json!({"transactionId": "t-1"}), &[(0, 6.0)])),
                Installed {
                    is_active: true,
                    ..installed(1, profile("PriorityCharging", 0, &json!({"transactionId": "t-1"}), &[(0, 30.0)]))
                },
                installed(0, profile("LocalGeneration", 0, &none, &[(0, 4.0)])),
            ],
            question(),
            json!([[0, 34.0]]),
        ),
    ];
    for (title, profiles, question, expect) in cases {
        let pieces = composite(&profiles, &question);
        let is: Vec<_> = pieces.iter().map(|piece| json!([piece.start_period, piece.limit])).collect();
        assert_eq!(json!(is), expect, "{title}");
    }
}

/// OCPP 2.1, K28.FR.13 to 15: who hears nothing new for longer than the duration goes by what stands below.
#[test]
fn a_dynamic_profile_lasts_from_its_latest_update() {
    let more = json!({"chargingProfileKind": "Dynamic", "startSchedule": null, "duration": 600});
    let dynamic =
        |updated_at| Installed { updated_at, ..installed(1, profile("TxDefaultProfile", 1, &more, &[(0, 20.0)])) };
    let below = || installed(1, profile("TxDefaultProfile", 0, &json!({}), &[(0, 8.0)]));
    let cases = [
        ("since its transaction began", None, json!([[0, 8.0]])),
        ("a while ago", Some("08:55"), json!([[0, 20.0], [300, 8.0]])),
        ("long ago", Some("08:00"), json!([[0, 8.0]])),
        ("just now", Some("09:00"), json!([[0, 20.0], [600, 8.0]])),
    ];
    for (title, updated, expect) in cases {
        let pieces = composite(&[dynamic(updated.map(at)), below()], &question());
        let is: Vec<_> = pieces.iter().map(|piece| json!([piece.start_period, piece.limit])).collect();
        assert_eq!(json!(is), expect, "{title}");
    }
}

/// Two profiles, for the station and the transaction, each `[unit, its period]`; and what they come to in A and in W.
#[test]
fn the_least_of_each_phase_counts_on_as_many_as_all_allow() {
    let cases = [
        (
            "the lowest number of phases (2.1, K01.FR.140)",
            json!(["A", {"limit": 16, "numberPhases": 1}]),
            json!(["A", {"limit": 10, "numberPhases": 3}]),
            json!({"limit": 10.0, "numberPhases": 1}),
            json!({"limit": 2_300.0, "numberPhases": 1}),
        ),
        (
            "watts are of each phase of their own period (K01.FR.50)",
            json!(["W", {"limit": 11_040}]),
            json!(["A", {"limit": 32, "numberPhases": 1}]),
            json!({"limit": 16.0, "numberPhases": 1}),
            json!({"limit": 3_680.0, "numberPhases": 1}),
        ),
        (
            "single phases beside a limit of all (2.1, K08.FR.09)",
            json!(["A", {"limit": 14}]),
            json!(["A", {"limit": 16, "limit_L2": 10, "limit_L3": 20}]),
            json!({"limit": 14.0, "limit_L2": 10.0, "limit_L3": 14.0, "numberPhases": null}),
            json!({"limit": 3_220.0, "limit_L2": 2_300.0, "limit_L3": 3_220.0, "numberPhases": null}),
        ),
        (
            "watts of single phases",
            json!(["W", {"limit": 9_660}]),
            json!(["W", {"limit": 3_680, "limit_L2": 2_300}]),
            json!({"limit": 14.0, "limit_L2": 10.0, "numberPhases": null}),
            json!({"limit": 3_220.0, "limit_L2": 2_300.0, "numberPhases": null}),
        ),
    ];
    for (title, of_station, of_transaction, amperes, watts) in cases {
        let of_station = of_one_period(0, "ChargingStationMaxProfile", &of_station);
        let profiles = [of_station, of_one_period(1, "TxProfile", &of_transaction)];
        come_to(&profiles, &question(), [amperes, watts], title);
    }
}

/// What the transaction may draw, what is generated at the station, and what they come to in A and in W (2.1, K25).
#[test]
fn what_is_generated_comes_on_top_of_each_phase() {
    let cases = [
        (
            "of all phases together",
            json!(["A", {"limit": 16}]),
            json!(["W", {"limit": 3_000}]),
            json!({"limit": 20.3, "numberPhases": null}),
            json!({"limit": 14_040.0, "numberPhases": null}),
        ),
        (
            "beside limits of single phases",
            json!(["A", {"limit": 16, "limit_L2": 10, "limit_L3": 20}]),
            json!(["W", {"limit": 3_000}]),
            json!({"limit": 20.3, "limit_L2": 14.3, "limit_L3": 24.3, "numberPhases": null}),
            json!({"limit": 4_680.0, "limit_L2": 3_300.0, "limit_L3": 5_600.0, "numberPhases": null}),
        ),
        (
            "of single phases",
            json!(["A", {"limit": 14}]),
            json!(["W", {"limit": 690, "limit_L2": 460, "limit_L3": 230}]),
            json!({"limit": 17.0, "limit_L2": 16.0, "limit_L3": 15.0, "numberPhases": null}),
            json!({"limit": 3_910.0, "limit_L2": 3_680.0, "limit_L3": 3_450.0, "numberPhases": null}),
        ),
    ];
    for (title, of_transaction, generated, amperes, watts) in cases {
        let generated = of_one_period(0, "LocalGeneration", &generated);
        let profiles = [of_one_period(1, "TxProfile", &of_transaction), generated];
        come_to(&profiles, &question(), [amperes, watts], title);
    }
}

/// `[unit, its period]`
fn of_one_period(evse: u32, purpose: &str, said: &Value) -> Installed {
    let mut profile = profile(purpose, 0, &json!({"chargingRateUnit": said[0]}), &[(0, 0.0)]);
    let period = &mut profile["chargingSchedule"][0]["chargingSchedulePeriod"][0];
    said[1].as_object().into_iter().flatten().for_each(|(name, value)| period[name.as_str()] = value.clone());
    installed(evse, profile)
}

/// One piece, asked for in A and in W.
fn come_to(profiles: &[Installed], question: &Question<'_>, expect: [Value; 2], title: &str) {
    for (unit, mut expect) in [Unit::A, Unit::W].into_iter().zip(expect) {
        expect["startPeriod"] = json!(0);
        let pieces = composite(profiles, &Question { unit, ..question.clone() });
        assert_eq!(json!(pieces), json!([expect]), "{title}");
    }
}

#[test]
fn an_endless_recurrence_is_bounded() {
    let more = json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "duration": 86_400});
    let periods: Vec<_> =
        (0..96).map(|quarter| (quarter * 900, f64::from(u32::try_from(quarter % 7).expect("small")))).collect();
    let profiles = [installed(1, profile("TxDefaultProfile", 0, &more, &periods))];
    let pieces = composite(&profiles, &Question { duration: 10_000_000, ..question() });
    assert_eq!(pieces.len(), super::PIECES_MAX);
}

/// A period of 2.1, in W; and what all of them come to: mode, limit, discharge limit, setpoint.
#[test]
fn what_may_flow_back_is_limited_by_all_and_led_by_one() {
    let watts = |purpose: &str, level: i64, period: Value| {
        let mut profile = profile(purpose, level, &json!({"chargingRateUnit": "W"}), &[(0, 0.0)]);
        profile["chargingSchedule"][0]["chargingSchedulePeriod"] = json!([period]);
        profile
    };
    let led = |more: Value| {
        let mut period = json!({"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -5_000.0});
        period.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        installed(1, watts("TxProfile", 0, period))
    };
    let most = |limit: f64, discharge: f64| {
        installed(0, watts("ChargingStationMaxProfile", 0, json!({"limit": limit, "dischargeLimit": discharge})))
    };
    let only = |limit: f64| installed(1, watts("TxDefaultProfile", 0, json!({"limit": limit})));
    let cases: Vec<(&str, Vec<Installed>, Value)> = vec![
        ("led alone", vec![led(json!({}))], json!([{"operationMode": "CentralSetpoint", "setpoint": -5_000.0}])),
        (
            "within its own limits",
            vec![led(json!({"limit": 7_000.0, "dischargeLimit": -3_000.04}))],
            json!([{"operationMode": "CentralSetpoint", "limit": 7_000.0, "dischargeLimit": -3_000.0, "setpoint": -3_000.0}]),
        ),
        (
            "the station bears less",
            vec![led(json!({"dischargeLimit": -4_000.0})), most(6_000.0, -2_500.0)],
            json!([{"operationMode": "CentralSetpoint", "limit": 6_000.0, "dischargeLimit": -2_500.0, "setpoint": -2_500.0}]),
        ),
        (
            "a setpoint that charges is limited as charging is",
            vec![led(json!({"setpoint": 9_000.0})), most(6_000.0, -2_500.0)],
            json!([{"operationMode": "CentralSetpoint", "limit": 6_000.0, "dischargeLimit": -2_500.0, "setpoint": 6_000.0}]),
        ),
        (
            "a discharge limit is never above zero",
            vec![most(6_000.0, 40.0)],
            json!([{"limit": 6_000.0, "dischargeLimit": 0.0}]),
        ),
        (
            "the transaction's own profile leads",
            vec![led(json!({})), only(4_000.0)],
            json!([{"operationMode": "CentralSetpoint", "setpoint": -5_000.0}]),
        ),
        ("nobody speaks of it", vec![only(4_000.0)], json!([{"limit": 4_000.0}])),
    ];
    for (what, installed, expect) in cases {
        let pieces = composite(&installed, &Question { unit: Unit::W, ..question() });
        let mut found = serde_json::to_value(pieces).expect("JSON");
        for piece in found.as_array_mut().expect("a list") {
            let piece = piece.as_object_mut().expect("an object");
            piece.retain(|name, value| name != "startPeriod" && !value.is_null());
        }
        assert_eq!(found, expect, "{what}");
    }
}
