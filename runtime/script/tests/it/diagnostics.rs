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
error[syntax]: expected `;` to terminate this statement
 --> main.rhai:2:16
  |
2 |     let fee = 1
  |                ^
  = help: end the statement with `;`
"#,
    );
}

#[test]
fn one_equals_sign_does_not_compare() {
    refused(
        "fn price(session) {\n    if session.is_final = true {\n    }\n}",
        r"
error[syntax]: `=` stands where a value is expected
 --> main.rhai:2:25
  |
2 |     if session.is_final = true {
  |                         ^
  = help: `=` assigns; to compare, write `==`
",
    );
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
error[unknown-name]: there is no variable khw here
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
error[unknown-name]: there is no function bil
 --> main.rhai:2:5
  |
2 |     bil("EUR", [line("a", "A", session.enrgy_kwh)])
  |     ^
  = help: did you mean `bill`?
error[unknown-name]: nothing has a field enrgy_kwh
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
error[unknown-name]: there is no parameter rate
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
error[top-level]: the top level holds only imports, constants and functions
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
error[syntax]: RATE is a constant
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
error[constant]: division by zero
 --> main.rhai:1:16
  |
1 | const RATE = 1 / 0;
  |                ^
",
    );
}

#[test]
fn a_hook_has_its_name_and_one_parameter() {
    refused(
        "fn price(session, more) {\n}",
        r"
error[hook]: price takes one parameter: `fn price(session)`
 --> main.rhai:1:4
  |
1 | fn price(session, more) {
  |    ^
",
    );
    refused(
        "fn cost(session) {\n}",
        r"
error[hook]: the script has neither `fn price(session)` nor `fn authorize(request)`
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
guest-error: expected a number, got a string
 --> main.rhai:2:5
  |
2 |     min(x, "a")
  |     ^
"#,
    );
    failed(
        "fn price(session) {\n    session.state\n}",
        r"
guest-error: a session has no field state
 --> main.rhai:2:13
  |
2 |     session.state
  |             ^
  = help: its fields are id, now, is_final, started_at, ended_at, energy_wh, energy_kwh, duration_s, minutes, hours, time_zone, station, token, periods, params, parameters
",
    );
    failed(
        "fn price(session) {\n    line(\"a\", 1)\n}",
        r#"
guest-error: `line` does not take (string, int)
 --> main.rhai:2:5
  |
2 |     line("a", 1)
  |     ^
"#,
    );
}

#[test]
fn a_failure_in_an_imported_file_is_shown_there() {
    let mut source = source("import \"rates\" as rates;\nfn price(session) {\n    rates::rate(0)\n}");
    source.files.insert("rates.rhai".to_owned(), b"fn rate(x) {\n    1 / x\n}".to_vec());
    let fault = compile(&source).price(&session(), &budget()).result.unwrap_err();
    let expect = "guest-error: division by zero\n --> rates.rhai:2:7\n  |\n2 |     1 / x\n  |       ^";
    assert_eq!(fault.to_string(), expect);
}
