//! A drawn bill: a session, and what it costs so far.

use amprule_domain::modifier::ModifierInput;
use amprule_domain::pricing::{OutputLine, Parameters, PricingInput};
use amprule_domain::tax::Amounts;
use amprule_domain::{Currency, Decimal};

use super::Drawn;
use super::named::Named;
use super::plan::Plan;
use crate::rng::Rng;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bill {
    plan: Plan,
    /// Hundredths of each line; together never negative.
    amounts: Vec<(&'static str, i64)>,
}

impl Bill {
    /// Every eighth one is empty.
    pub(super) fn draw(rng: &mut Rng, named: &Named) -> Self {
        let plan = Plan::draw(rng, named);
        let mut amounts = Vec::new();
        if !rng.one_in(8) {
            let most = *rng.pick(&[1, 100, 5_000, 50_000]);
            amounts.push(("energy", rng.between(0, most)));
        }
        if rng.one_in(3) {
            amounts.push(("idle", rng.between(0, 2_000)));
        }
        let mut bill = Self { plan, amounts };
        if rng.one_in(4) {
            bill.amounts.push(("discount", -rng.between(0, bill.cents())));
        }
        bill
    }

    fn cents(&self) -> i64 {
        self.amounts.iter().map(|(_, amount)| amount).sum()
    }

    pub(super) fn emptied(&self) -> Self {
        Self { plan: self.plan.clone(), amounts: Vec::new() }
    }

    pub(super) fn input(&self, boundaries: &[u16], parameters: &Parameters) -> ModifierInput {
        ModifierInput {
            facts: self.plan.input(boundaries, parameters),
            currency: Currency::EUR,
            amounts: Amounts::default(),
            lines: self.amounts.iter().map(|(code, amount)| line(code, *amount)).collect(),
        }
    }
}

impl Drawn for Bill {
    fn smaller(&self) -> Vec<Self> {
        let mut found = vec![self.emptied()];
        let amounts = |amounts| Self { plan: self.plan.clone(), amounts };
        let without_discounts = self.amounts.iter().copied().filter(|(_, amount)| *amount > 0);
        found.push(amounts(without_discounts.collect()));
        for divisor in [100, 10, 2] {
            found.push(amounts(self.amounts.iter().map(|(code, amount)| (*code, amount / divisor)).collect()));
        }
        found.extend(self.plan.smaller().into_iter().map(|plan| Self { plan, amounts: self.amounts.clone() }));
        found.retain(|bill| bill != self && bill.cents() >= 0);
        found
    }
}

/// What the plainest session costs.
pub(super) fn plain(facts: PricingInput) -> ModifierInput {
    let (amounts, lines) = (Amounts::default(), vec![line("energy", 490)]);
    ModifierInput { facts, currency: Currency::EUR, amounts, lines }
}

fn line(code: &str, hundredths: i64) -> OutputLine {
    OutputLine {
        code: code.to_owned(),
        description: code.to_owned(),
        amount: Decimal::new(hundredths, 2),
        ..OutputLine::default()
    }
}
