//! The operator's parameters, with the kinds that the manifest declares.

use std::sync::Arc;

use amprule_domain::pricing;
use amprule_hooks::Source;
use amprule_hooks::manifest::ParameterKind;
use arc_swap::ArcSwapOption;
use rhai::{Dynamic, Engine, ImmutableString};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::{RhaiResult, TextList};

/// Which parameters a unit has: those it declares, and those that its operator set beside them.
#[derive(Debug, Clone)]
pub(crate) struct ParameterNames(Arc<[(String, Option<ParameterKind>)]>);

/// A call's values, in the order of the names.
#[derive(Debug, Clone)]
pub(crate) struct Parameters {
    names: ParameterNames,
    values: Arc<[Dynamic]>,
}

/// The values that were read last, and what they were read from. A version hands over the same parameters at every call.
#[derive(Debug, Default)]
pub(crate) struct LastRead(ArcSwapOption<(pricing::Parameters, Parameters)>);

impl LastRead {
    /// The error names the parameter.
    pub(crate) fn of(&self, given: &pricing::Parameters, names: &ParameterNames) -> Result<Parameters, String> {
        if let Some(last) = &*self.0.load()
            && last.0.are(given)
        {
            return Ok(last.1.clone());
        }
        let parameters = names.read(given)?;
        self.0.store(Some(Arc::new((given.clone(), parameters.clone()))));
        Ok(parameters)
    }
}

impl ParameterNames {
    pub(crate) fn of(source: &Source) -> Self {
        let declared = source.manifest.parameters.iter().map(|(name, parameter)| (name.clone(), Some(parameter.kind)));
        let extra = source.parameters.keys().filter(|name| !source.manifest.parameters.contains_key(*name));
        Self(declared.chain(extra.map(|name| (name.clone(), None))).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The error names the parameter.
    pub(crate) fn read(&self, values: &Map<String, Value>) -> Result<Parameters, String> {
        let read = |(name, kind): &(String, Option<ParameterKind>)| match values.get(name) {
            None | Some(Value::Null) => Ok(Dynamic::UNIT),
            Some(value) => {
                value_of(value, *kind).ok_or_else(|| format!("parameter {name}: {value} is not {}", wanted(*kind)))
            }
        };
        Ok(Parameters { names: self.clone(), values: self.0.iter().map(read).collect::<Result<_, _>>()? })
    }

    /// A getter for each name, so that reading one costs as much as any field.
    pub(crate) fn register(&self, engine: &mut Engine) {
        engine.register_type_with_name::<Parameters>("parameters");
        for (at, name) in self.iter().enumerate() {
            engine.register_get(name, move |parameters: &mut Parameters| parameters.values[at].clone());
        }
        engine.register_indexer_get(|parameters: &mut Parameters, name: &str| parameters.named(name));
    }
}

impl Parameters {
    fn named(&self, name: &str) -> RhaiResult<Dynamic> {
        match self.names.iter().position(|known| known == name) {
            Some(at) => Ok(self.values[at].clone()),
            None => {
                Err(format!("there is no parameter {name}{}", crate::explain::did_you_mean(name, self.names.iter()))
                    .into())
            }
        }
    }
}

fn value_of(value: &Value, kind: Option<ParameterKind>) -> Option<Dynamic> {
    match (kind, value) {
        (Some(ParameterKind::Decimal), Value::String(text)) => Some(text.parse::<Decimal>().ok()?.into()),
        (Some(ParameterKind::Decimal) | None, Value::Number(number)) if number.is_f64() => decimal(value),
        (Some(ParameterKind::Decimal), Value::Number(_)) => decimal(value),
        (Some(ParameterKind::Time), Value::String(text)) => minute_of_day(text).map(Dynamic::from_int),
        (Some(ParameterKind::Integer | ParameterKind::Time) | None, Value::Number(number)) => {
            number.as_i64().map(Dynamic::from_int)
        }
        (Some(ParameterKind::Boolean) | None, Value::Bool(flag)) => Some((*flag).into()),
        (Some(ParameterKind::Text | ParameterKind::Currency) | None, Value::String(text)) => Some(text.into()),
        (Some(ParameterKind::List) | None, Value::Array(items)) => {
            let texts: Option<Arc<[ImmutableString]>> =
                items.iter().map(|item| item.as_str().map(Into::into)).collect();
            Some(Dynamic::from(TextList(texts?)))
        }
        _ => None,
    }
}

fn decimal(value: &Value) -> Option<Dynamic> {
    let text = value.to_string();
    let number = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text)).ok()?;
    Some(number.into())
}

fn minute_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
}

fn wanted(kind: Option<ParameterKind>) -> &'static str {
    match kind {
        Some(ParameterKind::Decimal) => "a decimal",
        Some(ParameterKind::Integer) => "a whole number",
        Some(ParameterKind::Boolean) => "true or false",
        Some(ParameterKind::Text) => "a text",
        Some(ParameterKind::Time) => "a time of the day like 07:30",
        Some(ParameterKind::Currency) => "a currency",
        Some(ParameterKind::List) => "a list of texts",
        None => "a number, a text, true, false or a list of texts",
    }
}
