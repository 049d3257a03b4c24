//! Reads what the server asks, and words what the station answers.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{Answer, Version};

/// The payload of an answer, or why there is none.
pub(super) type Reply = Result<Value, Fault>;

/// A request that gets a CALLERROR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    NotImplemented(String),
    NotSupported(String),
    /// A member is missing, or there are too many.
    Occurrence(String),
    Property(String),
    Format(String),
}

impl Fault {
    /// 1.6 spells two of the codes in its own way.
    pub(super) fn code(&self, version: Version) -> &'static str {
        match self {
            Self::NotImplemented(_) => "NotImplemented",
            Self::NotSupported(_) => "NotSupported",
            Self::Occurrence(_) if version.is_v16() => "OccurenceConstraintViolation",
            Self::Occurrence(_) => "OccurrenceConstraintViolation",
            Self::Property(_) => "PropertyConstraintViolation",
            Self::Format(_) if version.is_v16() => "FormationViolation",
            Self::Format(_) => "FormatViolation",
        }
    }

    pub(super) fn answer(self, version: Version) -> Answer {
        let code = self.code(version).to_owned();
        let (Self::NotImplemented(description)
        | Self::NotSupported(description)
        | Self::Occurrence(description)
        | Self::Property(description)
        | Self::Format(description)) = self;
        Answer::Error { code, description }
    }
}

pub(super) fn text<'a>(asked: &'a Value, member: &str) -> Option<&'a str> {
    asked.get(member)?.as_str()
}

pub(super) fn word<'a>(asked: &'a Value, member: &str) -> &'a str {
    text(asked, member).unwrap_or_default()
}

pub(super) fn integer(asked: &Value, member: &str) -> Option<i64> {
    let number = asked.get(member)?;
    number.as_i64().or_else(|| number.as_f64().map(|number| number as i64))
}

pub(super) fn decimal(asked: &Value, member: &str) -> Option<f64> {
    asked.get(member)?.as_f64()
}

pub(super) fn flag(asked: &Value, member: &str) -> Option<bool> {
    asked.get(member)?.as_bool()
}

/// Empty when the member is missing.
pub(super) fn list<'a>(asked: &'a Value, member: &str) -> &'a [Value] {
    asked.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn moment(asked: &Value, member: &str) -> Option<Timestamp> {
    text(asked, member)?.parse().ok()
}

pub(super) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

pub(super) fn status(word: &str) -> Value {
    json!({"status": word})
}

pub(super) fn accepted() -> Value {
    status("Accepted")
}

/// A status with its reason. 1.6 has no place for a reason.
pub(super) fn refused(version: Version, status: &str, reason: &str) -> Value {
    if version.is_v16() {
        return json!({"status": status});
    }
    json!({"status": status, "statusInfo": {"reasonCode": reason}})
}

/// The named members of an object, those that are there.
pub(super) fn picked(from: &Value, members: &[&str]) -> Map<String, Value> {
    let there = |member: &&str| from.get(*member).map(|value| ((*member).to_owned(), value.clone()));
    members.iter().filter_map(there).collect()
}

/// Upper and lower case are the same for identifiers.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
