//! A fee for a car that stays when it has had enough, whatever the tariff is.
//!
//! It is a modifier: it sees the session as a tariff does and the bill so far, and answers with lines to add. Minutes
//! are counted over the whole session, so a car that charges again for a moment does not start the grace period anew.

use amprule_plugin_sdk::{
    Component, Decimal, Modifier, ModifierInput, ModifierOutput, Parameters, Period, PricingLine, Problem,
    export_modifier,
};

const MINUTE_MS: i64 = 60_000;

struct BlockingFee;

impl Modifier for BlockingFee {
    fn modify(input: ModifierInput) -> Result<ModifierOutput, Problem> {
        let parameters = &input.parameters;
        let (from, to) = (parameters.time("free_from")?, parameters.time("free_to")?);
        let grace = parameters.integer("grace_minutes")?;
        let fee = parameters.decimal("fee")?;

        let blocks = |period: &&Period| period.is_idle() && !period.is_within(from, to);
        let seconds: i64 = input.periods.iter().filter(blocks).map(|period| period.duration_s).sum();
        let minutes = seconds / 60 - grace;

        let mut output = ModifierOutput::nothing();
        if minutes > 0 {
            let minutes = Decimal::from(minutes);
            let line = PricingLine::metered("blocking", "Staying after charging", minutes, "min", fee);
            output.lines.push(line.component(Component::IdleTime));
        }
        if !input.purpose.is_final() && input.periods.last().is_some_and(Period::is_idle) {
            output.next_change_at = Some(input.now + MINUTE_MS);
        }
        Ok(output)
    }
}

export_modifier!(BlockingFee);
