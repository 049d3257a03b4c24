//! Plays with a station's state: a request in, its answer and what follows out.

use serde_json::{Value, json};

use super::Habits;
use super::errands::{Due, Errand};
use super::state::State;
use crate::Version;
use crate::pump::{Own, Spoken};

pub(super) struct Play {
    pub(super) state: State,
}

impl Play {
    pub(super) fn new(version: Version) -> Self {
        let now = "2026-05-04T12:00:00Z".parse().expect("a time");
        Self { state: State::new(version, Habits { page: 4, ..Habits::default() }, now) }
    }

    pub(super) fn ask(&mut self, action: &str, payload: Value) -> Value {
        self.state.answer(action, &payload).unwrap_or_else(|fault| panic!("{action} {payload}: {fault:?}"))
    }

    /// The code of the CALLERROR.
    pub(super) fn fault(&mut self, action: &str, payload: Value) -> &'static str {
        let answer = self.state.answer(action, &payload);
        answer.expect_err("an error is expected").code(self.state.version)
    }

    /// The answer has what is expected; it may have more.
    pub(super) fn check(&mut self, action: &str, payload: Value, expected: Value) {
        let answer = self.ask(action, payload.clone());
        assert!(has(&answer, &expected), "{action} {payload}\n was answered {answer}\n instead of {expected}");
    }

    /// What the station says by itself, up to here.
    pub(super) fn said(&mut self) -> Vec<(&'static str, Value)> {
        let mut said = Vec::new();
        let mut kept = std::collections::VecDeque::new();
        while let Some(errand) = self.state.errands.pop_front() {
            match errand {
                Errand::Say(Own::Call(action, payload) | Own::Send(action, payload)) => said.push((action, payload)),
                Errand::Say(Own::Reopen(_)) => said.push(("(reopens)", json!({}))),
                other => kept.push_back(other),
            }
        }
        self.state.errands = kept;
        said
    }

    /// What is said next, has the expected members, in this order and nothing else.
    pub(super) fn follows(&mut self, expected: &[(&str, Value)]) -> Vec<(&'static str, Value)> {
        let said = self.said();
        let fits = said.len() == expected.len()
            && said.iter().zip(expected).all(|(said, expected)| said.0 == expected.0 && has(&said.1, &expected.1));
        assert!(fits, "it said {said:#?}\ninstead of {expected:#?}");
        said
    }

    /// The server answers what the station has said.
    pub(super) fn hear(&mut self, action: &str, payload: &Value, answer: Value) {
        self.state.hear(&Spoken { action, payload, is_own: true }, Some(&answer));
    }

    /// Says all and has it answered until nothing is left; returns the actions.
    pub(super) fn settle(&mut self, answer: impl Fn(&str) -> Value) -> Vec<&'static str> {
        let mut actions = Vec::new();
        loop {
            let said = self.said();
            if said.is_empty() {
                return actions;
            }
            for (action, payload) in said {
                actions.push(action);
                self.hear(action, &payload, answer(action));
            }
        }
    }

    pub(super) fn passes(&mut self, seconds: i64, due: &Due) {
        self.state.now += jiff::SignedDuration::from_secs(seconds);
        self.state.comes(due);
    }

    /// A car charges at an EVSE under the name `tx-1`.
    pub(super) fn charges(&mut self, evse: i64) {
        let (action, payload, answer) = if self.state.version.is_v16() {
            let payload = json!({"connectorId": evse, "idTag": "CARD", "meterStart": 0});
            ("StartTransaction", payload, json!({"transactionId": 1, "idTagInfo": {"status": "Accepted"}}))
        } else {
            let payload = json!({
                "eventType": "Started", "seqNo": 0, "transactionInfo": {"transactionId": "tx-1"},
                "evse": {"id": evse}, "idToken": {"idToken": "CARD", "type": "ISO14443"},
            });
            ("TransactionEvent", payload, json!({}))
        };
        self.state.hear(&Spoken { action, payload: &payload, is_own: false }, Some(&answer));
    }
}

/// Whether all that is expected is there.
fn has(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => {
            expected.iter().all(|(member, expected)| value.get(member).is_some_and(|value| has(value, expected)))
        }
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len() && value.iter().zip(expected).all(|(value, expected)| has(value, expected))
        }
        (Value::Number(value), Value::Number(expected)) => value.as_f64() == expected.as_f64(),
        _ => value == expected,
    }
}
