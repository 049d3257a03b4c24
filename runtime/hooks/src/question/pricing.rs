//! What does this session cost?

use amprule_domain::charging::cut_anew;
use amprule_domain::decision::Hook;
use amprule_domain::pricing::{Parameters, Price, PricingInput, PricingOutput};
use serde_json::Value;

use super::Question;
use crate::cases::complete;
use crate::trial::nobody;
use crate::unit::{Answer, Budget, Unit};

impl Question for PricingInput {
    const HOOK: Hook = Hook::Pricing;
    type Output = PricingOutput;
    type Stands = Price;

    fn ask(&self, unit: &dyn Unit, budget: &Budget<'_>) -> Answer<PricingOutput> {
        unit.price(self, budget)
    }

    fn check(&self, output: PricingOutput) -> Result<Price, String> {
        output.into_price(self, nobody())
    }

    fn bill(stands: &Price) -> Option<&Price> {
        Some(stands)
    }

    fn with(self, parameters: Parameters) -> Self {
        Self { parameters, ..self }
    }

    fn complete(given: &Value) -> Result<Value, String> {
        complete::pricing(given)
    }

    fn cut_anew(self, was: &[u16], is: &[u16]) -> (Self, bool) {
        if was == is { (self, false) } else { (cut_anew(&self, is), true) }
    }

    fn session(&self) -> Option<&PricingInput> {
        Some(self)
    }
}
