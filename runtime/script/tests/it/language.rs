//! What scripts can say: numbers, times, texts, constants, imports, parameters.

use amprule_domain::Decimal;
use amprule_hooks::manifest::{FIRST_EDITION, ParameterKind};
use serde_json::json;

use crate::harness::{
    authorize, budget, compile, declare, modify, price, printed, refuse, session, source, text_of, value_of,
};

#[test]
fn what_has_no_order_is_an_error_and_no_wrong_price() {
    for (expression, expect) in [
        ("1 < 2", "true"),
        ("1 < 1.5", "true"),
        ("2.0 >= 2", "true"),
        ("\"a\" < \"b\"", "true"),
        ("session.started_at < session.now", "true"),
        ("session.energy_kwh > 5", "true"),
    ] {
        assert_eq!(text_of(&format!("`${{{expression}}}`")), expect, "{expression}");
    }
    for (expression, expect) in [
        ("session.energy_kwh > same(\"5\")", "`>` compares a number with a string, which have no order"),
        ("same(\"5\") <= session.energy_kwh", "`<=` compares a string with a number"),
        ("session.started_at > same(\"2026-01-01\")", "`>` compares a moment with a string"),
        ("session.station.power_w > same(50000)", "`>` compares nothing, () with a number"),
        ("(5 < 7) < 9", "`<` compares true or false with a number"),
    ] {
        let text = format!(
            "fn price(session) {{\n    let x = {expression};\n    bill(\"EUR\", [line(\"e\", \"E\", if x {{ 1 }} else {{ 2 }})])\n}}"
        );
        let text = format!("{text}\nfn same(x) {{\n    x\n}}");
        let fault = price(&text).expect_err(expression).to_string();
        assert!(fault.contains(expect), "{expression}: {fault}");
    }
}

/// A server that was made newer prices what it has as before.
#[test]
fn a_script_that_was_taken_in_by_earlier_rules_goes_on_by_them() {
    let text = "fn price(session) {\n    let b = bill(\"EUR\", [line(\"e\", \"E\", 1)]);\n    if session.station.power_w > 50000 { \
                b.excluding_tax(); }\n    if session.station.current == \"ac\" { throw \"never\"; }\n    b\n}\n";
    let mut made = source(text);
    assert!(printed(&refuse(&made)).contains("AR0126"), "today it is refused");
    made.manifest.edition = FIRST_EDITION;
    let priced = compile(&made).price(&session(), &budget()).result.expect("it prices");
    assert_eq!(priced.lines[0].amount, Decimal::ONE);
}

#[test]
fn numbers_are_exact() {
    for (expression, expect) in [
        ("if 0.1 + 0.2 == 0.3 { 1 } else { 0 }", "1"),
        ("0.1 + 0.2", "0.3"),
        ("1 / 4", "0.25"),
        ("let y = 10; y /= 4; y", "2.5"),
        ("7 / 2 * 2", "7.0"),
        ("3 * 0.49", "1.47"),
        ("0.49 * 3", "1.47"),
        ("2 - 0.5", "1.5"),
        ("-7 % 4", "-3"),
        ("if 1 == 1.0 && 2 > 1.5 && 1.5 < 2 && 2 != 2.5 { 1 } else { 0 }", "1"),
        ("let y = 0; y += 0.5; y", "0.5"),
        ("round_half_up(2.345, 2)", "2.35"),
        ("round_half_even(2.345, 2)", "2.34"),
        ("round_half_up(-2.5)", "-3"),
        ("round_up(2.341, 2)", "2.35"),
        ("round_down(2.349, 2)", "2.34"),
        ("floor(2.9) + ceil(2.1) + to_int(2.9)", "7"),
        ("min(1, 0.5) + max(2, 3) + abs(-4) + clamp(12, 0, 10)", "17.5"),
        ("[1, 2.5].sum()", "3.5"),
        ("-(2 - 4) + -(0.5)", "1.5"),
        ("if !(1 > 2) && \"a\" == \"a\" && \"a\" != \"b\" && \"a\" < \"b\" { 1 } else { 0 }", "1"),
        ("if 2 in 1..3 && \"b\" in \"abc\" && 2 in [1, 2.0] { 1 } else { 0 }", "1"),
        ("let n = 0; for i in 1..=4 { n += i; } n", "10"),
        ("switch 3 { 1 => 10, 2..5 => 20, _ => 30 }", "20"),
        ("2 ** 10", "1024"),
    ] {
        let expression = if expression.contains(';') { format!("{{ {expression} }}") } else { expression.to_owned() };
        assert_eq!(value_of(&expression), expect, "{expression}");
    }
}

#[test]
fn wrong_arithmetic_is_an_error_and_not_a_number() {
    for (expression, expect) in [
        ("1 / 0", "division by zero"),
        ("1.5 / 0", "zero"),
        ("79228162514264337593543950335.0 * 10", "overflow"),
        ("9223372036854775807 + 1", "overflow"),
        ("min(1, \"a\")", "expected a number, got a string"),
    ] {
        let answer = value_of(expression);
        assert!(answer.starts_with("guest-error") && answer.contains(expect), "{expression}: {answer}");
    }
}

#[test]
fn a_session_has_its_fields() {
    for (expression, expect) in [
        ("session.id", "s-1"),
        ("session.energy_kwh", "12.3455"),
        ("session.energy_wh", "12345.5"),
        ("session.duration_s", "7200"),
        ("session.hours", "2"),
        ("session.started_at", "2026-07-01T17:00:00Z"),
        ("session.now - session.started_at", "7200"),
        ("session.now > session.started_at", "true"),
        ("session.ended_at == ()", "true"),
        ("session.started_at != ()", "true"),
        ("session.started_at.plus_minutes(90)", "2026-07-01T18:30:00Z"),
        ("session.next_local_time(7 * 60)", "2026-07-02T05:00:00Z"),
        ("session.token.group", "fleet"),
        ("session.station.location + \" \" + session.station.evse", "yard 1"),
        ("session.periods.len()", "2"),
        ("session.periods[1].state", "idle"),
        ("session.periods[0].is_between(18 * 60, 60)", "true"),
        ("session.periods[0].weekday", "3"),
    ] {
        assert_eq!(text_of(expression), expect, "{expression}");
    }
}

#[test]
fn constants_are_seen_by_every_function_and_parameters_win_over_them() {
    let text = "
        const RATE = 0.5;
        const TABLE = #{ low: RATE / 2, list: [1, 2, 3] };
        fn helper(RATE) { RATE }
        fn price(session) {
            bill(\"EUR\", [line(\"a\", \"A\", RATE), line(\"b\", \"B\", TABLE.low), line(\"c\", \"C\", helper(7)), line(\"d\", \"D\", TABLE.list[-1])])
        }";
    let amounts: Vec<String> = price(text).unwrap().lines.iter().map(|line| line.amount.to_string()).collect();
    assert_eq!(amounts, ["0.5", "0.25", "7", "3"]);
}

#[test]
fn a_script_imports_files_of_its_own_folder() {
    let mut source = source(
        "import \"rates\" as rates;\nfn price(session) { bill(\"EUR\", [rates::energy(session.energy_kwh, rates::BASE)]) }",
    );
    let rates = "import \"lib/round\" as rounding;\nconst BASE = 0.4;\n\
                 fn energy(kwh, rate) { line(\"energy\", \"Energy\", rounding::cents(kwh * rate * BASE / BASE)) }";
    source.files.insert("rates.rhai".to_owned(), rates.as_bytes().to_vec());
    source.files.insert("lib/round.rhai".to_owned(), b"fn cents(x) { round_half_up(x, 2) }".to_vec());
    let output = compile(&source).price(&session(), &budget()).result.unwrap();
    assert_eq!(output.lines[0].amount.to_string(), "4.94");
}

#[test]
fn parameters_have_the_kinds_that_the_manifest_declares() {
    let mut source = source(
        "fn price(session) { let p = session.params;
           bill(p.currency, [line(\"x\", `${p.rate * 2} ${p.from + 1} ${p.weekend} ${p.days.contains(\"7\")} ${p[\"count\"]}`, 0)]) }",
    );
    for (name, kind) in [
        ("rate", ParameterKind::Decimal),
        ("from", ParameterKind::Time),
        ("weekend", ParameterKind::Boolean),
        ("days", ParameterKind::List),
        ("count", ParameterKind::Integer),
        ("currency", ParameterKind::Currency),
    ] {
        declare(&mut source, name, kind);
    }
    let mut input = session();
    let values =
        json!({"rate": "0.10", "from": "07:30", "weekend": true, "days": ["6", "7"], "count": 3, "currency": "CHF"});
    input.parameters = values.as_object().unwrap().clone().into();
    let output = compile(&source).price(&input, &budget()).result.unwrap();
    assert_eq!((output.currency.as_str(), output.lines[0].description.as_str()), ("CHF", "0.20 451 true true 3"));
}

#[test]
fn a_call_leaves_nothing_for_the_next() {
    let unit = compile(&source(
        "const LIST = [];\nfn price(session) { LIST.push(1); bill(\"EUR\", [line(\"n\", \"N\", LIST.len())]) }",
    ));
    let first = unit.price(&session(), &budget()).result;
    let second = unit.price(&session(), &budget()).result;
    assert_eq!(format!("{first:?}"), format!("{second:?}"));
}

#[test]
fn what_a_script_must_not_have_is_not_there() {
    for text in [
        "fn price(session) { eval(\"1\") }",
        "fn price(session) { sleep(1) }",
        "fn price(session) { let f = |x| x; f.call(1) }",
        "fn price(session) { let f = Fn(\"price\"); f }",
        "fn price(session) { timestamp() }",
        "fn price(session) { import \"x\" as x; 1 }",
        "import \"../secret\" as secret;\nfn price(session) { secret::x() }",
        "import \"/etc/passwd\" as secret;\nfn price(session) { secret::x() }",
        "fn price(session) { let m = #{}; m[session.id] = 1; 1 }",
        "fn price(session) { parse_json(\"{}\") }",
    ] {
        assert!(!refuse(&source(text)).is_empty(), "{text}");
    }
}

#[test]
fn every_field_that_hints_name_can_be_read() {
    let names = [
        (
            "session",
            "id now purpose is_final started_at ended_at energy_wh energy_kwh exported_wh exported_kwh duration_s minutes hours time_zone station token periods params parameters",
        ),
        (
            "session.periods[0]",
            "started_at ended_at duration_s minutes hours energy_wh energy_kwh exported_wh exported_kwh state is_charging is_suspended is_idle weekday is_weekend minute_of_day",
        ),
        ("session.station", "id location vendor model evse connector"),
        ("session.token", "type group"),
        ("line(\"a\", \"A\", 1)", "code description quantity unit unit_price amount"),
    ];
    for (owner, field) in names.iter().flat_map(|(owner, fields)| fields.split(' ').map(move |field| (owner, field))) {
        let text = format!("fn price(session) {{ let x = {owner}; let y = x.{field}; bill(\"EUR\", []) }}");
        assert!(price(&text).is_ok(), "{owner}.{field}");
    }
    let names = [
        (
            "request",
            "now purpose station token open_sessions reservation time_zone date weekday is_weekend minute_of_day params parameters",
        ),
        ("request.token", "id type status group expires_at budget"),
        ("request.token.budget", "amount spent rest currency period"),
        ("request.reservation", "id yours expires_at"),
    ];
    for (owner, field) in names.iter().flat_map(|(owner, fields)| fields.split(' ').map(move |field| (owner, field))) {
        let text = format!("fn authorize(request) {{ let x = {owner}; let y = x.{field}; accept() }}");
        assert!(authorize(&text).is_ok(), "{owner}.{field}");
    }
    for field in ["currency", "lines", "total"] {
        let text = format!("fn modify(session, bill) {{ let x = bill.{field}; [] }}");
        assert!(modify(&text).is_ok(), "bill.{field}");
    }
}

#[test]
fn texts_are_split_within_the_limit_of_lists() {
    assert_eq!(text_of(r#""a;b;;c".split(";").len()"#), "4");
    assert_eq!(text_of(r#""2026-12-24".split("-")[1]"#), "12");
    assert!(text_of(r#""a".split("")"#).contains("the separator is empty"));
    let long = r#"let t = ";"; for n in 0..9 { t += t; } bill("EUR", [line("x", `${t.split(";").len()}`, 0)])"#;
    let fault = price(&format!("fn price(session) {{ {long} }}")).expect_err("more parts than a list may have");
    assert!(fault.to_string().contains("too large"), "{fault}");
}

/// The session's zone is Europe/Berlin: New Year comes there an hour before midnight in UTC.
#[test]
fn a_holiday_is_looked_up_by_the_local_date() {
    let at = "session.started_at";
    assert_eq!(text_of(&format!("session.local_date({at})")), "2026-07-01");
    assert_eq!(text_of(&format!("session.local_day_of_year({at})")), "182");
    assert_eq!(text_of(&format!(r#"["2026-07-01", "2026-12-25"].contains(session.local_date({at}))"#)), "true");
}
