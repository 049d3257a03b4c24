//! A plugin that uses all of the contract: every hook, every import, every field of an answer. What it says is what it was told.

use amprule_plugin_sdk::facts::{self, Current};
use amprule_plugin_sdk::{
    Authorization, AuthorizationInput, AuthorizationOutput, Component, Conditions, Decimal, Element, Modifier,
    ModifierInput, ModifierOutput, Offer, OfferInput, Offering, Parameters, Pricing, PricingInput, PricingLine,
    PricingOutput, Problem, Translation, export_authorization, export_modifier, export_offer, export_pricing, log,
    lookups, money, tables,
};

struct Curious;

impl Pricing for Curious {
    fn price(input: PricingInput) -> Result<PricingOutput, Problem> {
        if input.periods.is_empty() {
            return Err(Problem::not_applicable("nothing happened"));
        }
        let connector = facts::connector();
        let kind = connector.kind.ok_or_else(|| Problem::missing("the connector's type"))?;
        let current = match connector.current {
            Some(Current::Alternating) => "AC",
            Some(Current::Direct) => "DC",
            None => "unknown",
        };
        let place = facts::location();
        let day = tables::find("days", input.periods[0].date.to_string().as_str())?;
        let factor = day.map_or(Ok(Decimal::from(1)), |day| day.decimal("factor"))?;

        let price = input.parameters.decimal("energy_price")? * factor;
        let mut energy = PricingLine::metered("energy", &kind, input.session.energy_kwh(), "kWh", price)
            .component(Component::Energy)
            .taxed("VAT", Decimal::new(19, 0))
            .translated("de", "Energie");
        energy.periods = (0..input.periods.len() as u32).collect();
        let told = [
            current.to_owned(),
            connector.max_power_w.unwrap_or(0).to_string(),
            connector.phases.unwrap_or(0).to_string(),
            place.country.clone().unwrap_or_default(),
            place.currency.clone().unwrap_or_default(),
            place.attribute("roof").unwrap_or("-").to_owned(),
            input.token.and_then(|token| token.provider).unwrap_or_default(),
            format!("{:?}", input.purpose),
        ];
        let told = PricingLine::flat("told", &told.join(" "), Decimal::ZERO);
        let mut output = PricingOutput::new(place.currency.unwrap_or_else(|| "EUR".to_owned()), [energy, told]);
        let given = facts::exported_kwh();
        if given > Decimal::ZERO {
            let when: Vec<String> = facts::exported_kwh_by_period().iter().map(Decimal::to_string).collect();
            output.lines.push(PricingLine::export(&when.join(" "), given, Decimal::new(10, 2)));
        }
        Ok(output)
    }
}

impl Offering for Curious {
    fn describe(input: OfferInput) -> Result<Offer, Problem> {
        let price = input.parameters.decimal("energy_price")?;
        let energy = Element::new(Component::Energy, price).taxed("VAT", Decimal::new(19, 0));
        let parking = Element::new(Component::IdleTime, Decimal::new(1, 1)).per_minute();
        let late = Conditions { weekdays: vec![6, 7], from_idle_s: Some(600), ..Conditions::between(1320, 360) };
        Ok(Offer::new("EUR", [energy, parking.when(late)]).text("en", "as told"))
    }
}

impl Authorization for Curious {
    fn authorize(input: AuthorizationInput) -> Result<AuthorizationOutput, Problem> {
        if facts::reservation().is_some_and(|kept| !kept.yours) {
            return Ok(AuthorizationOutput::reject("Blocked", "kept for another"));
        }
        let Some(contract) = facts::contract() else {
            return Err(Problem::not_applicable("no contract"));
        };
        let Some(row) = lookups::ask("members", &contract.id)? else {
            return Ok(AuthorizationOutput::reject("Unknown", "no member"));
        };
        log::write(log::Level::Info, &contract.provider);
        let mut answer = AuthorizationOutput::accept();
        answer.limits.max_energy_wh = Some(row.decimal("wh")?);
        answer.message = Some([&contract.provider, " at ", &input.station.id].concat());
        answer.messages = vec![Translation { language: "de".to_owned(), text: "Willkommen".to_owned() }];
        Ok(answer)
    }
}

impl Modifier for Curious {
    fn modify(input: ModifierInput) -> Result<ModifierOutput, Problem> {
        let energy = input.lines.iter().find(|line| line.component == Some(Component::Energy));
        let energy = energy.ok_or_else(|| Problem::not_applicable("no energy"))?;
        let amounts: Vec<Decimal> = input.lines.iter().map(|line| line.amount).collect();
        let off = format!("Off {} {}", money::total(&amounts, &input.currency)?, input.currency);
        let mut off = PricingLine::flat("off", &off, -input.percent(Decimal::from(10)));
        off.taxes = energy.taxes.clone();
        Ok(ModifierOutput::new([off.component(Component::Adjustment)]))
    }
}

export_pricing!(Curious);
export_offer!(Curious);
export_authorization!(Curious);
export_modifier!(Curious);
