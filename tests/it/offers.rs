//! What a tariff says that it charges, beside what it charges: on the author's desk, and at a server.

use amprule_tests::command::{Said, amprule};
use amprule_tests::station16::Station16;
use amprule_tests::station201::{Event, Station201};
use amprule_tests::{Management, Setup, TestServer, ago, folders, units, until};
use serde_json::{Value, json};
use tempfile::TempDir;

fn offer_of(unit: &str, args: &[&str]) -> Said {
    amprule(&folders::root(), &[&["offer", unit, "--from", "2026-11-30T00:00:00Z"], args].concat())
}

/// (unit, where, what a driver reads, how it stands to the bill)
const SHIPPED: [(&str, &[&str], &str, &str); 6] = [
    ("scripts/flat-tariff", &[], "€0.49 per kWh", "every bill is as offered"),
    ("scripts/time-of-use", &[], "€0.59 per kWh Monday to Friday, from 7:00 to 20:00", "no bill is more"),
    ("scripts/tiered", &[], "€0.30 per kWh up to 10 kWh; otherwise €0.50 per kWh", "every bill is as offered"),
    ("scripts/per-connector", &["--current", "AC"], "€0.49 per kWh; incl. 19 % VAT", "every bill is as offered"),
    (
        "scripts/per-connector",
        &["--current", "DC", "--power-w", "150000"],
        "€0.69 per kWh; incl. 19 % VAT",
        "every bill is as offered",
    ),
    ("plugins/night-rate", &[], "per kWh", "every bill is as offered"),
];

#[test]
fn each_tariff_of_the_product_charges_what_it_says() {
    for (unit, place, says, stands) in SHIPPED {
        let said = offer_of(unit, place).ok();
        assert!(said.contains(says) && said.contains(stands), "{unit} {place:?}: {said}");
    }
    let unknown = offer_of("scripts/per-connector", &[]).refused();
    assert!(unknown.contains("nobody has entered the current of connector 1"), "{unknown}");
}

struct Lie {
    /// Where the bill is more than the offer.
    what: &'static str,
    /// Of the bill, in a script that knows `kwh`, `hours`, `idle_hours` and `edge_kwh`.
    amount: &'static str,
    /// Which periods `edge_kwh` is of.
    edge: &'static str,
    elements: &'static str,
    boundaries: &'static str,
}

const PLAIN: Lie = Lie { what: "", amount: "", edge: "false", elements: "", boundaries: "[]" };
const FLAT: Lie = Lie { elements: r#"element("energy", 0.4)"#, ..PLAIN };

/// Each but the first differs only where no tariff of the product has an edge.
const LIES: [Lie; 6] = [
    Lie { what: "everywhere, by little", amount: "kwh * 0.4001", elements: r#"element("energy", 0.4)"#, ..PLAIN },
    Lie {
        what: "beyond 120 kWh",
        amount: "kwh * 0.4 + max(kwh - 120, 0) * 0.5",
        elements: r#"element("energy", 0.4, #{ until_wh: 120000 }), element("energy", 0.5)"#,
        ..PLAIN
    },
    Lie {
        what: "after a day",
        amount: "hours + max(hours - 24, 0) * 2",
        elements: r#"element("charging-time", 1, #{ until_s: 86400 }), element("charging-time", 2)"#,
        ..PLAIN
    },
    Lie {
        what: "after 20 hours of idling",
        amount: "max(idle_hours - 20, 0) * 3",
        elements: r#"element("idle-time", 2, #{ from_idle_s: 72000 })"#,
        ..PLAIN
    },
    Lie {
        what: "in twenty minutes of each night",
        amount: "kwh * 0.4 + edge_kwh * 0.2",
        edge: "period.is_between(190, 210)",
        elements: r#"element("energy", 0.5, #{ from_minute: 190, until_minute: 210 }), element("energy", 0.4)"#,
        boundaries: r#"["03:10", "03:30"]"#,
    },
    Lie {
        what: "in twenty minutes of one evening",
        amount: "kwh * 0.4 + edge_kwh * 0.2",
        edge: "period.weekday == 4 && period.is_between(1310, 1330)",
        elements: r#"element("energy", 0.5, #{ weekdays: [4], from_minute: 1310, until_minute: 1330 }), element("energy", 0.4)"#,
        boundaries: r#"["21:50", "22:10"]"#,
    },
];

/// The offer names no edge at all.
const HIDDEN: [Lie; 7] = [
    Lie { what: "beyond 90 kWh", amount: "kwh * 0.4 + if kwh > 90 { 0.01 } else { 0 }", ..FLAT },
    Lie { what: "beyond 210 kWh", amount: "kwh * 0.4 + if kwh > 7 * 30 { 0.01 } else { 0 }", ..FLAT },
    Lie { what: "for exactly 20 kWh", amount: "kwh * 0.4 + if kwh == 20 { 0.01 } else { 0 }", ..FLAT },
    Lie { what: "after half a day of idling", amount: "kwh * 0.4 + if idle_hours > 12 { 0.01 } else { 0 }", ..FLAT },
    Lie { what: "after three days", amount: "kwh * 0.4 + if hours > 70 { 0.01 } else { 0 }", ..FLAT },
    Lie {
        what: "when it was interrupted often",
        amount: "kwh * 0.4 + if session.periods.len() > 5 { 0.01 } else { 0 }",
        ..FLAT
    },
    Lie {
        what: "in one hour of the week",
        amount: "kwh * 0.4 + edge_kwh * 0.2",
        edge: "period.weekday == 3 && period.is_between(180, 240)",
        boundaries: r#"["03:00", "04:00"]"#,
        ..FLAT
    },
];

fn written(lie: &Lie) -> TempDir {
    let Lie { amount, edge, elements, boundaries, .. } = lie;
    let script = format!(
        r#"fn price(session) {{
    let kwh = session.energy_kwh;
    let hours = session.duration_s / 3600;
    let idle_hours = 0;
    let edge_kwh = 0;
    for period in session.periods {{
        if period.is_idle {{ idle_hours += period.duration_s / 3600; }}
        if {edge} {{ edge_kwh += period.energy_kwh; }}
    }}
    bill("EUR", [line("all", "All", {amount})])
}}
fn describe(place) {{
    offer("EUR", [{elements}])
}}
"#
    );
    let folder = TempDir::with_prefix("amprule-offer-").expect("make a folder for the test");
    let manifest = format!("{}boundaries = {boundaries}\n", units::manifest("liar", "1.0.0", "pricing"));
    std::fs::write(folder.path().join("plugin.toml"), manifest).expect("write the manifest");
    std::fs::write(folder.path().join("main.rhai"), script).expect("write the script");
    folder
}

/// What takes a strong connector an hour takes a weak one a day, and is billed there too.
#[test]
fn an_edge_of_energy_is_passed_at_a_weak_connector_too() {
    for lie in LIES.iter().chain(&HIDDEN).filter(|lie| lie.what.contains("kWh")) {
        let folder = written(lie);
        let said = offer_of(&folder.path().display().to_string(), &["--power-w", "3700"]).refused();
        assert!(said.contains("the offer asks less than the bill"), "{}: {said}", lie.what);
    }
}

#[test]
fn a_bill_that_is_more_than_the_offer_is_found_wherever_one_of_them_has_an_edge() {
    for lie in LIES.iter().chain(&HIDDEN) {
        let folder = written(lie);
        let said = offer_of(&folder.path().display().to_string(), &[]).refused();
        assert!(said.contains("the offer asks less than the bill"), "{}: {said}", lie.what);
    }
}

fn quote(api: &Management, energy_wh: i64, charging_s: i64) -> (u16, Value) {
    let body = json!({"station": "cs-1", "energyWh": energy_wh, "chargingS": charging_s});
    let answer = api.post("/api/v1/quotes", &body);
    (answer.status, answer.body)
}

fn offer(api: &Management) -> Value {
    api.get("/api/v1/offers?station=cs-1&party=DE*ABC").ok()
}

/// An hour at the only connector, in which `meanwhile` happens.
async fn bill(server: &TestServer, station: &mut Station16, wh: i64, meanwhile: impl FnOnce()) -> Value {
    server.api().accept(&["CARD-1"]);
    let transaction = station.start(1, "CARD-1", 0, &ago(60)).await;
    meanwhile();
    station.stop(transaction, wh, &ago(0)).await;
    until("the session is priced", || {
        server.api().sessions("cs-1").into_iter().find(|session| session["total"].is_string())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_and_quoted_is_what_is_billed() {
    let server = Setup::default().product_script("tiered").start().await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let offered = offer(&server.api());
    assert_eq!((&offered["unit"], &offered["fits"]), (&json!("tiered"), &json!("exact")), "{offered}");
    assert_eq!(
        offered["texts"]["de"],
        "0,30 € pro kWh bis 10 kWh; sonst 0,50 € pro kWh; 3,00 € pro Stunde ohne Laden nach 4 Stunden ohne Laden"
    );
    for document in ["ocpp21", "ocpi221", "ocpi230"] {
        assert!(offered[document]["document"].is_object(), "{document}: {offered}");
    }
    let (status, quoted) = quote(&server.api(), 25_000, 3_600);
    assert_eq!((status, &quoted["total"]), (200, &json!("10.50")), "10 at 0.30 and 15 at 0.50: {quoted}");
    let billed = bill(&server, &mut station, 25_000, || {}).await;
    assert_eq!((&billed["total"], &billed["lines"]), (&quoted["total"], &quoted["lines"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_by_connector_waits_for_the_connector_and_stays_with_the_one_it_began_at() {
    let server = Setup::default().product_script("per-connector").start().await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let api = server.api();
    let enter =
        |power_w: i64| api.put("/api/v1/stations/cs-1", &json!({"plugs": [{"type": "cCCS2", "powerW": power_w}]})).ok();

    let (status, why) = quote(&api, 10_000, 3_600);
    assert_eq!((status, &why["error"]["code"]), (409, &json!("no-answer")), "{why}");
    let unknown = offer(&api);
    assert!(unknown["why"].as_str().is_some_and(|why| why.contains("nobody has entered")), "{unknown}");

    enter(50_000);
    assert_eq!(offer(&api)["texts"]["en"], "€0.59 per kWh; incl. 19 % VAT");
    let (_, quoted) = quote(&api, 10_000, 3_600);
    let billed = bill(&server, &mut station, 10_000, || drop(enter(150_000))).await;
    assert_eq!((&billed["total"], &quoted["total"]), (&json!("5.90"), &json!("5.90")), "{billed}");
    assert_eq!(offer(&api)["texts"]["en"], "€0.69 per kWh; incl. 19 % VAT");
}

/// OCPP 2.0.1, E01.FR.16: the card comes first, and the plug says which connector it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_price_by_connector_waits_for_the_message_that_tells_it() {
    let server = Setup::default().product_script("per-connector").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let mut station = Station201::boot(&server, "cs-1").await;
    let plug = |connector: u32, current: &str, power_w: u32| json!({"evse": 1, "connector": connector, "current": current, "powerW": power_w});
    api.put("/api/v1/stations/cs-1", &json!({"plugs": [plug(1, "AC", 22_000), plug(2, "DC", 150_000)]})).ok();
    // Which of its messages name the connector.
    for (n, named, connector, total) in [
        (1, [true, true, true], 2, Some("13.80")),
        (2, [false, true, false], 2, Some("13.80")),
        (3, [false, false, true], 2, Some("13.80")),
        (4, [false; 3], 0, None),
    ] {
        let transaction = format!("tx-{n}");
        let [begun, plugged, over] = [20, 18, 1].map(|minutes| ago(minutes + 100 * (5 - n)));
        let events = [
            Event::started(&transaction, "CARD-1", 0, &begun).charging("Idle"),
            Event::updated(&transaction, 1, 0, &plugged).charging("EVConnected"),
            Event::ended(&transaction, 2, 20_000, &over),
        ];
        for (event, named) in events.iter().zip(named) {
            let mut payload = event.payload();
            payload["evse"] = if named { json!({"id": 1, "connectorId": 2}) } else { json!({"id": 1}) };
            station.wire.call("TransactionEvent", payload).await;
        }
        let session = api.all(&format!("/api/v1/sessions?transaction={transaction}")).remove(0);
        assert_eq!(
            (&session["connector"], &session["total"]),
            (&json!(connector), &json!(total)),
            "{named:?}: {session}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_the_bill_afterwards_leaves_no_price_to_show() {
    let setup = Setup::default().product_script("flat-tariff").product_script("member-discount");
    let server = setup.config("[extensions]\nmodifiers = [\"member-discount\"]\n").start().await;
    let _station = Station16::boot(&server, "cs-1").await;
    let offered = offer(&server.api());
    assert_eq!(offered["modifiers"], json!(["member-discount"]));
    assert_eq!(
        (&offered["fits"], &offered["proof"]["fits"]),
        (&json!("not-expressible"), &json!("exact")),
        "{offered}"
    );
    let notes = offered["ocpi221"]["notes"].to_string();
    assert!(notes.contains("member-discount changes the bill afterwards; ask for a quote"), "{notes}");
}
