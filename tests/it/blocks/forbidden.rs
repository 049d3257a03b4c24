//! What may not be sent is refused at the order, with its place, before anything is kept: by itself, for what the station holds, and
//! for each station of many. (`runtime/ocpp/tests/rules.txt` has each rule.)

use amprule_simulator::{Meter, SimStation, StationSettings, Version};
use amprule_tests::{TestServer, clock, until};
use serde_json::{Value, json};

use super::{Flow, by_id};

fn request(action: &str, payload: &Value) -> Value {
    json!({"command": "request", "action": action, "payload": payload})
}

fn start(length: usize) -> Value {
    json!({"command": "start", "idToken": {"idToken": "A".repeat(length)}})
}

/// A profile of all transactions at an EVSE.
fn default_profile(id: i64, level: i64, limit: f64) -> Value {
    json!({"evseId": 1, "chargingProfile": {
        "id": id, "stackLevel": level, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
        "chargingSchedule": [{
            "id": 1, "chargingRateUnit": "A", "startSchedule": "2026-01-01T00:00:00Z",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        }],
    }})
}

impl Flow {
    /// Refused at this place with these words, and neither kept nor sent.
    async fn refuses(&self, body: Value, path: &str, says: &str) {
        let before = (self.api.all("/api/v1/commands").len(), self.whole.requests().len());
        let answer = self.ordered(body.clone()).await;
        let error = &answer.body["error"];
        assert_eq!((answer.status, error["path"].as_str()), (422, Some(path)), "{body}: {}", answer.text);
        assert!(error["message"].as_str().is_some_and(|message| message.contains(says)), "{body}: {error}");
        assert_eq!((self.api.all("/api/v1/commands").len(), self.whole.requests().len()), before, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_standard_forbids_is_refused_in_the_words_of_the_version() {
    let past = (clock::now() - jiff::SignedDuration::from_secs(60)).to_string();
    let old = Flow::of(Version::Ocpp16).await;
    let reserve = json!({"connectorId": 1, "expiryDate": past, "idTag": "A1", "reservationId": 1});
    for (body, path, says) in [
        (start(21), "/idToken/idToken", "at most 20 characters; the station speaks ocpp1.6"),
        (json!({"command": "password", "password": "p".repeat(21)}), "/password", "has 21 bytes"),
        (json!({"command": "stop", "transaction": "zz"}), "/transaction", "\"zz\" is none"),
        (
            json!({"command": "limit", "evse": 1, "transaction": "zz", "maxPowerW": 3_700}),
            "/transaction",
            "is a number in ocpp1.6",
        ),
        (json!({"command": "reset", "evse": 1}), "/evse", "resets a station as a whole"),
        (request("UnlockConnector", &json!({"connectorId": 0})), "/payload/connectorId", "OCPP 1.6, 6.53"),
        (request("ReserveNow", &reserve), "/payload/expiryDate", "is over"),
    ] {
        old.refuses(body, path, says).await;
    }
    let new = Flow::of(Version::Ocpp201).await;
    for (body, path, says) in [
        (start(37), "/idToken/idToken", "at most 36 characters; the station speaks ocpp2.0.1"),
        (json!({"command": "trigger", "message": "status"}), "/evse", "F06.FR.13"),
        (json!({"command": "password", "password": "p".repeat(41)}), "/password", "takes 16 to 40"),
        (
            request("SetChargingProfile", &default_profile(1, 0, -6.0)),
            "/payload/chargingProfile/chargingSchedule/0/chargingSchedulePeriod/0/limit",
            "must not be negative",
        ),
    ] {
        new.refuses(body, path, says).await;
    }
}

/// A list, as long as one.
fn many(item: impl Fn(usize) -> Value, count: usize) -> Vec<Value> {
    (0..count).map(item).collect()
}

/// More than a station has told that it can take: it would refuse the whole, or lose it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_beyond_a_station_s_own_bounds_is_not_sent() {
    let flow = Flow::of(Version::Ocpp201).await;
    let told = |component: &str, variable: &str, instance: Option<&str>, value: &str| {
        let mut name = json!({"name": variable});
        if let Some(instance) = instance {
            name["instance"] = json!(instance);
        }
        json!({"component": {"name": component}, "variable": name, "variableAttribute": [{"value": value}]})
    };
    let in_message = |component, action, items| told(component, "ItemsPerMessage", Some(action), items);
    let report = [
        told("LocalAuthListCtrlr", "ItemsPerMessage", None, "3"),
        told("LocalAuthListCtrlr", "BytesPerMessage", None, "420"),
        in_message("DeviceDataCtrlr", "GetVariables", "1"),
        told("DeviceDataCtrlr", "BytesPerMessage", Some("SetVariables"), "600"),
        in_message("MonitoringCtrlr", "SetVariableMonitoring", "2"),
        in_message("MonitoringCtrlr", "ClearVariableMonitoring", "2"),
        told("SmartChargingCtrlr", "PeriodsPerSchedule", None, "2"),
        told("SmartChargingCtrlr", "ProfileStackLevel", None, "1"),
        told("DisplayMessageCtrlr", "SupportedPriorities", None, "AlwaysFront, NormalCycle"),
        json!({
            "component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}, "variableAttribute": [{}],
            "variableCharacteristics": {"dataType": "string", "maxLimit": 50.0, "supportsMonitoring": false},
        }),
    ];
    let report = json!({"requestId": 1, "seqNo": 0, "generatedAt": "2026-07-01T08:00:00Z", "reportData": report});
    flow.station.call("NotifyReport", report).await.expect("it is taken");

    let token = |length: usize| {
        move |at: usize| {
            let id_token = json!({"idToken": format!("{at:0length$}"), "type": "ISO14443"});
            json!({"idToken": id_token, "idTokenInfo": {"status": "Accepted"}})
        }
    };
    let list =
        |entries: Vec<Value>| json!({"versionNumber": 9, "updateType": "Full", "localAuthorizationList": entries});
    let variable = |at: usize| json!({"component": {"name": "C"}, "variable": {"name": format!("V{at}")}});
    let monitor = |at: usize| {
        let mut monitor = variable(at);
        (monitor["value"], monitor["type"], monitor["severity"]) = (json!(1), json!("UpperThreshold"), json!(5));
        monitor
    };
    let value = |length: usize| {
        let mut setting = variable(0);
        setting["attributeValue"] = json!("v".repeat(length));
        json!({"setVariableData": [setting]})
    };
    let mut long = default_profile(7, 0, 16.0);
    long["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"] =
        json!(many(|at| json!({"startPeriod": at * 60, "limit": 16}), 3));
    let schedule = "/payload/chargingProfile/chargingSchedule/0/chargingSchedulePeriod/2";
    let display =
        json!({"message": {"id": 1, "priority": "InFront", "message": {"format": "UTF8", "content": "Ahoi"}}});
    for (action, payload, path, says) in [
        (
            "SendLocalList",
            list(many(token(8), 4)),
            "/payload/localAuthorizationList/3",
            "3 (LocalAuthListCtrlr.ItemsPerMessage; D01.FR.11)",
        ),
        ("SendLocalList", list(many(token(36), 3)), "/payload/localAuthorizationList", "the station takes 420"),
        ("GetVariables", json!({"getVariableData": many(variable, 2)}), "/payload/getVariableData/1", "B06.FR.05"),
        ("SetVariables", value(600), "/payload/setVariableData/0/attributeValue", "the station takes 600"),
        (
            "SetVariableMonitoring",
            json!({"setMonitoringData": many(monitor, 3)}),
            "/payload/setMonitoringData/2",
            "N04.FR.09",
        ),
        ("ClearVariableMonitoring", json!({"id": [1, 2, 3]}), "/payload/id/2", "N06.FR.04"),
        ("SetChargingProfile", long, schedule, "PeriodsPerSchedule"),
        ("SetChargingProfile", default_profile(7, 2, 16.0), "/payload/chargingProfile/stackLevel", "at most 1"),
        ("SetDisplayMessage", display, "/payload/message/priority", "one of AlwaysFront, NormalCycle"),
    ] {
        flow.refuses(request(action, &payload), path, says).await;
    }
    let password = |length| json!({"command": "password", "password": "p".repeat(length)});
    flow.refuses(password(51), "/password", "takes 16 to 50").await;
    let set = json!({"set": [{"component": "C", "variable": "V", "value": "v".repeat(600)}]});
    let answer = flow.api.post("/api/v1/stations/cs-1/device-model", &set);
    assert_eq!((answer.status, answer.body["error"]["path"].as_str()), (422, Some("/set/0/value")), "{}", answer.text);

    flow.accepted("SendLocalList", list(many(token(8), 3))).await;
    flow.accepted("SetChargingProfile", default_profile(7, 1, 16.0)).await;
    flow.ask("ClearVariableMonitoring", json!({"id": [1, 2]})).await;

    let old = Flow::of(Version::Ocpp16).await;
    old.ordered(json!({"command": "report", "waitS": 20})).await.ok();
    let tag = |at: usize| json!({"idTag": format!("T{at}"), "idTagInfo": {"status": "Accepted"}});
    let list = json!({"listVersion": 9, "updateType": "Full", "localAuthorizationList": many(tag, 17)});
    old.refuses(request("SendLocalList", &list), "/payload/localAuthorizationList/16", "SendLocalListMaxLength").await;
    let profile = json!({"connectorId": 1, "csChargingProfiles": {
        "chargingProfileId": 1, "stackLevel": 99, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]},
    }});
    let path = "/payload/csChargingProfiles/stackLevel";
    old.refuses(request("SetChargingProfile", &profile), path, "ChargeProfileMaxStackLevel").await;
}

/// OCPP 2.0.1, K01.FR.06 and 52: the station would refuse the second, and could not say which one is in its way.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_profile_of_the_same_level_names_the_one_in_its_way() {
    let flow = Flow::of(Version::Ocpp201).await;
    let set = |payload: &Value| request("SetChargingProfile", payload);
    flow.accepted("SetChargingProfile", default_profile(3, 0, 16.0)).await;
    let place = "/payload/chargingProfile";
    flow.refuses(set(&default_profile(4, 0, 10.0)), place, "the TxDefaultProfile 3 with stack level 0").await;
    let mut for_all = default_profile(4, 0, 10.0);
    for_all["evseId"] = json!(0);
    flow.refuses(set(&for_all), place, "K01.FR.52").await;
    let limit = json!({"command": "limit", "evse": 1, "maxCurrentA": 10});
    flow.refuses(limit, "/evse", "the TxDefaultProfile 3 with stack level 0").await;

    flow.accepted("SetChargingProfile", default_profile(3, 0, 12.0)).await;
    flow.accepted("SetChargingProfile", default_profile(4, 1, 10.0)).await;
    flow.accepted("ClearChargingProfile", json!({"chargingProfileId": 3})).await;
    flow.accepted("SetChargingProfile", default_profile(5, 0, 8.0)).await;
    let held = flow.held("profiles");
    assert_eq!((held.len(), &by_id(&held, "5")["profile"]["stackLevel"]), (2, &json!(0)), "{held:?}");
}

/// One order to stations of two versions: what one of them cannot hear is refused for that one.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_to_many_is_refused_for_those_that_it_is_not_for() {
    let server = TestServer::start().await;
    let mut stations = Vec::new();
    for (id, version) in [("cs-16", Version::Ocpp16), ("cs-201", Version::Ocpp201)] {
        let settings = StationSettings::new(&server.ocpp, id, version);
        let (station, _whole) = SimStation::connect_whole(settings).await.expect("the station connects");
        station.boot().await.expect("the station boots");
        stations.push(station);
    }
    let body = json!({"to": {"vendor": "*"}, "perMinute": 6_000, "order": start(21)});
    let answer = server.api().post("/api/v1/commands", &body).ok();
    let refused = answer["refused"].as_array().expect("a list");
    assert_eq!((refused.len(), answer["queued"].as_array().map(Vec::len)), (1, Some(1)), "{answer}");
    assert_eq!(
        (&refused[0]["station"], &refused[0]["path"]),
        (&json!("cs-16"), &json!("/order/idToken/idToken")),
        "{answer}"
    );
    assert_eq!(answer["queued"][0]["station"], "cs-201");
}

/// The door for those who look for a fault sends whatever has its shape.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_name_needs_its_shape_alone() {
    let flow = Flow::of(Version::Ocpp16).await;
    let call = |payload: Value| {
        let api = flow.api.clone();
        let path = format!("/api/v1/stations/{}/calls/UnlockConnector", super::ID);
        tokio::task::spawn_blocking(move || api.post(&path, &payload))
    };
    let answer = call(json!({"connectorId": "zero"})).await.expect("the API answers");
    assert_eq!((answer.status, answer.body["error"]["path"].as_str()), (422, Some("/connectorId")), "{}", answer.text);
    let answer = call(json!({"connectorId": 0})).await.expect("the API answers");
    assert_ne!(answer.status, 422, "{}", answer.text);
    let was_asked = |(action, payload): &(String, Value)| action == "UnlockConnector" && payload["connectorId"] == 0;
    until("the station has heard it", || flow.whole.requests().iter().any(was_asked).then_some(())).await;
}

/// A place in one of several requests is told as it stands in the body.
#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_cannot_be_set_is_named_where_it_stands() {
    let flow = Flow::of(Version::Ocpp201).await;
    let variable = |at: usize, value: &str| json!({"component": "C", "variable": format!("V{at}"), "value": value});
    let mut set: Vec<Value> = (0..12).map(|at| variable(at, "1")).collect();
    set[11]["value"] = json!("1".repeat(1_001));
    let answer = flow.api.post("/api/v1/stations/cs-1/device-model", &json!({"set": set}));
    assert_eq!((answer.status, answer.body["error"]["path"].as_str()), (422, Some("/set/11/value")), "{}", answer.text);
    let twice = json!({"get": [{"component": "C", "variable": "V"}, {"component": "c", "variable": "v", "attribute": "Actual"}]});
    let answer = flow.api.post("/api/v1/stations/cs-1/device-model", &twice);
    assert_eq!((answer.status, answer.body["error"]["path"].as_str()), (422, Some("/get/1")), "{}", answer.text);
}

/// OCPP 2.0.1 K15.FR.05: the car's transaction may begin later (TxStartPoint); it need not wait for its profile.
#[tokio::test(flavor = "multi_thread")]
async fn needs_before_the_transaction_are_taken_up_when_it_begins() {
    for version in [Version::Ocpp201, Version::Ocpp21] {
        let flow = Flow::of(version).await;
        flow.api.accept(&["CARD-1"]);
        let needs = json!({"evseId": 1, "chargingNeeds": {
            "requestedEnergyTransfer": "AC_three_phase",
            "acChargingParameters": {"energyAmount": 30_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400},
        }});
        let answer = flow.station.call("NotifyEVChargingNeeds", needs.clone()).await.expect("an answer");
        assert_eq!(answer["status"], "Processing");
        flow.station.start(1, "CARD-1", Meter::new(clock::now(), 0)).await.expect("it starts");
        flow.until_held("profiles", "it is told what it may draw", |held| held.len() == 1).await;
        let answer = flow.station.call("NotifyEVChargingNeeds", needs).await.expect("an answer");
        assert_eq!(answer["status"], "Accepted");
    }
}
