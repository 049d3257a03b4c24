//! A unit's parameters: declared types, the operator's values, and their one JSON form.

use std::collections::BTreeMap;
use std::ops::Range;

use amprule_domain::Currency;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::document::{Document, SpannedValue, entries, get, integer, nearest};
use super::keys::{PARAMETER, names};
use super::{Parameter, ParameterKind};

/// More than this many parameters are refused.
const MAX_PARAMETERS: usize = 64;
const MAX_NAME: usize = 64;
/// Characters of a text, and entries of a list.
const MAX_VALUE: usize = 4_096;

/// What was given for a parameter, in TOML or in JSON.
enum Given<'v> {
    Text(&'v str),
    Boolean(bool),
    /// As it was written, so that 0.1 stays 0.1.
    Number(String),
    List(Vec<&'v str>),
    Other,
}

/// Reads `[parameters.…]` of a manifest.
pub(super) fn declared(doc: &mut Document<'_>, table: &DeTable<'_>) -> BTreeMap<String, Parameter> {
    let mut parameters = BTreeMap::new();
    for (name, placed) in entries(table) {
        if parameters.len() == MAX_PARAMETERS {
            doc.complain(&name.span(), "manifest", format!("more than {MAX_PARAMETERS} parameters"));
            break;
        }
        if !is_name(name.get_ref()) {
            let message = format!("{:?} is no name for a parameter", name.get_ref());
            doc.complain(&name.span(), "manifest", message).hint =
                Some("small letters, digits and underscores, a letter first: energy_price".to_owned());
        }
        if let Some(parameter) = declaration(doc, name.get_ref(), &placed) {
            parameters.insert(name.get_ref().to_string(), parameter);
        }
    }
    parameters
}

/// Puts the operator's `parameters.toml` over the defaults.
pub(super) fn given(doc: &mut Document<'_>, declared: &BTreeMap<String, Parameter>) -> Map<String, Value> {
    let Some(table) = doc.read() else { return Map::new() };
    let mut values = Map::new();
    for (name, placed) in entries(&table) {
        if doc.is_full() {
            break;
        }
        let Some(parameter) = declared.get(name.get_ref().as_ref()) else {
            let hint = nearest(name.get_ref(), declared.keys().map(String::as_str));
            let message = format!("the unit has no parameter {:?}", name.get_ref());
            doc.complain(&name.span(), "parameter", message).hint = Some(hint);
            continue;
        };
        match parameter.accept(&from_toml(placed.value)) {
            Ok(value) => drop(values.insert(name.get_ref().to_string(), value)),
            Err(why) => complain_value(doc, &placed.span, name.get_ref(), &why),
        }
    }
    values
}

/// A unit's values with some replaced, as a self-test case does. The error says which and why.
pub fn with_overrides(
    declared: &BTreeMap<String, Parameter>,
    values: &Map<String, Value>,
    overrides: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let mut values = values.clone();
    for (name, value) in overrides {
        let Some(parameter) = declared.get(name) else {
            let hint = nearest(name, declared.keys().map(String::as_str));
            return Err(format!("the unit has no parameter {name:?}; {hint}"));
        };
        let value = parameter.accept(&from_json(value)).map_err(|why| format!("parameter {name}: {why}"))?;
        values.insert(name.clone(), value);
    }
    Ok(values)
}

impl Parameter {
    /// The value's JSON form, or why it does not fit.
    fn accept(&self, given: &Given<'_>) -> Result<Value, String> {
        match (self.kind, given) {
            (ParameterKind::Decimal, Given::Text(text)) => self.decimal(text),
            (ParameterKind::Decimal, Given::Number(text)) => self.decimal(text),
            (ParameterKind::Integer, Given::Number(text)) => self.integer(text),
            (ParameterKind::Boolean, Given::Boolean(value)) => Ok(Value::Bool(*value)),
            (ParameterKind::Text, Given::Text(text)) => bounded(text).map(Value::from),
            (ParameterKind::Time, Given::Text(text)) => minute_of(text)
                .map(clock_text)
                .map(Value::from)
                .ok_or_else(|| format!("{text:?} is no time of the day, as 07:30 is")),
            (ParameterKind::Currency, Given::Text(text)) => text
                .parse::<Currency>()
                .map_err(|error| error.to_string())
                .and_then(|currency| match currency.is_money() {
                    true => Ok(Value::from(currency.as_str())),
                    false => Err(format!("{currency} is no currency of ISO 4217")),
                }),
            (ParameterKind::List, Given::List(items)) if items.len() <= MAX_VALUE => {
                items.iter().map(|item| bounded(item).map(Value::from)).collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            (ParameterKind::List, Given::List(items)) => {
                Err(format!("{} entries; at most {MAX_VALUE} are accepted", items.len()))
            }
            _ => Err(format!("must be {}", self.kind.in_words())),
        }
    }

    fn decimal(&self, text: &str) -> Result<Value, String> {
        let number = exact(text).ok_or_else(|| format!("{text:?} is no decimal number, as \"0.49\" is"))?;
        self.in_range(number)?;
        Ok(Value::from(number.to_string()))
    }

    fn integer(&self, text: &str) -> Result<Value, String> {
        let number: i64 = text.parse().map_err(|_| format!("{text} is no whole number of 64 bits"))?;
        self.in_range(Decimal::from(number))?;
        Ok(Value::from(number))
    }

    fn in_range(&self, number: Decimal) -> Result<(), String> {
        match (self.min, self.max) {
            (Some(min), _) if number < min => Err(format!("{number} is less than the least allowed, {min}")),
            (_, Some(max)) if number > max => Err(format!("{number} is more than the most allowed, {max}")),
            _ => Ok(()),
        }
    }
}

impl ParameterKind {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Decimal => "a decimal number, best in quotes: \"0.49\"",
            Self::Integer => "a whole number, without quotes",
            Self::Boolean => "true or false, without quotes",
            Self::Text => "a text in quotes",
            Self::Time => "a time of the day in quotes: \"07:30\"",
            Self::Currency => "a currency in quotes: \"EUR\"",
            Self::List => "a list of texts: [\"a\", \"b\"]",
        }
    }
}

/// `07:30` to 450.
pub(super) fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits =
        |text: &str| (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?;
    let (hour, minute): (u16, u16) = (digits(hour)?, digits(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

fn clock_text(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn declaration(doc: &mut Document<'_>, name: &str, placed: &SpannedValue<'_, '_>) -> Option<Parameter> {
    let table = doc.table_of(placed, &format!("parameters.{name}"))?;
    doc.only(table, &names(&PARAMETER), "a parameter");
    let Some(kind) = get(table, "type") else {
        doc.complain(&placed.span, "manifest", format!("parameter {name} does not say its type")).hint =
            Some(format!("add type = one of {}", kinds().collect::<Vec<_>>().join(", ")));
        return None;
    };
    let word = doc.text_of(&kind, "type")?;
    let Some(known) = ParameterKind::ALL.into_iter().find(|known| known.as_str() == word) else {
        doc.complain(&kind.span, "manifest", format!("{word:?} is no type of a parameter")).hint =
            Some(nearest(&word, kinds()));
        return None;
    };
    let description =
        get(table, "description").and_then(|placed| doc.text_of(&placed, "description")).unwrap_or_default();
    let secret = get(table, "secret").and_then(|placed| doc.flag(&placed, "secret")).unwrap_or_default();
    let mut parameter = Parameter { kind: known, default: None, description, min: None, max: None, secret };
    parameter.min = bound(doc, table, "min", known);
    parameter.max = bound(doc, table, "max", known);
    if let Some(default) = get(table, "default") {
        match parameter.accept(&from_toml(default.value)) {
            Ok(value) => parameter.default = Some(value),
            Err(why) => complain_value(doc, &default.span, name, &why),
        }
    }
    Some(parameter)
}

fn bound(doc: &mut Document<'_>, table: &DeTable<'_>, key: &str, kind: ParameterKind) -> Option<Decimal> {
    let placed = get(table, key)?;
    if !matches!(kind, ParameterKind::Decimal | ParameterKind::Integer) {
        doc.complain(&placed.span, "manifest", format!("{key} is for decimals and integers only"));
        return None;
    }
    let number = match from_toml(placed.value) {
        Given::Text(text) => exact(text),
        Given::Number(text) => exact(&text),
        _ => None,
    };
    if number.is_none() {
        doc.complain(&placed.span, "manifest", format!("{key} must be a number"));
    }
    number
}

fn complain_value(doc: &mut Document<'_>, span: &Range<usize>, name: &str, why: &str) {
    doc.complain(span, "parameter", format!("parameter {name}: {why}"));
}

fn kinds() -> impl Iterator<Item = &'static str> + Clone {
    ParameterKind::ALL.iter().map(|kind| kind.as_str())
}

fn from_toml<'v>(value: &'v DeValue<'_>) -> Given<'v> {
    if let Some(number) = integer(value) {
        return Given::Number(number.to_string());
    }
    match value {
        DeValue::String(text) => Given::Text(text),
        DeValue::Boolean(value) => Given::Boolean(*value),
        DeValue::Float(float) => Given::Number(float.as_str().to_owned()),
        DeValue::Array(items) => {
            items.iter().map(|item| item.get_ref().as_str()).collect::<Option<_>>().map_or(Given::Other, Given::List)
        }
        _ => Given::Other,
    }
}

fn from_json(value: &Value) -> Given<'_> {
    match value {
        Value::String(text) => Given::Text(text),
        Value::Bool(value) => Given::Boolean(*value),
        Value::Number(number) => Given::Number(number.to_string()),
        Value::Array(items) => items.iter().map(Value::as_str).collect::<Option<_>>().map_or(Given::Other, Given::List),
        _ => Given::Other,
    }
}

fn exact(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

fn bounded(text: &str) -> Result<&str, String> {
    if text.len() > MAX_VALUE { Err(format!("longer than {MAX_VALUE} bytes")) } else { Ok(text) }
}

pub(super) fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
