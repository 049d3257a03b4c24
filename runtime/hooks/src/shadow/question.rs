//! One question that the active version has answered, asked again.

use std::sync::Arc;

use amprule_domain::pricing::{Pin, PricingInput};
use jiff::Timestamp;

use super::{Baseline, Shadow, Tally};
use crate::comparison::{BilledSession, ComparedBill, Comparison};
use crate::question::Question;
use crate::trial;

/// A question, what stands of the active version's answer, and the decision that says so.
pub(crate) struct Answered<Q: Question> {
    pub(crate) question: Arc<Q>,
    pub(crate) before: Q::Stands,
    pub(crate) decision: String,
}

/// The version that answered, and when.
pub(crate) struct Beside {
    pub(crate) pin: Arc<Pin>,
    pub(crate) code_hash: String,
    pub(crate) at: Timestamp,
}

/// One of whichever hook, in the queue.
pub(crate) trait AnyAnswered: Send {
    fn ask_again(self: Box<Self>, shadow: &Shadow, cut_at: &[u16]);
}

impl Shadow {
    /// Asks the candidate and counts. True when this is the first difference, or the first failure, that it shows.
    pub(super) fn compare(&self, of: &Beside, answered: Box<dyn AnyAnswered>) -> bool {
        let was_same = self.is_same_beside(of);
        answered.ask_again(self, &of.pin.boundaries);
        was_same && !self.tally.lock().comparison.is_same()
    }

    fn is_same_beside(&self, of: &Beside) -> bool {
        let mut tally = self.tally.lock();
        let known = tally.of.as_ref().filter(|known| known.code_hash == of.code_hash);
        let since = known.map_or(Some(of.at), |known| known.since);
        if known.is_none() {
            *tally = Tally::default();
        }
        tally.of = Some(Baseline {
            version: of.pin.version.clone(),
            hash: of.pin.hash.clone(),
            code_hash: of.code_hash.clone(),
            since,
        });
        tally.comparison.is_same()
    }
}

impl<Q: Question> AnyAnswered for Answered<Q> {
    fn ask_again(self: Box<Self>, shadow: &Shadow, cut_at: &[u16]) {
        let version = &shadow.version;
        let (question, approximate) = Q::clone(&self.question).cut_anew(cut_at, &version.manifest.boundaries);
        let question = question.with(version.parameters.clone());
        let answer = trial::ask(version.unit(), &version.granted, &question).result;
        let tally = &mut *shadow.tally.lock();
        tally.approximate |= approximate;
        match answer {
            Ok(after) => self.count(&question, &after.stands, &mut tally.comparison),
            Err(fault) => tally.comparison.fail(self.id(&question), fault.to_string()),
        }
    }
}

impl<Q: Question> Answered<Q> {
    /// A price that is not the last one adds no money: it would count again at the end.
    fn count(self, question: &Q, after: &Q::Stands, comparison: &mut Comparison) {
        let bills = (Q::bill(&self.before).map(ComparedBill::of), Q::bill(after).map(ComparedBill::of));
        match (question.session(), bills) {
            (Some(about), (Some(before), Some(after))) if about.purpose.is_final() => {
                comparison.bills(billed(about), before, after);
            }
            (_, (Some(before), Some(after))) => comparison.running(&before, &after),
            _ => comparison.verdicts(self.decision, &self.before, after),
        }
    }

    /// What a failure is about.
    fn id(&self, question: &Q) -> String {
        question.session().map_or_else(|| self.decision.clone(), |about| about.session.id.clone())
    }
}

fn billed(about: &PricingInput) -> BilledSession {
    let PricingInput { session, station, .. } = about;
    BilledSession {
        session: session.id.clone(),
        station: station.id.clone(),
        started_at: session.started_at,
        energy: session.energy,
    }
}
