//! Asking whether a token may charge: every policy in its order. One rejection is enough; of all limits the smallest count.

use std::sync::Arc;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput, Limits, Opinion};
use amprule_domain::decision::{Decision, Fault, FaultClass, Hook};
use amprule_domain::ports::{About, AuthorizationAnswer};
use amprule_domain::reply::AuthorizationStatus;
use serde_json::Value;

use super::Registry;
use super::writing::{Asked, Record};
use crate::call::call;
use crate::generation::Policy;
use crate::manifest::OnError;
use crate::version::Version;

/// Shown to a driver whose token no rule could judge.
const CANNOT_CHECK: &str = "Your card could not be checked. Please try again in a moment.";

/// One presented token on its way from policy to policy.
struct Course<'r> {
    registry: &'r Registry,
    generation: u64,
    input: Arc<AuthorizationInput>,
    about: About,
    decisions: Vec<Decision>,
}

impl Registry {
    pub(super) async fn authorize_with_all(&self, input: AuthorizationInput, about: About) -> AuthorizationAnswer {
        let generation = self.generation.load_full();
        let decisions = Vec::with_capacity(generation.authorization.len());
        let mut course =
            Course { registry: self, generation: generation.number, input: Arc::new(input), about, decisions };
        let mut combined = AuthorizationOutput::no_opinion();
        for policy in &generation.authorization {
            let output = match policy {
                Policy::Loaded(version) => course.ask(version).await,
                Policy::Missing(id) => course.miss(id),
            };
            if output.verdict == Opinion::Reject {
                combined = output;
                break;
            }
            combine(&mut combined, output);
        }
        AuthorizationAnswer { output: combined, decisions: course.decisions }
    }
}

impl Course<'_> {
    async fn ask(&mut self, version: &Version) -> AuthorizationOutput {
        Arc::make_mut(&mut self.input).parameters = Arc::clone(&version.parameters);
        let called =
            call(version, &self.input, &self.registry.settings.probation, &self.registry.steady, trusted).await;
        self.registry.follow_up(version, Hook::Authorization, &called);
        let asked = Asked::of(version, called.used, called.took);
        let told = self.told(Some(version));
        match called.result {
            Ok(output) => {
                let returned = serde_json::to_value(&output).expect("an output is plain data");
                self.write(Record { asked, output: Some(returned), fault: None }, told, None);
                let decision = || self.decisions.last().map(|decision| decision.id.to_string()).unwrap_or_default();
                self.registry.shadow_verdict(version, &self.input, &output, decision);
                output
            }
            Err(fault) => self.fall_back(asked, fault, told, version.manifest.on_error),
        }
    }

    fn miss(&mut self, id: &str) -> AuthorizationOutput {
        let fault = Fault::new(FaultClass::NotLoaded, format!("the configuration asks {id}, and it is not there"));
        // It was not asked, so it has no parameters.
        Arc::make_mut(&mut self.input).parameters = Arc::default();
        let told = self.told(None);
        self.fall_back(Asked::missing(id, "", ""), fault, told, OnError::Reject)
    }

    fn fall_back(&mut self, asked: Asked, fault: Fault, told: Value, on_error: OnError) -> AuthorizationOutput {
        self.write(Record { asked, output: None, fault: Some(fault) }, told, Some(on_error.as_str()));
        stand_in(on_error)
    }

    /// The input as the books may have it.
    fn told(&self, asked: Option<&Version>) -> Value {
        let mask = self.registry.mask();
        let mut told = serde_json::to_value(&*self.input).expect("an input is plain data");
        told["token"]["idToken"] = Value::from(mask.token(&self.input.token.id_token));
        if let Some(version) = asked {
            mask.parameters(version, &mut told["parameters"]);
        }
        told
    }

    fn write(&mut self, record: Record, told: Value, fallback: Option<&str>) {
        let facts = (Hook::Authorization, self.input.now, self.generation);
        let mut decision = record.decision(self.registry.ids.decision(), facts, &self.about, told);
        decision.fallback = fallback.map(str::to_owned);
        self.decisions.push(decision);
    }
}

/// The host's own check of what a policy returned.
fn trusted(output: AuthorizationOutput) -> Result<AuthorizationOutput, String> {
    output.validate()?;
    match &output.tariff {
        Some(tariff) if !crate::manifest::is_id(tariff) => Err("tariff is not the id of a unit".to_owned()),
        _ => Ok(output),
    }
}

impl OnError {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::NoOpinion => "no-opinion",
        }
    }
}

fn stand_in(on_error: OnError) -> AuthorizationOutput {
    let none = AuthorizationOutput::no_opinion();
    match on_error {
        OnError::NoOpinion => none,
        OnError::Reject => AuthorizationOutput {
            verdict: Opinion::Reject,
            reason: Some(AuthorizationStatus::Invalid),
            message: Some(CANNOT_CHECK.to_owned()),
            ..none
        },
    }
}

fn combine(all: &mut AuthorizationOutput, one: AuthorizationOutput) {
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

fn smaller<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
