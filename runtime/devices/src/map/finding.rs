//! Something about a map, and the keys that lead there in its file.

use amprule_hooks::Diagnostic;
use toml::de::{DeTable, DeValue};

use super::document::FILE;

#[derive(Debug)]
pub(super) struct Finding {
    /// From the top on; a member of a list by its number, from 0.
    keys: Vec<String>,
    why: String,
    hint: Option<String>,
}

impl Finding {
    pub(super) fn at(keys: &[&str], why: impl Into<String>) -> Self {
        Self { keys: keys.iter().map(|key| (*key).to_owned()).collect(), why: why.into(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// As far down as its keys lead in `text`.
    pub(super) fn in_text(self, text: &str) -> Diagnostic {
        let found = Diagnostic::new("map", self.why).in_file(FILE);
        let found = match DeTable::parse(text).ok().and_then(|table| byte(table.get_ref(), &self.keys)) {
            Some(byte) => found.at_byte(text, byte),
            None => found,
        };
        match self.hint {
            Some(hint) => found.hint(hint),
            None => found,
        }
    }
}

fn byte(table: &DeTable<'_>, keys: &[String]) -> Option<usize> {
    let (first, rest) = keys.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == first)?;
    Some(within(value.get_ref(), rest).unwrap_or(key.span().start))
}

fn within(value: &DeValue<'_>, keys: &[String]) -> Option<usize> {
    match value {
        DeValue::Table(table) => byte(table, keys),
        DeValue::Array(all) => {
            let (first, rest) = keys.split_first()?;
            let one = all.get(first.parse::<usize>().ok()?)?;
            Some(within(one.get_ref(), rest).unwrap_or(one.span().start))
        }
        _ => None,
    }
}
