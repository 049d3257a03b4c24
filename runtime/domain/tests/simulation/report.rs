//! How the visits came out, for each kind of fault.

use std::collections::BTreeMap;
use std::fmt;

use amprule_domain::Mark;

use crate::checks::tolerance_mwh;
use crate::day::Outcome;
use crate::plan::Plan;

/// Registers are whole watt-hours.
const EXACT_MWH: i64 = 2_000;

#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: BTreeMap<String, Row>,
    /// Days on which something was billed that nobody has to look at, and less than has flowed.
    pub losses: u64,
}

#[derive(Debug, Default, Clone)]
struct Row {
    exact: u32,
    within: u32,
    marked: u32,
    open: u32,
    doubts: BTreeMap<String, u32>,
}

impl Report {
    /// Days with one fault stand for it.
    pub(crate) fn add(&mut self, plan: &Plan, outcomes: &[Outcome]) {
        let name = match &plan.faults[..] {
            [] => " none".to_owned(),
            [fault] => format!("{fault:?} {:?}", plan.naming()),
            _ => "several".to_owned(),
        };
        let row = self.rows.entry(name).or_default();
        outcomes.iter().filter(|outcome| outcome.sessions > 0).for_each(|outcome| row.add(outcome));
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.losses += other.losses;
        for (name, row) in other.rows {
            let known = self.rows.entry(name).or_default();
            known.exact += row.exact;
            known.within += row.within;
            known.marked += row.marked;
            known.open += row.open;
            for (mark, count) in row.doubts {
                *known.doubts.entry(mark).or_default() += count;
            }
        }
    }

    /// Of the visits without any fault, how many a person has to look at, per thousand.
    pub(crate) fn marked_without_fault(&self) -> u32 {
        let row = self.rows.get(" none").cloned().unwrap_or_default();
        row.marked * 1000 / (row.exact + row.within + row.marked + row.open).max(1)
    }
}

impl Row {
    fn add(&mut self, outcome: &Outcome) {
        let off = (outcome.billed_mwh - outcome.flowed_mwh).abs();
        match () {
            () if outcome.needs_review() => self.marked += 1,
            () if !outcome.is_over => self.open += 1,
            () if off <= EXACT_MWH => self.exact += 1,
            () if off <= tolerance_mwh(outcome.flowed_mwh) => self.within += 1,
            () => self.open += 1,
        }
        for mark in outcome.marks.iter().filter(|mark| mark.doubts_the_money()) {
            *self.doubts.entry(Mark::as_str(mark).to_owned()).or_default() += 1;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:28} {:>7} {:>7} {:>7} {:>7}  doubts", "faults", "exact", "within", "marked", "open")?;
        for (name, Row { exact, within, marked, open, doubts }) in &self.rows {
            let doubts: Vec<_> = doubts.iter().map(|(mark, count)| format!("{mark} {count}")).collect();
            writeln!(f, "{name:28} {exact:7} {within:7} {marked:7} {open:7}  {}", doubts.join(", "))?;
        }
        writeln!(f, "days with a loss that nobody sees: {}", self.losses)
    }
}
