//! `[lookups.…]` of a manifest: what the unit wants to know from other systems.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::document::{Document, SpannedValue, entries, get, nearest};
use super::keys::{LOOKUP, names};
use super::parameters::is_name;
use super::tables::{NAMES, kinds};
use crate::lookups::{LookupSchema, MAX_LOOKUPS, Unavailable};

pub(super) fn declared(doc: &mut Document<'_>, table: &DeTable<'_>) -> BTreeMap<String, LookupSchema> {
    let mut shapes = BTreeMap::new();
    for (name, placed) in entries(table) {
        if shapes.len() == MAX_LOOKUPS {
            doc.complain(&name.span(), "manifest", format!("more than {MAX_LOOKUPS} lookups"));
            break;
        }
        let word = name.get_ref();
        if !is_name(word) {
            doc.complain(&name.span(), "manifest", format!("{word:?} is no name for a lookup")).hint =
                Some(NAMES.to_owned());
        }
        if let Some(shape) = doc.table_of(&placed, word).and_then(|table| shape(doc, word, table, &placed)) {
            shapes.insert(word.to_string(), shape);
        }
    }
    shapes
}

fn shape(
    doc: &mut Document<'_>,
    name: &str,
    table: &DeTable<'_>,
    placed: &SpannedValue<'_, '_>,
) -> Option<LookupSchema> {
    doc.only(table, &names(&LOOKUP), "a lookup's declaration");
    let description = get(table, "description").and_then(|placed| doc.text_of(&placed, "description"));
    let unavailable = match get(table, "unavailable") {
        Some(placed) => unavailable(doc, &placed)?,
        None => Unavailable::default(),
    };
    let columns = get(table, "columns").and_then(|placed| doc.table_of(&placed, "columns"));
    let Some(columns) = columns.map(|columns| kinds(doc, columns)).filter(|columns| !columns.is_empty()) else {
        let hint = "columns = { active = \"boolean\", group = \"text\" }".to_owned();
        doc.complain(&placed.span, "manifest", format!("lookup {name} names no columns")).hint = Some(hint);
        return None;
    };
    Some(LookupSchema { description: description.unwrap_or_default(), columns, unavailable })
}

fn unavailable(doc: &mut Document<'_>, placed: &SpannedValue<'_, '_>) -> Option<Unavailable> {
    let word = doc.text_of(placed, "unavailable")?;
    let known = Unavailable::named(&word);
    if known.is_none() {
        let hint = nearest(&word, Unavailable::WORDS.into_iter());
        doc.complain(&placed.span, "manifest", format!("unavailable cannot be {word:?}")).hint = Some(hint);
    }
    known
}
