//! What must hold for every policy.

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput, Opinion};
use amprule_domain::decision::Hook;
use amprule_domain::lookup::Lookup;
use amprule_domain::pricing::Parameters;
use amprule_domain::token::TokenStatus;
use amprule_hooks::cases::usual_parameters;
use amprule_hooks::inputs::Supplied as _;
use amprule_hooks::trial;
use serde_json::{Value, json};

use super::named::cards;
use super::request::Request;
use super::{Breach, PropertyReport, Runs, Tested, UnderTest, try_all};
use crate::rng::Rng;

type Property = (&'static str, &'static str, fn(&Policy<'_>, &Request) -> Option<Breach>);

const PROPERTIES: [Property; 3] = [
    ("answers", "every token gets a valid verdict", answers),
    ("repeatable", "asked twice, it says the same", repeatable),
    ("blocked", "a blocked, expired or invalid token is never accepted", blocked),
];

struct Policy<'u> {
    asked: &'u UnderTest<'u>,
    parameters: Parameters,
}

impl Tested for AuthorizationInput {
    fn properties(asked: &UnderTest<'_>, runs: Runs) -> Vec<PropertyReport> {
        let policy = Policy { asked, parameters: usual_parameters(asked.source).into() };
        let mut rng = Rng::new(runs.seed);
        let cards = cards(asked.source);
        let requests: Vec<Request> = (0..runs.count).map(|_| Request::draw(&mut rng, &cards)).collect();
        let try_one = |&(name, says, breach): &Property| {
            try_all((name, says), Hook::Authorization, &requests, |request| breach(&policy, request))
        };
        PROPERTIES.iter().map(try_one).collect()
    }
}

impl Policy<'_> {
    fn ask(&self, request: &Request) -> (AuthorizationInput, Result<AuthorizationOutput, String>) {
        let mut input = request.input(&self.parameters).supplied(&self.asked.source.manifest.inputs);
        let declared = &self.asked.source.manifest.lookups;
        let heard = |lookup: &Lookup| request.heard(declared.get(&lookup.name));
        let tried = trial::authorize_hearing(self.asked.unit, self.asked.granted, &mut input, heard);
        (input, tried.result.map_err(|fault| fault.to_string()))
    }
}

fn answers(policy: &Policy<'_>, request: &Request) -> Option<Breach> {
    let (input, answer) = policy.ask(request);
    Some(breach(answer.err()?, &input, json!({ "verdict": "no-opinion" })))
}

fn repeatable(policy: &Policy<'_>, request: &Request) -> Option<Breach> {
    let (input, first) = policy.ask(request);
    let (first, second) = (first.ok()?, policy.ask(request).1.ok()?);
    let why = || format!("first {first:?}, then {second:?}");
    (first != second).then(|| breach(why(), &input, json!({ "verdict": first.verdict })))
}

fn blocked(policy: &Policy<'_>, request: &Request) -> Option<Breach> {
    let status = request.status.filter(|status| *status != TokenStatus::Accepted)?;
    let (input, answer) = policy.ask(request);
    let accepted = answer.ok()?.verdict == Opinion::Accept;
    let why = || format!("a token whose status is {} is accepted", status.as_str());
    accepted.then(|| breach(why(), &input, json!({ "verdict": "reject" })))
}

fn breach(why: String, input: &AuthorizationInput, expect: Value) -> Breach {
    let mut input = serde_json::to_value(input).expect("an input is plain data");
    if let Some(members) = input.as_object_mut() {
        members.retain(|name, _| name != "parameters" && name != "station");
    }
    Breach { why, input, expect }
}
