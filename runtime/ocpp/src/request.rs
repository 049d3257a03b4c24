//! What we may ask of a station, as rows: one for each typed command of a version, in the file that is named after it.

use amprule_domain::TransactionId;
use amprule_domain::command::{Command, CommandAnswer, Verdict};
use serde::Deserialize;
use serde_json::Value;

use crate::encode::Times;

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) action: &'static str,
    /// The payload that says this command. `None`: it is another row's.
    pub(crate) encode: fn(&Command, Times) -> Option<String>,
    pub(crate) decode: fn(&str) -> CommandAnswer,
}

/// A response that says with a word how it went, which most do. What stands beside the word may be anything.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    status: String,
    #[serde(default)]
    status_info: Value,
    #[serde(default)]
    transaction_id: Value,
}

/// Tolerant: a word in other letters is that word, and one that is not the standard's is a refusal.
pub(crate) fn status(payload: &str) -> CommandAnswer {
    let Ok(Status { status, status_info, transaction_id }) = serde_json::from_str(payload) else {
        return refused("FormatViolation", Some("the answer has another shape".to_owned()));
    };
    let verdict = match status.trim().to_ascii_lowercase().as_str() {
        "accepted" | "unlocked" => Verdict::Accepted,
        "scheduled" => Verdict::Scheduled,
        _ => Verdict::Refused,
    };
    let transaction = transaction_id.as_str().map(TransactionId::new);
    CommandAnswer { verdict, status, reason: reason(&status_info), transaction, body: None, odd: None }
}

/// Of StatusInfoType (2.x): its code, and what it adds.
fn reason(info: &Value) -> Option<String> {
    let said: Vec<_> = ["reasonCode", "additionalInfo"].iter().filter_map(|member| info[member].as_str()).collect();
    (!said.is_empty()).then(|| said.join(": "))
}

/// A response that is itself what was asked for.
pub(crate) fn body(payload: &str) -> CommandAnswer {
    let body = Some(payload.to_owned()).filter(|body| body.len() <= CommandAnswer::BODY_MAX);
    let status = "Accepted".to_owned();
    CommandAnswer { verdict: Verdict::Accepted, status, reason: None, transaction: None, body, odd: None }
}

/// The station's error, or an answer that cannot be read.
pub(crate) fn refused(code: &str, reason: Option<String>) -> CommandAnswer {
    let (status, reason) = (code.to_owned(), reason.filter(|reason| !reason.is_empty()));
    CommandAnswer { verdict: Verdict::Refused, status, reason, transaction: None, body: None, odd: None }
}
