//! What we may ask of a station, as rows: one for each request of a version. A row with words of its own for a typed command
//! stands in the file that is named after it.

use amprule_domain::TransactionId;
use amprule_domain::command::{Command, CommandAnswer, Verdict};
use amprule_domain::event::StationEvent;
use serde_json::{Map, Value};

use crate::encode::Times;

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) action: &'static str,
    /// The payload that says this command. `None`: it is another row's.
    encode: Encode,
    /// What a station's response means beside the word in it.
    outcome: Option<Outcome>,
    /// What its error means: to have said so is all that most requests are.
    failure: Option<Failure>,
}

type Encode = fn(&Command, Times) -> Option<String>;
/// Of request and response. `None`: the station has done nothing, or nothing that is kept.
type Outcome = fn(&Value, &Value) -> Option<StationEvent>;
/// Of a request, and the code of the error that it was answered with.
type Failure = fn(&Value, &str) -> Option<StationEvent>;

impl Request {
    /// A request that is sent as it was given.
    pub(crate) const fn named(action: &'static str) -> Self {
        Self::typed(action, |_, _| None)
    }

    /// A request that says a command of ours too.
    pub(crate) const fn typed(action: &'static str, encode: Encode) -> Self {
        Self { action, encode, outcome: None, failure: None }
    }

    /// A request after whose response something is otherwise.
    pub(crate) const fn means(self, outcome: Outcome) -> Self {
        Self { outcome: Some(outcome), ..self }
    }

    /// A request after whose error something is known that was not.
    pub(crate) const fn fails(self, failure: Failure) -> Self {
        Self { failure: Some(failure), ..self }
    }

    pub(crate) const fn has_outcome(&self) -> bool {
        self.outcome.is_some()
    }

    /// A response that cannot be read means nothing.
    pub(crate) fn outcome(&self, asked: &str, answered: &str) -> Option<StationEvent> {
        (self.outcome?)(&object(asked)?, &object(answered)?)
    }

    pub(crate) fn failure(&self, asked: &str, code: &str) -> Option<StationEvent> {
        (self.failure?)(&object(asked)?, code)
    }

    pub(crate) fn phrase(&self, command: &Command, times: Times) -> Option<String> {
        match command {
            Command::Request { action, payload } => (*action == self.action).then(|| payload.clone()),
            typed => (self.encode)(typed, times),
        }
    }
}

fn object(text: &str) -> Option<Value> {
    serde_json::from_str::<Value>(text).ok().filter(Value::is_object)
}

/// The response's own word is this one, in whatever case.
pub(crate) fn says(answered: &Value, word: &str) -> bool {
    answered["status"].as_str().is_some_and(|status| status.trim().eq_ignore_ascii_case(word))
}

/// Words of the standard for a request that was, or will be, carried out.
const DONE: [&str; 6] = ["accepted", "acceptedcanceled", "rebootrequired", "scheduled", "unlocked", "unpublished"];

/// Members beside which nothing is left to tell.
const PLAIN: [&str; 4] = ["customData", "status", "statusInfo", "transactionId"];

/// What a station's response comes to. Tolerant: a word in other letters is that word, and one that is not the standard's
/// is a refusal. Where its items have words of their own (SetVariables), one that was not carried out refuses the whole.
///
/// `needs_status`: the response without one says nothing.
pub(crate) fn read(payload: &str, needs_status: bool) -> CommandAnswer {
    let Ok(Value::Object(members)) = serde_json::from_str(payload) else {
        return unreadable();
    };
    if members.get("status").is_some_and(|status| !status.is_string()) {
        return unreadable();
    }
    let words = words(&members);
    // A list of results that has none says nothing of what was asked.
    let says_nothing =
        |(name, value): (&String, &Value)| name.ends_with("Result") && value.as_array().is_some_and(Vec::is_empty);
    let needs_status = needs_status || members.iter().any(says_nothing);
    let is_done = |word: &&str| DONE.contains(&word.trim().to_ascii_lowercase().as_str());
    let verdict = match &*words {
        [] if needs_status => Verdict::Refused,
        words if !words.iter().all(is_done) => Verdict::Refused,
        words if words.iter().any(|word| word.trim().eq_ignore_ascii_case("scheduled")) => Verdict::Scheduled,
        _ => Verdict::Accepted,
    };
    let status = match &*words {
        [] if needs_status => String::new(),
        [] => "Accepted".to_owned(),
        words => words.join(", "),
    };
    let transaction = members.get("transactionId").and_then(Value::as_str).map(TransactionId::new);
    let tells_more = members.keys().any(|name| !PLAIN.contains(&name.as_str()));
    let body = (tells_more && payload.len() <= CommandAnswer::BODY_MAX).then(|| payload.to_owned());
    let reason = members.get("statusInfo").and_then(reason);
    CommandAnswer { verdict, status, reason, transaction, body, odd: None }
}

/// Each word once: the response's own, else those of its items.
fn words(members: &Map<String, Value>) -> Vec<&str> {
    if let Some(status) = members.get("status").and_then(Value::as_str) {
        return vec![status];
    }
    let mut words = Vec::new();
    for item in members.values().filter_map(Value::as_array).flatten() {
        let word = ["attributeStatus", "status"].iter().find_map(|name| item[name].as_str());
        words.extend(word.filter(|word| !words.contains(word)));
    }
    words
}

/// Of StatusInfoType (2.x): its code, and what it adds.
fn reason(info: &Value) -> Option<String> {
    let said: Vec<_> = ["reasonCode", "additionalInfo"].iter().filter_map(|member| info[member].as_str()).collect();
    (!said.is_empty()).then(|| said.join(": "))
}

/// Nothing of the answer can be read.
pub(crate) fn unreadable() -> CommandAnswer {
    refused("FormatViolation", Some("the answer has another shape".to_owned()))
}

/// The station's error, or an answer that cannot be read.
pub(crate) fn refused(code: &str, reason: Option<String>) -> CommandAnswer {
    let (status, reason) = (code.to_owned(), reason.filter(|reason| !reason.is_empty()));
    CommandAnswer { verdict: Verdict::Refused, status, reason, transaction: None, body: None, odd: None }
}
