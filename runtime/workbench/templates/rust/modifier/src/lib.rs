//! So many percent on top of the bill, and never more than the operator says.

use amprule_plugin_sdk::{Decimal, Modifier, ModifierInput, ModifierOutput, Parameters, PricingLine, export_modifier, Problem};

struct ServiceFee;

impl Modifier for ServiceFee {
    /// The input is what a tariff sees and the bill so far. The answer is lines to add, with a negative amount to take
    /// something off; the lines before stay as they are, and what all lines add up to must not be negative.
    fn modify(input: ModifierInput) -> Result<ModifierOutput, Problem> {
        let percent = input.parameters.decimal("percent")?;
        let most = input.parameters.decimal("most")?;

        let fee = input.percent(percent).min(most);
        if fee <= Decimal::ZERO {
            return Ok(ModifierOutput::nothing());
        }
        Ok(ModifierOutput::new([PricingLine::flat("service", "Service fee", fee)]))
    }
}

export_modifier!(ServiceFee);
