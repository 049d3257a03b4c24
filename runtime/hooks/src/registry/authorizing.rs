//! Asking whether a token may charge: the policies of the occasion in their order, until it is decided.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput, Opinion, PresentedToken, Purpose};
use amprule_domain::contract::Contract;
use amprule_domain::decision::{Decision, Fault, FaultClass, Hook, Json};
use amprule_domain::facts::Facts;
use amprule_domain::lookup::{Known, Lookup};
use amprule_domain::ports::{About, AuthorizationAnswer};
use amprule_domain::pricing::Parameters;
use amprule_domain::reply::AuthorizationStatus;
use amprule_domain::{DecisionId, Occasion, plain};

use super::Registry;
use super::writing::{Callee, Record, told};
use crate::call::{Called, RoundsLeft, call};
use crate::chain::Selected;
use crate::combining::Combining;
use crate::lookups::{MAX_ROUNDS, MOST_ASKING};
use crate::manifest::OnError;
use crate::mask::Mask;
use crate::tap_cache::{Before, CachedVerdict};
use crate::unit::Used;
use crate::version::Version;

/// Shown to a driver whose token no rule could judge.
const CANNOT_CHECK: &str = "Your card could not be checked. Please try again in a moment.";

/// One presented token on its way from policy to policy.
struct Authorizing<'r> {
    registry: &'r Registry,
    generation: u64,
    /// Other systems are asked no longer than this.
    asks_until: tokio::time::Instant,
    input: Arc<AuthorizationInput>,
    /// The same as the decision log may have it, masked.
    told: AuthorizationInput,
    about: About,
    decisions: Vec<Decision>,
    /// Answers to this token that stand for its start, too.
    before: Before,
    /// Answers that may stand for the start behind this.
    said: Vec<CachedVerdict>,
}

impl Registry {
    pub(super) async fn authorize_with_chain(
        &self,
        input: AuthorizationInput,
        at: Occasion<'_>,
    ) -> AuthorizationAnswer {
        let generation = self.generation.load_full();
        // A tap has no EVSE yet. One within a session names its connector, and is not kept.
        let is_tap = input.purpose == Purpose::Authorize && input.station.evse == 0;
        let before = match input.purpose {
            Purpose::Authorize => Before::default(),
            Purpose::Start => self.taps.take(at.station, (self.steady)(), &input),
        };
        let (policies, combine) = generation.chains.authorization(&at);
        let masked = masked(&input.token, self.mask());
        let told = AuthorizationInput { token: masked, ..input.clone() };
        let mut authorizing = Authorizing {
            registry: self,
            generation: generation.number,
            asks_until: tokio::time::Instant::now() + MOST_ASKING,
            input: Arc::new(input),
            told,
            about: About { station: at.station.clone(), session: None },
            decisions: Vec::with_capacity(policies.len()),
            before,
            said: Vec::new(),
        };
        let mut combined = Combining::new(combine);
        for policy in policies {
            combined.take(match policy {
                Selected::Loaded(version) => authorizing.ask(version).await,
                Selected::Missing(id) => authorizing.miss(id),
            });
            if combined.is_decided() {
                break;
            }
        }
        if is_tap {
            self.taps.keep(at.station, (self.steady)(), authorizing.input, authorizing.said);
        }
        self.tell_faults(&authorizing.decisions);
        AuthorizationAnswer { output: combined.into_output(), decisions: authorizing.decisions }
    }
}

impl Authorizing<'_> {
    async fn ask(&mut self, version: &Version) -> AuthorizationOutput {
        let input = Arc::make_mut(&mut self.input);
        input.parameters = version.parameters.clone();
        input.lookups.clear();
        if let Some(said) = self.before.take(version) {
            let asked = Callee::of(version, Used::default(), Duration::ZERO);
            self.answered(version, asked, &said.output, Some(said.decision));
            return said.output;
        }
        let called = self.call_with_lookups(version).await;
        self.registry.follow_up(version, Hook::Authorization, &called);
        let asked = Callee::of(version, called.used, called.took);
        match called.result {
            Ok(output) => {
                let decision = self.answered(version, asked, &output, None);
                self.remember(version, called.read, &output, decision);
                output
            }
            Err(fault) => {
                let told = self.told(Some(version));
                self.fall_back(asked, fault, told, version.manifest.on_error)
            }
        }
    }

    /// Asks others what the unit wants to know, and the unit again with their answers.
    async fn call_with_lookups(&mut self, version: &Version) -> Called<AuthorizationOutput> {
        let Registry { settings, steady, .. } = self.registry;
        let mut left = MAX_ROUNDS;
        loop {
            let mut called = call(version, &self.input, &settings.probation, steady, RoundsLeft(left), trusted).await;
            if called.wants.is_empty() {
                // The answer depends on what others say, which the start would have to ask again.
                let has_asked = left < MAX_ROUNDS;
                called.read = if has_asked { Facts::ALL } else { called.read };
                return called;
            }
            match self.registry.look_up(version, std::mem::take(&mut called.wants), self.asks_until).await {
                Ok(known) => Arc::make_mut(&mut self.input).lookups.extend(known),
                Err(fault) => return Called { result: Err(fault), ..called },
            }
            left -= 1;
        }
    }

    /// Writes it down, and asks the candidate beside the version.
    fn answered(
        &mut self,
        version: &Version,
        asked: Callee,
        output: &AuthorizationOutput,
        same_as: Option<DecisionId>,
    ) -> DecisionId {
        let told = self.told(Some(version));
        let decision = self.write(Record { asked, output: Json::of(output), fault: None }, told);
        decision.same_as = same_as;
        let id = decision.id;
        self.registry.shadow_answer(version, &self.input, output, || id.to_string());
        id
    }

    fn remember(&mut self, version: &Version, read: Facts, output: &AuthorizationOutput, decision: DecisionId) {
        if self.input.purpose == Purpose::Authorize && CachedVerdict::may_stand(read) {
            let (by, parameters) = (version.pin(), version.parameters.clone());
            self.said.push(CachedVerdict { by, parameters, read, output: output.clone(), decision });
        }
    }

    fn miss(&mut self, id: &str) -> AuthorizationOutput {
        let fault = Fault::new(FaultClass::NotLoaded, format!("the configuration asks {id}, and it is not there"));
        // It was not asked, so it has no parameters.
        let input = Arc::make_mut(&mut self.input);
        input.parameters = Parameters::default();
        input.lookups.clear();
        let told = self.told(None);
        self.fall_back(Callee::missing(id, "", ""), fault, told, OnError::Reject)
    }

    fn fall_back(&mut self, asked: Callee, fault: Fault, told: Json, on_error: OnError) -> AuthorizationOutput {
        let decision = self.write(Record { asked, output: None, fault: Some(fault) }, told);
        decision.fallback = Some(on_error.as_str().to_owned());
        stand_in(on_error)
    }

    /// The input as the decision log may have it, masked.
    fn told(&mut self, asked: Option<&Version>) -> Json {
        let masked = |known: &Known| {
            let lookup = Lookup { key: self.registry.mask().token(&known.lookup.key), ..known.lookup.clone() };
            Known { lookup, ..known.clone() }
        };
        self.told.lookups = self.input.lookups.iter().map(masked).collect();
        self.told.parameters = asked.map_or_else(|| self.input.parameters.clone(), |version| version.noted.clone());
        told(&self.told, asked, self.registry.mask())
    }

    fn write(&mut self, record: Record, told: Json) -> &mut Decision {
        let facts = (Hook::Authorization, self.input.now, self.generation);
        let decision = record.decision(self.registry.ids.decision(), facts, &self.about, told);
        self.decisions.push_mut(decision)
    }
}

/// Its id, and the contract's, which is the same in another form.
fn masked(token: &PresentedToken, mask: &Mask) -> PresentedToken {
    let contract = token.contract.as_ref();
    PresentedToken {
        id_token: mask.token(&token.id_token),
        contract: contract.map(|contract| Contract { id: mask.token(&contract.id), ..contract.clone() }),
        ..token.clone()
    }
}

/// The host's own check of what a policy returned.
fn trusted(mut output: AuthorizationOutput) -> Result<AuthorizationOutput, String> {
    output.validate()?;
    output.message = output.message.map(|message| plain::shown(&message).into_owned());
    output.messages.values_mut().for_each(|message| *message = plain::shown(message).into_owned());
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
