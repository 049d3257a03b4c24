//! Block D: local lists that are kept in step with the tokens.

use amprule_simulator::{SimStation, StationSettings, Version, Whole};
use amprule_tests::until;
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

/// Twenty at once where the station has told no bound, and what it told where it has.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_comes_in_parts_that_the_station_can_take() {
    let flow = Flow::of(Version::Ocpp16).await;
    flow.ordered(json!({"command": "report", "waitS": 20})).await.ok();
    let names: Vec<String> = (100..140).map(|n| format!("CARD{n}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    flow.api.accept(&all);
    flow.api.put("/api/v1/stations/cs-1", &json!({"keepsLocalList": true})).ok();
    flow.until_listed(&all).await;
    let parts: Vec<usize> =
        flow.lists_sent().iter().map(|list| list["localAuthorizationList"].as_array().expect("a list").len()).collect();
    assert_eq!(parts, [16, 16, 8], "SendLocalListMaxLength");
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
