//! Many calls at once: as many as there are sandboxes, and a clear word to the next.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use amprule_domain::decision::{FaultClass, Hook};
use amprule_hooks::{Budget, Compiler, Deadline};
use amprule_wasm::{Settings, WasmCompiler};

use crate::harness::{budget, compile_pricing, session, source};
use amprule_corpus::guest;

const THREADS: usize = 64;

#[test]
fn many_threads_price_at_once_while_the_sandboxes_suffice() {
    let unit = compile_pricing(guest::pricing(""));
    let ready = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                ready.wait();
                for _ in 0..100 {
                    unit.price(&session(), &budget()).result.expect("there are sandboxes for all");
                }
            });
        }
    });
}

#[test]
fn one_call_more_than_there_are_sandboxes_is_told_so() {
    let settings = Settings { sandboxes: 1, ..Settings::default() };
    let host = WasmCompiler::start(&settings).expect("this machine runs components");
    assert!(host.is_pooling());
    let compile = |body| host.compile(&source(guest::pricing(body), &[Hook::Pricing])).expect("it is good");
    let (endless, quick) = (compile("(loop (br 0))"), compile(""));
    thread::scope(|scope| {
        let running = scope.spawn(|| {
            loop {
                let deadline = Deadline::after(Duration::from_secs(2));
                let budget = Budget { fuel: u64::MAX, deadline, ..budget() };
                let fault = endless.price(&session(), &budget).result.expect_err("it never ends");
                // The quick one was in the sandbox.
                if fault.class != FaultClass::HostIo {
                    return fault;
                }
            }
        });
        let fault = loop {
            match quick.price(&session(), &budget()).result {
                Err(fault) => break fault,
                Ok(_) => assert!(!running.is_finished(), "nobody was in the way"),
            }
        };
        assert_eq!(fault.class, FaultClass::HostIo, "{fault}");
        assert!(fault.message.starts_with("all sandboxes are in use"), "{fault}");
        assert_eq!(running.join().expect("no panic").class, FaultClass::Wall);
    });
    quick.price(&session(), &budget()).result.expect("the sandbox is free again");
}
