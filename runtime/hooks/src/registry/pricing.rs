//! Asking for a price: the pinned version, else the last known good, else the static tariff, else none. Whoever
//! stands in is named in the price and in the decisions.

use std::sync::Arc;

use amprule_domain::charging::fitted;
use amprule_domain::component::Component;
use amprule_domain::decision::{Decision, FaultClass, Hook, Json};
use amprule_domain::ports::{About, PricingAnswer};
use amprule_domain::pricing::{OutputLine, Parameters, Pin, Price, PricedBy, PricingInput, PricingOutput};
use amprule_domain::{Decimal, Energy};
use serde::Serialize;

use super::Registry;
use super::recall::Patience;
use super::wanted::Wanted;
use super::writing::{Callee, Record, told};
use crate::archive::Absent;
use crate::call::{RoundsLeft, call};
use crate::generation::Generation;
use crate::question::Question;
use crate::settings::StaticTariff;
use crate::version::Version;

/// One question on its way from version to version.
pub(super) struct Pricing<'r> {
    pub(super) registry: &'r Registry,
    pub(super) generation: Arc<Generation>,
    pub(super) input: Arc<PricingInput>,
    about: About,
    pub(super) patience: Patience,
    pub(super) decisions: Vec<Decision>,
}

/// What a version is told.
pub(super) struct Facts {
    pub(super) input: Arc<PricingInput>,
    /// When energy flowed within its hours is not known.
    pub(super) is_estimate: bool,
}

/// What a decision says that was made of an estimate.
const HOURS_ESTIMATED: &str = "hours-estimated";

/// A unit's answer as it stands.
pub(super) struct Billed {
    pub(super) price: Price,
    /// Its decision is written to the log.
    pub(super) is_written: bool,
}

/// A unit's answer, whose lines are not counted yet.
pub(super) trait Lines: Serialize {
    fn lines(&self) -> usize;
}

impl Lines for PricingOutput {
    fn lines(&self) -> usize {
        self.lines.len()
    }
}

impl Registry {
    pub(super) async fn price_pinned(&self, pin: Option<&Pin>, input: PricingInput, about: About) -> PricingAnswer {
        let (generation, patience) = (self.generation.load_full(), Patience::begin(input.purpose.is_final()));
        let input = Arc::new(input);
        let mut pricing = Pricing { registry: self, generation, input, about, patience, decisions: Vec::new() };
        let base = match pin {
            Some(pin) if !pin.is_static_tariff() => pricing.with_pin(Wanted::tariff(pin)).await,
            _ => pricing.static_price(),
        };
        let price = match (base, pin) {
            (Some(price), Some(pin)) => Some(pricing.modified(price, &pin.modifiers).await),
            (base, _) => base,
        };
        self.tell_faults(&pricing.decisions);
        PricingAnswer { price, decisions: pricing.decisions }
    }
}

impl Pricing<'_> {
    async fn with_pin(&mut self, wanted: Wanted<'_>) -> Option<Price> {
        match self.registry.version_of(&self.generation, wanted, self.patience).await {
            Ok(version) => {
                if let Some(price) = self.ask(&version, false).await {
                    return Some(price);
                }
                self.stand_in(wanted, &version.hash).await
            }
            Err(absent) => {
                self.write_missing(wanted, absent, PricingInput::clone);
                self.stand_in(wanted, wanted.hash).await
            }
        }
    }

    /// Says in the first decision what stood in.
    async fn stand_in(&mut self, wanted: Wanted<'_>, hash: &str) -> Option<Price> {
        let failed = self.decisions.len().checked_sub(1);
        let (word, price) = self.first_stand_in(wanted, hash).await;
        if let Some(failed) = failed {
            self.decisions[failed].fallback = Some(word.to_owned());
        }
        price
    }

    async fn first_stand_in(&mut self, wanted: Wanted<'_>, hash: &str) -> (&'static str, Option<Price>) {
        let generation = Arc::clone(&self.generation);
        let failed = self.decisions.last().and_then(|decision| decision.fault.as_ref());
        // The unit has said that it does not price this. No older version of it is asked to.
        let is_refused = failed.is_some_and(|fault| fault.class == FaultClass::NotApplicable);
        for version in generation.stand_ins(wanted.unit, hash, wanted.hook).filter(|_| !is_refused) {
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
        Arc::make_mut(&mut self.input).parameters = version.parameters.clone();
        let Facts { input: question, is_estimate } = self.facts_for(version);
        let by = version.priced_by(fallback || is_estimate);
        let billed = self.bill(version, &question, |returned| returned.into_price(&question, by)).await?;
        self.tell_estimate(version, &billed, is_estimate);
        if billed.is_written && !fallback {
            self.registry.shadow_answer(version, &question, &billed.price, String::new);
        }
        Some(billed.price)
    }

    /// Periods are cut by the clock of the versions that the session began with. Whoever else is asked, a stand-in or the
    /// version that is active now, has them cut by its own.
    pub(super) fn facts_for(&self, version: &Version) -> Facts {
        match fitted(&self.input, &version.manifest.boundaries) {
            Some((input, is_estimate)) => Facts { input: Arc::new(input), is_estimate },
            None => Facts { input: Arc::clone(&self.input), is_estimate: false },
        }
    }

    /// To be called for the answer that was written last.
    pub(super) fn tell_estimate(&mut self, version: &Version, billed: &Billed, is_estimate: bool) {
        if !is_estimate {
            return;
        }
        if let Some(decision) = self.decisions.last_mut().filter(|_| billed.is_written) {
            decision.fallback = Some(HOURS_ESTIMATED.to_owned());
        }
        if self.input.purpose.is_final() {
            let session = &self.input.session.id;
            tracing::warn!(
                station = %self.about.station,
                session,
                extension = version.id(),
                version = version.manifest.version,
                "a version prices by other hours than the session's periods were cut at; the bill is an estimate and \
                 marked needs-review; `amprule session show {session}` shows it"
            );
        }
    }

    /// Asks, makes a price of the answer, and writes down what came of it.
    pub(super) async fn bill<Q>(
        &mut self,
        version: &Version,
        question: &Arc<Q>,
        price: impl FnOnce(Q::Output) -> Result<Price, String>,
    ) -> Option<Billed>
    where
        Q: Question<Output: Lines> + Serialize,
    {
        let Registry { settings, steady, .. } = self.registry;
        let writes = self.input.purpose.is_final() || version.sample.passes(steady());
        let mut output = None;
        let called = call(version, question, &settings.probation, steady, RoundsLeft(0), |returned| {
            if writes && returned.lines() <= PricingOutput::MAX_LINES {
                output = Json::of(&returned);
            }
            price(returned)
        });
        let called = called.await;
        self.registry.follow_up(version, Q::HOOK, &called);
        // Finals always; faults too, but for those that only say again that the breaker is open.
        let fault = called.result.as_ref().err();
        if writes || fault.is_some_and(|fault| fault.class != FaultClass::BreakerOpen) {
            let output = output.filter(|_| fault.is_none());
            let record = Record { asked: Callee::of(version, called.used, called.took), output, fault: fault.cloned() };
            self.push(Q::HOOK, record, question, Some(version));
        }
        called.result.ok().map(|price| Billed { price, is_written: writes })
    }

    /// It was not asked, so its question has no parameters. Those of the unit that was asked before are not its own.
    pub(super) fn write_missing<Q: Serialize>(
        &mut self,
        wanted: Wanted<'_>,
        absent: Absent,
        question: impl FnOnce(&PricingInput) -> Q,
    ) {
        if self.input.purpose.is_final() || self.registry.sample.passes((self.registry.steady)()) {
            let (asked, fault) = wanted.missing(absent);
            let question = question(&PricingInput { parameters: Parameters::default(), ..(*self.input).clone() });
            self.push(wanted.hook, Record { asked, output: None, fault: Some(fault) }, &question, None);
        }
    }

    fn push(&mut self, hook: Hook, record: Record, question: &impl Serialize, asked: Option<&Version>) {
        let input = told(question, asked, self.registry.mask());
        let facts = (hook, self.input.now, self.generation.number);
        self.decisions.push(record.decision(self.registry.ids.decision(), facts, &self.about, input));
    }

    fn static_price(&self) -> Option<Price> {
        let tariff = self.registry.settings.static_tariff.as_ref()?;
        let unit = PricedBy::STATIC_TARIFF.to_owned();
        let by = Arc::new(PricedBy { unit, version: String::new(), hash: String::new(), fallback: true });
        let price = tariff.apply(self.input.session.energy).into_price(&self.input, by);
        let (station, session) = (&self.about.station, &self.input.session.id);
        let tell = |why: &String| {
            tracing::error!(%station, session, "the static tariff of the configuration gives no price, and nothing stands in: {why}");
        };
        price.inspect_err(tell).ok()
    }
}

impl StaticTariff {
    fn apply(&self, energy: Energy) -> PricingOutput {
        let kwh = energy.wh() / Decimal::ONE_THOUSAND;
        let mut lines = vec![line(Component::Energy, "energy", "Energy", kwh, "kWh", self.per_kwh)];
        if !self.per_session.is_zero() {
            lines.push(line(Component::Fixed, "session", "Session", Decimal::ONE, "session", self.per_session));
        }
        PricingOutput::new(self.currency, lines)
    }
}

fn line(
    component: Component,
    code: &str,
    description: &str,
    quantity: Decimal,
    unit: &str,
    unit_price: Decimal,
) -> OutputLine {
    OutputLine {
        code: code.to_owned(),
        description: description.to_owned(),
        quantity: Some(quantity),
        unit: Some(unit.to_owned()),
        unit_price: Some(unit_price),
        amount: quantity.saturating_mul(unit_price),
        component: Some(component),
        ..OutputLine::default()
    }
}
