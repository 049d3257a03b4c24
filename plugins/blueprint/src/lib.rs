//! The smallest complete pricing plugin: so much per kWh.
//!
//! To make your own, copy this folder, rename it in `Cargo.toml` and `plugin.toml`, and change `price`. Then run
//! `cargo xtask plugins`, which builds the component beside the manifest. A running server picks it up at once, tries
//! it with the files in `cases/`, and keeps the old version if anything is wrong with the new one.

use amprule_plugin_sdk::{
    Component, Parameters, Pricing, PricingInput, PricingLine, PricingOutput, Problem, export_pricing,
};

struct Blueprint;

impl Pricing for Blueprint {
    /// Called while the session runs and once more at its end. The input is all there is to know: no clock, no files,
    /// no memory of earlier calls. The same input must give the same price, today and in a dispute next year.
    ///
    /// An `Err` tells the operator why you cannot answer; the runtime then prices with its declared fallback.
    fn price(input: PricingInput) -> Result<PricingOutput, Problem> {
        let currency = input.parameters.text("currency")?;
        let energy_price = input.parameters.decimal("energy_price")?;

        // Exact decimals, unrounded: the runtime rounds each line by the currency's rule and keeps both amounts.
        let energy = PricingLine::metered("energy", "Energy", input.session.energy_kwh(), "kWh", energy_price)
            .component(Component::Energy);

        Ok(PricingOutput::new(currency, [energy]))
    }
}

export_pricing!(Blueprint);
