//! Asking for a price: the pinned version, else the last known good, else the static tariff, else none. Whoever
//! stands in is named in the price and in the decisions.

use std::sync::Arc;

use amprule_domain::decision::{Decision, Fault, FaultClass, Hook};
use amprule_domain::ports::{About, PricingAnswer};
use amprule_domain::pricing::{OutputLine, Pin, Price, PricedBy, PricingInput, PricingOutput};
use amprule_domain::{Decimal, Energy};
use serde_json::Value;

use super::Registry;
use super::writing::{Asked, Record};
use crate::call::{Called, call};
use crate::generation::Generation;
use crate::settings::StaticTariff;
use crate::version::Version;

/// One question on its way from version to version.
struct Course<'r> {
    registry: &'r Registry,
    generation: Arc<Generation>,
    input: Arc<PricingInput>,
    about: About,
    decisions: Vec<Decision>,
}

impl Registry {
    pub(super) async fn price_pinned(&self, pin: Option<&Pin>, input: PricingInput, about: About) -> PricingAnswer {
        let generation = self.generation.load_full();
        let mut course = Course { registry: self, generation, input: Arc::new(input), about, decisions: Vec::new() };
        let price = match pin {
            Some(pin) => course.with_pin(pin).await,
            None => course.static_price(),
        };
        PricingAnswer { price, decisions: course.decisions }
    }
}

impl Course<'_> {
    async fn with_pin(&mut self, pin: &Pin) -> Option<Price> {
        match self.registry.version_of(&self.generation, pin).await {
            Some(version) => {
                if let Some(price) = self.ask(&version, false).await {
                    return Some(price);
                }
                self.stand_in(&pin.unit, &version.hash).await
            }
            None => {
                self.write_missing(pin);
                self.stand_in(&pin.unit, &pin.hash).await
            }
        }
    }

    /// Says in the first decision what stood in.
    async fn stand_in(&mut self, unit: &str, hash: &str) -> Option<Price> {
        let failed = self.decisions.len().checked_sub(1);
        let (word, price) = self.first_stand_in(unit, hash).await;
        if let Some(failed) = failed {
            self.decisions[failed].fallback = Some(word.to_owned());
        }
        price
    }

    async fn first_stand_in(&mut self, unit: &str, hash: &str) -> (&'static str, Option<Price>) {
        let generation = Arc::clone(&self.generation);
        for version in generation.stand_ins(unit, hash) {
            if let Some(price) = self.ask(version, true).await {
                return ("last-known-good", Some(price));
            }
        }
        match self.static_price() {
            Some(price) => ("static-tariff", Some(price)),
            None => ("unpriced", None),
        }
    }

    async fn ask(&mut self, version: &Version, fallback: bool) -> Option<Price> {
        Arc::make_mut(&mut self.input).parameters = Arc::clone(&version.parameters);
        let (now, is_final) = (self.input.now, self.input.is_final);
        let writes = is_final || version.sample.passes((self.registry.steady)());
        let mut output = None;
        let called = call(version, &self.input, &self.registry.settings.probation, &self.registry.steady, |returned| {
            if writes && returned.lines.len() <= PricingOutput::MAX_LINES {
                output = serde_json::to_value(&returned).ok();
            }
            returned.into_price(now, is_final, version.priced_by(fallback))
        });
        let called = called.await;
        self.registry.follow_up(version, Hook::Pricing, &called);
        self.write(version, &called, output, writes);
        let price = called.result.ok()?;
        if writes && !fallback {
            self.registry.shadow_price(version, &self.input, &price);
        }
        Some(price)
    }

    /// Finals always; faults too, but for those that only say again that the breaker is open.
    fn write(&mut self, version: &Version, called: &Called<Price>, output: Option<Value>, writes: bool) {
        let fault = called.result.as_ref().err();
        let fresh = fault.is_some_and(|fault| fault.class != FaultClass::BreakerOpen);
        if writes || fresh {
            let asked = Asked::of(version, called.used, called.took);
            let output = output.filter(|_| fault.is_none());
            self.push(Record { asked, output, fault: fault.cloned() }, Some(version));
        }
    }

    fn write_missing(&mut self, pin: &Pin) {
        if self.input.is_final || self.registry.sample.passes((self.registry.steady)()) {
            let Pin { unit, version, hash, .. } = pin;
            let why = if hash.is_empty() {
                format!("the configuration names {unit}, and it was not there when the session began")
            } else {
                format!("{unit} {version} ({}) is not in the archive", hash.get(..12).unwrap_or(hash))
            };
            let fault = Fault::new(FaultClass::NotLoaded, why);
            let asked = Asked::missing(&pin.unit, &pin.version, &pin.hash);
            self.push(Record { asked, output: None, fault: Some(fault) }, None);
        }
    }

    fn push(&mut self, record: Record, asked: Option<&Version>) {
        let mut input = serde_json::to_value(&*self.input).expect("an input is plain data");
        if let Some(version) = asked {
            self.registry.mask().parameters(version, &mut input["parameters"]);
        }
        let (hook, at, generation) = (Hook::Pricing, self.input.now, self.generation.number);
        self.decisions.push(record.decision(self.registry.ids.decision(), (hook, at, generation), &self.about, input));
    }

    fn static_price(&self) -> Option<Price> {
        let tariff = self.registry.settings.static_tariff.as_ref()?;
        let by =
            PricedBy { unit: "static-tariff".to_owned(), version: String::new(), hash: String::new(), fallback: true };
        let by = Arc::new(by);
        let price = tariff.apply(self.input.session.energy).into_price(self.input.now, self.input.is_final, by);
        price.inspect_err(|why| tracing::error!(%why, "the static tariff of the configuration gives no price")).ok()
    }
}

impl StaticTariff {
    fn apply(&self, energy: Energy) -> PricingOutput {
        let kwh = energy.wh() / Decimal::ONE_THOUSAND;
        let mut lines = vec![line("energy", "Energy", kwh, "kWh", self.per_kwh)];
        if !self.per_session.is_zero() {
            lines.push(line("session", "Session", Decimal::ONE, "session", self.per_session));
        }
        PricingOutput { currency: self.currency, lines, next_change_at: None }
    }
}

fn line(code: &str, description: &str, quantity: Decimal, unit: &str, unit_price: Decimal) -> OutputLine {
    OutputLine {
        code: code.to_owned(),
        description: description.to_owned(),
        quantity: Some(quantity),
        unit: Some(unit.to_owned()),
        unit_price: Some(unit_price),
        amount: quantity.saturating_mul(unit_price),
    }
}
