//! What a session would cost that has not begun: asked beside all counters. A quote is nobody's bill, so it blames no version, opens no
//! breaker, is no evidence for a probation, and nothing stands in for a unit that has no answer.

use std::sync::Arc;

use amprule_domain::charging::fitted;
use amprule_domain::decision::{Decision, Fault, Hook};
use amprule_domain::modifier::ModifierInput;
use amprule_domain::ports::{About, PricingAnswer};
use amprule_domain::pricing::{Pin, Price, PricingInput};
use serde::Serialize;

use super::Registry;
use super::recall::Patience;
use super::wanted::Wanted;
use super::writing::{Callee, Record, told};
use crate::trial::{self, Tried};
use crate::version::Version;

impl Registry {
    /// Without a price the one decision says who has no answer, and why.
    pub(super) async fn quote(&self, pin: &Pin, input: PricingInput, about: &About) -> PricingAnswer {
        match self.quoted(pin, &input, about).await {
            Ok(price) => PricingAnswer { price: Some(price), decisions: Vec::new() },
            Err(decision) => PricingAnswer { price: None, decisions: vec![*decision] },
        }
    }

    async fn quoted(&self, pin: &Pin, input: &PricingInput, about: &About) -> Result<Price, Box<Decision>> {
        let version = self.asked(Wanted::tariff(pin), input, about).await?;
        let question = question(input, &version);
        let by = version.priced_by(false);
        let asked = (Arc::clone(&version), question.clone());
        let tried = blocking(move || trial::ask(asked.0.unit(), &asked.0.granted, &asked.1)).await;
        let mut price = self.stands(tried, &version, &question, about)?.stands;
        price.priced_by = by;
        for modifier in &pin.modifiers {
            let version = self.asked(Wanted::modifier(modifier), input, about).await?;
            let question = ModifierInput::of(input, &price, version.parameters.clone());
            let asked = (Arc::clone(&version), question.clone());
            let tried = blocking(move || trial::ask(asked.0.unit(), &asked.0.granted, &asked.1)).await;
            let lines = self.stands(tried, &version, &question, about)?.output;
            let modified = lines.apply(input, &price, version.priced_by(false));
            price = modified.map_err(|why| self.silent(&version, invalid(why), &question, about))?;
        }
        Ok(price)
    }

    async fn asked(
        &self,
        wanted: Wanted<'_>,
        input: &PricingInput,
        about: &About,
    ) -> Result<Arc<Version>, Box<Decision>> {
        let generation = self.generation.load_full();
        self.version_of(&generation, wanted, Patience::begin(false)).await.map_err(|absent| {
            let (asked, fault) = wanted.missing(absent);
            let record = Record { asked, output: None, fault: Some(fault) };
            let facts = (wanted.hook, input.now, generation.number);
            Box::new(record.decision(self.ids.decision(), facts, about, told(input, None, self.mask())))
        })
    }

    fn stands<T>(
        &self,
        tried: Tried<T>,
        version: &Version,
        question: &impl Serialize,
        about: &About,
    ) -> Result<T, Box<Decision>> {
        tried.result.map_err(|fault| self.silent(version, fault, question, about))
    }

    fn silent(&self, version: &Version, fault: Fault, question: &impl Serialize, about: &About) -> Box<Decision> {
        let asked = Callee::of(version, Default::default(), Default::default());
        let record = Record { asked, output: None, fault: Some(fault) };
        let facts = (Hook::Pricing, self.clock.now(), self.generation.load().number);
        Box::new(record.decision(self.ids.decision(), facts, about, told(question, Some(version), self.mask())))
    }
}

fn question(input: &PricingInput, version: &Version) -> PricingInput {
    let cut = fitted(input, &version.manifest.boundaries).map(|(input, _)| input);
    PricingInput { parameters: version.parameters.clone(), ..cut.unwrap_or_else(|| input.clone()) }
}

fn invalid(why: String) -> Fault {
    Fault::new(amprule_domain::decision::FaultClass::InvalidOutput, why)
}

async fn blocking<T: Send + 'static>(ask: impl FnOnce() -> Tried<T> + Send + 'static) -> Tried<T> {
    tokio::task::spawn_blocking(ask).await.unwrap_or_else(|_| {
        let fault = Fault::new(amprule_domain::decision::FaultClass::HostIo, "the host is shutting down");
        Tried { result: Err(fault), used: Default::default(), took: Default::default() }
    })
}
