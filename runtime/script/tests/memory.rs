//! Bombs, measured: this process may not grow by more than a call's memory, whatever a script does.

#![cfg(target_os = "linux")]

#[path = "it/harness.rs"]
#[expect(dead_code, reason = "only a part of the harness is needed")]
mod harness;

use harness::{budget, compile, session, source};

const BUDGET: usize = 32 << 20;

/// As many heavy values as the limits allow: nested maps and lists, in every variable of every frame, in loops and
/// in arguments that wait for their call.
fn heaviest() -> String {
    let fill = "let v0 = []; for i in 0..63 { v0.push(#{ a: [i] }); }";
    let copies: String = (1..20).map(|at| format!("let v{at} = v0; ")).collect();
    let waiting = "v0, ".repeat(12);
    let parameters: String = (0..12).map(|at| format!("p{at}, ")).collect();
    format!(
        "fn hold({parameters}n) {{ n }}
         fn deep(n) {{ {fill} {copies} for a in v1 {{ for b in v2 {{ for c in v3 {{ return hold({waiting}deep(n + 1)); }} }} }} }}
         fn price(session) {{ deep(1) }}"
    )
}

#[test]
fn no_bomb_takes_more_than_its_budget() {
    // What any first call takes is not the bomb's.
    let _ = compile(&source("fn price(session) { bill(\"EUR\", []) }")).price(&session(), &budget());
    for body in [
        "let s = \"x\"; loop { s += s; }",
        "let s = \"x\"; loop { s = `${s}${s}`; }",
        "let a = []; loop { a.push([1]); }",
        "let a = [1]; loop { a = [a, a]; }",
        "let m = #{}; let i = 0; loop { i += 1; m.set(`k${i}`, #{ a: m }); }",
        "let a = []; for i in 0..150 { a.push(`${i} is a number and more than a short text`); } let b = [a, a, a]; loop { b.push(b); }",
    ] {
        explode(&format!("fn price(session) {{ {body} }}"));
    }
    explode(&heaviest());
}

fn explode(text: &str) {
    let unit = compile(&source(text));
    let before = peak();
    let fault = unit.price(&session(), &budget()).result.expect_err(text);
    let grown = peak() - before;
    assert!(grown <= BUDGET, "{grown} bytes until {fault}: {text}");
}

/// The most memory this process ever had in use.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("the kernel counts");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("a number of KiB") * 1024
}
