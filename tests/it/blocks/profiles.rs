//! Block K: which profiles a station holds, and what they come to.

use amprule_simulator::{Meter, Version};
use amprule_tests::until;
use serde_json::{Value, json};

use super::{Flow, by_id};

fn profile(id: i64, level: i64, purpose: &str, limits: &[(i64, f64)]) -> Value {
    let periods: Vec<_> = limits.iter().map(|(from, limit)| json!({"startPeriod": from, "limit": limit})).collect();
    json!({
        "id": id, "stackLevel": level, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
        "chargingSchedule": [{
            "id": 1, "chargingRateUnit": "A", "startSchedule": "2026-01-01T00:00:00Z", "chargingSchedulePeriod": periods,
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_is_held_and_what_is_cleared_is_not() {
    for version in [Version::Ocpp201, Version::Ocpp21] {
        let flow = Flow::of(version).await;
        for (evse, level, id) in [(0, 0, 1), (1, 1, 2), (1, 2, 3)] {
            let profile =
                profile(id, level, "TxDefaultProfile", &[(0, 10.0 + f64::from(i32::try_from(id).expect("small")))]);
            flow.accepted("SetChargingProfile", json!({"evseId": evse, "chargingProfile": profile})).await;
        }
        let refused = profile(4, 99, "TxDefaultProfile", &[(0, 6.0)]);
        let answer = flow.ask("SetChargingProfile", json!({"evseId": 1, "chargingProfile": refused})).await;
        assert_eq!(answer["verdict"], "refused", "a level that the station does not have");
        let held = flow.held("profiles");
        assert_eq!((held.len(), &by_id(&held, "3")["profile"]["stackLevel"]), (3, &json!(2)), "{held:?}");

        let path = "/api/v1/stations/cs-1/composite-schedule?evse=1&duration=600&unit=A";
        let composite = flow.api.get(path).ok();
        assert_eq!(
            composite["periods"],
            json!([{"startPeriod": 0, "limit": 13.0, "numberPhases": null}]),
            "{composite}"
        );
        let own =
            flow.accepted("GetCompositeSchedule", json!({"evseId": 1, "duration": 600, "chargingRateUnit": "A"})).await;
        assert_eq!(
            own["body"]["schedule"]["chargingSchedulePeriod"][0]["limit"].as_f64(),
            Some(13.0),
            "the station agrees"
        );

        let compared = flow.compared(path).await;
        assert_eq!((&compared["status"], &compared["difference"]), (&json!("Accepted"), &Value::Null), "{compared}");
        flow.accepted("ClearChargingProfile", json!({"chargingProfileCriteria": {"evseId": 1, "stackLevel": 2}})).await;
        assert_eq!(flow.api.get(path).ok()["periods"][0]["limit"], 12.0);
        flow.accepted("ClearChargingProfile", json!({"chargingProfileId": 2})).await;
        assert_eq!(flow.api.get(path).ok()["periods"][0]["limit"], 11.0, "of the station as a whole");
        flow.accepted("ClearChargingProfile", json!({})).await;
        assert!(flow.held("profiles").is_empty());
    }
}

impl Flow {
    /// The station's own schedule, beside ours.
    async fn compared(&self, path: &str) -> Value {
        let (api, path) = (self.api.clone(), format!("{path}&compare=true"));
        let view = tokio::task::spawn_blocking(move || api.get(&path)).await.expect("the API answers").ok();
        view["station"].clone()
    }
}

/// 2.1, K28: whichever side asks, a dynamic profile says what it was told last.
#[tokio::test(flavor = "multi_thread")]
async fn a_dynamic_profile_says_what_it_was_told_last() {
    let flow = Flow::of(Version::Ocpp21).await;
    let mut dynamic = profile(5, 1, "TxDefaultProfile", &[(0, 16.0)]);
    dynamic["chargingProfileKind"] = json!("Dynamic");
    dynamic["chargingSchedule"][0].as_object_mut().expect("an object").remove("startSchedule");
    flow.accepted("SetChargingProfile", json!({"evseId": 1, "chargingProfile": dynamic})).await;
    let pulled = async |profile: i64| {
        let asked = json!({"chargingProfileId": profile});
        flow.station.call("PullDynamicScheduleUpdate", asked).await.expect("an answer")
    };
    assert_eq!(pulled(5).await, json!({"status": "Accepted", "scheduleUpdate": {"limit": 16.0}}));
    let unknown = pulled(6).await;
    assert_eq!((&unknown["status"], &unknown["statusInfo"]["reasonCode"]), (&json!("Rejected"), &json!("NotFound")));
    let update = json!({"chargingProfileId": 5, "scheduleUpdate": {"limit": 9.5, "limit_L2": 8.0}});
    flow.accepted("UpdateDynamicSchedule", update).await;
    assert_eq!(pulled(5).await["scheduleUpdate"], json!({"limit": 9.5, "limit_L2": 8.0}));
    let path = "/api/v1/stations/cs-1/composite-schedule?evse=1&duration=600&unit=A";
    assert_eq!(flow.api.get(path).ok()["periods"][0]["limit"], 9.5);
    let unknown = json!({"chargingProfileId": 6, "scheduleUpdate": {"limit": 3.0}});
    assert_eq!(flow.ask("UpdateDynamicSchedule", unknown).await["verdict"], "refused");
    assert_eq!(flow.held("profiles").len(), 1);
}

/// What somebody else left there comes with a report, and what is not told any more goes with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_says_what_is_really_there() {
    let flow = Flow::of(Version::Ocpp201).await;
    let wanted = profile(7, 1, "TxDefaultProfile", &[(0, 16.0)]);
    flow.accepted("SetChargingProfile", json!({"evseId": 1, "chargingProfile": wanted})).await;
    let foreign = json!({
        "requestId": 1, "chargingLimitSource": "EMS", "evseId": 0, "tbc": false,
        "chargingProfile": [profile(900, 0, "ChargingStationExternalConstraints", &[(0, 20.0)])],
    });
    flow.station.call("ReportChargingProfiles", foreign).await.expect("it is taken");
    assert_eq!(flow.held("profiles").len(), 2);
    flow.accepted("GetChargingProfiles", json!({"requestId": 2, "chargingProfile": {}})).await;
    let held = flow.until_held("profiles", "the report is there", |held| held.len() == 1).await;
    assert_eq!((&held[0]["id"], &held[0]["source"]), (&json!("7"), &json!("CSO")), "{held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_1_6_one_of_the_same_level_takes_the_others_place() {
    let flow = Flow::of(Version::Ocpp16).await;
    let set = |id: i64, limit: f64| {
        json!({"connectorId": 1, "csChargingProfiles": {
            "chargingProfileId": id, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]},
        }})
    };
    flow.accepted("SetChargingProfile", set(1, 16.0)).await;
    flow.accepted("SetChargingProfile", set(2, 10.0)).await;
    let held = flow.held("profiles");
    assert_eq!((held.len(), &held[0]["profile"]["id"]), (1, &json!(2)), "{held:?}");
    let composite = flow.api.get("/api/v1/stations/cs-1/composite-schedule?evse=1&unit=W").ok();
    assert_eq!(composite["periods"][0]["limit"], 6_900.0, "ten amperes on three phases");
    flow.accepted("ClearChargingProfile", json!({"connectorId": 1})).await;
    assert!(flow.held("profiles").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transactions_profile_goes_with_it() {
    let flow = Flow::of(Version::Ocpp201).await;
    flow.api.accept(&["CARD-1"]);
    let now = amprule_tests::clock::now();
    let (mut charge, _) = flow.station.start(1, "CARD-1", Meter::new(now, 0)).await.expect("it starts");
    let mut own = profile(5, 1, "TxProfile", &[(0, 8.0)]);
    own["transactionId"] = json!(charge.transaction);
    flow.accepted("SetChargingProfile", json!({"evseId": 1, "chargingProfile": own})).await;
    let composite = flow.api.get("/api/v1/stations/cs-1/composite-schedule?evse=1&unit=A").ok();
    assert_eq!(composite["periods"][0]["limit"], 8.0, "{composite}");
    flow.station.stop(&mut charge, Meter::new(now, 100), "Local").await.expect("it ends");
    until("the profile is gone", || flow.held("profiles").is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_from_outside_stand_until_they_are_cleared() {
    let flow = Flow::of(Version::Ocpp201).await;
    let limit = json!({"evseId": 1, "chargingLimit": {"chargingLimitSource": "SO", "isGridCritical": true}});
    flow.station.call("NotifyChargingLimit", limit).await.expect("it is taken");
    let held = flow.held("limits");
    assert_eq!((&held[0]["source"], &held[0]["evse"]), (&json!("SO"), &json!(1)), "{held:?}");
    flow.station
        .call("ClearedChargingLimit", json!({"chargingLimitSource": "SO", "evseId": 1}))
        .await
        .expect("it is taken");
    assert!(flow.held("limits").is_empty());
}

/// OCPP 2.0.1 K15: within a minute the car that tells its needs is told what it may draw.
#[tokio::test(flavor = "multi_thread")]
async fn a_car_that_tells_its_needs_is_told_what_it_may_draw() {
    let flow = Flow::of(Version::Ocpp201).await;
    flow.api.accept(&["CARD-1"]);
    let (charge, _) =
        flow.station.start(1, "CARD-1", Meter::new(amprule_tests::clock::now(), 0)).await.expect("it starts");
    let needs = json!({"evseId": 1, "chargingNeeds": {
        "requestedEnergyTransfer": "AC_three_phase",
        "acChargingParameters": {"energyAmount": 30_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400},
    }});
    let answer = flow.station.call("NotifyEVChargingNeeds", needs.clone()).await.expect("an answer");
    assert_eq!(answer["status"], "Accepted");
    let held = flow.until_held("profiles", "it is told", |held| held.len() == 1).await;
    let profile = &held[0]["profile"];
    assert_eq!(
        (&profile["chargingProfilePurpose"], &profile["transactionId"]),
        (&json!("TxProfile"), &json!(charge.transaction))
    );
    assert_eq!(
        profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"], 11_040,
        "what the car can take: {profile}"
    );

    flow.accepted("ClearChargingProfile", json!({})).await;
    flow.api.put("/api/v1/stations/cs-1", &json!({"powerWMax": {"1": 7_400}})).ok();
    flow.station.call("NotifyEVChargingNeeds", needs.clone()).await.expect("an answer");
    let held = flow.until_held("profiles", "it is told", |held| held.len() == 1).await;
    assert_eq!(
        held[0]["profile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"], 7_400,
        "what the EVSE delivers"
    );

    flow.accepted("ClearChargingProfile", json!({})).await;
    let standing = profile_for_all();
    flow.accepted("SetChargingProfile", json!({"evseId": 0, "chargingProfile": standing})).await;
    let answer = flow.station.call("NotifyEVChargingNeeds", needs).await.expect("an answer");
    assert_eq!(
        answer["status"], "Rejected",
        "what somebody has said for each transaction holds for this one (K15.FR.04)"
    );
}

/// OCPP 2.0.1, K01.FR.49 and 50: a car of one phase is not left with a third of what it can take.
#[tokio::test(flavor = "multi_thread")]
async fn a_car_of_one_phase_is_told_watts_of_one() {
    let flow = Flow::of(Version::Ocpp201).await;
    flow.api.accept(&["CARD-1"]);
    flow.station.start(1, "CARD-1", Meter::new(amprule_tests::clock::now(), 0)).await.expect("it starts");
    let needs = json!({"evseId": 1, "chargingNeeds": {
        "requestedEnergyTransfer": "AC_single_phase",
        "acChargingParameters": {"energyAmount": 30_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 230},
    }});
    let told = async |expected: (f64, Value), flows: f64| {
        flow.ask("ClearChargingProfile", json!({})).await;
        flow.station.call("NotifyEVChargingNeeds", needs.clone()).await.expect("an answer");
        let held = flow.until_held("profiles", "it is told", |held| held.len() == 1).await;
        let period = &held[0]["profile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0];
        let said = (period["limit"].as_f64().expect("a limit"), period["numberPhases"].clone());
        assert_eq!((said, flow.whole.most_a(1)), (expected, flows), "{held:?}");
    };
    told((3_680.0, json!(1)), 16.0).await;
    // An EVSE of one phase, as far as its car shows it.
    flow.api.put("/api/v1/stations/cs-1", &json!({"powerWMax": {"1": 3_680}})).ok();
    told((3_680.0, json!(1)), 16.0).await;
    // It has said that it has three: its power is that of three.
    flow.api.put("/api/v1/stations/cs-1", &json!({"powerWMax": {"1": 11_040}})).ok();
    flow.accepted(
        "GetVariables",
        json!({"getVariableData": [
            {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "SupplyPhases"}},
        ]}),
    )
    .await;
    told((11_040.0, Value::Null), 16.0).await;
}

/// OCPP 2.1, K01.FR.80 and 81: a station keeps numbers for limits from outside, and is asked for the bound before its first limit.
#[tokio::test(flavor = "multi_thread")]
async fn limits_have_numbers_that_the_station_does_not_keep_for_others() {
    let flow = Flow::of(Version::Ocpp21).await;
    flow.api.accept(&["CARD-1"]);
    // As in the certification test of a management system.
    assert!(flow.whole.set("SmartChargingCtrlr", "MaxExternalConstraintsId", "2147400000"));
    let limit = |amperes: u32| json!({"command": "limit", "evse": 1, "maxCurrentA": amperes, "waitS": 20});
    for amperes in [10, 12] {
        let answer = flow.ordered(limit(amperes)).await.ok();
        assert_eq!(answer["answer"]["verdict"], "accepted", "{answer}");
        assert_eq!(flow.whole.most_a(1), f64::from(amperes), "{:?}", flow.whole.profiles());
    }
    let asked = flow.whole.requests().into_iter().filter(|(action, _)| action == "GetVariables").count();
    let ids: Vec<i64> = flow.whole.profiles().iter().map(amprule_simulator::Profile::id).collect();
    assert_eq!((asked, &*ids), (1, &[2_147_400_002][..]), "one replaces the other");

    let set = json!({"evseId": 2, "chargingProfile": profile(100, 1, "TxDefaultProfile", &[(0, 6.0)])});
    let body = json!({"command": "request", "action": "SetChargingProfile", "payload": set});
    let refused = flow.ordered(body).await;
    assert_eq!(
        (refused.status, refused.body["error"]["path"].as_str()),
        (422, Some("/payload/chargingProfile/id")),
        "{}",
        refused.text
    );
    assert!(refused.text.contains("more than 2147400000"), "{}", refused.text);
    let set = json!({"evseId": 2, "chargingProfile": profile(2_147_400_001, 1, "TxDefaultProfile", &[(0, 6.0)])});
    flow.accepted("SetChargingProfile", set).await;
}

/// OCPP 2.1, K18.FR.04, K19.FR.04, Q01: a car that gets no profile does not wait for one, and one that its token forbids to be charged
/// so is told that.
#[tokio::test(flavor = "multi_thread")]
async fn a_car_that_gets_no_profile_is_told_so() {
    let flow = Flow::of(Version::Ocpp21).await;
    flow.api.accept(&["CARD-1"]);
    let token = json!({"type": "ISO14443", "status": "accepted", "energyTransfer": ["AC_single_phase", "DC"]});
    flow.api.put("/api/v1/tokens/CARD-2", &token).ok();
    let answers = async |evse: i64, mode: &str, more: Value| {
        let mut needs = json!({"requestedEnergyTransfer": mode});
        more.as_object().into_iter().flatten().for_each(|(member, value)| needs[member.as_str()] = value.clone());
        let needs = json!({"evseId": evse, "chargingNeeds": needs});
        flow.station.call("NotifyEVChargingNeeds", needs).await.expect("an answer")["status"].clone()
    };
    let ac = json!({"acChargingParameters": {"energyAmount": 30_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}});
    let now = amprule_tests::clock::now();
    flow.station.start(1, "CARD-1", Meter::new(now, 0)).await.expect("it starts");
    flow.station.start(2, "CARD-2", Meter::new(now, 0)).await.expect("it starts");
    assert_eq!(answers(1, "DC", json!({})).await, "NoChargingProfile", "nobody knows of any power");
    assert_eq!(answers(1, "AC_three_phase", ac.clone()).await, "Accepted", "its token names no ways");
    assert_eq!(answers(2, "AC_three_phase", ac.clone()).await, "Rejected", "its token names others");
    assert_eq!(answers(2, "AC_single_phase", ac.clone()).await, "Accepted");
    let held = flow.until_held("profiles", "both are told", |held| held.len() == 2).await;
    assert!(held.iter().all(|held| held["profile"]["chargingProfilePurpose"] == "TxProfile"), "{held:?}");
    flow.accepted("ClearChargingProfile", json!({})).await;
    flow.accepted("SetChargingProfile", json!({"evseId": 0, "chargingProfile": profile_for_all()})).await;
    assert_eq!(answers(1, "AC_three_phase", ac).await, "NoChargingProfile", "what stands there holds");
}

/// OCPP 2.1, K21 and K22: priority is a transaction's, by its driver's wish or ours; the profile for it names none.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_with_priority_goes_by_the_profile_for_it() {
    let flow = Flow::of(Version::Ocpp21).await;
    flow.api.accept(&["CARD-1", "CARD-2"]);
    let now = amprule_tests::clock::now();
    let (first, _) = flow.station.start(1, "CARD-1", Meter::new(now, 0)).await.expect("it starts");
    let (second, _) = flow.station.start(2, "CARD-2", Meter::new(now, 0)).await.expect("it starts");
    flow.accepted("SetChargingProfile", json!({"evseId": 0, "chargingProfile": profile_for_all()})).await;
    let fast =
        |amperes: f64| json!({"evseId": 0, "chargingProfile": profile(4, 0, "PriorityCharging", &[(0, amperes)])});
    flow.accepted("SetChargingProfile", fast(20.0)).await;
    let path = |evse: u8| format!("/api/v1/stations/cs-1/composite-schedule?evse={evse}&duration=600&unit=A");
    let flows = || [1, 2].map(|evse| flow.api.get(&path(evse)).ok()["periods"][0]["limit"].as_f64().expect("a limit"));
    assert_eq!(flows(), [10.0, 10.0]);

    let asked = json!({"transactionId": first.transaction, "activate": true});
    flow.accepted("UsePriorityCharging", asked).await;
    assert_eq!(flows(), [20.0, 10.0]);
    assert_eq!(flow.whole.most_a(1), 20.0);
    let compared = flow.compared(&path(1)).await;
    assert_eq!((&compared["status"], &compared["difference"]), (&json!("Accepted"), &Value::Null), "{compared}");
    // Where the profile is another one, who has priority keeps it.
    flow.accepted("SetChargingProfile", fast(24.0)).await;
    assert_eq!((flows(), flow.whole.most_a(1)), ([24.0, 10.0], 24.0));
    flow.accepted("UsePriorityCharging", json!({"transactionId": first.transaction, "activate": false})).await;
    assert_eq!((flows(), flow.whole.most_a(1)), ([10.0, 10.0], 10.0));

    let wished = |activated: bool| json!({"transactionId": second.transaction, "activated": activated});
    flow.station.call("NotifyPriorityCharging", wished(true)).await.expect("it is taken");
    assert_eq!(flows(), [10.0, 24.0]);
    flow.station.call("NotifyPriorityCharging", wished(false)).await.expect("it is taken");
    assert_eq!(flows(), [10.0, 10.0]);
}

/// OCPP 2.1, K28.FR.13 to 15: what is not said anew for longer than the duration gives way, and comes back with the next word.
#[tokio::test(flavor = "multi_thread")]
async fn a_dynamic_profile_gives_way_when_nothing_new_is_said_and_comes_back() {
    let flow = Flow::of(Version::Ocpp21).await;
    let path = "/api/v1/stations/cs-1/composite-schedule?evse=1&duration=600&unit=A";
    let limits = || -> Vec<f64> {
        let periods = flow.api.get(path).ok()["periods"].clone();
        periods.as_array().into_iter().flatten().filter_map(|period| period["limit"].as_f64()).collect()
    };
    let below = profile(3, 0, "TxDefaultProfile", &[(0, 8.0)]);
    flow.accepted("SetChargingProfile", json!({"evseId": 1, "chargingProfile": below})).await;
    let mut dynamic = profile(5, 1, "TxDefaultProfile", &[(0, 16.0)]);
    dynamic["chargingProfileKind"] = json!("Dynamic");
    dynamic["chargingSchedule"][0].as_object_mut().expect("an object").remove("startSchedule");
    dynamic["chargingSchedule"][0]["duration"] = json!(2);
    flow.accepted("SetChargingProfile", json!({"evseId": 1, "chargingProfile": dynamic})).await;
    assert_eq!((limits(), flow.whole.most_a(1)), (vec![16.0, 8.0], 16.0));
    until("nobody has said anything", || (limits() == [8.0] && flow.whole.most_a(1) == 8.0).then_some(())).await;
    let update = json!({"chargingProfileId": 5, "scheduleUpdate": {"limit": 12.0}});
    flow.accepted("UpdateDynamicSchedule", update).await;
    assert_eq!((limits(), flow.whole.most_a(1)), (vec![12.0, 8.0], 12.0));
    until("nobody has said anything again", || (limits() == [8.0]).then_some(())).await;
    // The station asks, and hears the same: that is news too (K28.FR.09).
    flow.station.call("PullDynamicScheduleUpdate", json!({"chargingProfileId": 5})).await.expect("an answer");
    assert_eq!(limits(), [12.0, 8.0]);
}

/// OCPP 2.1, K01.FR.140 and K08.FR.09: as many phases as all allow, and of each the least.
#[tokio::test(flavor = "multi_thread")]
async fn single_phases_and_their_number_count_in_the_composite_schedule() {
    let flow = Flow::of(Version::Ocpp21).await;
    flow.api.accept(&["CARD-1"]);
    let (charge, _) =
        flow.station.start(1, "CARD-1", Meter::new(amprule_tests::clock::now(), 0)).await.expect("it starts");
    let path = "/api/v1/stations/cs-1/composite-schedule?evse=1&duration=600&unit=A";
    let mut of_station = profile(1, 0, "ChargingStationMaxProfile", &[(0, 14.0)]);
    flow.accepted("SetChargingProfile", json!({"evseId": 0, "chargingProfile": of_station})).await;
    let mut own = profile(2, 0, "TxProfile", &[(0, 16.0)]);
    own["transactionId"] = json!(charge.transaction);
    own["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit_L2"] = json!(10.0);
    flow.accepted("SetChargingProfile", json!({"evseId": 1, "chargingProfile": own})).await;
    let period = flow.api.get(path).ok()["periods"][0].clone();
    assert_eq!(period, json!({"startPeriod": 0, "limit": 14.0, "limit_L2": 10.0, "numberPhases": null}));
    let compared = flow.compared(path).await;
    assert_eq!(
        (&compared["difference"], &compared["periods"][0]["limit_L2"]),
        (&Value::Null, &json!(10.0)),
        "{compared}"
    );

    of_station["chargingSchedule"][0]["chargingSchedulePeriod"][0]["numberPhases"] = json!(1);
    flow.accepted("SetChargingProfile", json!({"evseId": 0, "chargingProfile": of_station})).await;
    let own = profile_of(&charge.transaction.clone(), 10.0);
    flow.accepted("SetChargingProfile", json!({"evseId": 1, "chargingProfile": own})).await;
    let watts = path.replace("unit=A", "unit=W");
    let period = flow.api.get(&watts).ok()["periods"][0].clone();
    assert_eq!((&period["limit"], &period["numberPhases"]), (&json!(2_300.0), &json!(1)), "{period}");
    let compared = flow.compared(&watts).await;
    assert_eq!(
        (&compared["difference"], &compared["periods"][0]["limit"]),
        (&Value::Null, &json!(2_300.0)),
        "{compared}"
    );
}

fn profile_of(transaction: &str, amperes: f64) -> Value {
    let mut own = profile(2, 0, "TxProfile", &[(0, amperes)]);
    own["transactionId"] = json!(transaction);
    own
}

fn profile_for_all() -> Value {
    profile(3, 0, "TxDefaultProfile", &[(0, 10.0)])
}
