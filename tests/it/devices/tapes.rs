//! Tapes: of real hardware and of a running server's devices, asked again of another version of the driver, and made into cases.

use std::path::Path;

use amprule_tests::command::{Going, Said, amprule};
use amprule_tests::{Setup, folders, units, until};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::hardware::Hardware;
use super::keba;

fn run(folder: &Path, args: &[&str]) -> Said {
    amprule(folder, &[&["device"], args].concat())
}

fn turns(tape: &str) -> Vec<Value> {
    tape.lines().map(|line| serde_json::from_str(line).expect("a turn in a line")).collect()
}

/// With a copy of a driver of the product.
fn with_driver(unit: &str) -> TempDir {
    let folder = TempDir::with_prefix("amprule-tape-").expect("make a folder for the test");
    folders::copy(&folders::root().join("scripts").join(unit), &folder.path().join(unit));
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_devices_tape_says_what_another_driver_would_have_done() {
    let mut hardware = keba::start();
    let server = keba::setup(hardware.port).start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    keba::until_status(&server, "Available").await;
    hardware.tell("plug");
    keba::until_session(&server, "it charges", |session| session["state"] == "active").await;
    until("the box is switched on", || (hardware.last_written(5014) == Some(1)).then_some(())).await;
    let limit = json!({ "command": "limit", "evse": 1, "maxCurrentA": 10 });
    api.post("/api/v1/stations/garage/commands", &limit).ok();
    until("the limit is written", || (hardware.last_written(5004) == Some(10_000)).then_some(())).await;
    assert_eq!(api.get("/api/v1/devices/cellar/tape").status, 404);

    let path = server.path("garage.tape");
    let file = path.to_str().expect("a path in UTF-8");
    let is_written = || api.get("/api/v1/devices/garage/tape").text.contains(r#""words":[10000]"#).then_some(());
    until("the turn is over", is_written).await;
    let (good, said) = server.operator(&["devices", "garage", "--tape", file]);
    assert!(good && said.contains("turns of garage"), "{said}");
    let (good, said) = server.operator(&["devices", "garage", "--tape", file]);
    assert!(!good && said.contains("is to be a new file"), "{said}");
    let tape = std::fs::read_to_string(&path).expect("it was saved");
    assert!(!tape.contains("127.0.0.1") && !tape.contains("FLEET-1"), "no addresses, no tokens: {tape}");
    let turns = turns(&tape);
    assert!((1..=100).contains(&turns.len()) && tape.len() <= 256 << 10, "{}", turns.len());
    let last = turns.last().expect("there are some");
    assert_eq!(
        (&last["on"], &last["limitA"], &last["seen"]["state"]),
        (&json!(true), &json!("10"), &json!("charging"))
    );

    let folder = server.path("");
    let same = run(&folder, &["replay", "scripts/keba-p30", file]).ok();
    assert!(same.contains(&format!("makes all {} turns as the tape has them", turns.len())), "{same}");
    let map = server.path("scripts/keba-p30/device.toml");
    units::edit(&map, |map| map.replace("register = 5004, scale = 1000", "register = 5005, scale = 10"));
    let other = run(&folder, &["replay", "scripts/keba-p30", file]).refused();
    for part in ["- main: writes register 5004 = 10000", "+ main: writes register 5005 = 100", "on with 10 A"] {
        assert!(other.contains(part), "{part}: {other}");
    }
    units::edit(&map, |map| {
        map.replace("5005, scale = 10", "5004, scale = 1000").replace("when = { state = 3 }", "when = { state = 5 }")
    });
    let other = run(&folder, &["replay", "scripts/keba-p30", file]).refused();
    assert!(other.contains("- state charging") && other.contains("+ state plugged"), "{other}");
}

#[test]
fn a_drivers_turns_are_recorded_at_hardware_which_is_switched_only_when_that_is_said() {
    for unit in ["keba-p30", "keba-p40"] {
        let (mut hardware, driver) = (keba::start(), with_driver(unit));
        hardware.tell("plug");
        let wire = format!("main={}", keba::wire(hardware.port));
        let record = ["record", unit, "--wire", &wire, "--on", "--limit", "10", "--for", "2", "--out"];
        let said = run(driver.path(), &[&record[..], &["held.tape"]].concat()).ok();
        assert!(said.contains("what it writes is held back"), "{said}");
        assert_eq!((hardware.last_written(5004), hardware.last_written(5014)), (None, None), "{unit}");
        assert!(run(driver.path(), &[&record[..], &["held.tape"]].concat()).refused().contains("a new file"));

        let said = run(driver.path(), &[&record[..], &["on.tape", "--switch"]].concat()).ok();
        let told = said.contains("switches the hardware on with 10 A for 2 s") && said.contains("is switched off");
        assert!(told, "{said}");
        assert_eq!(hardware.written(5004, 10_000), 1, "{unit}: {:?}", hardware.said());
        let off = if unit == "keba-p30" { hardware.last_written(5014) } else { hardware.last_written(5004) };
        assert_eq!(off, Some(0), "{unit}: {:?}", hardware.said());
        for tape in ["held.tape", "on.tape"] {
            let same = run(driver.path(), &["replay", unit, tape]).ok();
            assert!(same.contains("as the tape has them"), "{unit} {tape}: {same}");
            let text = std::fs::read_to_string(driver.path().join(tape)).expect("it was recorded");
            assert!(!text.contains("127.0.0.1"), "{text}");
            becomes_cases(driver.path(), unit, tape, turns(&text).len());
        }
    }
}

/// Each turn of it holds for the driver that made it.
fn becomes_cases(folder: &Path, unit: &str, tape: &str, turns: usize) {
    for line in 1..=turns {
        let case = run(folder, &["case", tape, "--turn", &line.to_string()]).ok();
        assert!(case.starts_with("[[case]]"), "{case}");
        std::fs::write(folder.join(unit).join(format!("cases/{tape}-{line}.toml")), case).expect("write a case");
    }
    let checked = amprule(folder, &["check", unit]).ok();
    assert!(checked.starts_with("ok"), "{checked}");
    let none = run(folder, &["case", tape, "--turn", &(turns + 1).to_string()]).refused();
    assert!(none.contains(&format!("its last is line {turns}")), "{none}");
}

#[test]
fn a_tape_of_a_box_with_a_password_has_no_secret_and_is_asked_again() {
    let (hardware, driver) = (Hardware::start("http_box.py", "go-e-charger", 1), with_driver("go-e-charger"));
    let wire = format!("main=http://admin:se%3Acret@127.0.0.1:{}", hardware.port);
    run(driver.path(), &["record", "go-e-charger", "--wire", &wire, "--for", "2", "--out", "a.tape"]).ok();
    let text = std::fs::read_to_string(driver.path().join("a.tape")).expect("it was recorded");
    assert!(!["cret", "127.0.0.1"].iter().any(|word| text.contains(word)), "{text}");
    run(driver.path(), &["replay", "go-e-charger", "a.tape"]).ok();
    becomes_cases(driver.path(), "go-e-charger", "a.tape", 1);
    let bad = format!("{wire}?auth=ntlm");
    let refused = run(driver.path(), &["try", "go-e-charger", "--wire", &bad]).refused();
    assert!(refused.contains("auth is one of basic and digest") && !refused.contains("cret"), "{refused}");
}

#[test]
fn a_look_at_hardware_says_which_wires_and_which_values_it_lacks() {
    let (hardware, driver) = (keba::start(), with_driver("keba-p30"));
    let to = keba::wire(hardware.port);
    let file = driver.path().join("keba-p30/device.toml");
    let map = std::fs::read_to_string(&file).expect("a map");
    let more = "[points]\nheat = { register = 9, wire = \"more\" }";
    std::fs::write(&file, map.replacen("[points]", more, 1) + "[[state]]\nis = \"charging\"\nwhen = { heat = 1 }\n")
        .expect("it is ours");
    let look = |wires: &[&str]| {
        let wires = wires.iter().flat_map(|wire| ["--wire".to_owned(), format!("{wire}={to}")]);
        let arguments: Vec<String> = ["try", "keba-p30"].map(str::to_owned).into_iter().chain(wires).collect();
        run(driver.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for (wires, why) in [
        (&["main"][..], "it does not say where more (modbus) leads; write it as --wire NAME=ADDRESS"),
        (&["mian", "more"], "--wire mian: the driver has no such wire; did you mean \"main\"?"),
    ] {
        let refused = look(wires).refused();
        assert!(refused.contains(why), "{refused}");
    }
    let seen = look(&["main", "more"]).ok();
    assert!(seen.contains("available") && seen.contains("missing      heat is not there: 127.0.0.1:"), "{seen}");
}

#[test]
fn a_meters_tape_has_what_it_read_and_tells_what_another_map_would_read() {
    let (hardware, driver) = (Hardware::start("modbus_box.py", "sdm630-gateway", 1), with_driver("sdm630"));
    let wire = format!("main=modbus-tcp://127.0.0.1:{}?unit=2", hardware.port);
    run(driver.path(), &["record", "sdm630", "--wire", &wire, "--for", "1", "--out", "a.tape"]).ok();
    run(driver.path(), &["replay", "sdm630", "a.tape"]).ok();
    becomes_cases(driver.path(), "sdm630", "a.tape", 1);
    let file = driver.path().join("sdm630/device.toml");
    let map = std::fs::read_to_string(&file).expect("a map");
    std::fs::remove_dir_all(driver.path().join("sdm630/cases")).expect("a map alone");
    std::fs::write(&file, map.replace("scale = 1000 }", "scale = 100 }")).expect("it is ours");
    let told = run(driver.path(), &["replay", "sdm630", "a.tape"]).refused();
    assert!(told.contains("- energy_wh 1234500") && told.contains("+ energy_wh 123450"), "{told}");
}

#[test]
fn a_box_that_is_away_is_on_the_tape_and_what_is_no_tape_is_refused() {
    let (hardware, driver) = (keba::start(), with_driver("keba-p40"));
    let wire = format!("main={}", keba::wire(hardware.port));
    drop(hardware);
    let said = run(driver.path(), &["record", "keba-p40", "--wire", &wire, "--for", "1", "--out", "a.tape"]).ok();
    assert!(!said.contains("0 of them came to nothing"), "{said}");
    let text = std::fs::read_to_string(driver.path().join("a.tape")).expect("it was recorded");
    assert!(text.contains("main is not reached") && !text.contains("127.0.0.1"), "{text}");
    run(driver.path(), &["replay", "keba-p40", "a.tape"]).ok();
    let none = run(driver.path(), &["case", "a.tape", "--turn", "1"]).refused();
    assert!(none.contains("a wire did not answer in this turn"), "{none}");
    for (text, why) in [("", "it has no turn"), ("{}\n", "line 1 is no turn"), ("\u{1}\n", "line 1 is no turn")] {
        std::fs::write(driver.path().join("b.tape"), text).expect("write a file");
        let said = run(driver.path(), &["replay", "keba-p40", "b.tape"]).refused();
        assert!(said.contains("b.tape is no tape") && said.contains(why), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hardware_is_switched_off_when_a_recording_is_interrupted_and_told_when_it_cannot_be() {
    let (mut hardware, driver) = (keba::start(), with_driver("keba-p30"));
    hardware.tell("plug");
    let wire = format!("main={}", keba::wire(hardware.port));
    let args = ["device", "record", "keba-p30", "--wire", &wire, "--on", "--for", "600", "--switch", "--out"];
    let recording = Going::start(driver.path(), &[&args[..], &["a.tape"]].concat());
    hardware.until_gives("it is switched on", 32.0).await;
    assert!(recording.end().success(), "interrupted, it ends in good order");
    assert_eq!(hardware.last_written(5014), Some(0), "{:?}", hardware.said());
    let text = std::fs::read_to_string(driver.path().join("a.tape")).expect("it was recorded");
    let last = turns(&text).pop().expect("the last turn is on the tape");
    assert_eq!((&last["on"], &last["fault"]), (&json!(false), &Value::Null), "{last}");

    let recording = Going::start(driver.path(), &[&args[..], &["b.tape"]].concat());
    hardware.until_gives("it is switched on", 32.0).await;
    hardware.tell("refuse 5014");
    assert!(!recording.end().success(), "nobody must think that it is off");
}

/// Asks with a key that the operator has for this device alone.
const KEYED: &str = r#"
fn turn(device) {
    let status = http_get("main", "/api/status?filter=car&pin=" + device.params.pin);
    seen("available", #{ error: if status == () { "no " + device.params.pin } else { () }, keep: device.params.pin })
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_secret_of_one_device_stands_on_no_tape() {
    let hardware = Hardware::start("http_box.py", "go-e-charger", 1);
    let manifest = "id = \"keyed\"\nversion = \"1\"\nhooks = [\"device\"]\n\
        [device]\nvendor = \"Maker\"\nmodel = \"Box\"\npoll_ms = 100\nwires = { main = \"http\" }\n\
        [parameters.pin]\ntype = \"text\"\nsecret = true\ndefault = \"nobodys\"\n";
    let bound = format!(
        "[[devices]]\nid = \"garage\"\nunit = \"keyed\"\nparameters = {{ pin = \"hush-hush\" }}\n\
         wires = {{ main = \"http://127.0.0.1:{}\" }}\n",
        hardware.port
    );
    let setup = Setup::default().tariff("0.40").config(&bound);
    let setup = setup.file("scripts/keyed/plugin.toml", manifest).file("scripts/keyed/main.rhai", KEYED);
    let server = setup.start().await;
    let tape = || server.api().get("/api/v1/devices/garage/tape").text;
    let is_kept = |tape: &String| tape.contains("pin=***") && tape.contains(r#""kept":"***""#);
    let text = until("two turns are over", || Some(tape()).filter(is_kept)).await;
    assert!(!text.contains("hush") && !text.contains("127.0.0.1"), "{text}");
}
