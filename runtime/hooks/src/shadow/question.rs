//! One question that the active version has answered, asked again.

use std::sync::Arc;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::charging::cut_anew;
use amprule_domain::decision::Fault;
use amprule_domain::modifier::ModifierInput;
use amprule_domain::pricing::{Pin, Price, PricingInput};

use super::{Shadow, Tally};
use crate::comparison::{Bill, Billed};
use crate::trial;
use crate::version::Version;

pub(crate) enum Question {
    Price {
        input: Arc<PricingInput>,
        before: Price,
    },
    /// About the bill so far; `before` is the bill with the active version's lines.
    Modified {
        input: Arc<ModifierInput>,
        before: Price,
    },
    Verdict {
        input: Arc<AuthorizationInput>,
        before: AuthorizationOutput,
        decision: String,
    },
}

impl Shadow {
    /// Asks the candidate and counts. True when this is the first difference, or the first failure, that it shows.
    pub(super) fn compare(&self, of: &Arc<Pin>, question: Question) -> bool {
        let was_same = self.is_same_beside(of);
        match question {
            Question::Price { input, before } => self.price(&of.boundaries, &input, &before),
            Question::Modified { input, before } => self.modified(&input, &before),
            Question::Verdict { input, before, decision } => self.verdict(&input, &before, decision),
        }
        was_same && !self.tally.lock().comparison.is_same()
    }

    fn is_same_beside(&self, of: &Pin) -> bool {
        let mut tally = self.tally.lock();
        if tally.of.as_ref().is_none_or(|known| known.hash != of.hash) {
            *tally = Tally { of: Some(of.into()), ..Tally::default() };
        }
        tally.comparison.is_same()
    }

    fn price(&self, cut_at: &[u16], input: &PricingInput, before: &Price) {
        let approximate = cut_at != self.version.manifest.boundaries;
        let mut input = if approximate { cut_anew(input, &self.version.manifest.boundaries) } else { input.clone() };
        input.parameters = self.version.parameters.clone();
        let Version { granted, .. } = &*self.version;
        let answer = trial::price(self.version.unit(), granted, &input).result;
        self.tally.lock().approximate |= approximate;
        self.bill(input, before, answer.map(|priced| priced.price));
    }

    /// The periods stay as the bill's tariff has them cut.
    fn modified(&self, input: &ModifierInput, before: &Price) {
        let mut input = input.clone();
        input.facts.parameters = self.version.parameters.clone();
        let answer = trial::modify(self.version.unit(), &self.version.granted, &input).result;
        self.bill(input.facts, before, answer.map(|modified| modified.price));
    }

    fn bill(&self, about: PricingInput, before: &Price, after: Result<Price, Fault>) {
        let comparison = &mut self.tally.lock().comparison;
        let before = Bill::of(before);
        match after {
            Ok(after) if about.purpose.is_final() => comparison.bills(billed(about), before, Bill::of(&after)),
            Ok(after) => comparison.running(&before, &Bill::of(&after)),
            Err(fault) => comparison.fail(about.session.id, fault.to_string()),
        }
    }

    fn verdict(&self, input: &AuthorizationInput, before: &AuthorizationOutput, decision: String) {
        let mut input = input.clone();
        input.parameters = self.version.parameters.clone();
        let answer = trial::authorize(self.version.unit(), &self.version.granted, &input).result;
        let mut tally = self.tally.lock();
        match answer {
            Ok(after) => tally.comparison.verdicts(decision, before, &after),
            Err(fault) => tally.comparison.fail(decision, fault.to_string()),
        }
    }
}

fn billed(input: PricingInput) -> Billed {
    let PricingInput { session, station, .. } = input;
    Billed { session: session.id, station: station.id, started_at: session.started_at, energy: session.energy }
}
