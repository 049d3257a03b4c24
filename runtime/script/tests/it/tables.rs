//! Looking rows up.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_hooks::manifest::{Declaration, parse};
use amprule_hooks::{Budget, Source, Tables};

use crate::harness::{budget, compile, printed, refuse, session, source};

const MANIFEST: &str = r#"id = "example"
version = "1"
hooks = ["pricing"]
[tables.spot]
key = "from"
columns = { from = "moment", eur = "decimal" }
[tables.cards]
key = "card"
columns = { card = "text", free = "boolean", note = "text" }
[tables.steps]
key = "kwh"
columns = { kwh = "decimal", eur = "decimal" }
"#;
const FILES: [(&str, &str); 3] = [
    ("tables/spot.csv", "from,eur\n2026-07-01T17:00:00Z,0.30\n2026-07-01T18:00:00Z,0.20\n"),
    ("tables/cards.csv", "card,free,note\n0042,true,\nfleet,false,by night\n"),
    ("tables/steps.csv", "kwh,eur\n0,0.50\n10,0.40\n"),
];

fn with_tables(expression: &str) -> Source {
    let text = format!("fn price(session) {{ let x = {expression};\n bill(\"EUR\", [line(\"x\", `${{x}}`, 0)]) }}");
    let files: BTreeMap<String, Vec<u8>> =
        FILES.iter().map(|(name, content)| ((*name).to_owned(), content.as_bytes().to_vec())).collect();
    let declaration = Declaration { file: "plugin.toml", manifest: MANIFEST, parameters: None, entry: "main.rhai" };
    let (manifest, _) = parse(&declaration).unwrap_or_else(|found| panic!("{}", printed(&found)));
    let tables = Arc::new(Tables::read(&manifest.tables, &files).unwrap_or_else(|found| panic!("{}", printed(&found))));
    Source { manifest, tables, ..source(&text) }
}

fn said(source: &Source, budget: &Budget<'_>) -> String {
    match compile(source).price(&session(), budget).result {
        Ok(output) => output.lines[0].description.clone(),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn rows_are_found_by_keys_of_every_kind() {
    for (expression, expect) in [
        ("lookup(\"spot\", session.started_at).eur", "0.30"),
        ("lookup_at(\"spot\", session.now).eur", "0.20"),
        ("lookup(\"spot\", session.now) == ()", "true"),
        ("lookup_at(\"spot\", session.now).from - session.started_at", "3600"),
        ("lookup_at(\"spot\", session.started_at.plus_seconds(-1)) == ()", "true"),
        ("lookup(\"cards\", \"0042\").free", "true"),
        ("lookup(\"cards\", \"0042\").note == ()", "true"),
        ("lookup(\"cards\", session.token.group).note", "by night"),
        ("lookup(\"cards\", \"42\") == ()", "true"),
        ("lookup(\"cards\", ()) == ()", "true"),
        ("lookup_at(\"steps\", session.energy_kwh).eur", "0.40"),
        ("lookup_at(\"steps\", 9).eur", "0.50"),
        ("lookup(\"steps\", 10.0).eur", "0.40"),
    ] {
        assert_eq!(said(&with_tables(expression), &budget()), expect, "{expression}");
    }
}

#[test]
fn a_lookup_that_cannot_be_is_told() {
    for (expression, says) in [
        ("lookup(\"cards\", 42)", "the key card is a text, and a number was given"),
        ("lookup(\"spot\", \"2026-07-01\")", "the key from is a moment, and a text was given"),
        ("lookup(`${\"sp\"}ott`, session.now)", "there is no table \"spott\"; did you mean \"spot\"?"),
        ("lookup(\"spot\", [1])", "a key is a text, a number, a moment, true or false"),
    ] {
        let told = said(&with_tables(expression), &budget());
        assert!(told.starts_with("guest-error") && told.contains(says), "{expression}: {told}");
    }
    for (expression, says) in [
        ("lookup(\"spott\", session.now)", "did you mean \"spot\"?"),
        ("lookup(\"spot\", session.now).euro", "did you mean `eur`?"),
        ("lookup(\"spot\")", "lookup(table: text, key: any)"),
    ] {
        let told = printed(&refuse(&with_tables(expression)));
        assert!(told.contains(says), "{expression}: {told}");
    }
    let none = said(&source("fn price(session) { lookup(`${\"a\"}`, 1); bill(\"EUR\", []) }"), &budget());
    assert!(none.contains("declare them in plugin.toml"), "{none}");
}

#[test]
fn a_call_sees_the_tables_that_it_is_given() {
    let source = with_tables("lookup_at(\"steps\", 9).eur");
    let other = serde_json::json!({ "steps": [{ "kwh": "0", "eur": "7.00" }] });
    let other = Arc::new(source.tables.with(other.as_object().expect("an object")).expect("rows of the table"));
    assert_eq!(said(&source, &Budget { tables: Some(&other), ..budget() }), "7.00");
    assert_eq!(said(&source, &budget()), "0.50", "and nobody else does");
}
