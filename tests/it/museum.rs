//! Data folders that earlier versions left: they open, everything in them is as it was, and their sessions go on.
//!
//! An exhibit is a folder below tests/museum/folders; its README says how it was made. No exhibit is ever rebuilt: when
//! this test fails, it is the present version that does not understand what somebody's disk is full of.
//!
//! | file | what is in it |
//! |---|---|
//! | `data.tar.gz`, `units`, `amprule.toml` | the data folder, the watched scripts, and the configuration that it had |
//! | `expect.json.gz` | what the API said: bodies and lengths of lists by their paths, and how many decisions there were |
//! | `ending.json` | what the stations of open sessions send, what they were answered, and the session after it |
//!
//! Where the old server said nothing the present one may say what it likes: members may be added, never changed.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use amprule_tests::{Management, Setup, TestServer, Wire, ago, folders};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tar::Archive;

/// So many differences are shown.
const SHOWN: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_of_any_earlier_version_opens_and_its_sessions_end_with_the_bills_they_would_have_had() {
    for exhibit in exhibits() {
        let server = open(&exhibit).await;
        none_differ(&exhibit, what_differs(&server.api(), &packed(&exhibit.join("expect.json.gz"))));
        let endings = std::fs::read_to_string(exhibit.join("ending.json")).expect("an exhibit has endings");
        let endings: Vec<Value> = serde_json::from_str(&endings).expect("endings are a list");
        let mut differences = Vec::new();
        for ending in &endings {
            differences.extend(play(&server, ending).await);
        }
        none_differ(&exhibit, differences);
    }
}

fn exhibits() -> Vec<PathBuf> {
    let folder = folders::root().join("tests/museum/folders");
    let entries = std::fs::read_dir(folder).expect("the museum has folders");
    let mut exhibits: Vec<PathBuf> = entries.map(|entry| entry.expect("read a folder's entry").path()).collect();
    exhibits.sort();
    assert!(exhibits.iter().any(|exhibit| exhibit.ends_with("2026-11")), "the first exhibit left the museum");
    exhibits
}

/// The present server in the old folders.
async fn open(exhibit: &Path) -> TestServer {
    let config = std::fs::read_to_string(exhibit.join("amprule.toml")).expect("an exhibit has its configuration");
    let setup = Setup::default().config(&config);
    folders::copy(&exhibit.join("units"), &setup.folder().join("scripts"));
    let data = unpacking(&exhibit.join("data.tar.gz"));
    Archive::new(data).unpack(setup.folder().join("data")).expect("unpack the data folder");
    setup.start().await
}

fn what_differs(api: &Management, expected: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    for (path, wanted) in members(&expected["bodies"]) {
        compare(path, &in_words_of_then(api.get(path).body, wanted), wanted, &mut differences);
    }
    for (path, wanted) in members(&expected["counts"]) {
        compare(path, &api.all(path).len().into(), wanted, &mut differences);
    }
    let decisions = decisions(api, &expected["decisions"]);
    compare("decisions", &decisions.into_iter().collect(), &expected["decisions"]["by"], &mut differences);
    differences
}

/// A list of bills had those that were replaced, each with the reason of the next. A session had no price before its first
/// reading; now it has one as soon as somebody looks.
fn in_words_of_then(mut body: Value, wanted: &Value) -> Value {
    if let Some(bills) = body["bills"].as_array_mut() {
        let reasons: Vec<_> = bills.iter().skip(1).map(|bill| bill["why"].clone()).collect();
        bills.pop();
        bills.iter_mut().zip(reasons).for_each(|(bill, why)| bill["why"] = why);
    }
    if body["state"] == "active" && wanted["total"].is_null() {
        for member in ["currency", "total", "lines", "pricedBy", "pricedAt", "nextChangeAt"] {
            body[member] = wanted[member].clone();
        }
    }
    body
}

/// How many there are of each unit and hook. Prices of open sessions that change by the clock are asked for anew. A list had
/// the latest ones; now those that are filed stand behind them.
fn decisions(api: &Management, expected: &Value) -> BTreeMap<String, usize> {
    let moment = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok()).expect("a moment");
    let until = moment(&expected["until"]);
    let latest: u64 = members(&expected["by"]).iter().filter_map(|(_, count)| count.as_u64()).sum();
    let all = api.all("/api/v1/decisions?limit=100");
    let mut found = BTreeMap::new();
    for decision in all.iter().filter(|decision| moment(&decision["at"]) <= until).take(latest as usize) {
        let word = |name: &str| decision[name].as_str().expect("a decision names its unit and hook");
        *found.entry(format!("{} {} {}", word("unit"), word("version"), word("hook"))).or_default() += 1;
    }
    found
}

/// A station comes back and ends its session.
async fn play(server: &TestServer, ending: &Value) -> Vec<String> {
    let (station, password) = (text(&ending["station"]), ending["password"].as_str());
    let protocols = [text(&ending["protocol"])];
    if password.is_some() {
        let stranger = Wire::try_connect_as(&server.ocpp, station, &protocols, Some("not its password")).await;
        assert!(stranger.is_err(), "{station} has a password");
    }
    let connected = Wire::try_connect_as(&server.ocpp, station, &protocols, password).await;
    let mut wire = connected.unwrap_or_else(|error| panic!("{station} could not come back: {error}"));
    let mut differences = Vec::new();
    for sent in ending["sent"].as_array().expect("an ending has messages") {
        let (id, action) = (text(&sent["id"]), text(&sent["action"]));
        let answer = wire.request_as(id, action, at_present(&sent["payload"])).await.result();
        compare(&format!("{station}, the answer to {action} {id}"), &answer, &sent["answer"], &mut differences);
    }
    wire.close().await;
    let path = format!("/api/v1/sessions/{}", text(&ending["session"]["id"]));
    let mut session = server.api().get(&path).body;
    // An exhibit grows old, and a session that was open all the time has more midnights than are kept.
    if let Some(marks) = session["marks"].as_array_mut() {
        marks.retain(|mark| mark != "periods-folded");
    }
    compare(&path, &session, &ending["session"], &mut differences);
    differences
}

/// `@-2` stands for the moment two minutes ago: no server believes a station that is years late.
fn at_present(payload: &Value) -> Value {
    match payload {
        Value::String(text) => match text.strip_prefix("@-").and_then(|minutes| minutes.parse().ok()) {
            Some(minutes) => ago(minutes).into(),
            None => payload.clone(),
        },
        Value::Array(items) => items.iter().map(at_present).collect(),
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), at_present(member))).collect(),
        _ => payload.clone(),
    }
}

/// Everything that is wanted is there, at any depth, and lists are as long as they were.
fn compare(place: &str, found: &Value, wanted: &Value, differences: &mut Vec<String>) {
    match (found, wanted) {
        (Value::Object(_), Value::Object(members)) => {
            for (name, member) in members {
                compare(&format!("{place} {name}"), &found[name], member, differences);
            }
        }
        (Value::Array(found), Value::Array(items)) if found.len() == items.len() => {
            for (at, (found, item)) in found.iter().zip(items).enumerate() {
                compare(&format!("{place} {at}"), found, item, differences);
            }
        }
        _ if found == wanted => {}
        _ => differences.push(format!("{place} is {found} and was {wanted}")),
    }
}

fn none_differ(exhibit: &Path, differences: Vec<String>) {
    let shown: Vec<&str> = differences.iter().map(String::as_str).take(SHOWN).collect();
    assert!(shown.is_empty(), "{}: {} differ\n  {}", exhibit.display(), differences.len(), shown.join("\n  "));
}

fn unpacking(path: &Path) -> GzDecoder<File> {
    GzDecoder::new(File::open(path).unwrap_or_else(|error| panic!("open {}: {error}", path.display())))
}

fn packed(path: &Path) -> Value {
    serde_json::from_reader(unpacking(path)).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("expectations are objects")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("an ending names things in texts")
}
