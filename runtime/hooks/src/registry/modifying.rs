//! Asking the modifiers: each in its order, about the price with the lines of those before it. One that fails is left
//! out, and the price says so.

use std::sync::Arc;

use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::pricing::{Parameters, PinnedUnit, Price};

use super::pricing::{Facts, Lines, Pricing};
use super::wanted::Wanted;
use crate::version::Version;

impl Lines for ModifierOutput {
    fn lines(&self) -> usize {
        self.lines.len()
    }
}

impl Pricing<'_> {
    pub(super) async fn modified(&mut self, mut price: Price, modifiers: &[PinnedUnit]) -> Price {
        for modifier in modifiers {
            price = self.with_modifier(price, Wanted::modifier(modifier)).await;
        }
        price
    }

    async fn with_modifier(&mut self, price: Price, wanted: Wanted<'_>) -> Price {
        let failed = self.decisions.len();
        let version = self.registry.version_of(&self.generation, wanted, self.patience).await;
        let hash = match &version {
            Ok(version) => match self.modify(version, &price, false).await {
                Some(modified) => return modified,
                None => version.hash.as_str(),
            },
            Err(absent) => {
                self.write_missing(wanted, *absent, |input| ModifierInput::of(input, &price, Parameters::default()));
                wanted.hash
            }
        };
        let failed = (self.decisions.len() > failed).then_some(failed);
        let (word, price) = self.without(price, wanted, hash).await;
        if let Some(failed) = failed {
            self.decisions[failed].fallback = Some(word.to_owned());
        }
        price
    }

    /// The last known good version of the modifier stands in, or the price stays as it is.
    async fn without(&mut self, mut price: Price, wanted: Wanted<'_>, hash: &str) -> (&'static str, Price) {
        let generation = Arc::clone(&self.generation);
        for version in generation.stand_ins(wanted.unit, hash, wanted.hook) {
            if let Some(modified) = self.modify(version, &price, true).await {
                return ("last-known-good", modified);
            }
        }
        price.left_out.push(wanted.unit.to_owned());
        ("left-out", price)
    }

    async fn modify(&mut self, version: &Version, price: &Price, fallback: bool) -> Option<Price> {
        let Facts { input, is_estimate } = self.facts_for(version);
        let question = Arc::new(ModifierInput::of(&input, price, version.parameters.clone()));
        let by = version.priced_by(fallback || is_estimate);
        let billed = self.bill(version, &question, |returned| returned.apply(&input, price, Arc::clone(&by))).await?;
        self.tell_estimate(version, &billed, is_estimate);
        if billed.is_written && !fallback {
            self.registry.shadow_answer(version, &question, &billed.price, String::new);
        }
        let mut modified = billed.price;
        if by.fallback && !modified.modified_by.contains(&by) {
            // It added no line, but the price must say that a stand-in was asked and not the pinned version, or about an estimate.
            modified.modified_by.push(by);
        }
        Some(modified)
    }
}
