//! `[tables.…]` of a manifest: which tables the unit looks rows up in.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::document::{Document, SpannedValue, entries, get, nearest};
use super::keys::{TABLE, names};
use super::parameters::is_name;
use crate::tables::{ColumnKind, MAX_COLUMNS, MAX_TABLES, TableSchema};

pub(super) const NAMES: &str = "small letters, digits and underscores, a letter first: spot_prices";

pub(super) fn declared(doc: &mut Document<'_>, table: &DeTable<'_>) -> BTreeMap<String, TableSchema> {
    let mut shapes = BTreeMap::new();
    for (name, placed) in entries(table) {
        if shapes.len() == MAX_TABLES {
            doc.complain(&name.span(), "manifest", format!("more than {MAX_TABLES} tables"));
            break;
        }
        let word = name.get_ref();
        if !is_name(word) {
            doc.complain(&name.span(), "manifest", format!("{word:?} is no name for a table")).hint =
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
) -> Option<TableSchema> {
    doc.only(table, &names(&TABLE), "a table's declaration");
    let description = get(table, "description").and_then(|placed| doc.text_of(&placed, "description"));
    let columns = get(table, "columns").and_then(|placed| doc.table_of(&placed, "columns"));
    let Some(columns) = columns.map(|columns| kinds(doc, columns)).filter(|columns| !columns.is_empty()) else {
        let hint = "columns = { from = \"moment\", price = \"decimal\" }".to_owned();
        doc.complain(&placed.span, "manifest", format!("table {name} names no columns")).hint = Some(hint);
        return None;
    };
    let Some(key) = get(table, "key") else {
        let hint = "the column that rows are found by: key = \"from\"".to_owned();
        doc.complain(&placed.span, "manifest", format!("table {name} names no key")).hint = Some(hint);
        return None;
    };
    let column = doc.text_of(&key, "key")?;
    if !columns.contains_key(&column) {
        let hint = nearest(&column, columns.keys().map(String::as_str));
        doc.complain(&key.span, "manifest", format!("there is no column {column:?}")).hint = Some(hint);
        return None;
    }
    Some(TableSchema { description: description.unwrap_or_default(), key: column, columns })
}

pub(super) fn kinds(doc: &mut Document<'_>, table: &DeTable<'_>) -> BTreeMap<String, ColumnKind> {
    let mut columns = BTreeMap::new();
    for (name, placed) in entries(table) {
        if columns.len() == MAX_COLUMNS {
            doc.complain(&name.span(), "manifest", format!("more than {MAX_COLUMNS} columns"));
            break;
        }
        let word = name.get_ref();
        if !is_name(word) {
            doc.complain(&name.span(), "manifest", format!("{word:?} is no name for a column")).hint =
                Some(NAMES.to_owned());
        }
        let Some(text) = doc.text_of(&placed, word) else { continue };
        match ColumnKind::named(&text) {
            Some(kind) => drop(columns.insert(word.to_string(), kind)),
            None => {
                let hint = nearest(&text, ColumnKind::WORDS.into_iter());
                doc.complain(&placed.span, "manifest", format!("there is no kind of column {text:?}")).hint =
                    Some(hint);
            }
        }
    }
    columns
}
