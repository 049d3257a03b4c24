//! Offers, held against the code that prices.
//!
//! A tariff that describes itself makes a promise. Here it is kept to it: sessions of all kinds are priced both ways, and
//! what differs is shown. An offer that asks less than the bill will is no offer (EU 2023/1804, Art. 5: prices are told before
//! the session starts).

mod grid;

use std::time::{Duration, Instant};

use amprule_domain::Energy;
use amprule_domain::charging::pricing_period;
use amprule_domain::decision::{Fault, FaultClass};
use amprule_domain::offer::{Differs, Offer, OfferInput, Proof, Proven};
use amprule_domain::pricing::{PricingInput, Purpose, SessionFacts};
use amprule_domain::timeline::{TariffClock, Timeline};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::settings::CallLimits;
use crate::trial::{self, Tried};
use crate::unit::Unit;

use grid::SampleSession;

/// A tariff that is slow at a thousand sessions has no offer that anybody could be shown.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks a tariff what it charges, and what it bills. `None`: it does not describe itself.
pub fn prove(
    unit: &dyn Unit,
    granted: &CallLimits,
    boundaries: &[u16],
    question: &OfferInput,
) -> Option<Result<Proven, Fault>> {
    let Tried { result, .. } = trial::describe(unit, granted, question)?;
    Some(result.and_then(|offer| {
        let proof = proof(unit, granted, boundaries, question, &offer)?;
        Ok(Proven { offer, proof })
    }))
}

fn proof(
    unit: &dyn Unit,
    granted: &CallLimits,
    boundaries: &[u16],
    question: &OfferInput,
    offer: &Offer,
) -> Result<Proof, Fault> {
    let zone = question.zone();
    let clock = TariffClock::new(zone.clone(), boundaries);
    let mut proof = Proof::begin();
    let began = Instant::now();
    let numbers = numbers(unit, question);
    for drawn in grid::sessions(question, offer, &numbers) {
        if began.elapsed() > PATIENCE {
            let why = format!("its offer cannot be held against its code within {} s", PATIENCE.as_secs());
            return Err(Fault::new(FaultClass::Wall, why));
        }
        let timeline = drawn.timeline(&clock);
        let input = session(question, &drawn, &timeline);
        let billed = match trial::ask(unit, granted, &input).result {
            Ok(priced) => priced.stands,
            // A market's price that is not known yet is no lie of the offer.
            Err(fault) if fault.class == FaultClass::Missing => continue,
            Err(fault) => return Err(fault),
        };
        let periods: Vec<_> = timeline.all().cloned().collect();
        let offered = offer.price(&zone, &periods).map_err(|why| Fault::new(FaultClass::InvalidOutput, why))?;
        if billed.currency != offer.currency {
            let why = format!("it offers {} and bills {}", offer.currency, billed.currency);
            return Err(Fault::new(FaultClass::InvalidOutput, why));
        }
        let (started_at, course) = (drawn.started_at, drawn.course());
        proof.take(Differs { started_at, course, offered, billed: billed.total });
    }
    Ok(proof)
}

/// Those in the code, where it can be read, and those that the operator has set.
fn numbers(unit: &dyn Unit, question: &OfferInput) -> Vec<Decimal> {
    let set = question.parameters.values().filter_map(|value| match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    });
    unit.numbers().iter().copied().chain(set).collect()
}

fn session(question: &OfferInput, drawn: &SampleSession, timeline: &Timeline) -> PricingInput {
    let zone = question.zone();
    let ended_at = timeline.at;
    PricingInput {
        now: ended_at,
        purpose: Purpose::Final,
        session: SessionFacts {
            id: "offered".to_owned(),
            started_at: drawn.started_at,
            ended_at: Some(ended_at),
            energy: timeline.energy(),
            exported: Energy::ZERO,
            duration_s: ended_at.as_second() - drawn.started_at.as_second(),
            time_zone: question.time_zone.clone(),
        },
        station: question.station.clone(),
        token: question.token.clone(),
        periods: timeline.all().map(|period| pricing_period(period, &zone)).collect(),
        parameters: question.parameters.clone(),
    }
}
