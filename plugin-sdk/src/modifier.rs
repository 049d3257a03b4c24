//! What nearly every modifier needs of the bill so far, and its answers.

use crate::{Decimal, ModifierInput, ModifierOutput, PricingLine};

impl ModifierInput {
    /// What the bill so far adds up to.
    pub fn total(&self) -> Decimal {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// So many percent of the bill so far, exactly.
    pub fn percent(&self, percent: Decimal) -> Decimal {
        self.total() * percent * Decimal::new(1, 2)
    }
}

impl ModifierOutput {
    /// These lines come behind those so far.
    pub fn new(lines: impl Into<Vec<PricingLine>>) -> Self {
        Self { lines: lines.into(), next_change_at: None }
    }

    /// The bill stays as it is.
    pub fn nothing() -> Self {
        Self::new([])
    }
}
