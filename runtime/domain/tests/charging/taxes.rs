//! What the taxes of a bill's lines come to. Each case is a kind of bill that somebody was billed wrongly.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::sync::Arc;

use amprule_domain::modifier::ModifierOutput;
use amprule_domain::pricing::{Price, PricedBy, PricingInput, PricingOutput};
use serde_json::{Value, json};

fn question() -> PricingInput {
    let period = |from: &str, to: &str, wh: i64| {
        json!({
            "startedAt": from, "endedAt": to, "durationS": 1800, "energyWh": wh, "state": "charging",
            "date": "2026-07-01", "weekday": 3, "minuteOfDay": 600
        })
    };
    let input = json!({
        "now": "2026-07-01T11:30:00Z", "purpose": "final", "token": null,
        "session": {
            "id": "s", "startedAt": "2026-07-01T10:00:00Z", "endedAt": "2026-07-01T11:30:00Z", "energyWh": 3000,
            "durationS": 5400, "timeZone": "UTC"
        },
        "station": {"id": "cs-1", "location": null, "vendor": "", "model": "", "evse": 1, "connector": 1},
        "periods": [
            period("2026-07-01T10:00:00Z", "2026-07-01T10:30:00Z", 1000),
            period("2026-07-01T10:30:00Z", "2026-07-01T11:00:00Z", 1000),
            period("2026-07-01T11:00:00Z", "2026-07-01T11:30:00Z", 1000),
        ],
    });
    serde_json::from_value(input).unwrap()
}

fn by() -> Arc<PricedBy> {
    Arc::new(PricedBy { unit: "t".to_owned(), version: "1".to_owned(), hash: String::new(), fallback: false })
}

/// `[amount, percent, …]` of each line.
fn lines(lines: &[&[&str]]) -> Value {
    let line = |parts: &&[&str]| {
        let taxes: Vec<Value> = parts[1..].iter().map(|percent| json!({"name": "", "percent": percent})).collect();
        json!({"code": "x", "description": "X", "amount": parts[0], "taxes": taxes})
    };
    lines.iter().map(line).collect()
}

fn price(currency: &str, amounts: &str, of: &[&[&str]]) -> Result<Price, String> {
    let output: PricingOutput =
        serde_json::from_value(json!({"currency": currency, "amounts": amounts, "lines": lines(of)})).unwrap();
    output.into_price(&question(), by())
}

/// Total, then percent and amount of each tax.
fn told(price: &Price) -> String {
    let taxes = price.taxes.iter().map(|total| format!(" {}%={}", total.tax.percent.normalize(), total.amount));
    format!("{}{}", price.total, taxes.collect::<String>())
}

#[test]
fn what_a_driver_pays_is_what_the_printed_amounts_add_up_to() {
    for (what, currency, amounts, of, expect) in [
        ("three small lines, one tax", "EUR", "excluding-tax", &[&["0.33", "20"][..]; 3][..], "1.19 20%=0.20"),
        ("parts and total are both rounded", "EUR", "excluding-tax", &[&["0.59295", "19"]], "0.70 19%=0.11"),
        (
            "two named taxes, as in Quebec",
            "CAD",
            "excluding-tax",
            &[&["10.50", "5", "9.975"]],
            "12.08 5%=0.53 9.975%=1.05",
        ),
        ("a price per kWh that has its tax in it", "EUR", "including-tax", &[&["10.856", "21"]], "10.86 21%=1.88"),
        (
            "a voucher lowers each rate by its share",
            "EUR",
            "excluding-tax",
            &[&["8", "20"], &["4", "0"], &["-2", "20"], &["-1", "0"]],
            "10.20 0%=0.00 20%=1.20",
        ),
        ("zero rated is not untaxed", "EUR", "including-tax", &[&["10", "0"]], "10.00 0%=0.00"),
        ("nobody says anything of taxes", "EUR", "including-tax", &[&["10"]], "10.00"),
        ("nobody says anything of taxes, and they come on top", "USD", "excluding-tax", &[&["10"]], "10.00"),
        ("money without cents", "JPY", "excluding-tax", &[&["499", "10"]], "549 10%=50"),
        ("more than all is tax", "EUR", "including-tax", &[&["2", "100"]], "2.00 100%=1.00"),
    ] {
        let price = price(currency, amounts, of).unwrap();
        assert_eq!(told(&price), expect, "{what}");
    }
}

#[test]
fn a_tax_that_cannot_be_is_refused() {
    for (percent, why) in [
        (&["-1"][..], "line 0: a tax of -1 %; 0 to 100 with at most 6 decimals are accepted"),
        (&["100.01"], "line 0: a tax of 100.01 %; 0 to 100 with at most 6 decimals are accepted"),
        (&["1", "1", "1", "1", "1"], "line 0: 5 taxes; at most 4 are accepted"),
    ] {
        let line: Vec<&str> = ["1"].iter().chain(percent).copied().collect();
        assert_eq!(price("EUR", "including-tax", &[&line]).unwrap_err(), why);
    }
}

#[test]
fn a_modifier_adds_in_the_bills_own_way() {
    let price = price("CAD", "excluding-tax", &[&["10.00", "5"]]).unwrap();
    let added: ModifierOutput = serde_json::from_value(json!({"lines": lines(&[&["-5.00", "5"]])})).unwrap();
    assert_eq!(told(&added.apply(&question(), &price, by()).unwrap()), "5.25 5%=0.25");
    let all: ModifierOutput = serde_json::from_value(json!({"lines": lines(&[&["-10.01", "5"]])})).unwrap();
    let why = all.apply(&question(), &price, by()).unwrap_err();
    assert_eq!(why, "the lines add up to -0.01 CAD; a total must not be negative");
}

#[test]
fn a_line_says_which_times_it_is_about() {
    let output = |periods: &[u32]| {
        let line = json!({
            "code": "energy", "description": "Energy", "amount": "1", "component": "energy",
            "periods": periods, "texts": {"de": "Energie"}
        });
        let output: PricingOutput = serde_json::from_value(json!({"currency": "EUR", "lines": [line]})).unwrap();
        output.into_price(&question(), by())
    };
    let line = |periods: &[u32]| output(periods).unwrap().lines.remove(0);
    let spans = |periods: &[u32]| {
        let during = line(periods).during;
        during.iter().map(|span| format!("{}-{}", span.from, span.to)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(spans(&[1, 0, 1]), "2026-07-01T10:00:00Z-2026-07-01T11:00:00Z");
    let apart = "2026-07-01T10:00:00Z-2026-07-01T10:30:00Z 2026-07-01T11:00:00Z-2026-07-01T11:30:00Z";
    assert_eq!(spans(&[0, 2]), apart);
    assert_eq!(output(&[3]).unwrap_err(), "line 0: there is no period 3; the session has 3");
    assert_eq!(line(&[]).texts["de"], "Energie");
}

#[test]
fn texts_are_bounded_and_have_a_language() {
    for (tag, text, why) in [
        ("deutsch!", "Energie", "line 0: \"deutsch!\" is no language; a tag of BCP 47 is: `de`, `pt-BR`"),
        ("", "Energie", "line 0: \"\" is no language; a tag of BCP 47 is: `de`, `pt-BR`"),
        ("zh-Hant-TW", &"語".repeat(67), "line 0: the text in zh-Hant-TW is longer than 200 bytes"),
    ] {
        let line = json!({"code": "x", "description": "X", "amount": "1", "texts": {tag: text}});
        let output: PricingOutput = serde_json::from_value(json!({"currency": "EUR", "lines": [line]})).unwrap();
        assert_eq!(output.into_price(&question(), by()).unwrap_err(), why);
    }
}
