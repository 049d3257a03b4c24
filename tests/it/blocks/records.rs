//! Blocks D, H, O, M, I and R: lists, reservations, messages, certificates, tariffs and controls that stations keep.

use amprule_simulator::{Meter, Version};
use amprule_tests::until;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Flow, by_id};

pub(super) fn later(seconds: i64) -> String {
    (amprule_tests::clock::now() + SignedDuration::from_secs(seconds)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_list_is_known_token_by_token() {
    for version in [Version::Ocpp16, Version::Ocpp201] {
        let flow = Flow::of(version).await;
        let is_v16 = version == Version::Ocpp16;
        let list = |version: i64, kind: &str, tokens: &[(&str, bool)]| {
            let entry = |(token, is_there): &(&str, bool)| match (is_v16, is_there) {
                (true, true) => json!({"idTag": token, "idTagInfo": {"status": "Accepted"}}),
                (true, false) => json!({"idTag": token}),
                (false, true) => {
                    json!({"idToken": {"idToken": token, "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}})
                }
                (false, false) => json!({"idToken": {"idToken": token, "type": "ISO14443"}}),
            };
            let name = if is_v16 { "listVersion" } else { "versionNumber" };
            json!({name: version, "updateType": kind, "localAuthorizationList": tokens.iter().map(entry).collect::<Vec<_>>()})
        };
        flow.accepted("SendLocalList", list(1, "Full", &[("A1", true), ("B2", true)])).await;
        flow.accepted("SendLocalList", list(2, "Differential", &[("A1", false), ("C3", true)])).await;
        let ids = || flow.held("local-list").iter().map(|entry| entry["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(), [json!("C3"), json!("B2")], "{version:?}");
        let answer = flow.ask("SendLocalList", list(2, "Differential", &[("D4", true)])).await;
        assert_eq!(answer["status"], "VersionMismatch", "{answer}");
        assert_eq!(ids().len(), 2, "what was refused is not there");
        flow.accepted("GetLocalListVersion", json!({})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_is_kept_taken_back_and_over() {
    for version in [Version::Ocpp16, Version::Ocpp201] {
        let flow = Flow::of(version).await;
        let reserve = |id: i64, place: i64, seconds: i64| match version {
            Version::Ocpp16 => {
                json!({"reservationId": id, "connectorId": place, "idTag": "A1", "expiryDate": later(seconds)})
            }
            _ => {
                json!({"id": id, "evseId": place, "idToken": {"idToken": "A1", "type": "ISO14443"}, "expiryDateTime": later(seconds)})
            }
        };
        flow.accepted("ReserveNow", reserve(1, 1, 600)).await;
        flow.accepted("ReserveNow", reserve(2, 2, 600)).await;
        flow.accepted("CancelReservation", json!({"reservationId": 1})).await;
        flow.ask("CancelReservation", json!({"reservationId": 77})).await;
        let held = flow.held("reservations");
        assert_eq!((&by_id(&held, "1")["state"], &by_id(&held, "2")["state"]), (&json!("cancelled"), &json!("kept")));
        assert_eq!(by_id(&held, "2")["reservation"]["evse"], 2);
    }
    let flow = Flow::of(Version::Ocpp201).await;
    flow.accepted(
        "ReserveNow",
        json!({"id": 5, "evseId": 1, "idToken": {"idToken": "A1", "type": "ISO14443"}, "expiryDateTime": later(2)}),
    )
    .await;
    flow.until_held("reservations", "it has expired", |held| held[0]["state"] == "expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_on_the_display_are_known() {
    let flow = Flow::of(Version::Ocpp201).await;
    let message = |id: i64| json!({"message": {"id": id, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Ahoi"}}});
    for id in [1, 2, 3] {
        flow.accepted("SetDisplayMessage", message(id)).await;
    }
    flow.accepted("ClearDisplayMessage", json!({"id": 2})).await;
    flow.station
        .call("NotifyDisplayMessages", json!({"requestId": 9, "messageInfo": [message(70)["message"]], "tbc": false}))
        .await
        .expect("it is taken");
    assert_eq!(flow.held("display-messages").len(), 3);
    flow.accepted("GetDisplayMessages", json!({"requestId": 10})).await;
    let held = flow.until_held("display-messages", "the report is there", |held| held.len() == 2).await;
    assert_eq!(by_id(&held, "3")["message"]["message"]["content"], "Ahoi", "{held:?}");
}

/// OCPP 2.0.1, MessageInfoType: the station removes it when its transaction, or its time, is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_with_its_transaction_and_with_its_time() {
    let flow = Flow::of(Version::Ocpp201).await;
    flow.api.accept(&["CARD-1"]);
    let start = json!({"command": "start", "idToken": {"idToken": "CARD-1"}, "evse": 1, "waitS": 20});
    flow.ordered(start).await.ok();
    let running = || flow.whole.transactions().first().map(|running| running.id.clone());
    let running = until("it charges", running).await;
    let show = |id: i64, member: &str, value: Value| {
        let mut message =
            json!({"id": id, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Ahoi"}});
        message[member] = value;
        json!({"message": message})
    };
    flow.accepted("SetDisplayMessage", show(1, "endDateTime", json!(later(3_600)))).await;
    flow.accepted("SetDisplayMessage", show(2, "transactionId", json!(running))).await;
    flow.accepted("SetDisplayMessage", show(3, "endDateTime", json!(later(3)))).await;
    let ids = |held: &[Value]| held.iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    flow.until_held("display-messages", "its time is over", |held| ids(held) == ["2", "1"]).await;
    flow.ordered(json!({"command": "stop", "transaction": running, "waitS": 20})).await.ok();
    flow.until_held("display-messages", "its transaction is over", |held| ids(held) == ["1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_listed_and_deleted() {
    for version in [Version::Ocpp16, Version::Ocpp201] {
        let flow = Flow::of(version).await;
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).expect("parameters");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let kind = if version == Version::Ocpp16 { "CentralSystemRootCertificate" } else { "CSMSRootCertificate" };
        flow.accepted("InstallCertificate", json!({"certificateType": kind, "certificate": pem})).await;
        let wanted = if version == Version::Ocpp16 { json!(kind) } else { json!([kind]) };
        flow.accepted("GetInstalledCertificateIds", json!({"certificateType": wanted})).await;
        let held = flow.held("certificates");
        assert_eq!((held.len(), &held[0]["kind"]), (1, &json!(kind)), "{held:?}");
        flow.accepted("DeleteCertificate", json!({"certificateHashData": held[0]["hash"]})).await;
        assert!(flow.held("certificates").is_empty());

        // A root is what others are believed by: a leaf is none.
        let issuer = rcgen::Issuer::new(params, key);
        let mut leaf = rcgen::CertificateParams::new(vec!["csms.example.com".to_owned()]).expect("parameters");
        leaf.distinguished_name.push(rcgen::DnType::CommonName, "csms.example.com");
        let own = rcgen::KeyPair::generate().expect("a key");
        let leaf = leaf.signed_by(&own, &issuer).expect("a certificate").pem();
        let payload = json!({"certificateType": kind, "certificate": leaf});
        let order = json!({"command": "request", "action": "InstallCertificate", "payload": payload});
        let refused = flow.ordered(order).await;
        assert_eq!((refused.status, &refused.body["error"]["path"]), (422, &json!("/payload/certificate")));
        let installed = flow.whole.requests().iter().filter(|(action, _)| action == "InstallCertificate").count();
        assert_eq!(installed, 1, "it was not sent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tariffs_and_controls_of_2_1_are_known() {
    let flow = Flow::of(Version::Ocpp21).await;
    let tariff = json!({"tariffId": "T-1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.4}]}});
    flow.accepted("SetDefaultTariff", json!({"evseId": 1, "tariff": tariff})).await;
    assert_eq!(flow.held("tariffs")[0]["tariff"]["tariffId"], "T-1");
    flow.accepted("ClearTariffs", json!({"tariffIds": ["T-1"]})).await;
    assert!(flow.held("tariffs").is_empty());

    let control = json!({
        "isDefault": true, "controlId": "d-1", "controlType": "Gradients", "gradient": {"priority": 1, "gradient": 5, "softGradient": 3},
    });
    flow.accepted("SetDERControl", control).await;
    assert_eq!(flow.held("der-controls")[0]["control"]["controlType"], "Gradients");
    flow.accepted("ClearDERControl", json!({"isDefault": true, "controlId": "d-1"})).await;
    assert!(flow.held("der-controls").is_empty());

    let alarm = |ended: bool| json!({"controlType": "LVMustTrip", "gridEventFault": "UnderVoltage", "timestamp": later(0), "alarmEnded": ended});
    flow.station.call("NotifyDERAlarm", alarm(false)).await.expect("it is taken");
    assert_eq!(flow.held("alerts")[0]["state"], "active");
    flow.station.call("NotifyDERAlarm", alarm(true)).await.expect("it is taken");
    assert_eq!(flow.held("alerts")[0]["state"], "cleared");
    let swap = json!({
        "batteryData": [{"evseId": 1, "serialNumber": "B-1", "soC": 20, "soH": 95}], "eventType": "BatteryIn",
        "idToken": {"idToken": "A1", "type": "ISO14443"}, "requestId": 4,
    });
    flow.station.call("BatterySwap", swap).await.expect("it is taken");
    assert!(flow.held("battery-swaps")[0]["BatteryIn"].is_object());
}

/// A station that swaps has more of them in a day than of anything else in a year; whoever bills them hears who, and which battery.
#[tokio::test(flavor = "multi_thread")]
async fn battery_swaps_are_told_whole_and_stay() {
    let flow = Flow::of(Version::Ocpp21).await;
    let events = flow.api.events();
    for n in 1..=60 {
        let swap = json!({
            "batteryData": [{"evseId": 1, "serialNumber": format!("B-{n}"), "soC": 20.5, "soH": 95}],
            "eventType": "BatteryIn", "idToken": {"idToken": "A1", "type": "ISO14443"}, "requestId": n,
        });
        flow.station.call("BatterySwap", swap).await.expect("it is taken");
    }
    let swaps = flow.held("battery-swaps");
    assert_eq!(swaps.len(), 60);
    let whose = r#""idToken":{"idToken":"A1","type":"ISO14443"}"#;
    let which = r#""batteries":[{"evseId":1,"serialNumber":"B-60","soC":20.5,"soH":95}]"#;
    events.until(&["station.battery-swap", whose, which]).await;
}

/// A station that is deleted takes all of it along.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_station_holds_goes_with_it() {
    let flow = Flow::of(Version::Ocpp201).await;
    flow.api.accept(&["CARD-1"]);
    flow.station.start(1, "CARD-1", Meter::new(amprule_tests::clock::now(), 0)).await.expect("it starts");
    flow.station
        .call("NotifyChargingLimit", json!({"chargingLimit": {"chargingLimitSource": "SO"}}))
        .await
        .expect("it is taken");
    flow.api.delete("/api/v1/stations/cs-1").ok();
    flow.api.put("/api/v1/stations/cs-1", &json!({})).ok();
    assert_eq!(flow.held("limits"), Vec::<Value>::new());
}
