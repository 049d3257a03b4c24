//! The modifier hook's contract: what comes on top of a session's price, or off it?
//!
//! A modifier sees all that a tariff may know and the bill as it stands, and answers with further lines. It never
//! changes the lines before its own, so a bill shows what each unit did.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pricing::{OutputLine, Parameters, Price, PricedBy, PricingInput, PricingOutput};
use crate::tax::Amounts;
use crate::{Currency, line};

/// Everything a modifier may know. It is a pure function of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModifierInput {
    /// What the tariff was told, but with the modifier's own parameters. In JSON these are members beside the others.
    #[serde(flatten)]
    pub facts: PricingInput,
    pub currency: Currency,
    /// Of the bill so far, and of the lines to add.
    #[serde(default)]
    pub amounts: Amounts,
    /// The bill so far, without what is paid for energy that was given back: that is nobody's to modify, so their sum is never below
    /// zero. Amounts stand as they are billed: rounded.
    pub lines: Vec<OutputLine>,
}

/// What a modifier returns. Nothing in it is trusted before it is validated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModifierOutput {
    /// Stand behind the lines so far, unrounded: positive for a surcharge, negative for a discount.
    pub lines: Vec<OutputLine>,
    /// When these lines change even if nothing else happens.
    #[serde(default)]
    pub next_change_at: Option<Timestamp>,
}

impl ModifierInput {
    /// The question about a price that stands.
    pub fn of(facts: &PricingInput, price: &Price, parameters: Parameters) -> Self {
        Self {
            facts: PricingInput { parameters, ..facts.clone() },
            currency: price.currency,
            amounts: price.amounts,
            lines: price.lines.iter().filter(|line| !line.is_credit()).map(OutputLine::from).collect(),
        }
    }

    /// The price that this question is about. An error: no bill can have these lines.
    pub fn price(&self, priced_by: Arc<PricedBy>) -> Result<Price, String> {
        let Self { facts, currency, amounts, lines } = self;
        let (currency, amounts, lines) = (*currency, *amounts, lines.clone());
        PricingOutput { currency, amounts, lines, next_change_at: None }.into_price(facts, priced_by)
    }
}

impl ModifierOutput {
    /// The bill stays as it is.
    pub const fn nothing() -> Self {
        Self { lines: Vec::new(), next_change_at: None }
    }

    /// The price with these lines: checked, rounded and added up. The error says what is wrong, for the unit's author;
    /// the price before stands then.
    pub fn apply(self, question: &PricingInput, price: &Price, by: Arc<PricedBy>) -> Result<Price, String> {
        let mut modified = price.clone();
        if !self.lines.is_empty() {
            let Price { currency, amounts, .. } = *price;
            modified.lines.extend(line::checked(self.lines, price.lines.len(), currency, question)?);
            (modified.total, modified.taxes) = line::total(&modified.lines, amounts, currency, &question.session)?;
            modified.modified_by.push(by);
        }
        modified.next_change_at = [price.next_change_at, self.next_change_at].into_iter().flatten().min();
        Ok(modified)
    }
}
