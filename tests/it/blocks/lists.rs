//! Block D: local lists that are kept in step with the tokens.

use amprule_simulator::{SimStation, StationSettings, Version, Whole};
use amprule_tests::{TestServer, station16, station201, until};
use serde_json::{Value, json};

use super::Flow;

impl Flow {
    fn tokens(&self) -> Vec<String> {
        tokens(&self.whole)
    }

    async fn until_listed(&self, tokens: &[&str]) {
        until(&format!("the station has {tokens:?}"), || (self.tokens() == tokens).then_some(())).await;
        until("we know it", || (self.held("local-list").len() == tokens.len()).then_some(())).await;
    }

    fn lists_sent(&self) -> Vec<Value> {
        let sent = self.whole.requests().into_iter().filter(|(action, _)| action == "SendLocalList");
        sent.map(|(_, payload)| payload).collect()
    }
}

/// Those in the station.
fn tokens(whole: &Whole) -> Vec<String> {
    let name = |entry: &Value| {
        let text = entry["idTag"].as_str().or_else(|| entry["idToken"]["idToken"].as_str());
        text.expect("a token").to_owned()
    };
    let mut tokens: Vec<_> = whole.local_list().entries.iter().map(name).collect();
    tokens.sort();
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_follows_the_tokens() {
    for version in [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21] {
        let flow = Flow::of(version).await;
        flow.api.accept(&["AA1", "BB2"]);
        flow.api.put("/api/v1/tokens/CC3", &json!({"type": "ISO14443", "status": "blocked"})).ok();
        flow.api.put("/api/v1/stations/cs-1", &json!({"keepsLocalList": true})).ok();
        flow.until_listed(&["AA1", "BB2"]).await;
        flow.api.accept(&["DD4"]);
        flow.api.put("/api/v1/tokens/AA1", &json!({"status": "blocked"})).ok();
        flow.until_listed(&["BB2", "DD4"]).await;
        let sent = flow.lists_sent().len();
        flow.api.put("/api/v1/tokens/CC3", &json!({"group": "FLEET"})).ok();
        flow.api.delete("/api/v1/tokens/DD4").ok();
        flow.until_listed(&["BB2"]).await;
        assert!(flow.lists_sent().len() <= sent + 2, "{:?}", flow.lists_sent());
        assert_eq!(flow.lists_sent()[0]["updateType"], "Full");
    }
}

/// A token is told to stations whose version has room for it, and others have the rest; nobody is told the same again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_a_version_has_no_room_for_keeps_nobody_from_his_list() {
    let (long, longer) = (format!("B{}", "1".repeat(20)), format!("C{}", "1".repeat(36)));
    for (version, fits) in [
        (Version::Ocpp16, vec!["AA1"]),
        (Version::Ocpp201, vec!["AA1", &long]),
        (Version::Ocpp21, vec!["AA1", &long, &longer]),
    ] {
        let flow = Flow::of(version).await;
        flow.api.accept(&["AA1", &long, &longer]);
        // Longer than any version has room for: it is left out, once.
        let group = json!({"group": "acme-fleet-of-germany-in-the-south-of-it"});
        flow.api.put("/api/v1/tokens/AA1", &group).ok();
        flow.api.put("/api/v1/stations/cs-1", &json!({"keepsLocalList": true})).ok();
        flow.until_listed(&fits).await;
        flow.api.accept(&["AA0"]);
        flow.until_listed(&[&["AA0"], &fits[..]].concat()).await;
        assert!(flow.lists_sent().len() <= 3, "{:?}", flow.lists_sent());
    }
}

/// Nobody has asked the station for anything before: its bounds are read first, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_comes_in_parts_that_the_station_can_take() {
    for (version, asks) in [(Version::Ocpp16, "GetConfiguration"), (Version::Ocpp201, "GetVariables")] {
        let flow = Flow::of(version).await;
        let names: Vec<String> = (100..140).map(|n| format!("CARD{n}")).collect();
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        flow.api.accept(&all);
        flow.api.put("/api/v1/stations/cs-1", &json!({"keepsLocalList": true})).ok();
        flow.until_listed(&all).await;
        let parts: Vec<usize> = flow.lists_sent().iter().map(|list| entries(list).len()).collect();
        assert_eq!(parts, [16, 16, 8], "{version:?}");
        let asked = flow.whole.requests().iter().filter(|(action, _)| action == asks).count();
        assert_eq!(asked, 2, "{version:?}: each bound once");
    }
}

fn entries(list: &Value) -> Vec<Value> {
    list["localAuthorizationList"].as_array().cloned().unwrap_or_default()
}

/// How a station behaves that knows nothing of its bounds.
struct Silent {
    protocol: &'static str,
    /// Entries that it takes at once; more are refused with this word, or with an error of this code.
    takes: usize,
    word: &'static str,
    is_error: bool,
    /// Entries of the messages that it is sent, for twenty tokens.
    parts: &'static [usize],
    /// Of a message that it takes, where it says so, and how many it is sent at most.
    bytes: Option<usize>,
}

/// Stations of the field: one that fails more than eight, one that answers an error, one that has no room for a single one.
#[tokio::test(flavor = "multi_thread")]
async fn parts_that_are_refused_become_smaller_and_the_refusal_stands_there() {
    let silent =
        |protocol, takes, word, is_error, parts| Silent { protocol, takes, word, is_error, parts, bytes: None };
    for case in [
        silent("ocpp1.6", 8, "Failed", false, &[20, 10, 5, 5, 5, 5]),
        silent("ocpp2.0.1", 6, "OccurrenceConstraintViolation", true, &[20, 10, 5, 5, 5, 5]),
        silent("ocpp2.0.1", 0, "InternalError", true, &[20, 10, 5, 2, 1, 1, 1]),
        silent("ocpp1.6", 0, "NotSupported", false, &[20]),
        // The message of six such entries has 700 bytes at most, that of seven more.
        Silent { bytes: Some(750), ..silent("ocpp2.0.1", 99, "", false, &[]) },
    ] {
        case.play().await;
    }
}

impl Silent {
    async fn play(self) {
        let server = TestServer::start().await;
        let api = server.api();
        let names: Vec<String> = (100..120).map(|n| format!("CARD{n}-ABCDEF")).collect();
        api.accept(&names.iter().map(String::as_str).collect::<Vec<_>>());
        api.put("/api/v1/stations/cs-9", &json!({"keepsLocalList": true})).ok();
        let mut wire = server.station("cs-9", self.protocol).await;
        let is_v16 = self.protocol == "ocpp1.6";
        let boot = if is_v16 { station16::boot() } else { station201::boot() };
        wire.call("BootNotification", boot).await;
        let (mut parts, mut has) = (Vec::new(), 0);
        let ends = |parts: &[usize], has| has == names.len() || (self.bytes.is_none() && parts == self.parts);
        while !ends(&parts, has) {
            let (id, action, asked) = wire.next_call().await;
            match &*action {
                "GetLocalListVersion" if is_v16 => wire.reply(&id, json!({"listVersion": 0})).await,
                "GetLocalListVersion" => wire.reply(&id, json!({"versionNumber": 0})).await,
                "GetConfiguration" => wire.reply(&id, json!({"unknownKey": asked["key"]})).await,
                "GetVariables" => wire.reply(&id, self.variable(&asked["getVariableData"][0])).await,
                "SendLocalList" => {
                    let count = entries(&asked).len();
                    parts.push(count);
                    if let Some(bytes) = self.bytes {
                        let message = json!([2, "0".repeat(36), action, asked]).to_string().len();
                        let is_last = has + count == names.len();
                        assert!(message <= bytes && (is_last || message > bytes - 120), "{message} bytes");
                    }
                    if count <= self.takes {
                        has = if asked["updateType"] == "Full" { count } else { has + count };
                        wire.reply(&id, json!({"status": "Accepted"})).await;
                    } else if self.is_error {
                        wire.refuse(&id, self.word, "too many items").await;
                    } else {
                        wire.reply(&id, json!({"status": self.word})).await;
                    }
                }
                other => panic!("{other} is not about a list"),
            }
        }
        if has == names.len() {
            let is_there = || (api.all("/api/v1/stations/cs-9/local-list").len() == has).then_some(());
            return until("we know it", is_there).await;
        }
        until("it is told", || server.log().contains("the station refuses its local list").then_some(())).await;
        let list = &api.all("/api/v1/stations/cs-9/local-list-version")[0];
        assert_eq!(list["refused"]["status"], self.word, "{list}");
        assert_eq!(server.log().matches("the station refuses its local list").count(), 1);
    }

    fn variable(&self, asked: &Value) -> Value {
        let told = self.bytes.filter(|_| asked["variable"]["name"] == "BytesPerMessage");
        let mut result = asked.clone();
        result["attributeStatus"] = json!(if told.is_some() { "Accepted" } else { "UnknownVariable" });
        if let Some(told) = told {
            result["attributeValue"] = json!(told.to_string());
        }
        json!({"getVariableResult": [result]})
    }
}

/// A station that has lost its list, or has another system's, gets a new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_not_ours_is_replaced() {
    let flow = Flow::of(Version::Ocpp201).await;
    flow.api.accept(&["AA1"]);
    let foreign = json!({"versionNumber": 7, "updateType": "Full", "localAuthorizationList": [
        {"idToken": {"idToken": "ZZ9", "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}},
    ]});
    let other = Flow::of(Version::Ocpp201).await;
    other.accepted("SendLocalList", foreign).await;
    // The same station, at our server.
    let settings = StationSettings::new(&flow.server.ocpp, "cs-7", Version::Ocpp201);
    flow.api.put("/api/v1/stations/cs-7", &json!({"keepsLocalList": true})).ok();
    let station = SimStation::connect_as(settings, &other.whole).await.expect("it connects");
    station.boot().await.expect("it boots");
    until("it has our list", || (tokens(&other.whole) == ["AA1"]).then_some(())).await;
    assert!(other.whole.local_list().version > 7);
}
