//! A unit's parameters: from JSON, as the registry keeps them, to typed values, as the manifest declares them.

use std::collections::BTreeMap;

use amprule_domain::decision::{Fault, FaultClass};
use amprule_hooks::Manifest;
use amprule_hooks::manifest::ParameterKind;
use serde_json::{Map, Value};

use super::bindings::amprule::types::types as wit;
use super::types::lower_decimal;

/// Which type each parameter has.
pub(crate) struct Parameters(BTreeMap<String, ParameterKind>);

/// The texts of the parameters that are lists, in the parameters' order. WIT values borrow from it.
pub(crate) type Lists<'a> = Vec<Vec<&'a str>>;

impl Parameters {
    pub(crate) fn of(manifest: &Manifest) -> Self {
        Self(manifest.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.kind)).collect())
    }

    pub(crate) fn lower<'a>(
        &self,
        values: &'a Map<String, Value>,
        lists: &'a Lists<'a>,
    ) -> Result<Vec<wit::Parameter<'a>>, Fault> {
        let mut lists = lists.iter();
        let lower = |(name, value): (&'a String, &'a Value)| match self.lower_value(name, value, &mut lists) {
            Some(value) => value.map(|value| wit::Parameter { name, value }),
            None => Err(Fault::new(FaultClass::HostIo, format!("parameter {name} does not have its declared type"))),
        };
        values.iter().map(lower).collect()
    }

    /// `None` when the value cannot have the declared type. What is not declared goes by its JSON type.
    fn lower_value<'a>(
        &self,
        name: &str,
        value: &'a Value,
        lists: &mut std::slice::Iter<'a, Vec<&'a str>>,
    ) -> Option<Result<wit::Value<'a>, Fault>> {
        let value = match (self.0.get(name), value) {
            (Some(ParameterKind::Decimal), Value::String(text)) => {
                return Some(lower_decimal(name, text.parse().ok()?).map(wit::Value::Decimal));
            }
            (Some(ParameterKind::Decimal), Value::Number(number)) => {
                return Some(lower_decimal(name, number.to_string().parse().ok()?).map(wit::Value::Decimal));
            }
            (Some(ParameterKind::Time), Value::String(text)) => wit::Value::Time(minute_of_day(text)?),
            (Some(ParameterKind::Decimal | ParameterKind::Time), _) => return None,
            (_, Value::String(text)) => wit::Value::Text(text),
            (_, Value::Number(number)) => wit::Value::Integer(number.as_i64()?),
            (_, Value::Bool(flag)) => wit::Value::Boolean(*flag),
            (_, Value::Array(_)) => wit::Value::Texts(lists.next()?),
            (_, Value::Null | Value::Object(_)) => return None,
        };
        Some(Ok(value))
    }
}

pub(crate) fn lists(values: &Map<String, Value>) -> Lists<'_> {
    let arrays = values.values().filter_map(Value::as_array);
    arrays.map(|texts| texts.iter().filter_map(Value::as_str).collect()).collect()
}

/// `07:30` to 450.
fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_minute_of_the_day() {
        for (text, minute) in
            [("00:00", Some(0)), ("07:30", Some(450)), ("23:59", Some(1439)), ("24:00", None), ("7", None)]
        {
            assert_eq!(minute_of_day(text), minute, "{text}");
        }
    }
}
