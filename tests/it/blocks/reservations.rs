//! Block H: who uses up a place that is kept, what ends it, and who is not sent there.
//!
//! Situations that users of other systems reported: stations that name no reservation or -1, refused cards that ate one,
//! families, whole stations, broken connectors, and remote starts for somebody else.

use amprule_simulator::{SimStation, StationSettings, Version};
use amprule_tests::{Setup, TestServer, ago, units};
use serde_json::{Value, json};

use super::records::later;
use super::{Flow, ID, by_id};

/// A place, who it is kept for and of which group; who comes where, and which reservation the station names.
struct Case {
    what: &'static str,
    kept: (u32, &'static str, Option<&'static str>),
    comes: (u32, &'static str),
    named: Named,
    state: &'static str,
}

enum Named {
    Not,
    As(i64),
    Rightly,
}

const fn case(
    what: &'static str,
    kept: (u32, &'static str, Option<&'static str>),
    comes: (u32, &'static str),
    named: Named,
    state: &'static str,
) -> Case {
    Case { what, kept, comes, named, state }
}

const CASES: [Case; 14] = [
    case("named", (1, "ANNA01", None), (1, "ANNA01"), Named::Rightly, "used"),
    case("named -1", (1, "ANNA01", None), (1, "ANNA01"), Named::As(-1), "used"),
    case("a number that nobody knows", (1, "ANNA01", None), (1, "ANNA01"), Named::As(7_777), "used"),
    case("not named", (1, "ANNA01", None), (1, "ANNA01"), Named::Not, "used"),
    case("in small letters", (1, "ANNA01", None), (1, "anna01"), Named::Not, "used"),
    case("the family's card", (1, "HUSB01", Some("fam")), (1, "WIFE01"), Named::Not, "used"),
    case("the family's card, named", (1, "HUSB01", Some("FAM")), (1, "WIFE01"), Named::Rightly, "used"),
    case("a family that the reservation does not name", (1, "HUSB01", None), (1, "WIFE01"), Named::Not, "kept"),
    case("a stranger", (1, "ANNA01", None), (1, "STRANGE1"), Named::Not, "kept"),
    case("a stranger, named", (1, "ANNA01", None), (1, "STRANGE1"), Named::Rightly, "kept"),
    case("a blocked card, named", (1, "ANNA01", None), (1, "BLOCK1"), Named::Rightly, "kept"),
    case("elsewhere", (1, "ANNA01", None), (2, "ANNA01"), Named::Not, "kept"),
    case("any place", (0, "ANNA01", None), (2, "ANNA01"), Named::Not, "used"),
    case("any place, a stranger", (0, "ANNA01", None), (2, "STRANGE1"), Named::Not, "kept"),
];

impl Flow {
    /// With the cards of these cases.
    async fn with_cards(version: Version) -> Self {
        Self::with_cards_at(TestServer::start().await, version).await
    }

    async fn with_cards_at(server: TestServer, version: Version) -> Self {
        let flow = Self::at(server, version).await;
        flow.api.accept(&["ANNA01", "STRANGE1"]);
        for (token, status) in [("HUSB01", "accepted"), ("WIFE01", "accepted"), ("BLOCK1", "blocked")] {
            flow.api.put(&format!("/api/v1/tokens/{token}"), &json!({"status": status, "group": "FAM"})).ok();
        }
        flow
    }

    async fn reserve(&self, version: Version, id: i64, kept: (u32, &str, Option<&str>)) {
        let (place, token, group) = kept;
        let mut payload = match version {
            Version::Ocpp16 => {
                json!({"reservationId": id, "connectorId": place, "idTag": token, "expiryDate": later(600)})
            }
            _ => json!({"id": id, "idToken": card(token), "expiryDateTime": later(600)}),
        };
        match (version, group) {
            (_, None) => {}
            (Version::Ocpp16, Some(group)) => payload["parentIdTag"] = group.into(),
            (_, Some(group)) => payload["groupIdToken"] = json!({"idToken": group, "type": "Central"}),
        }
        if version != Version::Ocpp16 && place > 0 {
            payload["evseId"] = place.into();
        }
        self.accepted("ReserveNow", payload).await;
    }

    /// As the station has it, whatever we know.
    async fn freed(&self, id: i64) {
        self.ask("CancelReservation", json!({"reservationId": id})).await;
    }

    /// A transaction that begins there, told in the station's words.
    async fn begins(
        &self,
        version: Version,
        place: u32,
        token: Option<&str>,
        named: Option<i64>,
        number: i64,
    ) -> Value {
        let at = ago(0);
        let (action, mut payload) = match version {
            Version::Ocpp16 => (
                "StartTransaction",
                json!({"connectorId": place, "idTag": token, "meterStart": number, "timestamp": at}),
            ),
            _ => ("TransactionEvent", event("Started", number, place, token)),
        };
        if let Some(named) = named {
            payload["reservationId"] = named.into();
        }
        self.station.call(action, payload).await.expect("it is taken")
    }

    fn state(&self, id: i64) -> Value {
        by_id(&self.held("reservations"), &id.to_string()).clone()
    }

    /// A station of 2.1 says it by NotifyEvent alone (OCPP 2.0.1 too, G01).
    async fn says(&self, version: Version, place: u32, status: &str) {
        if version == Version::Ocpp21 {
            let connector = json!({"name": "Connector", "evse": {"id": place, "connectorId": 1}});
            let event = json!({
                "eventId": 1, "timestamp": ago(0), "trigger": "Delta", "actualValue": status, "component": connector,
                "variable": {"name": "AvailabilityState"}, "eventNotificationType": "HardWiredNotification",
            });
            let payload = json!({"generatedAt": ago(0), "seqNo": 0, "eventData": [event]});
            self.station.call("NotifyEvent", payload).await.expect("it is taken");
            return;
        }
        let payload = match version {
            Version::Ocpp16 => json!({"connectorId": place, "status": status, "errorCode": "NoError"}),
            _ => json!({"evseId": place, "connectorId": 1, "connectorStatus": status, "timestamp": ago(0)}),
        };
        self.station.call("StatusNotification", payload).await.expect("it is taken");
    }
}

fn card(token: &str) -> Value {
    json!({"idToken": token, "type": "ISO14443"})
}

fn event(kind: &str, number: i64, evse: u32, token: Option<&str>) -> Value {
    let mut payload = json!({
        "eventType": kind, "timestamp": ago(0), "triggerReason": "Authorized", "seqNo": i64::from(kind != "Started"),
        "transactionInfo": {"transactionId": format!("t-{number}")}, "evse": {"id": evse, "connectorId": 1},
    });
    if let Some(token) = token {
        payload["idToken"] = card(token);
    }
    payload
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_used_by_who_it_is_kept_for_and_by_nobody_else() {
    for version in [Version::Ocpp16, Version::Ocpp201] {
        for (id, Case { what, kept, comes: (place, token), named, state }) in (10..).zip(CASES) {
            let flow = Flow::with_cards(version).await;
            flow.reserve(version, id, kept).await;
            let named = match named {
                Named::Not => None,
                Named::As(number) => Some(number),
                Named::Rightly => Some(id),
            };
            flow.begins(version, place, Some(token), named, id).await;
            let held = flow.state(id);
            assert_eq!(held["state"], state, "{version:?}, {what}: {held}");
            assert_eq!(held["transaction"].is_string(), state == "used", "{held}");
        }
    }
}

/// OCPP 2.0.1: a station may begin its transaction with the cable, before any token (errata 2.28).
#[tokio::test(flavor = "multi_thread")]
async fn a_plug_uses_no_place_and_the_token_behind_it_does() {
    for (id, token, state) in [(1, "STRANGE1", "kept"), (2, "ANNA01", "used")] {
        let flow = Flow::with_cards(Version::Ocpp201).await;
        flow.reserve(Version::Ocpp201, id, (1, "ANNA01", None)).await;
        flow.begins(Version::Ocpp201, 1, None, None, id).await;
        assert_eq!(flow.state(id)["state"], "kept");
        let shown = event("Updated", id, 1, Some(token));
        flow.station.call("TransactionEvent", shown).await.expect("it is taken");
        assert_eq!(flow.state(id)["state"], state, "{token}");
    }
}

/// OCPP 1.6, 5.13.
#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_used_any_more_is_kept_for_nobody() {
    for version in [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21] {
        let flow = Flow::with_cards(version).await;
        for (id, word) in [(1, "Faulted"), (2, "Unavailable")] {
            flow.reserve(version, id, (2, "ANNA01", None)).await;
            flow.says(version, 1, word).await;
            flow.says(version, 2, "Reserved").await;
            assert_eq!(flow.state(id)["state"], "kept", "another's word");
            flow.says(version, 2, word).await;
            let held = flow.state(id);
            assert_eq!((&held["state"], &held["why"]), (&json!("ended"), &json!(word)), "{version:?}: {held}");
            assert!(held["endedAt"].is_string());
            flow.freed(id).await;
            assert_eq!(flow.state(id)["state"], "ended", "what is over stays as it ended");
            flow.says(version, 2, "Available").await;
        }
    }
    let flow = Flow::with_cards(Version::Ocpp16).await;
    flow.reserve(Version::Ocpp16, 3, (0, "ANNA01", None)).await;
    flow.says(Version::Ocpp16, 1, "Faulted").await;
    assert_eq!(flow.state(3)["state"], "kept", "there are others");
    flow.says(Version::Ocpp16, 0, "Unavailable").await;
    assert_eq!(flow.state(3)["state"], "ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_a_place_that_is_kept_for_another() {
    for version in [Version::Ocpp16, Version::Ocpp201] {
        let mut flow = Flow::with_cards(version).await;
        flow.reserve(version, 10, (1, "HUSB01", Some("FAM"))).await;
        let start = |token: &str, evse: Option<u32>| {
            let mut order = json!({"command": "start", "idToken": {"idToken": token}, "waitS": 20});
            if let Some(evse) = evse {
                order["evse"] = evse.into();
            }
            order
        };
        let refused = flow.ordered(start("STRANGE1", Some(1))).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (409, &json!("not-possible")), "{}", refused.body);
        let why = refused.body["error"]["message"].as_str().expect("a reason");
        let until = flow.state(10)["reservation"]["expiresAt"].clone();
        assert!(why.contains("reservation 10") && why.contains(until.as_str().expect("a time")), "{why}");
        let begun = || flow.whole.requests().iter().filter(|(action, _)| action.contains("Start")).count();
        assert_eq!(begun(), 0, "it was not sent");
        assert_eq!(flow.ordered(start("WIFE01", Some(1))).await.status, 200, "one of the family");
        assert_eq!(begun(), 1);

        // The server starts anew, and still knows.
        flow.reserve(version, 11, (2, "ANNA01", None)).await;
        flow.server.stop();
        flow.server.restart();
        let settings = StationSettings::new(&flow.server.ocpp, ID, version);
        flow.api = flow.server.api();
        flow.station = SimStation::connect_as(settings, &flow.whole).await.expect("the station connects");
        flow.station.boot().await.expect("the station boots");
        assert_eq!(flow.ordered(start("STRANGE1", Some(2))).await.status, 409);
        flow.freed(11).await;
        assert_eq!(flow.ordered(start("STRANGE1", Some(2))).await.status, 200, "it is free again");
    }

    let flow = Flow::with_cards(Version::Ocpp16).await;
    flow.says(Version::Ocpp16, 1, "Available").await;
    flow.says(Version::Ocpp16, 2, "Available").await;
    flow.reserve(Version::Ocpp16, 12, (0, "ANNA01", None)).await;
    let start = |evse: Value| json!({"command": "start", "idToken": {"idToken": "STRANGE1"}, "evse": evse});
    assert_eq!(flow.ordered(start(Value::Null)).await.status, 202, "the station keeps one of its places");
    assert_eq!(flow.ordered(start(json!(2))).await.status, 202, "the station knows whether it has another");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_may_refuse_a_stranger_at_a_place_that_is_kept() {
    let policy = r#"
        fn authorize(request) {
            let kept = request.reservation;
            if kept != () && !kept.yours { return reject("Blocked", `Reserved until ${kept.expires_at}`); }
            accept()
        }
    "#;
    let server = Setup::default()
        .file("scripts/policy/plugin.toml", units::manifest("policy", "1.0.0", "authorization"))
        .file("scripts/policy/main.rhai", policy)
        .start()
        .await;
    let flow = Flow::with_cards_at(server, Version::Ocpp16).await;
    flow.reserve(Version::Ocpp16, 10, (1, "ANNA01", None)).await;
    let cases =
        [(1, "STRANGE1", "Blocked"), (2, "STRANGE1", "Accepted"), (1, "ANNA01", "Accepted"), (1, "HUSB01", "Accepted")];
    for (number, (place, token, status)) in (1..).zip(cases) {
        let answer = flow.begins(Version::Ocpp16, place, Some(token), None, number).await;
        assert_eq!(answer["idTagInfo"]["status"], status, "{token} at {place}: {answer}");
        let decision = flow.api.get("/api/v1/decisions?limit=1").ok()["items"][0].clone();
        let is_told = |input: &Value| input["reservation"]["yours"] == json!(token == "ANNA01");
        assert_eq!(is_told(&decision["input"]), number == 1 || number == 3, "{decision}");
    }
}
