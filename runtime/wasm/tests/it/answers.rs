//! Honest guests: what they see, and what becomes of their answers.

use amprule_domain::authorization::Opinion;
use amprule_domain::decision::{FaultClass, Hook};
use amprule_domain::{Currency, Decimal};
use amprule_hooks::manifest::{Parameter, ParameterKind};
use serde_json::json;

use crate::harness::{ask, authorize, budget, compile, compile_pricing, price, request, session, source};
use amprule_corpus::guest;

#[test]
fn an_honest_guest_prices_and_its_use_is_reported() {
    let answer = ask(guest::pricing(""), &budget());
    let output = answer.result.expect("an answer");
    assert_eq!(output.currency, Currency::EUR);
    assert_eq!(output.lines.len(), 1);
    assert_eq!(output.lines[0].code, "energy");
    assert_eq!(output.lines[0].amount, Decimal::new(539, 2));
    assert_eq!(output.next_change_at, None);
    assert!((1..10_000).contains(&answer.used.fuel), "{:?}", answer.used);
    assert_eq!(answer.used.memory, 65_536);
}

#[test]
fn an_honest_guest_judges_a_token() {
    let output = authorize(guest::authorization("")).expect("an answer");
    assert_eq!(output.verdict, Opinion::Accept);
    let output = authorize(guest::authorization(
        "(i32.store8 (global.get $verdict) (i32.const 1))
         (i32.store8 (global.get $reason) (i32.const 1))
         (i32.store offset=8 (global.get $reason) (i32.const 13))",
    ));
    let output = output.expect("an answer");
    assert_eq!(output.verdict, Opinion::Reject);
    assert_eq!(output.reason.expect("a reason").as_str(), "NotAtThisTime");
}

#[test]
fn a_guest_sees_the_input_as_the_contract_lays_it_out() {
    let input = session();
    // (which field, its offset in `pricing-input`, its value)
    let cases = [
        ("now", 0, input.now.as_millisecond()),
        ("session.started-at", 24, input.session.started_at.as_millisecond()),
        ("session.energy-wh", 48, input.session.energy.mwh()),
        ("session.duration-s", 64, input.session.duration_s),
    ];
    for (field, offset, value) in cases {
        let body = format!("(i64.store offset=80 (global.get $line) (i64.load offset={offset} (local.get $input)))");
        let output = price(guest::pricing(&body)).expect(field);
        assert_eq!(output.lines[0].amount, Decimal::new(value, 2), "{field}");
    }
}

#[test]
fn a_decimal_may_have_any_scale_up_to_28() {
    for (coefficient, scale, expect) in
        [("5390000", 6, "5.39"), ("-1", 0, "-1"), ("0", 28, "0"), ("1", 28, "0.0000000000000000000000000001")]
    {
        let body = format!(
            "(i64.store offset=80 (global.get $line) (i64.const {coefficient}))
             (i32.store8 offset=88 (global.get $line) (i32.const {scale}))"
        );
        let output = price(guest::pricing(&body)).expect("an answer");
        assert_eq!(output.lines[0].amount.normalize().to_string(), expect, "{coefficient} / 10^{scale}");
    }
}

#[test]
fn the_log_is_there_for_those_who_ask_and_never_fails() {
    let talkative = "
        (loop
            (call $log (i32.const 2) (i32.const 16) (i32.const 6))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $i) (i32.const 1000))))";
    let mut source = source(guest::logging(talkative), &[Hook::Pricing]);
    source.manifest.capabilities.insert("log".to_owned(), "says what it does".to_owned());
    let unit = compile(&source);
    assert!(unit.price(&session(), &budget()).result.is_ok());
}

#[test]
fn a_call_sees_nothing_of_the_one_before() {
    // Answers a price of one more than the memory says, and keeps it there.
    let counting = "
        (i64.store (i32.const 4096) (i64.add (i64.load (i32.const 4096)) (i64.const 1)))
        (i64.store offset=80 (global.get $line) (i64.load (i32.const 4096)))";
    let unit = compile_pricing(guest::pricing(counting));
    for _ in 0..10 {
        let output = unit.price(&session(), &budget()).result.expect("an answer");
        assert_eq!(output.lines[0].amount, Decimal::new(1, 2));
    }
}

#[test]
fn a_hook_that_the_component_lacks_is_not_loaded() {
    let unit = compile_pricing(guest::pricing(""));
    assert_eq!(unit.hooks(), [Hook::Pricing]);
    let fault = unit.authorize(&request(), &budget()).result.expect_err("there is no such hook");
    assert_eq!(fault.class, FaultClass::NotLoaded);
}

#[test]
fn a_parameter_that_cannot_have_its_declared_type_is_the_hosts_fault() {
    let cases = [
        (ParameterKind::Decimal, json!("0.49"), true),
        (ParameterKind::Decimal, json!(3), true),
        (ParameterKind::Decimal, json!("much"), false),
        (ParameterKind::Time, json!("07:30"), true),
        (ParameterKind::Time, json!("25:00"), false),
        (ParameterKind::List, json!(["a", "b"]), true),
        (ParameterKind::Text, json!({}), false),
    ];
    for (kind, value, good) in cases {
        let mut source = source(guest::pricing(""), &[Hook::Pricing]);
        let parameter =
            Parameter { kind, default: None, description: String::new(), min: None, max: None, secret: false };
        source.manifest.parameters.insert("p".to_owned(), parameter);
        let mut session = session();
        session.parameters = serde_json::from_value(json!({"p": value})).unwrap();
        let result = compile(&source).price(&session, &budget()).result;
        let class = result.err().map(|fault| fault.class);
        assert_eq!(class, (!good).then_some(FaultClass::HostIo), "{kind:?} {value}");
    }
}
