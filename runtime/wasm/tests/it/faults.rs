//! Hostile guests: each ends within its budget, with the fault that says why, and harms nobody.

use std::time::{Duration, Instant};

use amprule_domain::decision::{Fault, FaultClass};
use amprule_hooks::{Budget, Deadline};

use crate::harness::{ask, budget, compile_pricing, price, session};
use amprule_corpus::guest;

fn check(body: &str, class: FaultClass, says: &str) {
    let fault = price(guest::pricing(body)).expect_err(body);
    assert_eq!(fault.class, class, "{body}: {fault}");
    assert!(fault.message.contains(says), "{body}: {fault}");
}

const GROW: &str = "(memory.grow (i32.const 16))";

#[test]
fn a_hostile_guest_gets_the_fault_that_says_why() {
    let bomb = format!("(loop (br_if 0 (i32.ne {GROW} (i32.const -1)))) unreachable");
    let cases = [
        ("(loop (br 0))", FaultClass::Fuel, "used up its fuel"),
        (bomb.as_str(), FaultClass::Memory, "more memory than its limit"),
        ("(drop (call $deep (i64.const 1)))", FaultClass::Trap, "stack"),
        ("unreachable", FaultClass::Trap, "unreachable"),
        ("(drop (i32.load (i32.const -1)))", FaultClass::Trap, "out of bounds"),
        ("(drop (i32.div_s (i32.const 1) (i32.const 0)))", FaultClass::Trap, "divide by zero"),
    ];
    for (body, class, says) in cases {
        check(body, class, says);
    }
}

#[test]
fn an_endless_loop_with_fuel_for_ever_meets_the_wall() {
    let unit = compile_pricing(guest::pricing("(loop (br 0))"));
    let start = Instant::now();
    let budget = Budget { fuel: u64::MAX, deadline: Deadline::after(Duration::from_millis(50)), ..budget() };
    let fault = unit.price(&session(), &budget).result.expect_err("it never ends");
    assert_eq!(fault.class, FaultClass::Wall, "{fault}");
    // 50 ms and a tick; the rest is for machines with much else to do.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_call_whose_time_has_passed_does_not_begin() {
    let answer = ask(guest::pricing(""), &Budget { deadline: Deadline::after(Duration::ZERO), ..budget() });
    assert_eq!(answer.result.expect_err("too late").class, FaultClass::Wall);
    assert_eq!(answer.used.fuel, 0);
}

#[test]
fn a_guest_that_bears_refused_memory_may_go_on() {
    let answer = ask(guest::pricing("(drop (memory.grow (i32.const 60000)))"), &budget());
    assert!(answer.result.is_ok(), "{:?}", answer.result);
    assert_eq!(answer.used.memory, 65_536);
}

#[test]
fn a_budget_below_what_the_guest_starts_with_is_a_memory_fault() {
    let fault = ask(guest::pricing(""), &Budget { memory: 1_024, ..budget() }).result.expect_err("no room");
    assert_eq!(fault.class, FaultClass::Memory, "{fault}");
}

#[test]
fn memory_ends_at_the_hosts_limit_whatever_the_budget() {
    let body = format!("(loop (br_if 0 (i32.ne {GROW} (i32.const -1)))) unreachable");
    let answer = ask(guest::pricing(&body), &Budget { memory: usize::MAX, ..budget() });
    assert_eq!(answer.result.expect_err("it ends").class, FaultClass::Memory);
    assert!(answer.used.memory <= 64 << 20, "{}", answer.used.memory);
}

#[test]
fn after_a_fault_the_next_call_is_fresh_and_good() {
    let dirt = "(drop (memory.grow (i32.const 100)))
        (memory.fill (i32.const 4096) (i32.const 7) (i32.const 6000000))
        unreachable";
    let cases = [
        ("(loop (br 0))", FaultClass::Fuel),
        ("unreachable", FaultClass::Trap),
        ("(drop (call $deep (i64.const 1)))", FaultClass::Trap),
        (dirt, FaultClass::Trap),
    ];
    for (evil, class) in cases {
        // Never answers when it finds a trace of an earlier call, and turns evil when the session has ended.
        let body = format!(
            "(if (i32.load (i32.const 60000)) (then (loop (br 0))))
             (i32.store (i32.const 60000) (i32.const 7))
             (if (i32.eq (i32.load8_u offset=8 (local.get $input)) (i32.const 2)) (then {evil}))"
        );
        let unit = compile_pricing(guest::pricing(&body));
        for _ in 0..20 {
            let mut session = session();
            session.purpose = amprule_domain::pricing::Purpose::Final;
            let fault: Fault = unit.price(&session, &Budget { fuel: 7_000_000, ..budget() }).result.expect_err(evil);
            assert_eq!(fault.class, class, "{evil}: {fault}");
            session.purpose = amprule_domain::pricing::Purpose::Running;
            let good = unit.price(&session, &budget()).result;
            assert!(good.is_ok(), "{evil}: {good:?}");
        }
    }
}
