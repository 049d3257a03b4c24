//! How long a call takes, held to an order of magnitude only: tests run unoptimised and beside others.

use std::time::{Duration, Instant};

use crate::harness::{budget, compile, session, source};

#[test]
fn a_tariff_over_ten_periods_takes_microseconds() {
    let text = "
        fn price(session) {
            let peak = 0;
            let off_peak = 0;
            let idle = 0;
            for period in session.periods {
                if is_peak(period) { peak += period.energy_kwh; } else { off_peak += period.energy_kwh; }
                if period.is_idle { idle += period.minutes; }
            }
            let lines = [];
            if peak > 0 { lines.push(line(\"peak\", \"Peak\", peak, \"kWh\", 0.59)); }
            if off_peak > 0 { lines.push(line(\"energy\", \"Energy\", off_peak, \"kWh\", 0.39)); }
            let paid = floor(idle) - 15;
            if paid > 0 { lines.push(line(\"idle\", \"Idle\", paid, \"min\", 0.1)); }
            let sum = total(lines, \"EUR\");
            if sum > 30 { lines.push(line(\"cap\", \"Cap\", 30 - sum)); }
            bill(\"EUR\", lines)
        }
        fn is_peak(period) { !period.is_weekend && period.is_between(7 * 60, 20 * 60) }";
    let unit = compile(&source(text));
    let mut input = session();
    let periods = input.periods.clone();
    input.periods = periods.iter().cycle().take(10).cloned().collect();
    let budget = budget();
    let timed = || {
        let started = Instant::now();
        unit.price(&input, &budget).result.expect("a price");
        started.elapsed()
    };
    let best = (0..2000).map(|_| timed()).min().expect("two thousand calls");
    assert!(best < Duration::from_millis(2), "{best:?}");
}
