//! One station's day: everything in it follows from its seed and its faults.

use std::fmt;

use amprule_domain::event::Naming;

use crate::dice::Dice;
use crate::fault::{self, Fault};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub seed: u64,
    pub faults: Vec<Fault>,
    /// Visits that are left out, to find the smallest day that fails.
    pub without: Vec<usize>,
}

impl Plan {
    pub(crate) fn draw(seed: u64) -> Self {
        Self { seed, faults: fault::draw(seed), without: Vec::new() }
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    pub(crate) fn naming(&self) -> Naming {
        if Dice::new(self.seed, "naming").one_in(2) { Naming::Ours } else { Naming::Theirs }
    }

    pub(crate) fn boots(&self) -> bool {
        let boots = [
            Fault::BootResumes,
            Fault::BootLoses,
            Fault::BootStops,
            Fault::ClockLost,
            Fault::RestartsAtBoot,
            Fault::NamesAgain,
            Fault::SeqRestarts,
            Fault::MessageIdsRestart,
        ];
        self.faults.iter().any(|fault| boots.contains(fault))
    }

    /// Where the register rolls over.
    pub(crate) fn largest_wh(&self) -> i64 {
        Dice::new(self.seed, "largest").of(&[100_000_000, 1_000_000_000, 1 << 31, 1 << 32])
    }

    pub(crate) fn with(&self, faults: &[Fault]) -> Self {
        let mut plan = self.clone();
        plan.faults.extend(faults);
        plan.faults.sort_unstable();
        plan.faults.dedup();
        plan
    }

    /// The same day with one thing less, in every way.
    pub(crate) fn simpler(&self, visits: usize) -> impl Iterator<Item = Self> {
        let without_fault = self.faults.iter().map(|fault| {
            let faults = self.faults.iter().copied().filter(|other| other != fault).collect();
            Self { faults, ..self.clone() }
        });
        let without_visit = (0..visits).filter(|visit| !self.without.contains(visit)).map(|visit| {
            let without = self.without.iter().copied().chain([visit]).collect();
            Self { without, ..self.clone() }
        });
        without_fault.chain(without_visit).collect::<Vec<_>>().into_iter()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, faults, without } = self;
        write!(f, "seed {seed}, {:?} numbering, faults {faults:?}", self.naming())?;
        if without.is_empty() { Ok(()) } else { write!(f, ", without the visits {without:?}") }
    }
}
