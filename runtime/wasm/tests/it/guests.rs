//! The same tariff in several languages gives the same bills, and the same bits each time.
//!
//! `cargo xtask guests` builds them below target/guests. Those that bring an engine along compile for minutes, so they
//! are tested with RUN_SLOW=1 only, and then have to be there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use amprule_hooks::{CallLimits, cases};
use serde_json::to_vec;

use crate::harness::{budget, compile, printed, session};
use crate::shipped::read;

const GRANTED: CallLimits = CallLimits { fuel: 20_000_000, wall: Duration::from_secs(20), memory: 32 << 20 };
const SMALL: [&str; 2] = ["rust", "c"];
const ALL: [&str; 4] = ["rust", "c", "js", "python"];

#[test]
fn the_same_tariff_in_every_language_gives_the_same_bills_and_bits() {
    let mut bills: Vec<(&str, Vec<u8>)> = Vec::new();
    let slow = std::env::var_os("RUN_SLOW").is_some();
    for &language in if slow { &ALL[..] } else { &SMALL[..] } {
        let folder = built().join(language);
        if !folder.join("plugin.wasm").exists() {
            assert!(!slow, "`cargo xtask guests --install` builds {language}");
            continue;
        }
        let source = read(&folder);
        let unit = compile(&source);
        let outcome = cases::run(&source, &*unit, &GRANTED);
        assert!(outcome.failed.is_empty(), "{language}: {}", printed(&outcome.failed));
        let mut input = session();
        input.parameters = source.parameters.clone().into();
        for _ in 0..2 {
            let output = unit.price(&input, &budget()).result.unwrap_or_else(|fault| panic!("{language}: {fault}"));
            bills.push((language, to_vec(&output).expect("plain data")));
        }
    }
    for (language, bill) in &bills {
        assert_eq!(String::from_utf8_lossy(bill), String::from_utf8_lossy(&bills[0].1), "{language}");
    }
}

fn built() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")).join("guests")
}
