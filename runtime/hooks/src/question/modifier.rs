//! What comes on top of a session's price, or off it?

use amprule_domain::decision::Hook;
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::pricing::{Parameters, Price, PricingInput};
use serde_json::Value;

use super::Question;
use crate::cases::complete;
use crate::trial::nobody;
use crate::unit::{Answer, Budget, Unit};

impl Question for ModifierInput {
    const HOOK: Hook = Hook::Modifier;
    type Output = ModifierOutput;
    /// The bill with its lines.
    type Stands = Price;

    fn ask(&self, unit: &dyn Unit, budget: &Budget<'_>) -> Answer<ModifierOutput> {
        unit.modify(self, budget)
    }

    fn check(&self, output: ModifierOutput) -> Result<Price, String> {
        output.apply(&self.facts, &self.price(nobody())?, nobody())
    }

    fn bill(stands: &Price) -> Option<&Price> {
        Some(stands)
    }

    fn with(self, parameters: Parameters) -> Self {
        Self { facts: self.facts.with(parameters), ..self }
    }

    fn complete(given: &Value) -> Result<Value, String> {
        complete::modifier(given)
    }

    /// Amounts stand in a bill as they are billed, rounded.
    fn usual(self) -> Result<Self, String> {
        let bill = self.price(nobody())?;
        let parameters = self.facts.parameters.clone();
        Ok(Self::of(&self.facts, &bill, parameters))
    }

    fn session(&self) -> Option<&PricingInput> {
        Some(&self.facts)
    }
}
