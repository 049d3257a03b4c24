//! What is written and can never do what was meant, as it is told before a script runs.

use amprule_hooks::manifest::ParameterKind;

use crate::harness::{declare, price, printed, refuse, source, try_compile};

/// (the body of a tariff or of a policy, what is said; nothing: it is fine)
const COMPARED: [(&str, &str, Option<&str>); 51] = [
    (
        "price",
        "switch session.energy_kwh { 11 => true, _ => false }",
        Some("energy_kwh is never exactly this in a switch"),
    ),
    ("price", "switch session.energy_kwh { 0..12 => true, _ => false }", None),
    ("price", "switch session.periods[0].weekday { 1 => true, _ => false }", None),
    ("price", "switch session.minutes { 60.0 => true, _ => false }", None),
    ("price", "session.energy_kwh == \"11\"", Some("a number is compared with a text, and never is that")),
    ("price", "session.energy_kwh > \"5\"", Some("numbers have no quotes")),
    ("price", "session.periods[0].minute_of_day > \"07:00\"", Some("07:00 is 420")),
    ("price", "session.started_at > \"2026-01-01\"", Some("a moment is compared with a moment")),
    ("price", "session.is_final == \"true\"", Some("`true` or `false`, without quotes")),
    ("price", "session.station.current == \"ac\"", Some("did you mean \"AC\"?")),
    ("price", "session.periods[0].state == \"charge\"", Some("one of charging, suspended, idle")),
    ("price", "session.purpose == \"Final\"", Some("did you mean \"final\"?")),
    ("price", "session.periods[0].weekday == 0", Some("1 is Monday and 7 is Sunday")),
    ("price", "session.id == 7", Some("write \"7\"")),
    ("authorize", "request.token.status == \"block\"", Some("status of a token is never \"block\"")),
    ("authorize", "request.purpose == \"final\"", Some("one of authorize, start")),
    ("authorize", "request.weekday == 8", Some("weekday is never 8")),
    ("price", "\"5\" < session.energy_kwh", Some("numbers have no quotes")),
    ("price", "session.started_at > session.energy_kwh", Some("a moment is compared with a number")),
    ("price", "session.periods[0].weekday == \"Monday\"", Some("1 is Monday and 7 is Sunday")),
    ("price", "5 < session.energy_kwh < 20", Some("write `a < b && b < c`")),
    ("price", "session.params.grace == \"15\"", Some("a number is compared with a text")),
    ("price", "session.params.from < \"07:00\"", Some("07:00 is 420")),
    ("price", "session.params.from > session.now", Some("a number is compared with a moment")),
    ("price", "session.is_final && session.token", Some("`x != ()`")),
    ("price", "session.energy_kwh || session.is_final", Some("`x > 0`")),
    (
        "price",
        "switch session.periods[0].state { \"charge\" => true, _ => false }",
        Some("state of a period is never \"charge\""),
    ),
    ("price", "switch session.periods[0].weekday { 1 => true, 7 | 8 => false, _ => true }", Some("weekday is never 8")),
    ("price", "switch floor(session.minutes / 60) { 0 => true, _ => false }", Some("`switch to_int(x) { 0 => … }`")),
    ("price", "switch session.periods.len() / 2 { 1 => true, _ => false }", Some("a quotient is never exactly this")),
    (
        "price",
        "switch session.minutes.ceil() { 1 => true, _ => false }",
        Some("what ceil returns is never exactly this"),
    ),
    ("price", "session.params.grace == 15", None),
    ("price", "session.now - session.started_at > 3600", None),
    ("price", "\"E\" + session.energy_kwh == \"E12\"", None),
    ("price", "session.energy_kwh > session.minutes", None),
    ("price", "session.ended_at == session.now", None),
    ("price", "(1 < 2) == (2 < 3) && [1 < 2, 2 < 3].len() == 2", None),
    ("price", "1 < 2 == 2 < 3", None),
    ("price", "switch to_int(floor(2.5)) { 2 => true, _ => false }", None),
    ("price", "switch session.minutes.floor().to_int() { 1 => true, _ => false }", None),
    ("price", "switch session.minutes > 5 { true => true, false => false }", None),
    ("price", "switch session.station.current { \"AC\" => true, () => false, _ => true }", None),
    ("price", "session.token != () && session.is_final", None),
    ("price", "!session.is_final || session.periods[0].is_idle", None),
    ("price", "session.station.current == \"DC\"", None),
    ("price", "session.energy_kwh > 5", None),
    ("price", "session.station.power_w == ()", None),
    ("price", "session.is_final == true", None),
    ("price", "session.station.location == \"ac\"", None),
    ("price", "session.energy_kwh > to_decimal(\"5\")", None),
    ("authorize", "request.token.status == \"blocked\"", None),
];

#[test]
fn what_a_field_never_is_is_told_before_a_price_hangs_on_it() {
    for (function, condition, expect) in COMPARED {
        let (parameter, end) = match function {
            "price" => ("session", "bill(\"EUR\", [line(\"e\", \"E\", if x { 1 } else { 2 })])"),
            _ => ("request", "if x { accept() } else { no_opinion() }"),
        };
        let text = format!("fn {function}({parameter}) {{\n    let x = {condition};\n    {end}\n}}\n");
        let mut made = source(&text);
        declare(&mut made, "grace", ParameterKind::Integer);
        declare(&mut made, "from", ParameterKind::Time);
        match (try_compile(&made), expect) {
            (Ok(_), None) => {}
            (Ok(_), Some(_)) => panic!("{condition} is taken"),
            (Err(found), expect) => {
                let found = printed(&found);
                let expect = expect.unwrap_or_else(|| panic!("{condition}\n{found}"));
                assert!(found.contains("AR0107") && found.contains(expect), "{condition}\n{found}");
            }
        }
    }
}

/// (the body of a policy or of a tariff, what is told of it; nothing: it is fine)
const DROPPED: [(&str, &str, Option<&str>); 16] = [
    ("authorize", "if request.token.group != \"VIP\" { reject(\"Invalid\"); } accept()", Some("return reject(…);")),
    ("authorize", "if request.token.group != \"VIP\" { reject(\"Invalid\") } accept()", Some("return reject(…);")),
    (
        "authorize",
        "if request.is_weekend { reject(\"Invalid\") } else if request.weekday == 1 { no_opinion() }\naccept()",
        Some("return reject(…);"),
    ),
    ("authorize", "if request.is_weekend { reject(\"Invalid\") } else { accept() }", None),
    ("authorize", "if request.is_weekend { return reject(\"Invalid\"); } accept()", None),
    ("authorize", "let answer = if request.is_weekend { reject(\"Invalid\") } else { accept() };\nanswer", None),
    ("authorize", "switch request.weekday { 7 => reject(\"Invalid\"), _ => accept() }", None),
    ("price", "let b = bill(\"EUR\", []); b.excluding_tax(); b", Some("`x = x.excluding_tax(…);`")),
    ("price", "let b = bill(\"EUR\", []); b = b.excluding_tax(); b", None),
    ("price", "let e = line(\"e\", \"E\", 1); e.taxed(\"VAT\", 19); bill(\"EUR\", [e])", Some("x.taxed(…);`")),
    (
        "price",
        "let s = 1.239; s.round_down(2); bill(\"EUR\", [line(\"e\", \"E\", s)])",
        Some("what round_down returns"),
    ),
    ("price", "let s = 1; s == 2; bill(\"EUR\", [line(\"e\", \"E\", s)])", Some("to assign, write `=`")),
    ("price", "let l = []; l.push(line(\"e\", \"E\", 1)); bill(\"EUR\", l)", None),
    ("price", "for p in session.periods { if p.is_idle { missing(\"x\"); } } bill(\"EUR\", [])", None),
    ("price", "let f = #{ a: total([]) }; f.set(\"a\", 2); bill(\"EUR\", [line(\"e\", \"E\", f.a)])", None),
    ("price", "if session.is_final { let x = 1; x += 1; } bill(\"EUR\", [])", None),
];

#[test]
fn a_value_that_goes_nowhere_is_told() {
    for (function, body, expect) in DROPPED {
        let parameter = if function == "price" { "session" } else { "request" };
        let made = source(&format!("fn {function}({parameter}) {{\n    {body}\n}}\n"));
        let refused = try_compile(&made);
        let found = match &refused {
            Ok(unit) => printed(unit.warnings()),
            Err(found) => printed(found),
        };
        match expect {
            Some(expect) => {
                assert!(found.contains("AR0126") && found.contains(expect), "{body}\nexpected {expect:?} in\n{found}");
            }
            None => assert!(!found.contains("AR0126"), "{body}\n{found}"),
        }
        let is_grave = expect.is_some_and(|expect| ["return", "x.", "`x"].iter().any(|word| expect.starts_with(word)));
        assert_eq!(refused.is_err(), is_grave, "{body}\n{found}");
    }
}

/// (a line of a tariff, what is meant)
const HABITS: [(&str, &str); 49] = [
    ("let d = f\"E {1}\";", "`${x} kWh`"),
    ("let f = (x) => x + 1;", "no closures"),
    ("let m = { a: 1 };", "`#{ a: 1 }`"),
    ("-- a comment", "a comment begins with `//`"),
    ("# a comment", "a comment begins with `//`"),
    ("let p = 0,49;", "a decimal has a point"),
    ("let x = 7 // 2;", "`//` begins a comment"),
    ("let mut p = 1;", "every `let` can be changed"),
    ("let x = 1 if true else 2;", "`if c { a } else { b }`"),
    ("let x = true ? 1 : 2;", "`if c { a } else { b }`"),
    ("let x = 1e-2;", "write the number out"),
    ("let x = 5 as int;", "`to_int(x)`"),
    ("for (p in session.periods) { }", "write `for p in list"),
    ("for p of session.periods { }", "write `for p in list"),
    ("for (let i = 0; i < 3; i++) { }", "write `for p in list"),
    ("let t = 'Energy';", "double quotes"),
    ("let t = “x”;", "straight double quotes"),
    ("let x = 5 − 2;", "the minus sign is `-`"),
    ("if 1 <> 2 { }", "write `!=`"),
    ("if true: { }", "blocks stand in braces"),
    ("if session.token is () { }", "write `==`"),
    ("match 1 { }", "write `switch"),
    ("let x = 19%;", "19 percent are 0.19"),
    ("let x = new Date();", "nothing is made with `new`"),
    ("let x = Math.round(1.5);", "`round_half_up(x)`"),
    ("console.log(1);", "`log(x)`"),
    ("let x = typeof 1;", "`type_of(x)`"),
    ("if 1 not in [1] { }", "`!(x in list)`"),
    ("<<<<<<< HEAD", "a merge has left its marks"),
    ("let x = range(0, 5);", "write `0..n`"),
    ("let x = session.energy_kwh();", "write `energy_kwh` without `()`"),
    ("let x = !session.token;", "`x != ()`"),
    ("if session.token { }", "`x != ()`"),
    ("let x = session.station.attributes.roof;", "attributes.get(\"roof\", otherwise)"),
    ("let x = session.periods.first();", "`list[0]`"),
    ("let x = 5;\u{a0}", "U+00A0"),
    ("let x = 19% * 5;", "19 percent are 0.19"),
    ("log(\"a\"); # a comment", "a comment begins with `//`"),
    ("let l = [1,2].map(x => x + 1);", "no closures"),
    ("let x: number = 5;", "variables have no types"),
    ("x := 5;", "write `let x = 1;`"),
    ("let x = session.token || \"none\";", "join conditions"),
    ("}\nfn f(x: number) {", "parameters have no types"),
    ("}\nfn f(x = 1) {", "parameters have no defaults"),
    // What only looks like a habit is left to what else is wrong.
    ("let fee = if khw > 5 { 1 } else { 2 };", "a function sees its parameters"),
    ("if session.is_final { let m = #{ a: khw }; }", "a function sees its parameters"),
    ("let l = [1,5,khw];", "a function sees its parameters"),
    ("let x = switch 3 { 0..5 => khw, _ => 2 };", "a function sees its parameters"),
    ("let y = khw; // it's a price: is", "a function sees its parameters"),
];

#[test]
fn what_is_written_out_of_habit_is_told_as_it_is_written_here() {
    for (line, hint) in HABITS {
        let found =
            printed(&refuse(&source(&format!("fn price(session) {{\n    {line}\n    bill(\"EUR\", [])\n}}\n"))));
        assert!(found.contains(hint), "{line}\nexpected {hint:?} in\n{found}");
    }
}

/// (what fails while a tariff runs, what is told)
const OPERANDS: [(&str, &str); 9] = [
    ("let l = [1, 2]; l[floor(1.5)]", "write `to_int(x)`"),
    ("session.periods[floor(0.5)].minutes", "write `to_int(x)`"),
    ("for i in 0..session.hours { log(i); } 1", "`0..to_int(x)`"),
    ("session.started_at.plus_minutes(session.minutes)", "write `to_int(x)`"),
    ("session.energy_kwh in 1..20", "`x >= 0 && x < 20`"),
    ("-session.station.power_w", "`-` does not take (())"),
    ("session.station.power_w * 5", "a value that may be nothing is looked at first"),
    ("\"5\" * 2", "`to_decimal(x)`"),
    ("for i in session.station.evse { log(i); } 1", "`for i in 0..n { … }`"),
];

#[test]
fn what_an_operator_does_not_take_is_told_with_what_it_takes() {
    for (body, expect) in OPERANDS {
        let fault = price(&format!("fn price(session) {{\n    {body}\n}}\n")).expect_err(body).to_string();
        assert!(fault.contains(expect), "{body}\nexpected {expect:?} in\n{fault}");
    }
}

/// (a script, what is told of its end; nothing: it is fine)
const ENDS: [(&str, Option<&str>); 14] = [
    ("fn price(session) { accept() }", Some("price does not answer with accept(…)")),
    ("fn authorize(request) { bill(\"EUR\", []) }", Some("its answer is `accept()`")),
    (
        "fn price(session) { if session.is_final { return no_opinion(); } bill(\"EUR\", []) }",
        Some("that is for `fn authorize(request)`"),
    ),
    ("fn modify(session, so_far) { bill(\"EUR\", []) }", Some("its answer is `[line(…)]`")),
    (
        "fn price(session) { if session.is_final { bill(\"EUR\", []) } }",
        Some("price has no answer where this does not hold"),
    ),
    (
        "fn price(session) { if session.is_final { bill(\"EUR\", []) } else if session.hours > 5 { bill(\"CHF\", []) } }",
        Some("write `else { … }`"),
    ),
    (
        "fn price(session) { for p in session.periods { return bill(\"EUR\", []); } }",
        Some("the answer stands behind the loop"),
    ),
    ("fn price(session) { if session.is_final { bill(\"EUR\", []) } else { bill(\"CHF\", []) } }", None),
    ("fn price(session) { let x = 1; if x == 1 { x += 1; } bill(\"EUR\", []).excluding_tax() }", None),
    ("fn price(session) { switch 1 { 1 => bill(\"EUR\", []), _ => bill(\"CHF\", []) } }", None),
    ("fn price(session) { try { bill(\"EUR\", []) } catch { bill(\"EUR\", []) } }", None),
    ("fn price(session) { bill(\"EUR\", []) } fn describe(place) { offer(\"EUR\", []) }", None),
    ("fn accept() { bill(\"EUR\", []) } fn price(session) { accept() }", None),
    ("fn price(session) { bill(\"EUR\", []) } fn help(x) { if x { 1 } }", None),
];

#[test]
fn a_hook_that_ends_without_its_own_answer_is_told() {
    for (text, expect) in ENDS {
        let found = match try_compile(&source(text)) {
            Ok(unit) => printed(unit.warnings()),
            Err(found) => printed(&found),
        };
        match expect {
            Some(expect) => assert!(found.contains(expect), "{text}\nexpected {expect:?} in\n{found}"),
            None => assert!(!found.contains("AR0112") && !found.contains("AR0120"), "{text}\n{found}"),
        }
    }
}

#[test]
fn a_text_of_another_encoding_is_told_with_its_place() {
    for (bytes, expect) in [
        (&b"fn price(session) {\n  // Z\xfcrich\n}"[..], "main.rhai:2:7"),
        (&b"\xff\xfef\0n\0"[..], "the file is UTF-16 text"),
    ] {
        let mut made = source("");
        made.files.insert("main.rhai".to_owned(), bytes.to_vec());
        let found = printed(&refuse(&made));
        assert!(found.contains("AR0101") && found.contains("save the file as UTF-8"), "{found}");
        assert!(found.contains(expect), "{found}");
    }
}
