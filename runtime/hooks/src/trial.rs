//! One call of a unit outside of the registry: the same guard, budget and validation, without breaker and fallback.

use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_domain::lookup::{Known, Lookup, LookupAnswer};
use amprule_domain::offer::{Offer, OfferInput};
use amprule_domain::pricing::PricedBy;

use crate::deadline::Deadline;
use crate::lookups::MAX_ROUNDS;
use crate::panics;
use crate::question::Question;
use crate::settings::CallLimits;
use crate::tables::Tables;
use crate::unit::{Answer, Budget, Unit, Used};

/// What came of a call.
#[derive(Debug)]
pub struct Tried<T> {
    pub result: Result<T, Fault>,
    pub used: Used,
    pub took: Duration,
}

/// What a call may use.
#[derive(Debug, Clone, Copy)]
pub struct TrialLimits<'m> {
    pub granted: &'m CallLimits,
    /// In place of the unit's own.
    pub tables: Option<&'m Arc<Tables>>,
}

impl<'m> From<&'m CallLimits> for TrialLimits<'m> {
    fn from(granted: &'m CallLimits) -> Self {
        Self { granted, tables: None }
    }
}

/// An answer as the unit gave it, and what the host makes of it.
#[derive(Debug)]
pub struct Checked<Q: Question> {
    pub output: Q::Output,
    pub stands: Q::Stands,
}

/// What the unit returned, before anybody looked at it.
pub fn returned<'m, Q: Question>(unit: &dyn Unit, means: impl Into<TrialLimits<'m>>, question: &Q) -> Tried<Q::Output> {
    call(means.into(), |budget| question.ask(unit, budget))
}

pub fn ask<'m, Q: Question>(unit: &dyn Unit, means: impl Into<TrialLimits<'m>>, question: &Q) -> Tried<Checked<Q>> {
    returned(unit, means, question).map(|output| {
        let stands = question.check(output.clone())?;
        Ok(Checked { output, stands })
    })
}

/// What a tariff says that it charges. `None`: it says nothing of it.
pub fn describe<'m>(unit: &dyn Unit, means: impl Into<TrialLimits<'m>>, input: &OfferInput) -> Option<Tried<Offer>> {
    let mut describes = true;
    let tried = call(means.into(), |budget| {
        unit.describe(input, budget).unwrap_or_else(|| {
            describes = false;
            Answer::without(Hook::Pricing)
        })
    });
    describes.then(|| tried.map(|offer| offer.validate().map(|()| offer)))
}

/// Asks a policy, with somebody who answers what it wants to know; the answers stand in the input then.
pub fn authorize_hearing<'m>(
    unit: &dyn Unit,
    means: impl Into<TrialLimits<'m>>,
    input: &mut AuthorizationInput,
    heard: impl Fn(&Lookup) -> LookupAnswer,
) -> Tried<AuthorizationOutput> {
    let means = means.into();
    for _ in 0..MAX_ROUNDS {
        let wants = call_once(means, |budget| unit.authorize(input, budget)).1;
        if wants.is_empty() {
            break;
        }
        let known = wants.into_iter().map(|lookup| Known { heard: heard(&lookup), lookup, as_of: None });
        input.lookups.extend(known);
    }
    ask(unit, means, input).map(|checked| Ok(checked.stands))
}

/// Who priced it is of no matter here.
pub(crate) fn nobody() -> Arc<PricedBy> {
    Arc::new(PricedBy { unit: String::new(), version: String::new(), hash: String::new(), fallback: false })
}

impl<T> Tried<T> {
    /// What the host makes of an output; an error is the unit's fault.
    pub(crate) fn map<U>(self, check: impl FnOnce(T) -> Result<U, String>) -> Tried<U> {
        let checked = |output| check(output).map_err(|why| Fault::new(FaultClass::InvalidOutput, why));
        Tried { result: self.result.and_then(checked), used: self.used, took: self.took }
    }
}

fn call<T>(means: TrialLimits<'_>, ask: impl FnOnce(&Budget<'_>) -> Answer<T>) -> Tried<T> {
    let (tried, wants) = call_once(means, ask);
    match wants.first() {
        None => tried,
        Some(Lookup { name, .. }) => {
            let why = format!("it wants to know {name}, and the question has no answer to it in `lookups`");
            Tried { result: Err(Fault::new(FaultClass::Missing, why)), ..tried }
        }
    }
}

/// What came of it, and what it wants to know first.
fn call_once<T>(means: TrialLimits<'_>, ask: impl FnOnce(&Budget<'_>) -> Answer<T>) -> (Tried<T>, Vec<Lookup>) {
    let began = Instant::now();
    let (CallLimits { fuel, memory, wall }, tables) = (*means.granted, means.tables);
    let budget = Budget { fuel, memory, deadline: Deadline::after(wall), tables };
    let Answer { result, used, wants, .. } = panics::caught(|| ask(&budget));
    (Tried { result, used, took: began.elapsed() }, wants)
}
