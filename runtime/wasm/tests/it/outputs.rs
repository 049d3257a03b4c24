//! What a guest returns is never trusted: each wrong value is named by its path.

use amprule_domain::decision::FaultClass;

use crate::harness::{authorize, price};
use amprule_corpus::guest;

const INVALID: FaultClass = FaultClass::InvalidOutput;

#[test]
fn a_wrong_price_is_refused_by_the_path_of_its_field() {
    // (what the guest does to an honest answer, what the fault says)
    let cases = [
        ("(i32.store (global.get $currency) (i32.const 16))", "currency: \"ene\""),
        ("(i32.store (global.get $currency_len) (i32.const 2))", "currency: \"EU\""),
        ("(i32.store (global.get $currency_len) (i32.const 0))", "currency: \"\""),
        ("(i32.store8 offset=88 (global.get $line) (i32.const 29))", "lines[0].amount: a scale of 29"),
        ("(i32.store8 offset=88 (global.get $line) (i32.const 255))", "lines[0].amount: a scale of 255"),
        (
            "(i32.store8 offset=16 (global.get $line) (i32.const 1)) (i32.store8 offset=32 (global.get $line) (i32.const 40))",
            "lines[0].quantity: a scale of 40",
        ),
        (
            "(i32.store8 offset=56 (global.get $line) (i32.const 1)) (i32.store8 offset=72 (global.get $line) (i32.const 40))",
            "lines[0].unitPrice: a scale of 40",
        ),
        (
            "(i32.store8 (global.get $next_change_at) (i32.const 1))
             (i64.store offset=8 (global.get $next_change_at) (i64.const 0x7fffffffffffffff))",
            "nextChangeAt: 9223372036854775807 ms is no time",
        ),
        ("(i32.store (global.get $lines_len) (i32.const 65))", "lines: 65 lines; at most 64"),
    ];
    for (body, says) in cases {
        let fault = price(guest::pricing(body)).expect_err(body);
        assert_eq!(fault.class, INVALID, "{body}: {fault}");
        assert!(fault.message.contains(says), "{body}: {fault}");
    }
}

#[test]
fn a_wrong_verdict_is_refused_by_the_path_of_its_field() {
    let reason = "(i32.store8 (global.get $reason) (i32.const 1))";
    let energy = "(i32.store8 (global.get $max_energy) (i32.const 1))";
    let cases = [
        (
            format!(
                "{reason} (i32.store offset=4 (global.get $reason) (i32.const 16)) (i32.store offset=8 (global.get $reason) (i32.const 12))"
            ),
            "reason: \"NotAtThisTme\" is no status of OCPP; did you mean NotAtThisTime?",
        ),
        (
            format!("{energy} (i64.store offset=8 (global.get $max_energy) (i64.const 0x7fffffffffffffff))"),
            "limits.maxEnergyWh: too large",
        ),
        (
            format!("{energy} (i32.store8 offset=16 (global.get $max_energy) (i32.const 99))"),
            "limits.maxEnergyWh: a scale of 99",
        ),
    ];
    for (body, says) in cases {
        let fault = authorize(guest::authorization(&body)).expect_err(&body);
        assert_eq!(fault.class, INVALID, "{body}: {fault}");
        assert!(fault.message.contains(says), "{body}: {fault}");
    }
}

#[test]
fn an_answer_that_breaks_the_abi_is_refused() {
    let cases = [
        ("a case that does not exist", "(i32.store8 (global.get $answer) (i32.const 7))"),
        ("an option that is neither", "(i32.store8 (global.get $next_change_at) (i32.const 9))"),
        ("a text outside the memory", "(i32.store (global.get $currency) (i32.const -8))"),
        ("a text that is no UTF-8", "(i32.store8 (i32.const 0) (i32.const 255))"),
        ("a list outside the memory", "(i32.store (global.get $lines_ptr) (i32.const -8))"),
        ("a list that is not aligned", "(i32.store (global.get $lines_ptr) (i32.const 2049))"),
        ("a list longer than the memory", "(i32.store (global.get $lines_len) (i32.const 0x7fffffff))"),
        ("a text longer than the memory", "(i32.store (global.get $currency_len) (i32.const 0x7fffffff))"),
        ("an answer outside the memory", "(return (i32.const -16))"),
        ("an answer that is not aligned", "(return (i32.const 1025))"),
    ];
    for (what, body) in cases {
        let fault = price(guest::pricing(body)).expect_err(what);
        assert_eq!(fault.class, INVALID, "{what}: {fault}");
        assert!(fault.message.starts_with("what the plugin handed over cannot be read: "), "{what}: {fault}");
    }
}

#[test]
fn the_host_copies_only_so_much_of_a_huge_answer() {
    let grow = "(drop (memory.grow (i32.const 400)))";
    let long = "(i32.store (global.get $lines_ptr) (i32.const 65536))
        (i32.store (global.get $lines_len) (i32.const 200000))";
    let text = "(i32.store (global.get $currency) (i32.const 65536))
        (i32.store (global.get $currency_len) (i32.const 20000000))";
    // 64 lines that all have the same text of 60,000 bytes.
    let shared = "(i32.store (global.get $lines_len) (i32.const 64))
        (loop
            (i32.store offset=2048 (i32.mul (local.get $i) (i32.const 104)) (i32.const 65536))
            (i32.store offset=2052 (i32.mul (local.get $i) (i32.const 104)) (i32.const 60000))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $i) (i32.const 64))))";
    for (what, body) in [("a list", long), ("a text", text), ("a shared text", shared)] {
        let fault = price(guest::pricing(&format!("{grow} {body}"))).expect_err(what);
        assert_eq!(fault.class, INVALID, "{what}: {fault}");
    }
}

#[test]
fn a_guests_own_error_is_cut_and_made_printable() {
    let error = |len: usize| {
        format!(
            "(drop (memory.grow (i32.const 2)))
             (memory.fill (i32.const 65536) (i32.const 65) (i32.const 100000))
             (i32.store8 (i32.const 65537) (i32.const 10))
             (i32.store8 (global.get $answer) (i32.const 1))
             (i32.store8 (global.get $currency) (i32.const 2))
             (i32.store offset=4 (global.get $currency) (i32.const 65536))
             (i32.store offset=8 (global.get $currency) (i32.const {len}))"
        )
    };
    let fault = price(guest::pricing(&error(3))).expect_err("it says so");
    assert_eq!((fault.class, fault.message.as_str()), (FaultClass::GuestError, "A\u{fffd}A"));
    let fault = price(guest::pricing(&error(100_000))).expect_err("it says so");
    assert_eq!(fault.class, FaultClass::GuestError);
    assert!(fault.message.len() <= 1_030, "{}", fault.message.len());
}
