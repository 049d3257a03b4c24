//! Replay: what a candidate would have answered to what really happened.
//!
//! Lines of bills are compared by their codes, exactly. The candidate's clock may change at other minutes than the tariff's that
//! was in force: a session's timeline is then cut anew from its readings.

mod timeline;

use std::collections::BTreeSet;
use std::sync::Arc;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::charging::pricing_input;
use amprule_domain::contract::Contract;
use amprule_domain::decision::{Decision, Hook};
use amprule_domain::lookup::{Known, Lookup};
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::pricing::{Parameters, Price, PricedBy, PricingInput, PricingOutput};
use amprule_domain::reading::Reading;
use amprule_domain::reported::Reported;
use amprule_domain::session::{Session, SessionState};
use amprule_domain::station::StationRecord;
use amprule_hooks::comparison::{Bill, Billed, Compared, Comparison};
use amprule_hooks::{Granted, Version, trial};
use serde_json::Value;

/// A busy machine must not change what a replay says: instructions bound a call, the clock only guards it.
const PATIENCE: u32 = 40;

/// A candidate on its way through the past.
pub struct Replay<'v> {
    candidate: &'v Version,
    granted: Granted,
    parameters: Parameters,
    comparison: Comparison,
}

impl<'v> Replay<'v> {
    pub fn of(candidate: &'v Version) -> Self {
        let granted = Granted { wall: candidate.granted.wall * PATIENCE, ..candidate.granted };
        let parameters = candidate.parameters.clone();
        Self { candidate, granted, parameters, comparison: Comparison::default() }
    }

    /// True when the session has a bill that the candidate can be held against.
    pub fn is_billed(session: &Session) -> bool {
        session.state == SessionState::Ended && session.price.is_some()
    }

    /// Whether the readings of this session are needed to price it.
    pub fn needs_readings(&self, session: &Session) -> bool {
        let boundaries = session.pin.as_ref().map_or(&[][..], |pin| &pin.boundaries);
        boundaries != self.candidate.manifest.boundaries
    }

    /// Prices a billed session anew. `recorded`: its tariff's final decision, if it was written down; `readings`: in the
    /// order in which they came, if they are needed.
    pub fn session(
        &mut self,
        station: &StationRecord,
        reported: &Reported,
        session: &Session,
        recorded: Option<&Decision>,
        readings: &[Reading],
    ) {
        let Some(bill) = session.price.as_deref() else {
            return self.comparison.skip("the session has no bill");
        };
        let Some(before) = of_the_tariff(bill, recorded) else {
            return self
                .comparison
                .skip("modifiers changed the bill, and what the tariff said is not in the log any more");
        };
        let mut input = if self.needs_readings(session) {
            let boundaries = &self.candidate.manifest.boundaries;
            pricing_input(station, reported, &timeline::cut_anew(session, readings, boundaries), bill.at)
        } else {
            // What was written down is what the tariff saw; the books may have been changed since.
            let written = recorded.and_then(|decision| decision.input.read().ok());
            written.unwrap_or_else(|| pricing_input(station, reported, session, bill.at))
        };
        input.parameters = self.parameters.clone();
        match trial::price(self.candidate.unit(), &self.granted, &input).result {
            Ok(priced) => self.comparison.bills(billed(session), before, Bill::of(&priced.price)),
            Err(fault) => self.comparison.fail(session.id.to_string(), fault.to_string()),
        }
    }

    /// Asks about a recorded authorization again. `unmask` gives back the token behind the log's mask, where it is known.
    pub fn authorization(&mut self, decision: &Decision, unmask: &dyn Fn(&str) -> Option<String>) {
        let Some(recorded) = decision.output.as_ref().filter(|_| decision.hook == Hook::Authorization) else {
            return self.comparison.skip("the decision has no answer");
        };
        let mut input = decision.input.value();
        if let Some(masked) = input.pointer("/token/idToken").and_then(Value::as_str) {
            match unmask(masked) {
                Some(token) => input["token"]["idToken"] = Value::from(token),
                None => return self.comparison.skip("the token is masked and not among the known ones"),
            }
        }
        let parsed = serde_json::from_value::<AuthorizationInput>(input).map(|mut input| {
            unmasked(&mut input, unmask);
            input
        });
        let before = recorded.read::<AuthorizationOutput>();
        let (Ok(mut input), Ok(before)) = (parsed, before) else {
            return self.comparison.skip("the record is of another version of the contract");
        };
        input.parameters = self.parameters.clone();
        let id = decision.id.to_string();
        match trial::authorize(self.candidate.unit(), &self.granted, &input).result {
            Ok(after) => self.comparison.verdicts(id, &before, &after),
            Err(fault) => self.comparison.fail(id, fault.to_string()),
        }
    }

    /// Asks about the recorded bill of a session again: with the lines that were added to it, and with the candidate's.
    /// Its periods stay as they were cut then.
    pub fn modification(&mut self, decision: &Decision) {
        let Ok(mut input) = decision.input.read::<ModifierInput>() else {
            return self.comparison.skip("the record is of another version of the contract");
        };
        if !input.facts.purpose.is_final() {
            return;
        }
        let Ok(before) = stood(&input, decision) else {
            return self.comparison.skip("the decision has no answer");
        };
        input.facts.parameters = self.parameters.clone();
        match trial::modify(self.candidate.unit(), &self.granted, &input).result {
            Ok(modified) => self.comparison.bills(asked_about(&input.facts), before, Bill::of(&modified.price)),
            Err(fault) => self.comparison.fail(decision.id.to_string(), fault.to_string()),
        }
    }

    pub fn compared(self) -> Compared {
        let manifest = &self.candidate.manifest;
        Compared {
            unit: manifest.id.clone(),
            version: manifest.version.clone(),
            hash: self.candidate.hash.clone(),
            comparison: self.comparison,
        }
    }
}

/// The contract follows from the token, which is known again; answers stand under each form of their key that the policy may
/// have asked by, since the mask does not know letters of either size.
fn unmasked(input: &mut AuthorizationInput, unmask: &dyn Fn(&str) -> Option<String>) {
    let masked = input.token.contract.take().map(|contract| contract.id);
    input.token.contract = Contract::of(&input.token.kind, &input.token.id_token);
    let contract = input.token.contract.as_ref().map(|contract| contract.id.clone());
    let keys = |known: &Known| {
        let key = if Some(&known.lookup.key) == masked.as_ref() { contract.clone() } else { unmask(&known.lookup.key) };
        let forms = key.map(|key| BTreeSet::from([key.to_uppercase(), key.to_lowercase(), key]));
        forms.unwrap_or_default()
    };
    let named = |known: &Known| {
        let known = known.clone();
        keys(&known)
            .into_iter()
            .map(move |key| Known { lookup: Lookup { key, ..known.lookup.clone() }, ..known.clone() })
    };
    input.lookups = input.lookups.iter().flat_map(named).collect();
}

/// A bill without the lines of modifiers.
fn of_the_tariff(bill: &Price, recorded: Option<&Decision>) -> Option<Bill> {
    if bill.modified_by.is_empty() {
        return Some(Bill::of(bill));
    }
    let (question, output) = (recorded?.input.read().ok()?, recorded?.output.as_ref()?.read().ok()?);
    let price = PricingOutput::into_price(output, &question, Arc::clone(&bill.priced_by)).ok()?;
    Some(Bill::of(&price))
}

/// The bill with the lines of the recorded answer.
fn stood(input: &ModifierInput, decision: &Decision) -> Result<Bill, String> {
    let by = PricedBy {
        unit: decision.unit.clone(),
        version: decision.version.clone(),
        hash: decision.hash.clone(),
        fallback: false,
    };
    let by = Arc::new(by);
    let output = decision.output.as_ref().ok_or("there is no output")?;
    let output: ModifierOutput = output.read().map_err(|error| error.to_string())?;
    Ok(Bill::of(&output.apply(&input.facts, &input.price(Arc::clone(&by))?, by)?))
}

fn asked_about(facts: &PricingInput) -> Billed {
    let PricingInput { session, station, .. } = facts;
    Billed {
        session: session.id.clone(),
        station: station.id.clone(),
        started_at: session.started_at,
        energy: session.energy,
    }
}

fn billed(session: &Session) -> Billed {
    Billed {
        session: session.id.to_string(),
        station: session.station.to_string(),
        started_at: session.started_at,
        energy: session.energy(),
    }
}
