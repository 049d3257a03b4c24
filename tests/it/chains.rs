//! The configuration's rules choose who is asked, and change while stations charge.

use amprule_tests::station16::Station16;
use amprule_tests::station201::{Event, Station201};
use amprule_tests::{Management, Setup, TestServer, ago, amprule, folders, units, until};
use serde_json::{Value, json};

/// A euro on top at the depot, a euro off for the fleet.
const RULES: &str = r#"
[extensions]
pricing = "tariff"

[[extensions.rules]]
name = "fleet"
token_groups = ["fleet-*"]
modifiers = ["fee", "discount"]

[[extensions.rules]]
name = "depot at any hour"
locations = ["Depot*"]
from = "00:00"
until = "24:00"
modifiers = ["fee"]
"#;

/// A modifier that adds one line.
fn modifier(setup: Setup, id: &str, amount: &str) -> Setup {
    let code = format!("fn modify(session, bill) {{ [line(\"{id}\", \"{id}\", {amount})] }}\n");
    setup
        .file(&format!("scripts/{id}/plugin.toml"), units::manifest(id, "1.0.0", "modifier"))
        .file(&format!("scripts/{id}/main.rhai"), code)
}

/// Energy costs 0.40 for a kWh.
fn setup(config: &str) -> Setup {
    let setup = Setup::default().tariff("0.40").config(config);
    modifier(modifier(setup, "fee", "1.00"), "discount", "-1.50")
}

/// The session of 10 kWh that a station begins and ends.
async fn charged(server: &TestServer, station: &str, token: &str) -> Value {
    let mut wire = Station16::boot(server, station).await;
    let transaction = wire.start(1, token, 0, &ago(60)).await;
    wire.stop(transaction, 10_000, &ago(0)).await;
    ended(server, station).await
}

async fn ended(server: &TestServer, station: &str) -> Value {
    let api = server.api();
    until("the session ends", || api.sessions(station).into_iter().find(|session| session["state"] == "ended")).await
}

fn chains(api: &Management) -> Value {
    api.get("/api/v1/chains").ok()
}

/// Saves the configuration, and waits until the server has judged it.
async fn configure(server: &TestServer, config: &str, judged: impl Fn(&Value) -> bool) -> Value {
    folders::save(&server.path("amprule.toml"), config);
    let api = server.api();
    until("the configuration is judged", || Some(chains(&api)).filter(|chains| judged(chains))).await
}

fn marks(session: &Value) -> Vec<&str> {
    session["marks"].as_array().expect("marks are a list").iter().filter_map(Value::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_add_a_surcharge_at_a_place_and_a_discount_for_a_group() {
    let server = setup(RULES).start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    api.put("/api/v1/tokens/VAN-1", &json!({"type": "ISO14443", "status": "accepted", "group": "fleet-a"})).ok();
    api.put("/api/v1/stations/cs-2", &json!({"location": "Depot North"})).ok();

    for (station, token, total, modifiers) in [
        ("cs-1", "CARD-1", "4.00", vec![]),
        ("cs-2", "CARD-1", "5.00", vec!["fee"]),
        ("cs-3", "VAN-1", "3.50", vec!["fee", "discount"]),
    ] {
        let session = charged(&server, station, token).await;
        assert_eq!(session["total"], total, "{session}");
        let named = |list: &Value| -> Vec<String> {
            let units = list.as_array().expect("a list of units").iter();
            units.map(|unit| unit["unit"].as_str().unwrap_or_default().to_owned()).collect()
        };
        assert_eq!(named(&session["pin"]["modifiers"]), modifiers, "{session}");
        assert_eq!(named(&session["modifiedBy"]), modifiers, "{session}");
        assert_eq!((marks(&session), &session["leftOut"]), (vec![], &json!([])), "{session}");
        let path = format!("/api/v1/decisions?session={}", session["id"].as_str().expect("an id"));
        let asked = api.all(&path).iter().filter(|decision| decision["hook"] == "modifier").count();
        assert_eq!(asked, modifiers.len(), "each answer is in the books");
    }
    let said = amprule(&server.path(""), &["chains", "--data", "data", "--api", &server.api_base]).ok();
    assert!(said.contains("fleet: tokenGroups fleet-*") && said.contains("modifiers fee discount"), "{said}");
}

/// OCPP 2.0.1, E03: the cable comes first and the token later.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_comes_after_the_start_brings_its_chain() {
    let server = setup(RULES).start().await;
    let api = server.api();
    api.put("/api/v1/tokens/VAN-1", &json!({"type": "ISO14443", "status": "accepted", "group": "fleet-a"})).ok();
    let mut station = Station201::boot(&server, "cs-1").await;
    let (start, later, end) = (ago(60), ago(59), ago(0));
    station.send(&Event { token: None, ..Event::started("tx-1", "", 0, &start) }).await;
    station.send(&Event { token: Some("VAN-1"), ..Event::updated("tx-1", 1, 0, &later) }).await;
    station.send(&Event::ended("tx-1", 2, 10_000, &end)).await;
    let session = ended(&server, "cs-1").await;
    assert_eq!((&session["total"], &session["tokenGroup"]), (&json!("3.50"), &json!("fleet-a")), "{session}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_session_keeps_its_chain_and_the_next_has_the_new_one() {
    let mut server = setup("[extensions]\npricing = \"tariff\"\n").start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    let first = station.start(1, "CARD-1", 0, &ago(60)).await;

    let rule = "[[extensions.rules]]\nname = \"all\"\nmodifiers = [\"fee\"]\n";
    let config = format!("[extensions]\npricing = \"tariff\"\n{rule}");
    configure(&server, &config, |chains| chains["rules"][0]["name"] == "all").await;
    let second = station.start(2, "CARD-1", 0, &ago(50)).await;
    station.stop(first, 10_000, &ago(10)).await;
    assert_eq!(ended(&server, "cs-1").await["total"], "4.00");

    configure(&server, "[extensions]\npricing = \"tariff\"\n", |chains| chains["rules"] == json!([])).await;
    std::fs::remove_dir_all(server.path("scripts/fee")).expect("delete the modifier");
    server.kill();
    server.restart();
    let mut station = Station16::connect(&server, "cs-1").await;
    station.stop(second, 10_000, &ago(0)).await;
    let sessions = until("both end", || {
        Some(server.api().sessions("cs-1")).filter(|sessions| sessions.iter().all(|one| one["state"] == "ended"))
    })
    .await;
    assert_eq!(sessions[1]["total"], "5.00", "the archive still has the modifier: {}", sessions[1]);
    assert_eq!(marks(&sessions[1]), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_cannot_be_meant_changes_nothing_and_is_explained() {
    let server = setup(RULES).start().await;
    let before = chains(&server.api());
    assert_eq!((&before["missing"], &before["file"]["lastError"]), (&json!([]), &Value::Null));
    for (wrong, place, why) in [
        (RULES.replace("[\"fee\"]", "[\"fee\""), "amprule.toml:", "error[AR0013]"),
        (RULES.replace("locations", "location"), "amprule.toml:12:1", "did you mean `locations`?"),
        (RULES.replace("24:00", "25:00"), "amprule.toml:14:9", "is not a time of day"),
    ] {
        let after = configure(&server, &wrong, |chains| {
            chains["file"]["lastError"]["text"].as_str().is_some_and(|text| text.contains(why))
        })
        .await;
        let text = after["file"]["lastError"]["text"].as_str().expect("an error has a text");
        assert!(text.contains(place) && text.contains('^'), "{text}");
        assert_eq!((&after["rules"], &after["generation"]), (&before["rules"], &before["generation"]));
    }
    let restart = format!("{RULES}\n[ocpp]\nmax_connections = 5\n");
    let after = configure(&server, &restart, |chains| chains["file"]["lastError"].is_null()).await;
    assert_eq!((&after["file"]["needsRestart"], &after["rules"]), (&json!(["ocpp.max_connections"]), &before["rules"]));
    let absent = RULES.replace("\"fee\"", "\"no-such\"");
    let after = configure(&server, &absent, |chains| chains["missing"] != json!([])).await;
    assert_eq!(after["missing"][0], json!({"rule": "fleet", "hook": "modifier", "unit": "no-such"}));
    until("the operator is told", || {
        let log = server.log();
        (log.contains("no-such") && log.contains("ocpp.max_connections")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modifier_that_fails_or_is_not_there_is_left_out_and_the_session_is_marked() {
    let config = "[extensions]\npricing = \"tariff\"\nmodifiers = [\"broken\", \"no-such\", \"fee\"]\n";
    let server = modifier(setup(config), "broken", "1 / 0").start().await;
    server.api().accept(&["CARD-1"]);
    let session = charged(&server, "cs-1", "CARD-1").await;
    assert_eq!((&session["total"], &session["leftOut"]), (&json!("5.00"), &json!(["broken", "no-such"])), "{session}");
    let marks = marks(&session);
    assert!(marks.contains(&"price-fallback") && marks.contains(&"needs-review"), "{marks:?}");
    let path = format!("/api/v1/decisions?session={}", session["id"].as_str().expect("an id"));
    let left_out = server.api().all(&path).iter().filter(|decision| decision["fallback"] == "left-out").count();
    assert!(left_out >= 2, "both are in the books");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_holds_a_tariff_against_its_own_lines_and_not_those_of_modifiers() {
    let server = setup("[extensions]\npricing = \"tariff\"\nmodifiers = [\"fee\"]\n").start().await;
    server.api().accept(&["CARD-1"]);
    assert_eq!(charged(&server, "cs-1", "CARD-1").await["total"], "5.00");
    let replay = |unit: &str| {
        let said = amprule(&server.path(""), &["replay", "--unit", unit, "--since", "1d", "--data", "data", "--json"]);
        serde_json::from_str::<Value>(&said.output).expect("a report")
    };
    let same = replay("scripts/tariff");
    assert_eq!((&same["same"], &same["changed"]), (&json!(1), &json!(0)), "{same}");
    folders::copy(&server.path("scripts/tariff"), &server.path("candidate"));
    units::edit(&server.path("candidate/main.rhai"), |text| text.replace("0.40", "0.50"));
    let dearer = replay("candidate");
    assert_eq!((&dearer["same"], &dearer["changed"]), (&json!(0), &json!(1)), "{dearer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tariff_that_a_rule_names_and_is_not_there_is_no_other_tariff() {
    let config = "[extensions]\npricing = \"tariff\"\n[[extensions.rules]]\nname = \"x\"\npricing = \"no-such\"\n";
    let server = setup(config).start().await;
    server.api().accept(&["CARD-1"]);
    let session = charged(&server, "cs-1", "CARD-1").await;
    assert_eq!((&session["total"], &session["pin"]["unit"]), (&Value::Null, &json!("no-such")), "{session}");
    let marks = marks(&session);
    assert!(marks.contains(&"unpriced") && marks.contains(&"needs-review"), "{marks:?}");
}
