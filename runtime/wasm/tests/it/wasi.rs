//! WASI as a policy gets it: everything in it follows from the decision, and nothing of the machine is seen.

use amprule_corpus::guest::Guest;
use amprule_domain::Decimal;
use amprule_domain::pricing::PricingInput;

use crate::harness::{budget, compile_pricing, session};

/// Answers, as the price, what a function of WASI says.
fn ask(wit: &str, needs: &str, imports: &str, body: &str, input: &PricingInput) -> Decimal {
    let body = format!(
        "(i64.store offset=80 (global.get $line) {body}) (i32.store8 offset=88 (global.get $line) (i32.const 0))"
    );
    let (wit, needs) = ([wit.to_owned()], [needs.to_owned()]);
    let component = Guest { wit: &wit, needs: &needs, imports, body: &body, ..Guest::default() }.component();
    let unit = compile_pricing(component);
    let once = unit.price(input, &budget()).result.expect("an answer").lines[0].amount;
    let again = unit.price(input, &budget()).result.expect("an answer").lines[0].amount;
    assert_eq!(once, again, "the same question in the same world");
    once
}

const DICE: [&str; 4] = [
    "package wasi:random@0.2.3; interface random { get-random-u64: func() -> u64; }",
    "wasi:random/random@0.2.3",
    r#"(import "wasi:random/random@0.2.3" "get-random-u64" (func $dice (result i64)))"#,
    "(i64.and (call $dice) (i64.const 0xffffffffff))",
];

#[test]
fn the_clocks_stand_still_at_the_decisions_time() {
    let input = session();
    let monotonic = ask(
        "package wasi:clocks@0.2.0; interface monotonic-clock { now: func() -> u64; }",
        "wasi:clocks/monotonic-clock@0.2.0",
        r#"(import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))"#,
        "(i64.add (i64.div_u (call $now) (i64.const 1000000)) (i64.sub (call $now) (call $now)))",
        &input,
    );
    assert_eq!(monotonic, Decimal::from(input.now.as_millisecond()));
    let wall = ask(
        "package wasi:clocks@0.2.12; interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }",
        "wasi:clocks/wall-clock@0.2.12",
        r#"(import "wasi:clocks/wall-clock@0.2.12" "now" (func $now (param i32)))"#,
        "(block (result i64) (call $now (i32.const 8192)) (i64.load (i32.const 8192)))",
        &input,
    );
    assert_eq!(wall, Decimal::from(input.now.as_second()));
}

#[test]
fn the_dice_fall_alike_for_the_same_decision_and_otherwise_for_another() {
    let [wit, needs, imports, body] = DICE;
    let one = ask(wit, needs, imports, body, &session());
    let mut other = session();
    other.session.id = "s-2".to_owned();
    assert_ne!(one, ask(wit, needs, imports, body, &other));
}

#[test]
fn the_environment_is_empty() {
    let variables = ask(
        "package wasi:cli@0.2.0; interface environment { get-environment: func() -> list<tuple<string, string>>; }",
        "wasi:cli/environment@0.2.0",
        r#"(import "wasi:cli/environment@0.2.0" "get-environment" (func $all (param i32)))"#,
        "(block (result i64) (i32.store (i32.const 8196) (i32.const 7)) (call $all (i32.const 8192)) (i64.load32_u (i32.const 8196)))",
        &session(),
    );
    assert_eq!(variables, Decimal::ZERO);
}

#[test]
fn there_are_no_folders() {
    let folders = ask(
        "package wasi:filesystem@0.2.0; interface types { resource descriptor; }
         interface preopens { use types.{descriptor}; get-directories: func() -> list<tuple<descriptor, string>>; }",
        "wasi:filesystem/preopens@0.2.0",
        r#"(import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $all (param i32)))"#,
        "(block (result i64) (i32.store (i32.const 8196) (i32.const 7)) (call $all (i32.const 8192)) (i64.load32_u (i32.const 8196)))",
        &session(),
    );
    assert_eq!(folders, Decimal::ZERO);
}
