//! What an author reads when something is wrong, word for word.

use crate::harness::{budget, compile, price, printed, refuse, session, source};

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

/// (a script, what it is told)
const BROUGHT_ALONG: [(&str, &str); 11] = [
    ("fn translate(message) {\n    mend(message.body, \"why\")\n}", "write `mended(body, \"what was mended\")`"),
    ("fn translate(message) {\n    pass()\n}", "write `unchanged()`"),
    ("fn translate(message) {\n    reply(\"Accepted\")\n}", "write `answered(\"Accepted\")`"),
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
error[AR0111]: the script has neither `fn price(session)`, `fn authorize(request)`, `fn modify(session, bill)`, `fn share(site)` nor `fn translate(message)`
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
  = help: its fields are id, now, purpose, is_final, started_at, ended_at, energy_wh, energy_kwh, exported_wh, exported_kwh, duration_s, minutes, hours, time_zone, station, token, periods, params, parameters
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
