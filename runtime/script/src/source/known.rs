//! What all files of a unit may name, and what a check says of a name that is none of it.

use std::collections::{BTreeMap, BTreeSet};

use amprule_domain::decision::Hook;
use amprule_hooks::Manifest;
use amprule_hooks::manifest::ParameterKind;

use super::layout::Layout;
use super::lexer::TokenKind;
use super::names;

#[derive(Debug, Default)]
pub(crate) struct KnownNames<'a> {
    pub(crate) functions: BTreeSet<&'a str>,
    pub(crate) fields: BTreeSet<&'a str>,
    pub(crate) constants: BTreeSet<&'a str>,
    pub(crate) parameters: BTreeSet<&'a str>,
    /// Of those that are declared.
    pub(super) kinds: BTreeMap<&'a str, &'static str>,
    pub(crate) tables: BTreeSet<&'a str>,
    pub(crate) lookups: BTreeSet<&'a str>,
    /// What a driver keeps has fields of its own, and so has what stations say.
    pub(crate) has_other_fields: bool,
    /// By the rules of today; scripts that were taken in before are held against those of then.
    pub(crate) is_of_today: bool,
    /// The unit's own functions, with each number of parameters that one of that name has.
    pub(super) own: BTreeSet<(&'a str, usize)>,
}

impl<'a> KnownNames<'a> {
    pub(crate) fn new(parameters: impl Iterator<Item = &'a str>, manifest: &'a Manifest) -> Self {
        let Manifest { tables, lookups, .. } = manifest;
        let parameters: BTreeSet<&str> = parameters.collect();
        let columns = tables.values().map(|table| &table.columns).chain(lookups.values().map(|lookup| &lookup.columns));
        let columns = columns.flat_map(|columns| columns.keys().map(String::as_str));
        Self {
            functions: names::functions().collect(),
            fields: parameters.iter().copied().chain(names::fields()).chain(columns).collect(),
            constants: BTreeSet::new(),
            parameters,
            kinds: manifest.parameters.iter().map(|(name, declared)| (name.as_str(), kind_of(declared.kind))).collect(),
            tables: tables.keys().map(String::as_str).collect(),
            lookups: lookups.keys().map(String::as_str).collect(),
            is_of_today: manifest.is_of_today(),
            has_other_fields: manifest.drives || manifest.hooks.contains(&Hook::Dialect),
            own: BTreeSet::new(),
        }
    }

    /// A file's functions, constants and the fields that it gives to its own maps.
    pub(crate) fn learn(&mut self, layout: &'a Layout<'a>) {
        self.functions.extend(layout.functions.iter().map(|function| function.name.text));
        self.own.extend(layout.functions.iter().map(|function| (function.name.text, function.parameters)));
        self.constants.extend(layout.constants.iter().map(|constant| constant.name.text));
        for pair in layout.tokens.windows(2) {
            if pair[0].kind == TokenKind::Text {
                self.fields.insert(pair[0].text.trim_matches(['"', '`']));
            } else if pair[0].is_word() && (pair[1].is(":") || pair[1].is("=")) {
                self.fields.insert(pair[0].text);
            }
        }
    }
}

/// As `names` calls it. A time of the day is its minutes.
fn kind_of(parameter: ParameterKind) -> &'static str {
    match parameter {
        ParameterKind::Decimal | ParameterKind::Integer | ParameterKind::Time => "number",
        ParameterKind::Boolean => "bool",
        ParameterKind::Text | ParameterKind::Currency => "text",
        ParameterKind::List => "list",
    }
}

/// Code, message, hint.
pub(super) type Finding = (&'static str, String, String);
