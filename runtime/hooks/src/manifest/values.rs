//! JSON schemas of what an operator writes for one unit: its parameters and the rows of its tables, for editors.

use std::collections::BTreeMap;

use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value, json};

use super::{Manifest, Parameter, ParameterKind};
use crate::tables::{ColumnKind, TableSchema};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
const DECIMAL: &str = r"^[+-]?(\.[0-9]|[0-9])[0-9_]*\.?[0-9_]*([eE][+-]?[0-9]+)?$";

/// Of the unit's `parameters.toml`.
pub fn schema_of_parameters(manifest: &Manifest) -> Value {
    let title = format!("parameters.toml of {}", manifest.id);
    titled(parameters_schema(&manifest.parameters, true), &title)
}

/// Of the unit's `tables/NAME.json`. `None`: it declares no such table.
pub fn schema_of_table(manifest: &Manifest, name: &str) -> Option<Value> {
    let title = format!("tables/{name}.json of {}", manifest.id);
    manifest.tables.get(name).map(|shape| titled(table_schema(shape), &title))
}

/// `whole`: what has no default must be there.
pub(crate) fn parameters_schema(declared: &BTreeMap<String, Parameter>, whole: bool) -> Value {
    let members: Map<String, Value> =
        declared.iter().map(|(name, parameter)| (name.clone(), parameter.schema())).collect();
    let needed = declared.iter().filter(|(_, parameter)| whole && parameter.default.is_none());
    let needed: Vec<&String> = needed.map(|(name, _)| name).collect();
    json!({ "type": "object", "properties": members, "required": needed, "additionalProperties": false })
}

/// Rows by the table's name, as cases have them.
pub(crate) fn tables_schema(declared: &BTreeMap<String, TableSchema>) -> Value {
    let members: Map<String, Value> =
        declared.iter().map(|(name, shape)| (name.clone(), table_schema(shape))).collect();
    json!({ "type": "object", "properties": members, "additionalProperties": false })
}

/// Columns beside the declared ones are not read.
fn table_schema(shape: &TableSchema) -> Value {
    let columns: Map<String, Value> =
        shape.columns.iter().map(|(name, kind)| (name.clone(), cell_schema(*kind, *name == shape.key))).collect();
    let row = json!({ "type": "object", "properties": columns, "required": shape.columns.keys().collect::<Vec<_>>() });
    json!({ "type": "array", "description": shape.description, "items": row })
}

/// An empty cell is null, or a text of blanks; a key is never empty.
fn cell_schema(kind: ColumnKind, is_key: bool) -> Value {
    let written = match kind {
        ColumnKind::Text | ColumnKind::Token => json!({ "type": "string" }),
        ColumnKind::Decimal => json!({ "type": ["number", "string"], "pattern": r"^\s*[+-]?[0-9]+(\.[0-9]+)?\s*$" }),
        ColumnKind::Boolean => json!({ "anyOf": [
            { "type": "boolean" },
            { "type": "string", "pattern": r"^\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])\s*$" },
        ] }),
        ColumnKind::Moment => json!({ "type": "string", "description": "With its offset: 2026-11-21T08:15:00+01:00" }),
        ColumnKind::Date => json!({ "type": "string", "pattern": r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*$" }),
    };
    if is_key {
        return written;
    }
    json!({ "anyOf": [written, { "type": "null" }, { "type": "string", "pattern": r"^\s*$" }] })
}

impl Parameter {
    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            ParameterKind::Decimal => json!({ "type": ["number", "string"], "pattern": DECIMAL }),
            ParameterKind::Integer => json!({ "type": "integer" }),
            ParameterKind::Boolean => json!({ "type": "boolean" }),
            ParameterKind::Text => json!({ "type": "string" }),
            ParameterKind::Time => json!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$" }),
            ParameterKind::Currency => json!({ "type": "string", "pattern": "^[A-Z]{3}$" }),
            ParameterKind::List => json!({ "type": "array", "items": { "type": "string" } }),
        };
        let edges = [("minimum", self.min), ("maximum", self.max)];
        for (name, edge) in edges {
            if let Some(edge) = edge.and_then(|edge| edge.to_f64()) {
                schema[name] = json!(edge);
            }
        }
        if !self.description.is_empty() {
            schema["description"] = json!(self.description);
        }
        if let Some(default) = &self.default {
            schema["default"] = default.clone();
        }
        schema
    }
}

fn titled(schema: Value, title: &str) -> Value {
    let Value::Object(members) = schema else { return schema };
    let mut titled = Map::from_iter([("$schema".to_owned(), json!(DRAFT)), ("title".to_owned(), json!(title))]);
    titled.extend(members);
    Value::Object(titled)
}
