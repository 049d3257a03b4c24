//! Replay: what a candidate would have answered to what really happened.
//!
//! Lines of bills are compared by their codes, exactly. The candidate's clock may change at other minutes than the tariff's that
//! was in force: a session's timeline is then cut anew from its readings.

mod timeline;

use std::collections::BTreeSet;
use std::sync::Arc;

use amprule_domain::authorization::AuthorizationInput;
use amprule_domain::charging::pricing_input;
use amprule_domain::contract::Contract;
use amprule_domain::decision::{Decision, Hook, Json};
use amprule_domain::lookup::{Known, Lookup};
use amprule_domain::modifier::ModifierInput;
use amprule_domain::pricing::{Parameters, Price, PricingInput, PricingOutput};
use amprule_domain::reading::Reading;
use amprule_domain::reported::Reported;
use amprule_domain::session::{Session, SessionState};
use amprule_domain::station::StationRecord;
use amprule_hooks::comparison::{BilledSession, Compared, ComparedBill, Comparison};
use amprule_hooks::{CallLimits, Question, Version, trial};
use serde_json::Value;

/// By which the time limit is raised, so that a busy machine does not change what a replay says: fuel bounds the calls.
const TIMEOUT: u32 = 40;
const NO_ANSWER: &str = "the decision has no answer";
const OTHER_CONTRACT: &str = "the record is of another version of the contract";

/// A candidate on its way through the past.
pub struct Replay<'v> {
    candidate: &'v Version,
    granted: CallLimits,
    parameters: Parameters,
    comparison: Comparison,
}

impl<'v> Replay<'v> {
    pub fn of(candidate: &'v Version) -> Self {
        let granted = CallLimits { wall: candidate.granted.wall * TIMEOUT, ..candidate.granted };
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
        match trial::ask(self.candidate.unit(), &self.granted, &input).result {
            Ok(priced) => self.comparison.bills(billed(session), before, ComparedBill::of(&priced.stands)),
            Err(fault) => self.comparison.fail(session.id.to_string(), fault.to_string()),
        }
    }

    /// Asks about a recorded authorization again. `unmask` gives back the token behind the log's mask, where it is known.
    pub fn authorization(&mut self, decision: &Decision, unmask: &dyn Fn(&str) -> Option<String>) {
        if decision.output.is_none() || decision.hook != Hook::Authorization {
            return self.comparison.skip(NO_ANSWER);
        }
        let mut input = decision.input.value();
        if let Some(masked) = input.pointer("/token/idToken").and_then(Value::as_str) {
            match unmask(masked) {
                Some(token) => input["token"]["idToken"] = Value::from(token),
                None => return self.comparison.skip("the token is masked and not among the known ones"),
            }
        }
        let Ok(mut question) = serde_json::from_value::<AuthorizationInput>(input) else {
            return self.comparison.skip(OTHER_CONTRACT);
        };
        unmasked(&mut question, unmask);
        let Some((before, after)) = self.again(&question, decision) else { return };
        self.comparison.verdicts(decision.id.to_string(), &before, &after);
    }

    /// Asks about the recorded bill of a session again: with the lines that were added to it, and with the candidate's.
    /// Its periods stay as they were cut then.
    pub fn modification(&mut self, decision: &Decision) {
        let Ok(question) = decision.input.read::<ModifierInput>() else {
            return self.comparison.skip(OTHER_CONTRACT);
        };
        if !question.facts.purpose.is_final() {
            return;
        }
        let Some((before, after)) = self.again(&question, decision) else { return };
        self.comparison.bills(asked_about(&question.facts), ComparedBill::of(&before), ComparedBill::of(&after));
    }

    /// What stood of the recorded answer, and what stands of the candidate's. `None`: one of them is missing, which is noted.
    fn again<Q: Question>(&mut self, question: &Q, decision: &Decision) -> Option<(Q::Stands, Q::Stands)> {
        let recorded = decision.output.as_ref().map(Json::read::<Q::Output>);
        let Some(recorded) = recorded else {
            self.comparison.skip(NO_ANSWER);
            return None;
        };
        let Some(before) = recorded.ok().and_then(|output| question.check(output).ok()) else {
            self.comparison.skip(OTHER_CONTRACT);
            return None;
        };
        let question = question.clone().with(self.parameters.clone());
        match trial::ask(self.candidate.unit(), &self.granted, &question).result {
            Ok(after) => Some((before, after.stands)),
            Err(fault) => {
                self.comparison.fail(decision.id.to_string(), fault.to_string());
                None
            }
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
fn of_the_tariff(bill: &Price, recorded: Option<&Decision>) -> Option<ComparedBill> {
    if bill.modified_by.is_empty() {
        return Some(ComparedBill::of(bill));
    }
    let (question, output) = (recorded?.input.read().ok()?, recorded?.output.as_ref()?.read().ok()?);
    let price = PricingOutput::into_price(output, &question, Arc::clone(&bill.priced_by)).ok()?;
    Some(ComparedBill::of(&price))
}

fn asked_about(facts: &PricingInput) -> BilledSession {
    let PricingInput { session, station, .. } = facts;
    BilledSession {
        session: session.id.clone(),
        station: station.id.clone(),
        started_at: session.started_at,
        energy: session.energy,
    }
}

fn billed(session: &Session) -> BilledSession {
    BilledSession {
        session: session.id.to_string(),
        station: session.station.to_string(),
        started_at: session.started_at,
        energy: session.energy(),
    }
}
