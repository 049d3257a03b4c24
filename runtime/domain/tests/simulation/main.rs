//! Station-days that are drawn: what really flowed on one side, the books on the other, and everything that goes wrong
//! in between.
//!
//! ```text
//! cargo test -p amprule-domain --test simulation
//! SIMULATION_SEED=7 SIMULATION_DAYS=100000 cargo test --release -p amprule-domain --test simulation -- --nocapture
//! ```
//!
//! Drivers charge by a true clock ([`truth`]). A station tells of it ([`station`]) with a clock and meters that may be
//! wrong ([`instruments`]), over a wire that loses, repeats and reorders ([`wire`]), to a server that may end at any
//! time ([`server`]). [`checks`] holds the books against the truth. Everything follows from the seed; a day that fails
//! is made as small as it can be and printed: its faults, its visits, its messages.
//!
//! `SIMULATION_DAY=…` runs the one day with this seed of its own, as a failure prints it; with `SIMULATION_ALL=1` a
//! failure is one line and the others are run too.

#![expect(clippy::print_stdout, reason = "the report is for people to read")]

mod checks;
mod day;
mod dice;
mod fault;
mod instruments;
mod plan;
mod report;
mod server;
mod shrink;
mod station;
mod truth;
mod wire;

use crate::dice::Dice;
use crate::plan::Plan;
use crate::report::Report;

const SEED: u64 = 1;
const DAYS: u64 = 500;
/// Days on which less is billed than has flowed, and nobody has to look: several faults may hide each other. More is
/// never billed.
const LOSSES_ONE_IN: u64 = 4_000;
/// Visits without any fault that a person has to look at, per thousand.
const MARKED_MAX: u32 = 20;

#[test]
fn every_station_day_is_billed_for_what_flowed_or_is_marked() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("SIMULATION_DAY") {
        return shrink::report(shrink::run(&Plan::draw(seed)).err().as_ref());
    }
    let seed = number("SIMULATION_SEED").unwrap_or(SEED);
    let days = number("SIMULATION_DAYS").unwrap_or(DAYS);
    let mut dice = Dice::new(seed, "days");
    let seeds: Vec<u64> = (0..days).map(|_| dice.next() >> 16).collect();
    let report = all(&seeds);
    println!("{report}");
    let marked = report.marked_without_fault();
    let most = days / LOSSES_ONE_IN + 1;
    assert!(report.losses <= most, "{} days with a loss that nobody sees, and {most} may be", report.losses);
    assert!(marked <= MARKED_MAX, "{marked} of 1,000 visits without any fault need review");
}

/// On two threads: a day knows nothing of another.
fn all(seeds: &[u64]) -> Report {
    let (first, second) = seeds.split_at(seeds.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| some(second));
        let mut report = some(first);
        report.join(other.join().expect("the other half"));
        report
    })
}

fn some(seeds: &[u64]) -> Report {
    let goes_on = std::env::var_os("SIMULATION_ALL").is_some();
    let mut report = Report::default();
    for seed in seeds {
        let plan = Plan::draw(*seed);
        match shrink::run(&plan) {
            Ok(outcomes) => report.add(&plan, &outcomes),
            Err(failure) if failure.is_rare_loss() && !goes_on => report.losses += 1,
            Err(failure) if goes_on => println!("{}", shrink::smallest(&failure).unwrap_or(failure)),
            Err(failure) => shrink::report(Some(&failure)),
        }
    }
    report
}
