//! What scripts return is checked field by field, and the message names the place.

use amprule_domain::authorization::Opinion;
use amprule_domain::decision::FaultClass;
use amprule_domain::reply::AuthorizationStatus;

use crate::harness::{authorize, budget, compile, modify, price, request, source, translate};

fn check_price(result: &str, expect: &str) {
    let fault = price(&format!("fn price(session) {{ {result} }}")).expect_err(result);
    assert_eq!((fault.class, fault.message.as_str()), (FaultClass::InvalidOutput, expect), "{result}");
}

#[test]
fn a_wrong_bill_is_refused_with_the_place() {
    let line = r#"line("a", "A", 1)"#;
    for (result, expect) in [
        ("()", "expected a bill like bill(\"EUR\", lines), got nothing, ()"),
        ("5", "expected a bill like bill(\"EUR\", lines), got a number"),
        (
            &format!("bill(\"EUR\", [{line}, {line}, #{{code: \"x\", description: \"X\", amount: \"1\"}}])"),
            "lines[2].amount: expected a number, got a string",
        ),
        (
            "#{currency: \"EUR\", lines: [#{code: \"x\", description: \"X\"}]}",
            "lines[0].amount: missing, expected a number",
        ),
        ("#{currency: \"EUR\", lines: [1]}", "lines[0]: expected a line, got a number"),
        ("#{currency: \"EUR\"}", "lines: missing, expected a list of lines"),
        ("#{currency: \"EUR\", lines: 3}", "lines: expected a list of lines, got a number"),
        (
            "#{currency: \"euro\", lines: []}",
            "currency: \"euro\" is not a currency: three capital letters as in ISO 4217, EUR for instance",
        ),
        (
            "#{currency: \"EUR\", lines: [], next_change: 1}",
            "next_change: there is no such field; did you mean next_change_at?; known are currency, lines, next_change_at, amounts",
        ),
        ("#{currency: \"EUR\", lines: [], next_change_at: 7}", "next_change_at: expected a moment, got a number"),
        (
            "#{currency: \"EUR\", lines: [#{code: \"x\", description: \"X\", amout: 1}]}",
            "lines[0].amout: there is no such field; did you mean amount?; known are code, description, quantity, unit, unit_price, amount, component, taxes, texts, periods",
        ),
        (
            &format!("let l = []; for i in 0..65 {{ l.push({line}); }} bill(\"EUR\", l)"),
            "lines: 65 lines; at most 64 are accepted",
        ),
    ] {
        check_price(result, expect);
    }
}

#[test]
fn a_dialect_hands_back_a_payload_and_is_told_how() {
    let wanted = "expected unchanged(), mended(body, \"what was mended\") or answered(\"Accepted\"), got";
    for (result, expect) in [
        (
            "message",
            format!("{wanted} the message; its payload is handed back: `mended(message.body, \"what was mended\")`"),
        ),
        ("message.body", format!("{wanted} a map; a payload is handed back by `mended(body, \"what was mended\")`")),
        (
            "[2, \"7\", \"Authorize\", message.body]",
            format!(
                "{wanted} a list; of a frame its payload alone is handed back: `mended(body, \"what was mended\")`"
            ),
        ),
        (
            "message.body.idTag",
            format!(
                "{wanted} a string; a text that mends what could not be read is handed back by `mended(text, \"what was mended\")`"
            ),
        ),
        ("mended(message, \"why\")", "mended: expected the payload, got the message; it is `message.body`".to_owned()),
        (
            "mended([2, \"7\", \"Authorize\", message.body], \"why\")",
            "mended: expected the payload, a map, got a list; the frame around it is not yours".to_owned(),
        ),
        ("7", format!("{wanted} a number")),
    ] {
        let fault = translate(&format!("fn translate(message) {{ {result} }}")).expect_err(result);
        assert_eq!((fault.class, fault.message), (FaultClass::InvalidOutput, expect), "{result}");
    }
    let mended =
        translate("fn translate(message) { let body = message.body; body.idTag = \"04A1\"; mended(body, \"why\") }");
    assert_eq!(mended.expect("it is mended").message, Some(serde_json::json!({ "idTag": "04A1" })));
}

#[test]
fn whole_numbers_and_decimals_are_amounts() {
    let output = price(
        "fn price(session) { bill(\"EUR\", [
            #{code: \"a\", description: \"A\", amount: 2, quantity: 4, unit: \"h\", unit_price: 0.5},
            line(\"b\", \"B\", 3, \"kWh\", 0.25)], session.now) }",
    )
    .unwrap();
    let amounts: Vec<String> = output.lines.iter().map(|line| line.amount.to_string()).collect();
    assert_eq!(amounts, ["2", "0.75"]);
    assert!(output.next_change_at.is_some());
}

#[test]
fn a_modifier_sees_the_bill_and_adds_lines() {
    for (body, expect) in [
        ("[]", vec![]),
        ("[line(\"fee\", \"Fee\", bill.total / 10)]", vec!["0.6"]),
        (
            "[line(\"off\", bill.currency, -total(bill.lines)), #{code: \"x\", description: \"\", amount: 1}]",
            vec!["-6.00", "1"],
        ),
        (
            "let idle = 0; for line in bill.lines { if line.code == \"idle\" { idle += line.amount; } }
             [line(\"half\", \"Half\", -idle / 2), line(\"kwh\", \"\", bill.lines[0].quantity, \"kWh\", 0.1)]",
            vec!["-0.55", "1.225"],
        ),
        ("#{ lines: [], next_change_at: session.now.plus_minutes(5) }", vec![]),
    ] {
        let output = modify(&format!("fn modify(session, bill) {{ {body} }}")).unwrap();
        let amounts: Vec<String> = output.lines.iter().map(|line| line.amount.to_string()).collect();
        assert_eq!(amounts, expect, "{body}");
        assert_eq!(output.next_change_at.is_some(), body.contains("next_change_at"), "{body}");
    }
}

#[test]
fn a_wrong_modification_is_refused_with_the_place() {
    for (result, expect) in [
        ("()", "expected a list of lines, or #{ lines: …, next_change_at: … }, got nothing, ()"),
        ("[1]", "lines[0]: expected a line, got a number"),
        ("let made = bill(\"EUR\", []); made", "currency: there is no such field; known are lines, next_change_at"),
        ("#{ next_change_at: session.now }", "lines: missing, expected a list of lines"),
    ] {
        let fault = modify(&format!("fn modify(session, so_far) {{ {result} }}")).expect_err(result);
        assert_eq!((fault.class, fault.message.as_str()), (FaultClass::InvalidOutput, expect), "{result}");
    }
}

#[test]
fn an_answer_carries_reasons_and_limits() {
    let output = authorize(
        "fn authorize(request) {
            let answer = accept();
            answer.limits = #{ max_cost: request.token.budget.rest, max_energy_kwh: 20, max_duration_s: 3600 };
            answer.cache_s = 60;
            answer.tariff = \"fleet\";
            answer }",
    )
    .unwrap();
    assert_eq!(output.verdict, Opinion::Accept);
    assert_eq!(output.limits.max_cost.unwrap().to_string(), "37.5");
    assert_eq!(output.limits.max_energy.unwrap().to_string(), "20000 Wh");
    assert_eq!((output.limits.max_duration_s, output.cache_s), (Some(3600), Some(60)));

    let output = authorize("fn authorize(request) { reject(\"NotAtThisTime\", \"closed\") }").unwrap();
    assert_eq!((output.verdict, output.reason), (Opinion::Reject, Some(AuthorizationStatus::NotAtThisTime)));
}

#[test]
fn a_wrong_answer_is_refused_with_the_place() {
    for (result, expect) in [
        ("true", "expected an answer like accept() or reject(\"Blocked\"), got true or false"),
        ("#{verdict: \"acept\"}", "verdict: \"acept\" is not one of accept, reject, no-opinion; did you mean accept?"),
        (
            "reject(\"blocked\")",
            "reason: \"blocked\" is not one of Accepted, Blocked, ConcurrentTx, Expired, Invalid, NoCredit, \
          NotAllowedTypeEVSE, NotAtThisLocation, NotAtThisTime, Unknown; did you mean Blocked?",
        ),
        ("#{verdict: \"accept\", limits: #{max_cost: \"5\"}}", "limits.max_cost: expected a number, got a string"),
        (
            "#{verdict: \"accept\", limits: #{max_duration_s: -5}}",
            "limits.max_duration_s: expected whole seconds from 0, got a number",
        ),
        ("#{verdict: \"accept\", limits: #{max_cost: -5}}", "limits.maxCost is negative"),
    ] {
        let fault = authorize(&format!("fn authorize(request) {{ {result} }}")).expect_err(result);
        assert_eq!((fault.class, fault.message.as_str()), (FaultClass::InvalidOutput, expect), "{result}");
    }
}

#[test]
fn a_unit_answers_only_the_hooks_it_has() {
    let unit = compile(&source("fn price(session) { bill(\"EUR\", []) }"));
    assert_eq!(unit.hooks(), [amprule_domain::decision::Hook::Pricing]);
    let fault = unit.authorize(&request(), &budget()).result.unwrap_err();
    assert_eq!(fault.class, FaultClass::NotLoaded);
}
