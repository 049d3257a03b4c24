//! Scripts that misbehave end within their limits, with the class that says why.

use std::thread;
use std::time::{Duration, Instant};

use amprule_domain::decision::FaultClass;
use amprule_hooks::{Budget, Compiler as _, Deadline, HostLimits};
use amprule_script::ScriptCompiler;

use crate::harness::{answer, budget, compile, price, refuse, session, source};

fn check(body: &str, expect: FaultClass) {
    let started = Instant::now();
    let fault = price(&format!("fn price(session) {{ {body} }}")).expect_err(body);
    assert_eq!(fault.class, expect, "{body}: {fault}");
    assert!(started.elapsed() < Duration::from_secs(10), "{body} took {:?}", started.elapsed());
}

#[test]
fn an_endless_loop_ends_with_its_operations() {
    check("loop { }", FaultClass::Fuel);
    check("let i = 0; while true { i += 1; }", FaultClass::Fuel);
    check("let n = 0; for i in 0..9223372036854775807 { n = i; }", FaultClass::Fuel);
    check("let i = 0; while i < 1 { }", FaultClass::Fuel);
    check("do { } while true", FaultClass::Fuel);
    check("loop { try { loop { } } catch { } }", FaultClass::Fuel);
}

#[test]
fn an_endless_loop_ends_with_its_time() {
    let budget =
        Budget { fuel: u64::MAX, memory: 32 << 20, deadline: Deadline::after(Duration::from_millis(50)), tables: None };
    let started = Instant::now();
    let fault = answer("fn price(session) { loop { } }", &budget).result.unwrap_err();
    assert_eq!(fault.class, FaultClass::Wall, "{fault}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[test]
fn a_bomb_of_any_kind_ends_with_its_memory() {
    check("let s = \"x\"; loop { s += s; }", FaultClass::Memory);
    check("let s = \"x\"; loop { s = `${s}${s}`; }", FaultClass::Memory);
    check("let a = []; loop { a.push(1); }", FaultClass::Memory);
    check("let a = [1]; loop { a.push(a); }", FaultClass::Memory);
    check("let a = [1]; loop { a = [a, a]; }", FaultClass::Memory);
    check("let m = #{}; let i = 0; loop { i += 1; m.set(`k${i}`, m); }", FaultClass::Memory);
    check("let l = []; loop { l = [line(\"a\", \"A\", 1)]; }", FaultClass::Memory);
    let variables: String = (0..40).map(|at| format!("let v{at} = {at}; ")).collect();
    check(&format!("{variables} v0"), FaultClass::Memory);
}

#[test]
fn deep_recursion_ends_before_the_stack_of_a_small_thread() {
    // As deep in expressions and blocks as the limits allow, at every level of the calls.
    let deep = format!("{}f(n + 1){}", "(1 + ".repeat(12), ")".repeat(12));
    let text = format!("fn f(n) {{ if n > 0 {{ for i in 0..1 {{ return {deep}; }} }} }}\nfn price(session) {{ f(1) }}");
    let unit = compile(&source(&text));
    let small = thread::Builder::new().stack_size(2 << 20).spawn(move || unit.price(&session(), &budget()).result);
    let fault = small.unwrap().join().expect("the thread survives").unwrap_err();
    assert_eq!(fault.class, FaultClass::Trap, "{fault}");
}

#[test]
fn deep_nesting_is_refused_before_it_runs() {
    for text in [
        format!("fn price(session) {{ {}1{} }}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("fn price(session) {{ {}1{} }}", "[".repeat(5_000), "]".repeat(5_000)),
        format!("fn price(session) {{ {} }}", "if true { ".repeat(5_000)),
        format!("fn price(session) {{ let x = {}1; }}", "-".repeat(20_000)),
        format!("fn price(session) {{ let x = {}1; }}", "1 + ".repeat(10_000)),
        format!("fn price(session) {{ {} {{ }} }}", "if true { } else ".repeat(3_000)),
        format!("fn price(session) {{ session{} }}", ".id".repeat(15_000)),
    ] {
        let small = thread::Builder::new().stack_size(2 << 20).spawn(move || refuse(&source(&text)));
        assert!(!small.unwrap().join().expect("the thread survives").is_empty());
    }
}

#[test]
fn a_script_that_is_too_large_is_refused() {
    let found = refuse(&source(&format!("fn price(session) {{ }} // {}", "x".repeat(70_000))));
    assert_eq!(found[0].code, "limit");
    let file = |at: usize| (format!("part{at}.rhai"), format!("fn f{at}() {{ }} // {}", "x".repeat(60_000)));
    let files: Vec<(String, String)> = (0..5).map(file).collect();
    let imports: String = (0..5).map(|at| format!("import \"part{at}\" as part{at};\n")).collect();
    let mut large = source(&format!("{imports}fn price(session) {{ }}"));
    large.files.extend(files.into_iter().map(|(name, text)| (name, text.into_bytes())));
    let found = refuse(&large);
    assert!(found[0].code == "limit" && found[0].message.contains("262144 bytes"), "{}", found[0]);
    let functions: String = (0..200).map(|at| format!("fn f{at}() {{ }}\n")).collect();
    assert_eq!(refuse(&source(&functions))[0].code, "limit");
}

/// What is found is bounded over all files of a unit, and finding it takes no more than the time to read them.
#[test]
fn no_more_is_told_of_a_unit_than_anybody_reads() {
    let mistakes = "session.no_field; ".repeat(900);
    let file = |at: usize| (format!("part{at}.rhai"), format!("fn f{at}(session) {{ {mistakes} }}").into_bytes());
    let imports: String = (0..10).map(|at| format!("import \"part{at}\" as part{at};\n")).collect();
    let mut many = source(&format!("{imports}fn price(session) {{ }}"));
    many.files.extend((0..10).map(file));
    let found = refuse(&many);
    assert_eq!(found.len(), 21, "{found:?}");
    assert!(found[20].message.contains("more is wrong"), "{}", found[20]);

    let unread: String = (0..3_000).map(|at| format!("{{ let v{at} = 1; }} ")).collect();
    let unit = compile(&source(&format!("fn f() {{ {unread} }}\nfn price(session) {{ bill(\"EUR\", []) }}")));
    assert_eq!(unit.warnings().len(), 20);
}

#[test]
fn a_constant_is_computed_within_limits() {
    let found = refuse(&source("const X = { let s = \"x\"; loop { s += s; } };\nfn price(session) { }"));
    assert!(!found.is_empty());
}

#[test]
fn what_a_script_throws_is_its_own_error() {
    check("throw \"no tariff for this site\";", FaultClass::GuestError);
    check("throw #{ code: 1 };", FaultClass::GuestError);
    check("1 / 0", FaultClass::GuestError);
    check("session.energy_kwh * 79228162514264337593543950335.0", FaultClass::GuestError);
    check("[1][5]", FaultClass::GuestError);
}

#[test]
fn a_huge_result_is_refused() {
    check("#{ currency: \"EUR\", lines: [], a: [1,2,3] }", FaultClass::InvalidOutput);
    check("let l = []; for i in 0..100 { l.push(line(\"a\", \"A\", 1)); } bill(\"EUR\", l)", FaultClass::InvalidOutput);
    check("line(\"a\", \"x\" + session.params, 1)", FaultClass::GuestError);
}

#[test]
fn talking_is_bounded_and_harmless() {
    let output =
        price("fn price(session) { for i in 0..1000 { print(`line ${i}`); debug(session.id); } bill(\"EUR\", []) }");
    assert!(output.is_ok(), "{output:?}");
}

#[test]
fn used_operations_are_reported() {
    let answer = answer("fn price(session) { let n = 0; for i in 0..1000 { n += i; } bill(\"EUR\", []) }", &budget());
    assert!((1000..20_000).contains(&answer.used.fuel), "{:?}", answer.used);
}

/// The loop reads a thousand times what the list before it weighs.
#[test]
fn used_memory_is_estimated_from_what_the_variables_weigh() {
    let used = |body: &str| answer(&format!("fn price(session) {{ {body} bill(\"EUR\", []) }}"), &budget()).used.memory;
    let list = "let l = []; for i in 0..150 { l.push(`a text of some thirty bytes ${i}`); }";
    let (little, much) = (used("let n = 0; for i in 0..1000 { n += i; }"), used(list));
    assert!((16..2_000).contains(&little), "{little}");
    assert!((150 * 30..50_000).contains(&much), "{much}");
    let held_by_a_caller =
        used(&format!("{list} for i in 0..9 {{ l.len(); }} let n = 0; for i in 0..50 {{ n += i; }}"));
    assert!(held_by_a_caller >= much * 9 / 10, "{held_by_a_caller}, and {much} before");
}

#[test]
fn a_value_may_be_as_large_as_the_granted_memory_allows() {
    let list = |count: u32| {
        format!("fn price(session) {{ let l = []; for i in 0..{count} {{ l.push(i); }} bill(\"EUR\", []) }}")
    };
    let granting = |mib: usize, asked: Option<u64>| {
        let compiler = ScriptCompiler { limits: HostLimits { memory: mib << 20, ..HostLimits::default() } };
        let runs = |count: u32| {
            let mut source = source(&list(count));
            source.manifest.limits.memory_mib = asked;
            let unit = compiler.compile(&source).unwrap_or_else(|found| panic!("{found:?}"));
            unit.price(&session(), &budget()).result.is_ok()
        };
        [60, 180, 350].into_iter().filter(|count| runs(*count)).count()
    };
    assert_eq!(granting(32, None), 2, "60 and 180 elements in 32 MiB");
    assert_eq!(granting(64, None), 3, "a host that grants more");
    assert_eq!(granting(16, None), 1, "a host that grants less");
    assert_eq!(granting(64, Some(16)), 1, "a unit that asks for less");
    assert_eq!(granting(16, Some(64)), 1, "a unit that asks for more");
}
