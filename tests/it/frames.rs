//! The golden frames of every message, held against the official schemas in both directions, and played to the server.

use std::fs;
use std::path::PathBuf;

use amprule_simulator::{SimStation, StationSettings, Version};
use amprule_tests::schemas::Schemas;
use amprule_tests::{Answer, Setup, folders, station16, station201};
use serde_json::{Value, json};

/// One line of a frame file, and the lines that say what came of it.
struct Line {
    word: String,
    payload: Value,
    outcome: Vec<String>,
}

const VERSIONS: [(&str, &str); 3] = [("v16", "ocpp1.6"), ("v201", "ocpp2.0.1"), ("v21", "ocpp2.1")];

fn files(version: &str) -> Vec<PathBuf> {
    let folder = folders::root().join("runtime/ocpp/frames").join(version);
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("frames").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "in" | "ask" | "answer" | "reply" => lines.push(Line {
                word: word.to_owned(),
                payload: serde_json::from_str(rest).unwrap_or_default(),
                outcome: Vec::new(),
            }),
            _ => lines.last_mut().expect("a case").outcome.push(line.to_owned()),
        }
    }
    lines
}

impl Line {
    fn says(&self, word: &str) -> bool {
        self.outcome.iter().any(|line| line.split(' ').next() == Some(word))
    }

    /// What the schemas have as a format, which validators do not look at, or do not see: a text that is empty, a number that is none.
    fn is_beyond_schemas(&self) -> bool {
        let rules = ["must be a time", "must be a URI", "is empty", "cannot be read"];
        self.outcome.iter().any(|line| rules.iter().any(|rule| line.contains(rule)))
    }
}

#[test]
fn we_take_what_the_schemas_take_and_say_what_they_want() {
    let mut seen = 0;
    for (version, _) in VERSIONS {
        let mut schemas = Schemas::of(version);
        for file in files(version) {
            let action = file.file_stem().and_then(|stem| stem.to_str()).expect("an action").to_owned();
            for line in lines(&fs::read_to_string(&file).expect("a frame file")) {
                seen += 1;
                let (is_valid, is_good) = match line.word.as_str() {
                    "in" => (schemas.takes_call(&action, &line.payload), !line.says("refused")),
                    "ask" => (schemas.takes_call(&action, &line.payload), line.says("sent")),
                    "answer" => (schemas.takes_result(&action, &line.payload), !line.says("odd")),
                    _ => continue,
                };
                let place = format!("{version} {action}: {} {}", line.word, line.payload);
                // What a station says is taken tolerantly: much that is not valid is taken all the same.
                let may_differ = (line.word == "in" && is_good) || line.is_beyond_schemas();
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
        let own = files(version);
        // 2.1 has all that 2.0.1 has.
        let all = if version == "v21" { files("v201").into_iter().chain(own).collect() } else { own };
        for file in all {
            let action = file.file_stem().and_then(|stem| stem.to_str()).expect("an action").to_owned();
            let said = lines(&fs::read_to_string(&file).expect("a frame file"));
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
        for file in files(version) {
            let action = file.file_stem().and_then(|stem| stem.to_str()).expect("an action").to_owned();
            let said = lines(&fs::read_to_string(&file).expect("a frame file"));
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
