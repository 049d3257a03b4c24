//! The page about drivers: what stands there is taken, and its steps lead to a car that charges.

use amprule_tests::command::amprule;
use amprule_tests::{Setup, folders, until};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::hardware::{Hardware, until_connector};
use super::keba;

/// An example of the page, with the heading that it stands below.
struct Example {
    below: String,
    text: String,
}

fn examples(language: &str) -> Vec<Example> {
    let page = folders::root().join("runtime/docs/drivers.md");
    let page = std::fs::read_to_string(page).expect("the page about drivers");
    let (mut examples, mut below, mut within) = (Vec::new(), String::new(), None::<String>);
    for line in page.lines() {
        match (&mut within, line.trim_start()) {
            (None, fence) if fence == format!("```{language}") => within = Some(String::new()),
            (Some(_), "```") => {
                let text = within.take().expect("it is within one");
                examples.push(Example { below: below.clone(), text });
            }
            (Some(text), line) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, line) if line.starts_with('#') => below = line.trim_start_matches(['#', ' ']).to_owned(),
            (None, _) => {}
        }
    }
    examples
}

/// The only one that begins so below a heading that begins so.
fn example(language: &str, below: &str, begins: &str) -> String {
    let fits = |example: &Example| example.below.starts_with(below) && example.text.starts_with(begins);
    let mut found: Vec<String> = examples(language).into_iter().filter(fits).map(|Example { text, .. }| text).collect();
    assert_eq!(found.len(), 1, "{below}: {begins}");
    found.remove(0)
}

/// The parts of `device.toml`, one after the other.
fn map() -> String {
    let parts = [
        ("`device.toml`", "[device]"),
        ("Points", "[points]\nstate"),
        ("States", "[[state]]"),
        ("Commands", "[commands]"),
    ];
    parts.map(|(below, begins)| example("toml", below, begins)).join("\n")
}

fn manifest() -> String {
    example("toml", "From a register map", "id = ")
}

fn checked(what: &str, files: &[(&str, &str)]) -> Vec<Value> {
    let folder = TempDir::with_prefix("amprule-page-").expect("make a folder for the test");
    std::fs::create_dir_all(folder.path().join("my-box/cases")).expect("make the unit's folder");
    for (path, text) in files {
        std::fs::write(folder.path().join("my-box").join(path), text).expect("write a file of the unit");
    }
    let said = amprule(folder.path(), &["check", "my-box", "--format", "json"]);
    let report: Value = serde_json::from_str(&said.output).unwrap_or_else(|error| panic!("{error}: {}", said.text));
    assert_eq!(report["units"][0]["verdict"], "ok", "{what}: {report:#}");
    report["units"].as_array().expect("a list of units").clone()
}

/// With what another example adds, as its author would write it.
fn with(map: &str, more: &str) -> String {
    let mut map: toml::Table = map.parse().expect("a map");
    for (name, value) in more.parse::<toml::Table>().expect("a part of a map") {
        match (map.get_mut(&name), value) {
            (Some(toml::Value::Table(known)), toml::Value::Table(more)) => known.extend(more),
            (_, value) => drop(map.insert(name, value)),
        }
    }
    toml::to_string(&map).expect("it is TOML")
}

#[test]
fn every_example_of_the_page_is_taken() {
    let (manifest, map) = (manifest(), map());
    let case = example("toml", "Cases", "[[case]]\nname = \"a car charges\"");
    let units = checked("the map", &[("plugin.toml", &manifest), ("device.toml", &map), ("cases/page.toml", &case)]);
    assert_eq!(units[0]["casesPassed"], 1);
    let beside = example("toml", "Points", "[points]\nenergy_wh").replace("get =", "wire = \"web\"\nget =");
    let http = with(&map, &beside);
    checked("HTTP", &[("plugin.toml", &manifest), ("device.toml", &http)]);
    let fed = with(&map, &example("toml", "Commands", "[[heartbeat]]"));
    checked("a watchdog", &[("plugin.toml", &manifest), ("device.toml", &fed)]);
    let facts = format!("{manifest}\n{}", example("toml", "Code", "[device]"));
    checked("code", &[("plugin.toml", &facts), ("main.rhai", &example("rhai", "Code", "fn turn"))]);
    assert_eq!((examples("toml").len(), examples("rhai").len()), (12, 1), "each is looked at by a test of this file");
}

/// What it expects is nothing that a driver of the page does; that it is a case is what counts.
#[test]
fn every_word_of_a_case_is_known() {
    let folder = TempDir::with_prefix("amprule-page-").expect("make a folder for the test");
    amprule(folder.path(), &["new", "device", "mine"]).ok();
    let case = example("toml", "Cases", "[[case]]\nname = \"over HTTP");
    std::fs::write(folder.path().join("mine/cases/page.toml"), case).expect("write the case");
    let said = amprule(folder.path(), &["test", "mine", "--case", "over HTTP", "--json"]);
    let report: Value = serde_json::from_str(&said.output).unwrap_or_else(|error| panic!("{error}: {}", said.text));
    assert_eq!((&report["broken"], report["cases"].as_array().map(Vec::len)), (&json!([]), Some(1)), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_has_parameters_of_its_own() {
    let hardware = Hardware::start("http_box.py", "shelly-switch", 1);
    let bound = example("toml", "Code", "[[devices]]");
    let bound = bound.replace("http://192.168.1.40", &format!("http://127.0.0.1:{}", hardware.port));
    let setup = Setup::default().tariff("0.40").product_plugin("shelly-switch").config(&bound);
    let server = setup.start().await;
    until_connector(&server.api(), "second-socket", "Occupied", None).await;
    hardware.until_allows("nobody is let in", 0.0).await;
    let changed = bound.replace("channel = 1", "channel = 7");
    folders::save(&server.path("amprule.toml"), changed);
    let refused = || server.api().get("/api/v1/chains").ok()["file"]["lastError"]["text"].as_str().map(str::to_owned);
    let refused = until("it is refused", refused).await;
    let why = "the device second-socket goes on as it was bound: parameters: parameter channel: 7";
    assert!(refused.contains(why), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_register_map_to_a_charging_device() {
    let mut hardware = keba::start();
    let case = example("toml", "Cases", "[[case]]\nname = \"a car charges\"");
    let bound = example("toml", "From a register map", "[[devices]]");
    let wire = "modbus-tcp://192.168.1.20:502?unit=255";
    assert!(bound.contains(wire), "{bound}");
    let setup = Setup::default().tariff("0.40").config(&bound.replace(wire, &keba::wire(hardware.port)));
    amprule(&setup.folder().join("scripts"), &["new", "device", "my-box", "--lang", "map"]).ok();
    let server = setup
        .file("scripts/my-box/plugin.toml", manifest())
        .file("scripts/my-box/device.toml", map())
        .file("scripts/my-box/cases/first.toml", case)
        .start()
        .await;
    server.api().accept(&["FLEET-1"]);
    keba::until_status(&server, "Available").await;
    assert_eq!(hardware.last_written(5014), Some(0), "nobody charges without a session");
    hardware.tell("plug");
    hardware.until_gives("the page's driver", 32.0).await;
    hardware.tell("flow 500");
    let limit = json!({ "command": "limit", "evse": 1, "maxCurrentA": 16 });
    server.api().post("/api/v1/stations/garage/commands", &limit).ok();
    until("the limit is written", || (hardware.last_written(5004) == Some(16_000)).then_some(())).await;
    hardware.tell("unplug");
    let ended = keba::until_session(&server, "it has ended", |session| session["state"] == "ended").await;
    assert_eq!((&ended["energyWh"], &ended["lines"][0]["quantity"]), (&json!(500), &json!("0.5")), "{ended}");
    until("the box is switched off", || (hardware.last_written(5014) == Some(0)).then_some(())).await;
}
