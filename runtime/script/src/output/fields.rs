//! A map that a script returned, read field by field.

use std::collections::BTreeMap;

use amprule_domain::Timestamp;
use rhai::{Dynamic, ImmutableString, Map};
use rust_decimal::Decimal;

use crate::explain::{did_you_mean, kind_of};
use crate::language::{Moment, number};

pub(super) type Read<T> = Result<T, String>;

pub(super) struct Fields {
    /// Before each field's name: nothing, or `lines[2].`.
    path: String,
    map: Map,
}

impl Fields {
    /// `what` says what a map was expected for.
    pub(super) fn of(value: Dynamic, path: &str, what: &str) -> Read<Self> {
        let kind = kind_of(&value);
        let map = value.try_cast::<Map>().ok_or_else(|| match path {
            "" => format!("expected {what}, got {kind}"),
            _ => format!("{path}: expected {what}, got {kind}"),
        })?;
        Ok(Self { path: if path.is_empty() { String::new() } else { format!("{path}.") }, map })
    }

    /// Refuses fields that nobody reads: most are slips.
    pub(super) fn only(self, known: &[&str]) -> Read<Self> {
        match self.map.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(self),
            Some(key) => {
                let hint = did_you_mean(key, known.iter().copied());
                Err(format!("{}{key}: there is no such field{hint}; known are {}", self.path, known.join(", ")))
            }
        }
    }

    /// `None` where the field is absent or `()`.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        wanted: &str,
        read: impl Fn(&Dynamic) -> Option<T>,
    ) -> Read<Option<T>> {
        match self.map.remove(name) {
            None => Ok(None),
            Some(value) if value.is_unit() => Ok(None),
            Some(value) => match read(&value) {
                Some(field) => Ok(Some(field)),
                None => Err(format!("{}{name}: expected {wanted}, got {}", self.path, kind_of(&value))),
            },
        }
    }

    pub(super) fn required<T>(&mut self, name: &str, wanted: &str, read: impl Fn(&Dynamic) -> Option<T>) -> Read<T> {
        self.optional(name, wanted, read)?.ok_or_else(|| format!("{}{name}: missing, expected {wanted}", self.path))
    }

    pub(super) fn text(&mut self, name: &str) -> Read<String> {
        self.required(name, "a string", text)
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Read<Option<String>> {
        self.optional(name, "a string", text)
    }

    pub(super) fn number(&mut self, name: &str) -> Read<Decimal> {
        self.required(name, "a number", number)
    }

    pub(super) fn optional_number(&mut self, name: &str) -> Read<Option<Decimal>> {
        self.optional(name, "a number", number)
    }

    pub(super) fn optional_moment(&mut self, name: &str) -> Read<Option<Timestamp>> {
        self.optional(name, "a moment", |value| match value.read_lock::<Moment>() {
            Some(moment) => Some(moment.0),
            None => text(value)?.parse().ok(),
        })
    }

    /// A map of texts; none where it is absent.
    pub(super) fn texts(&mut self, name: &str) -> Read<BTreeMap<String, String>> {
        let Some(value) = self.take(name) else { return Ok(BTreeMap::new()) };
        let mut texts = Self::of(value, &self.place(name), "a map of texts")?;
        let names: Vec<String> = texts.map.keys().map(ToString::to_string).collect();
        names.into_iter().map(|name| Ok((name.clone(), texts.text(&name)?))).collect()
    }

    /// A list; an empty one where it is absent.
    pub(super) fn list(&mut self, name: &str) -> Read<Vec<Dynamic>> {
        let Some(value) = self.take(name) else { return Ok(Vec::new()) };
        let kind = kind_of(&value);
        value.into_array().map_err(|_| format!("{}: expected a list, got {kind}", self.place(name)))
    }

    /// The field itself, or nothing.
    pub(super) fn take(&mut self, name: &str) -> Option<Dynamic> {
        self.map.remove(name).filter(|value| !value.is_unit())
    }

    pub(super) fn place(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }
}

pub(super) fn text(value: &Dynamic) -> Option<String> {
    value.read_lock::<ImmutableString>().map(|text| text.to_string())
}
