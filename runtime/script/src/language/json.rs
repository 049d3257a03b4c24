//! JSON from outside, and what a driver keeps for its next turn.

use std::sync::Arc;

use rhai::{Dynamic, Engine, ImmutableString, Map};
use rust_decimal::Decimal;
use serde_json::Value;

use super::number;
use crate::explain::kind_of;

/// An answer over HTTP. It is looked into, and never copied into the script as a whole: it may be large.
#[derive(Debug, Clone)]
pub(crate) struct Json(Arc<Value>);

impl Json {
    /// A message: what is looked into stays outside of the script, and a single value comes in.
    pub(super) fn or_plain(text: &str) -> Dynamic {
        match Self::of(text) {
            Self(value) if value.is_object() || value.is_array() => Dynamic::from(Self(value)),
            Self(value) => dynamic(&value),
        }
    }

    /// A text that is no JSON is a text.
    pub(super) fn of(text: &str) -> Self {
        Self(Arc::new(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))))
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Json>("answer over HTTP");
    engine.register_fn("at", |answer: &mut Json, pointer: ImmutableString| match answer.0.pointer(&pointer) {
        Some(Value::Object(_) | Value::Array(_)) | None => Dynamic::UNIT,
        Some(plain) => dynamic(plain),
    });
}

/// As scripts have it.
pub(crate) fn dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(whole) if whole.is_i64() => Dynamic::from_int(whole.as_i64().unwrap_or_default()),
        Value::Number(number) => {
            let text = number.to_string();
            let decimal = text.parse().or_else(|_| Decimal::from_scientific(&text));
            decimal.map_or(Dynamic::UNIT, Dynamic::from_decimal)
        }
        Value::String(text) => ImmutableString::from(text.as_str()).into(),
        Value::Array(items) => items.iter().map(dynamic).collect::<rhai::Array>().into(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.as_str().into(), dynamic(value))).collect::<Map>().into()
        }
    }
}

/// The error says what has no place in it.
pub(crate) fn json(value: &Dynamic) -> Result<Value, String> {
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = value.as_bool() {
        return Ok(Value::Bool(flag));
    }
    if let Ok(whole) = value.as_int() {
        return Ok(Value::from(whole));
    }
    if let Some(decimal) = number(value) {
        return serde_json::from_str(&decimal.to_string()).map_err(|error| error.to_string());
    }
    if let Ok(text) = value.clone().into_immutable_string() {
        return Ok(Value::from(text.as_str()));
    }
    if let Some(items) = value.read_lock::<rhai::Array>() {
        return items.iter().map(json).collect();
    }
    if let Some(members) = value.read_lock::<Map>() {
        return members.iter().map(|(name, value)| Ok((name.to_string(), json(value)?))).collect();
    }
    Err(format!("numbers, texts, lists and maps have a place in it, and not {}", kind_of(value)))
}
