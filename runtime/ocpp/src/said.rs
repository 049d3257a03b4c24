//! An object whose members are looked at one by one and which is kept as it came, besides.

use amprule_domain::reply::Refusal;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::loose::Loose;
use crate::payload::{Trouble, read};
use crate::strictness::{Odd, Repairs};

pub(crate) struct Said<'r> {
    members: Map<String, Value>,
    pub(crate) repairs: &'r mut Repairs,
}

impl<'r> Said<'r> {
    pub(crate) fn read(payload: &str, repairs: &'r mut Repairs) -> Result<Self, Trouble> {
        Ok(Self { members: read(payload)?, repairs })
    }

    pub(crate) fn whole(&mut self, member: &'static str) -> Result<Option<i64>, Refusal> {
        self.repairs.whole(member, &loose(self.members.get(member)))
    }

    /// Without it the message says nothing.
    pub(crate) fn number(&mut self, member: &'static str) -> Result<i64, Refusal> {
        let number = self.whole(member)?;
        self.repairs.needed(member, number)
    }

    pub(crate) fn count(&mut self, member: &'static str) -> Result<Option<u32>, Refusal> {
        self.repairs.count(member, &loose(self.members.get(member)))
    }

    /// Of an EVSE; without it the message says nothing.
    pub(crate) fn evse(&mut self) -> Result<u32, Refusal> {
        let evse = self.count("evseId")?;
        self.repairs.needed("evseId", evse)
    }

    /// The place of a part in a report; one that is missing is the first.
    pub(crate) fn seq_no(&mut self) -> Result<u32, Refusal> {
        let seq_no = self.count("seqNo")?;
        Ok(self.repairs.wanted("seqNo", seq_no)?.unwrap_or(0))
    }

    pub(crate) fn text(&mut self, member: &'static str, max: usize) -> Result<Option<String>, Refusal> {
        self.repairs.text(member, loose(self.members.get(member)), max)
    }

    /// A word of an open set; without it the message says nothing.
    pub(crate) fn word(&mut self, member: &'static str, words: &[&str]) -> Result<String, Refusal> {
        let word = self.repairs.open_word(member, loose(self.members.get(member)), words)?;
        self.repairs.needed(member, word)
    }

    pub(crate) fn truth(&mut self, member: &'static str) -> Result<bool, Refusal> {
        self.repairs.truth(member, &loose(self.members.get(member)))
    }

    pub(crate) fn time(&mut self, member: &'static str) -> Result<Option<Timestamp>, Refusal> {
        self.repairs.time(member, &loose(self.members.get(member)))
    }

    /// The objects of a list. One object in the place of the list is its only one; none is an empty list.
    pub(crate) fn objects(&mut self, member: &'static str) -> Result<Vec<Value>, Refusal> {
        let items = match self.members.get(member) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items.clone(),
            Some(one) => self.repairs.note(Odd::Shape, member).map(|()| vec![one.clone()])?,
        };
        let (objects, others): (Vec<_>, Vec<_>) = items.into_iter().partition(Value::is_object);
        if !others.is_empty() {
            self.repairs.note(Odd::Shape, member)?;
        }
        Ok(objects)
    }

    /// As it came.
    pub(crate) fn value(&self, member: &str) -> Value {
        self.members.get(member).cloned().unwrap_or_default()
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.members)
    }
}

/// A whole number that may stand as text.
pub(crate) fn int(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Text that may stand as a number or a truth value.
pub(crate) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

pub(crate) fn positive(value: &Value) -> Option<u32> {
    int(value).and_then(|number| u32::try_from(number).ok())
}

fn loose(value: Option<&Value>) -> Loose<'_> {
    match value {
        None | Some(Value::Null) => Loose::Absent,
        Some(Value::Bool(truth)) => Loose::Truth(*truth),
        Some(Value::Number(number)) => {
            number.as_i64().map_or_else(|| Loose::Real(number.as_f64().unwrap_or(f64::NAN)), Loose::Whole)
        }
        Some(Value::String(text)) => Loose::Text(text.into()),
        Some(Value::Array(_) | Value::Object(_)) => Loose::Nested,
    }
}
