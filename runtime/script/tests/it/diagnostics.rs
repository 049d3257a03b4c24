//! What an author reads when something is wrong, word for word.

use amprule_hooks::manifest::ParameterKind;

use crate::harness::{budget, compile, declare, price, printed, refuse, session, source, try_compile};

/// The script is refused with this text.
fn refused(text: &str, expect: &str) {
    assert_eq!(printed(&refuse(&source(text))), expect.trim_matches('\n'));
}

/// The script compiles, and its call ends with this text.
fn failed(text: &str, expect: &str) {
    assert_eq!(price(text).expect_err(text).to_string(), expect.trim_matches('\n'));
}

#[test]
fn a_missing_semicolon_is_shown_where_it_belongs() {
    refused(
        "fn price(session) {\n    let fee = 1\n    bill(\"EUR\", [])\n}",
        r#"
error[AR0101]: expected `;` to terminate this statement
 --> main.rhai:2:16
  |
2 |     let fee = 1
  |                ^
  = help: end the statement with `;`
"#,
    );
}

/// (what lacks a brace, the line of the `{` that is named)
const UNCLOSED: [(&str, usize); 7] = [
    ("fn price(session) {\n    let fee = 1;\n    bill(\"EUR\", [])\n", 1),
    ("fn price(session) {\n    if true {\n        let a = 1;\n    bill(\"EUR\", [])\n}\n", 2),
    ("fn price(session) {\n    bill(\"EUR\", [])\n\nfn fee() {\n    1\n}\n", 1),
    ("fn price(session) {\n    if true {\n        1\n    else {\n        2\n    }\n}\n", 2),
    (
        "fn price(session) {\n    for p in session.periods {\n        if p.is_idle {\n            p.minutes;\n    }\n    1\n}\n",
        3,
    ),
    ("fn fee() {\n    if true {\n        1\n    2\n}\n\nfn price(session) {\n    fee()\n}\n", 2),
    ("fn price(session) {\n    let answer = if true { 1 } else { 2;\n    answer\n}\n", 2),
];

#[test]
fn a_missing_brace_is_not_taken_for_a_missing_semicolon() {
    for (text, line) in UNCLOSED {
        let found = refuse(&source(text));
        let hint = found[0].hint.clone().unwrap_or_default();
        let expect = format!("a `}}` is missing before this: the `{{` of line {line} is still open");
        assert_eq!(hint, expect, "{text}\n{}", printed(&found));
    }
}

#[test]
fn a_brace_too_many_is_called_that() {
    let found = refuse(&source("fn price(session) {\n    if true {\n        1\n    }\n    }\n    2\n}\n"));
    let hint = found[0].hint.as_deref().unwrap_or_default();
    assert!(hint.starts_with("there is a `}` too many"), "{}", printed(&found));
}

#[test]
fn one_equals_sign_does_not_compare() {
    refused(
        "fn price(session) {\n    if session.is_final = true {\n    }\n}",
        r"
error[AR0101]: `=` stands where a value is expected
 --> main.rhai:2:25
  |
2 |     if session.is_final = true {
  |                         ^
  = help: `=` assigns; to compare, write `==`
",
    );
}

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

/// (a script, what it is told)
const BROUGHT_ALONG: [(&str, &str); 8] = [
    ("fn price(session) {\n    let t = now();\n    bill(\"EUR\", [])\n}", "`session.now`"),
    ("fn price(session) {\n    let n = session.periods.len;\n    bill(\"EUR\", [])\n}", "write `x.len()`"),
    (
        "fn price(session) {\n    let h = session.periods[0].hour;\n    bill(\"EUR\", [])\n}",
        "floor(minute_of_day / 60)",
    ),
    ("fn price(session) {\n    let x = round(1.5);\n    bill(\"EUR\", [])\n}", "round_half_up"),
    (
        "fn authorize(request) {\n    if request.user == \"a\" { accept() } else { no_opinion() }\n}",
        "the `token` of a request",
    ),
    (
        "import \"util\" as util;\nfn price(session) {\n    util.fee();\n    bill(\"EUR\", [])\n}",
        "write `util::function(…)`",
    ),
    (
        "fn describe(place) {\n    offer(\"EUR\", [element(\"energy\", 0.4, #{ until_minutes: 5 })])\n}\nfn price(session) {\n    bill(\"EUR\", [])\n}",
        "did you mean `until_minute`?",
    ),
    (
        "fn describe(place) {\n    offer(\"EUR\", [], #{ colour: #{ per: 1 } })\n}\nfn price(session) {\n    bill(\"EUR\", [])\n}",
        "it may have minimum, cap, texts, amounts, next_change_at",
    ),
];

#[test]
fn what_people_bring_along_is_told_as_what_stands_for_it_here() {
    for (text, hint) in BROUGHT_ALONG {
        let mut made = source(text);
        made.files.insert("util.rhai".to_owned(), b"fn fee() {\n    1\n}\n".to_vec());
        let found = printed(&refuse(&made));
        assert!(found.contains(hint), "{text}\nexpected {hint:?} in\n{found}");
    }
}

#[test]
fn words_of_other_languages_are_translated() {
    for (text, help) in [
        ("fn price(session) {\n    if session.is_final {\n    } elif true {\n    }\n}", "write `else if`"),
        ("fn price(session) {\n    if session.is_final and true {\n    }\n}", "write `&&`"),
        ("fn price(session) {\n    if not session.is_final {\n    }\n}", "write `!`"),
        ("function price(session) {\n}", "a function begins with `fn`"),
        ("fn price(session) {\n    var x = 1;\n}", "a variable begins with `let`"),
        ("fn price(session) {\n    let x = null;\n}", "nothing is written `()`"),
        (
            "fn price(session) {\n    let f = |x| x;\n}",
            "there are no closures; use a `for` loop or a function of its own",
        ),
        ("fn price(session) {\n    eval(\"1\")\n}", "code cannot be made at run time"),
        ("fn price(session) {\n    bill(\"EUR\", []\n}", "is a `)` or `]` missing before this?"),
        ("fn price(session) {\n    let x = \"open;\n}", "close it with `\"`"),
    ] {
        let found = refuse(&source(text));
        assert_eq!(found[0].hint.as_deref(), Some(help), "{}", printed(&found));
        assert_eq!(found[0].code, "syntax");
    }
}

#[test]
fn names_that_are_nearly_right_are_found_before_the_script_runs() {
    refused(
        "fn price(session) {\n    let kwh = 1;\n    bill(\"EUR\", [line(\"a\", \"A\", khw)])\n}",
        r#"
error[AR0102]: there is no variable khw here
 --> main.rhai:3:33
  |
3 |     bill("EUR", [line("a", "A", khw)])
  |                                 ^
  = help: did you mean `kwh`?
"#,
    );
    refused(
        "fn price(session) {\n    bil(\"EUR\", [line(\"a\", \"A\", session.enrgy_kwh)])\n}",
        r#"
error[AR0104]: there is no function bil
 --> main.rhai:2:5
  |
2 |     bil("EUR", [line("a", "A", session.enrgy_kwh)])
  |     ^
  = help: did you mean `bill(currency: text, lines: list) -> bill` or `bill(currency: text, lines: list, next_change_at: any) -> bill`?
error[AR0103]: a session has no field enrgy_kwh
 --> main.rhai:2:40
  |
2 |     bil("EUR", [line("a", "A", session.enrgy_kwh)])
  |                                        ^
  = help: did you mean `energy_kwh`?
"#,
    );
    refused(
        "fn price(session) {\n    session.params.rate\n}",
        r"
error[AR0105]: there is no parameter rate
 --> main.rhai:2:20
  |
2 |     session.params.rate
  |                    ^
  = help: declare it in plugin.toml: [parameters.rate]
",
    );
}

#[test]
fn the_top_level_is_not_a_program() {
    refused(
        "let fee = 1;\nfn price(session) {\n}",
        r"
error[AR0108]: the top level holds only imports, constants and functions
 --> main.rhai:1:1
  |
1 | let fee = 1;
  | ^
  = help: write `const` for a value that never changes, or move it into a function
",
    );
    refused(
        "const RATE = 1;\nfn price(session) {\n    RATE = 2;\n}",
        r"
error[AR0101]: RATE is a constant
 --> main.rhai:3:5
  |
3 |     RATE = 2;
  |     ^
  = help: use a variable: `let x = …`
",
    );
    refused(
        "const RATE = 1 / 0;\nfn price(session) {\n}",
        r"
error[AR0109]: division by zero
 --> main.rhai:1:16
  |
1 | const RATE = 1 / 0;
  |                ^
",
    );
}

#[test]
fn a_hook_has_its_name_and_its_parameters() {
    refused(
        "fn price(session, more) {\n}",
        r"
error[AR0111]: price takes one parameter: `fn price(session)`
 --> main.rhai:1:4
  |
1 | fn price(session, more) {
  |    ^
",
    );
    refused(
        "fn modify(bill) {\n}",
        r"
error[AR0111]: modify takes two parameters: `fn modify(session, bill)`
 --> main.rhai:1:4
  |
1 | fn modify(bill) {
  |    ^
",
    );
    refused(
        "fn cost(session) {\n}",
        r"
error[AR0111]: the script has neither `fn price(session)`, `fn authorize(request)` nor `fn modify(session, bill)`
  --> main.rhai
",
    );
    let mut promised = source("fn price(session) {\n}");
    promised.manifest.hooks = vec![amprule_domain::decision::Hook::Authorization];
    let found = printed(&refuse(&promised));
    assert!(found.contains("declares the hook authorization, but there is no `fn authorize(request)`"), "{found}");
}

#[test]
fn what_fails_at_run_time_is_shown_in_the_source() {
    failed(
        "fn fee(x) {\n    min(x, \"a\")\n}\nfn price(session) {\n    fee(1)\n}",
        r#"
guest-error[AR0115]: expected a number, got a string
 --> main.rhai:2:5
  |
2 |     min(x, "a")
  |     ^
"#,
    );
    failed(
        "fn read(x) {\n    x.state\n}\nfn price(session) {\n    read(session)\n}",
        r"
guest-error[AR0103]: a session has no field state
 --> main.rhai:2:7
  |
2 |     x.state
  |       ^
  = help: its fields are id, now, purpose, is_final, started_at, ended_at, energy_wh, energy_kwh, duration_s, minutes, hours, time_zone, station, token, periods, params, parameters
",
    );
    failed(
        "fn price(session) {\n    line(\"a\", \"A\", session.periods)\n}",
        r#"
guest-error[AR0115]: line: expected a number for amount, got the periods
 --> main.rhai:2:5
  |
2 |     line("a", "A", session.periods)
  |     ^
"#,
    );
    failed(
        "fn price(session) {\n    line(session, \"A\", 1)\n}",
        r#"
guest-error[AR0107]: `line` does not take (session, string, int)
 --> main.rhai:2:5
  |
2 |     line(session, "A", 1)
  |     ^
  = help: it is `line(code: text, description: text, amount: number) -> line` or `line(code: text, description: text, quantity: number, unit: text, unit_price: number) -> line`
"#,
    );
}

#[test]
fn the_same_slip_has_the_same_code_before_and_while_a_script_runs() {
    let endless = "let s = \"x\"; loop { s += s; }";
    for (body, code) in [
        ("loop { }", "AR0116"),
        (endless, "AR0118"),
        ("price(session)", "AR0119"),
        ("throw \"no tariff here\";", "AR0115"),
        ("read(session)", "AR0103"),
        ("line(session, \"A\", 1)", "AR0107"),
        ("5", "AR0120"),
    ] {
        let text = format!("fn read(x) {{ x.state }}\nfn price(session) {{ {body} }}");
        let fault = price(&text).expect_err(body);
        assert_eq!(fault.code.as_deref(), Some(code), "{body}: {fault}");
        assert!(amprule_hooks::codes::explained(code).is_some(), "{code} is explained");
    }
}

/// (a hook's body, code, line and column, message, hint's beginning)
type Found = (&'static str, &'static str, (usize, usize), &'static str, &'static str);

const FOUND: [Found; 14] = [
    ("session.sation.id", "AR0103", (2, 9), "a session has no field sation", "did you mean `station`?"),
    ("session.station.vendr", "AR0103", (2, 17), "a station has no field vendr", "did you mean `vendor`?"),
    (
        "session.station.energy_kwh",
        "AR0103",
        (2, 17),
        "a station has no field energy_kwh",
        "a session has it; the fields",
    ),
    ("session.token.status", "AR0103", (2, 15), "a session token has no field status", "a token has it"),
    ("session.periods[0].energy", "AR0103", (2, 20), "a period has no field energy", "did you mean `energy_wh`?"),
    ("let s = session.station;\ns.evs", "AR0103", (3, 3), "a station has no field evs", "did you mean `evse`?"),
    (
        "for p in session.periods {\np.is_idel; }\n1",
        "AR0103",
        (3, 3),
        "a period has no field is_idel",
        "did you mean `is_idle`?",
    ),
    ("lin(\"a\", \"A\", 1)", "AR0104", (2, 1), "there is no function lin", "did you mean `line(code: text"),
    ("line(\"a\", 1)", "AR0106", (2, 1), "line is called with 2 arguments here", "`line(code: text, description"),
    (
        "[1].push()",
        "AR0106",
        (2, 5),
        "push is called with no argument here",
        "`push(x: list, value: any)`, the first before the dot",
    ),
    (
        "line(\"a\", \"A\", \"0.49\")",
        "AR0107",
        (2, 16),
        "amount of line is a number, and this is a text",
        "write 0.49 without quotes",
    ),
    ("line(1, \"A\", 2)", "AR0107", (2, 6), "code of line is a text, and this is a number", "write \"1\""),
    ("help(1)", "AR0106", (2, 1), "help is called with 1 argument here", "it is defined with 2"),
    ("bill(\"EUR\", []);", "AR0112", (2, 16), "price ends without an answer", "the answer is the last expression"),
];

#[test]
fn what_can_be_known_before_a_script_runs_is_said_before_it_runs() {
    for (body, code, (line, column), message, hint) in FOUND {
        let text = format!("fn price(session) {{\n{body}\n}}\nfn help(a, b) {{\n    a + b\n}}");
        let found = refuse(&source(&text));
        let printed = printed(&found);
        assert_eq!((found[0].line, found[0].column), (Some(line), Some(column)), "{printed}");
        assert!(printed.starts_with(&format!("error[{code}]: {message}\n")), "{printed}");
        assert!(found[0].hint.as_deref().is_some_and(|given| given.starts_with(hint)), "{printed}");
    }
}

#[test]
fn what_a_modifier_sees_is_known_before_it_runs() {
    for (body, (line, column), message, hint) in [
        ("[line(\"a\", \"A\", bill.totl)]", (2, 22), "a bill so far has no field totl", "did you mean `total`?"),
        ("bill.lines[0].amout", (2, 15), "a line has no field amout", "did you mean `amount`?"),
        ("for part in bill.lines {\npart.cod; }\n[]", (3, 6), "a line has no field cod", "did you mean `code`?"),
        ("session.enrgy_kwh", (2, 9), "a session has no field enrgy_kwh", "did you mean `energy_kwh`?"),
    ] {
        let found = refuse(&source(&format!("fn modify(session, bill) {{\n{body}\n}}")));
        let printed = printed(&found);
        assert_eq!((found[0].line, found[0].column), (Some(line), Some(column)), "{printed}");
        assert!(printed.starts_with(&format!("error[AR0103]: {message}\n")), "{printed}");
        assert!(found[0].hint.as_deref().is_some_and(|given| given.starts_with(hint)), "{printed}");
    }
    let found = printed(&refuse(&source("fn modify(session, bill) {\n[];\n}")));
    assert!(found.contains("modify ends without an answer") && found.contains("`return [line(…)];`"), "{found}");
}

#[test]
fn what_may_stand_for_anything_is_left_to_the_run() {
    for body in [
        "let s = session.station; s = #{ anything: 1 }; s.anything",
        "if true { let s = session.station; } let s = #{ anything: 1 }; s.anything",
        "let m = #{ session: 1, anything: 2 }; m.anything",
        "for s in [#{ anything: 1 }] { s.anything; } 1",
        "let x = session.token?.group; x",
        "session.periods.len()",
    ] {
        compile(&source(&format!("fn price(session) {{ {body} }}")));
    }
}

/// (a hook's body, what is warned of)
const WARNED: [(&str, &str); 4] = [
    ("let spare = 1;\nbill(\"EUR\", [])", "warning[AR0113]: spare is never read\n --> main.rhai:2:5"),
    ("return bill(\"EUR\", []);\nsession.id", "warning[AR0114]: this is never reached\n --> main.rhai:3:1"),
    ("let _spare = 1;\nbill(\"EUR\", [])", ""),
    ("if session.is_final { return bill(\"EUR\", []); }\nbill(\"CHF\", [])", ""),
];

#[test]
fn what_is_odd_and_not_wrong_is_a_warning() {
    for (body, expect) in WARNED {
        let unit = compile(&source(&format!("fn price(session) {{\n{body}\n}}")));
        let text = printed(unit.warnings());
        assert!(text.starts_with(expect) && text.is_empty() == expect.is_empty(), "{body}: {text}");
    }
}

#[test]
fn every_word_of_the_checks_is_in_the_definitions_that_editors_read() {
    let text = amprule_script::definitions();
    for part in [
        "module static;",
        "/// Energy so far, in kWh.\nfn get$energy_kwh(of: session) -> number;",
        "fn get$group(of: session_token) -> string?;",
        "fn get$total(of: bill_so_far) -> number;",
        "fn round_half_even(x: number, digits: number) -> number;",
        "fn line(code: string, description: string, amount: number) -> line;",
    ] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
}

#[test]
fn a_failure_in_an_imported_file_is_shown_there() {
    let mut source = source("import \"rates\" as rates;\nfn price(session) {\n    rates::rate(0)\n}");
    source.files.insert("rates.rhai".to_owned(), b"fn rate(x) {\n    1 / x\n}".to_vec());
    let fault = compile(&source).price(&session(), &budget()).result.unwrap_err();
    let expect = "guest-error[AR0115]: division by zero\n --> rates.rhai:2:7\n  |\n2 |     1 / x\n  |       ^";
    assert_eq!(fault.to_string(), expect);
}
