//! How the answers of several policies become one: the table of [`Combine`], step by step.

use amprule_domain::authorization::{AuthorizationOutput, Limits, Opinion};
use amprule_domain::reply::AuthorizationStatus;

use crate::selection::Combine;

/// The answers so far, as one.
pub(crate) struct Combining {
    how: Combine,
    so_far: AuthorizationOutput,
    is_decided: bool,
}

impl Combining {
    pub(crate) const fn new(how: Combine) -> Self {
        Self { how, so_far: AuthorizationOutput::no_opinion(), is_decided: false }
    }

    pub(crate) fn take(&mut self, answer: AuthorizationOutput) {
        match (answer.verdict, self.how) {
            (Opinion::Reject, _) => self.reject(answer),
            (Opinion::NoOpinion, Combine::AllAccept) => self.reject(not_accepted(answer)),
            (Opinion::Accept, Combine::FirstDecisive) => {
                self.add(answer);
                self.is_decided = true;
            }
            (Opinion::Accept | Opinion::NoOpinion, _) => self.add(answer),
        }
    }

    /// True when no further policy has to be asked.
    pub(crate) const fn is_decided(&self) -> bool {
        self.is_decided
    }

    pub(crate) fn into_output(self) -> AuthorizationOutput {
        self.so_far
    }

    fn reject(&mut self, rejection: AuthorizationOutput) {
        self.so_far = rejection;
        self.is_decided = true;
    }

    fn add(&mut self, one: AuthorizationOutput) {
        let all = &mut self.so_far;
        if one.verdict == Opinion::Accept {
            all.verdict = Opinion::Accept;
        }
        let Limits { max_energy, max_duration_s, max_cost } = one.limits;
        all.limits.max_energy = smaller(all.limits.max_energy, max_energy);
        all.limits.max_duration_s = smaller(all.limits.max_duration_s, max_duration_s);
        all.limits.max_cost = smaller(all.limits.max_cost, max_cost);
        all.cache_s = smaller(all.cache_s, one.cache_s);
        all.message = all.message.take().or(one.message);
        all.tariff = all.tariff.take().or(one.tariff);
    }
}

/// The verdict when a policy has no opinion and all of them must accept.
fn not_accepted(answer: AuthorizationOutput) -> AuthorizationOutput {
    AuthorizationOutput {
        verdict: Opinion::Reject,
        reason: Some(answer.reason.unwrap_or(AuthorizationStatus::Invalid)),
        message: answer.message,
        ..AuthorizationOutput::no_opinion()
    }
}

fn smaller<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
