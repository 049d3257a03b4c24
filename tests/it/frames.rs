//! The golden frames of every message, held against the official schemas in both directions, and played to the server.

use amprule_simulator::{SimStation, StationSettings, Version};
use amprule_tests::golden::{Line, VERSIONS, actions, all_actions};
use amprule_tests::schemas::Schemas;
use amprule_tests::{Answer, Setup, station16, station201};
use serde_json::json;

/// What the schemas have as a format, which validators do not look at, or do not see: a text that is empty, a number that is none.
fn is_beyond_schemas(line: &Line) -> bool {
    let rules = ["must be a time", "must be a URI", "is empty", "cannot be read"];
    line.outcome.iter().any(|line| rules.iter().any(|rule| line.contains(rule)))
}

#[test]
fn we_take_what_the_schemas_take_and_say_what_they_want() {
    let mut seen = 0;
    for (version, _) in VERSIONS {
        let mut schemas = Schemas::of(version);
        for (action, lines) in actions(version) {
            for line in lines {
                seen += 1;
                let (is_valid, is_good) = match line.word.as_str() {
                    "in" => (schemas.takes_call(&action, &line.payload), !line.says("refused")),
                    "ask" => (schemas.takes_call(&action, &line.payload), line.says("sent")),
                    "answer" => (schemas.takes_result(&action, &line.payload), !line.says("odd")),
                    _ => continue,
                };
                let place = format!("{version} {action}: {} {}", line.word, line.payload);
                // What a station says is taken tolerantly: much that is not valid is taken all the same.
                let may_differ = (line.word == "in" && is_good) || is_beyond_schemas(&line);
                assert!(is_valid == is_good || may_differ, "{place}: the schemas say {is_valid}, we {is_good}");
            }
        }
    }
    assert!(seen > 1_000, "{seen}");
}

/// Whatever is right is answered, as its schema wants.
#[tokio::test(flavor = "multi_thread")]
async fn every_message_of_every_version_is_answered() {
    let server = Setup::default().tariff("0.40").start().await;
    for (version, protocol) in VERSIONS {
        let mut schemas = Schemas::of(version);
        let mut wire = server.station(version, protocol).await;
        let boot = if version == "v16" { station16::boot() } else { station201::boot() };
        wire.call("BootNotification", boot).await;
        for (action, said) in all_actions(version) {
            for line in said.iter().filter(|line| line.word == "in") {
                if line.says("refused") || !schemas.takes_call(&action, &line.payload) {
                    continue;
                }
                match wire.request(&action, line.payload.clone()).await {
                    Answer::Result(payload) => schemas.check_result(&action, &payload),
                    Answer::Error { code, description } => {
                        panic!("{version} {action}: {code} {description}\n{}", line.payload)
                    }
                }
            }
        }
    }
}

/// What begins anew or goes away: another test has it.
const LEAVES: [&str; 1] = ["Reset"];

/// Every request that may be sent is sent from the API, understood by a station that behaves, and its answer by us.
#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_every_version_is_sent_and_its_answer_understood() {
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    for (version, simulated) in [("v16", Version::Ocpp16), ("v201", Version::Ocpp201), ("v21", Version::Ocpp21)] {
        let settings = StationSettings::new(&server.ocpp, version, simulated);
        let (station, _whole) = SimStation::connect_whole(settings).await.expect("the station connects");
        station.boot().await.expect("the station boots");
        let (mut asked, mut wrong) = (0, Vec::new());
        for (action, said) in actions(version) {
            let good = said.into_iter().filter(|line| line.word == "ask" && line.says("sent"));
            for line in good.filter(|_| !LEAVES.contains(&action.as_str())) {
                let body = json!({"command": "request", "action": action, "payload": line.payload, "waitS": 20});
                let (api, path) = (api.clone(), format!("/api/v1/stations/{version}/commands"));
                let answer =
                    tokio::task::spawn_blocking(move || api.post(&path, &body)).await.expect("the API answers");
                if answer.status == 422 {
                    // Its shape is right, and the standard forbids it.
                    continue;
                }
                let command = answer.ok();
                asked += 1;
                if command["state"] != "answered" || !command["answer"]["odd"].is_null() {
                    wrong.push(format!("{version} {action}: {}", command["answer"]));
                }
            }
        }
        assert!(wrong.is_empty() && asked > 10, "{asked}: {}", wrong.join("\n"));
    }
}
