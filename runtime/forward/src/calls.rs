//! What the backend asks of the station: only what the operator allows, one after the other, in a bounded number.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use amprule_domain::Timestamp;
use amprule_domain::ports::{BoxFuture, CallOutcome};
use amprule_domain::reply::{Refusal, RefusalCode};
use amprule_domain::secrets::without_secrets;
use amprule_ocpp::{CommandFault, Dialect};
use serde_json::Value;

use crate::budget::Budget;
use crate::rule::Rule;
use crate::secrecy::is_ours_alone;

/// Behind the one that the station has not answered yet.
const WAITING_MOST: usize = 4;

pub(crate) struct Calls {
    dialect: Dialect,
    waiting: VecDeque<Call>,
    /// Under the backend's id.
    current: Option<(String, Answering)>,
    budget: Budget,
}

pub(crate) type Answering = BoxFuture<'static, Result<CallOutcome, Refusal>>;

/// A request that the station is to hear.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) action: String,
    pub(crate) payload: String,
}

impl Calls {
    pub(crate) fn new(rule: &Rule, dialect: Dialect) -> Self {
        let budget = Budget::new(rule.forward.calls_per_minute, Duration::from_secs(60));
        Self { dialect, waiting: VecDeque::new(), current: None, budget }
    }

    /// `Err`: the answer to it, for the station hears nothing of it.
    pub(crate) fn take(
        &mut self,
        call: Call,
        rule: &Rule,
        numbers: &BTreeMap<i64, i64>,
        now: Timestamp,
    ) -> Result<(), String> {
        let Call { id, action, payload } = call;
        match self.judge((&action, &payload), rule, numbers, now) {
            Ok(payload) => {
                self.waiting.push_back(Call { id, action, payload });
                Ok(())
            }
            Err(Judged::Refused(refusal)) => Err(self.dialect.encode_error(&id, &refusal)),
            Err(Judged::Answered(answer)) => Err(self.dialect.encode_result(&id, answer)),
        }
    }

    /// With the number that the station knows.
    fn judge(
        &mut self,
        (action, payload): (&str, &str),
        rule: &Rule,
        numbers: &BTreeMap<i64, i64>,
        now: Timestamp,
    ) -> Result<String, Judged> {
        if !rule.forward.allow.iter().any(|allowed| allowed == action) {
            return Err(self.not_allowed(action));
        }
        let waiting = self.waiting.len() + usize::from(self.current.is_some());
        if waiting > WAITING_MOST || !self.budget.spend() {
            return Err(refused(RefusalCode::GenericError, "too many requests at once; the station is not asked"));
        }
        self.dialect.check_order(action, payload, now).map_err(|fault| match fault {
            CommandFault::UnknownAction { .. } => refused(RefusalCode::NotImplemented, fault.to_string()),
            CommandFault::Invalid { .. } => refused(RefusalCode::PropertyConstraintViolation, fault.to_string()),
        })?;
        let mut payload: Value =
            serde_json::from_str(payload).map_err(|error| refused(RefusalCode::FormatViolation, error.to_string()))?;
        if is_ours_alone(&payload) {
            return Err(refused(
                RefusalCode::SecurityError,
                "passwords, and what binds a station to its server, are not passed on",
            ));
        }
        if let Some(number) = self.dialect.number_asked(action, &mut payload) {
            let theirs = number.as_i64();
            let ours = numbers.iter().find(|(_, known)| Some(**known) == theirs).map(|(ours, _)| *ours);
            // As a station answers that does not know the transaction: under that number it may have another one of ours.
            *number = Value::from(ours.ok_or(Judged::Answered(r#"{"status":"Rejected"}"#))?);
        }
        Ok(payload.to_string())
    }

    fn not_allowed(&self, action: &str) -> Judged {
        match self.dialect.check_command(action, "{}") {
            Err(fault @ CommandFault::UnknownAction { .. }) => refused(RefusalCode::NotImplemented, fault.to_string()),
            _ => refused(RefusalCode::NotSupported, format!("{action} is not passed on to the station")),
        }
    }

    /// The next one, when the station has answered the one before.
    pub(crate) fn next(&mut self) -> Option<Call> {
        if self.current.is_some() { None } else { self.waiting.pop_front() }
    }

    pub(crate) fn ask(&mut self, id: String, answering: Answering) {
        self.current = Some((id, answering));
    }

    /// The station's answer, as the backend is told it, and whether there was one. Cancel-safe.
    pub(crate) async fn answered(&mut self) -> (String, bool) {
        let Some((id, answering)) = &mut self.current else { return std::future::pending().await };
        let outcome = answering.await;
        let id = std::mem::take(id);
        self.current = None;
        match outcome {
            Ok(CallOutcome::Result(payload)) => (self.dialect.encode_result(&id, &shown(&payload)), true),
            Ok(CallOutcome::Error { code, description }) => (self.dialect.repeat_error(&id, &code, &description), true),
            Err(refusal) => (self.dialect.encode_error(&id, &refusal), false),
        }
    }
}

enum Judged {
    Refused(Refusal),
    /// In the station's stead.
    Answered(&'static str),
}

fn refused(code: RefusalCode, description: impl Into<String>) -> Judged {
    Judged::Refused(Refusal::new(code, description))
}

/// Some stations tell passwords when they are asked for their configuration.
fn shown(payload: &str) -> String {
    let Ok(answer) = serde_json::from_str::<Value>(payload) else { return payload.to_owned() };
    let hidden = without_secrets(&answer);
    if hidden == answer { payload.to_owned() } else { hidden.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Forward;
    use crate::rule::tests::forward;

    fn rule(allow: &[&str]) -> Rule {
        let allow = allow.iter().map(|action| (*action).to_owned()).collect();
        Forward { allow, ..forward("books") }.ready().unwrap()
    }

    fn call(action: &str, payload: &str) -> Call {
        Call { id: "7".to_owned(), action: action.to_owned(), payload: payload.to_owned() }
    }

    fn now() -> Timestamp {
        "2026-07-01T08:00:00Z".parse().expect("a time")
    }

    /// What the station hears, or what the backend is told instead.
    fn taken(dialect: Dialect, allow: &[&str], action: &str, payload: &str) -> Result<String, String> {
        let rule = rule(allow);
        let mut calls = Calls::new(&rule, dialect);
        calls.take(call(action, payload), &rule, &[(41, 9_001)].into(), now())?;
        Ok(calls.next().expect("the station is idle").payload)
    }

    #[tokio::test]
    async fn only_what_is_allowed_reaches_the_station() {
        let old = Dialect::V16;
        let told = |said: Result<String, String>| said.expect_err("the station hears nothing");
        assert_eq!(taken(old, &["ClearCache"], "ClearCache", "{}"), Ok("{}".to_owned()));
        assert!(told(taken(old, &[], "ClearCache", "{}")).starts_with(r#"[4,"7","NotSupported","#));
        assert!(told(taken(old, &[], "SetDERControl", "{}")).starts_with(r#"[4,"7","NotImplemented","#));
        assert!(told(taken(old, &["SetDERControl"], "SetDERControl", "{}")).starts_with(r#"[4,"7","NotImplemented","#));
        let key = r#"{"key":"AuthorizationKey","value":"0011"}"#;
        assert!(told(taken(old, &["ChangeConfiguration"], "ChangeConfiguration", key)).contains("SecurityError"));
        let wrong = taken(old, &["Reset"], "Reset", r#"{"type":"Lukewarm"}"#);
        assert!(told(wrong).starts_with(r#"[4,"7","PropertyConstraintViolation","#));
    }

    #[tokio::test]
    async fn a_transaction_of_the_backend_is_ours_by_another_number() {
        let stop = |number: i64| {
            let payload = format!(r#"{{"transactionId":{number}}}"#);
            taken(Dialect::V16, &["RemoteStopTransaction"], "RemoteStopTransaction", &payload)
        };
        assert_eq!(stop(9_001), Ok(r#"{"transactionId":41}"#.to_owned()));
        assert_eq!(stop(41), Err(r#"[3,"7",{"status":"Rejected"}]"#.to_owned()), "that number is another one's");
        let stop = r#"{"transactionId":"9001"}"#;
        let asked = taken(Dialect::V201, &["RequestStopTransaction"], "RequestStopTransaction", stop);
        assert_eq!(asked, Ok(stop.to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_requests_ends_here() {
        let rule = rule(&["ClearCache"]);
        let mut calls = Calls::new(&rule, Dialect::V16);
        let many =
            (0..100).filter(|_| calls.take(call("ClearCache", "{}"), &rule, &BTreeMap::new(), now()).is_ok()).count();
        assert_eq!(many, WAITING_MOST + 1);
        let mut told = 0;
        for _ in 0..200 {
            while calls.next().is_some() {
                told += 1;
            }
            let _ = calls.take(call("ClearCache", "{}"), &rule, &BTreeMap::new(), now());
        }
        assert_eq!(told, 30, "in a minute");
    }
}
