//! The JSON schema of a case, for editors: made from the same types that a case is read into.

use amprule_domain::decision::Hook;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::manifest::{DEVICE, parameters_schema, tables_schema};
use crate::question::Question;
use crate::{Manifest, for_hook};

/// Of one case, a list of them, and the `[[case]]` of TOML. With a manifest it is of that unit's cases.
pub fn schema(manifest: Option<&Manifest>) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let hooks = manifest.map(|manifest| manifest.hooks.clone()).filter(|hooks| !hooks.is_empty());
    let is_driver = manifest.is_some_and(|manifest| manifest.drives && manifest.hooks.is_empty());
    let hooks = hooks.unwrap_or_else(|| if is_driver { Vec::new() } else { Hook::ALL.to_vec() });
    let words: Vec<&str> = hooks.iter().map(|hook| hook.as_str()).chain([DEVICE]).collect();
    // A list of conditions has one at least.
    let of_hooks = hooks.iter().map(|hook| of_hook(&mut generator, *hook)).chain([json!(true)]).collect::<Vec<_>>();
    let mut definitions = generator.take_definitions(true);
    definitions.values_mut().for_each(make_partial);
    let (parameters, tables) = match manifest {
        Some(manifest) => (parameters_schema(&manifest.parameters, false), tables_schema(&manifest.tables)),
        None => (json!({ "type": "object" }), json!({ "type": "object" })),
    };
    let case = json!({
        "type": "object",
        "properties": {
            "$schema": { "type": "string", "description": "Where an editor finds this schema" },
            "name": { "type": "string", "description": "What the case is about" },
            "hook": { "enum": words },
            "parameters": described(parameters, "In place of the defaults of plugin.toml"),
            "tables": described(tables, "Rows in place of the unit's own, by the table's name"),
            "input": { "description": "What the case is about; the rest is a plain session at a plain station" },
            "expect": { "description": "What the answer must have in it; what is not named may be anything" },
        },
        "required": ["name", "hook", "input", "expect"],
        "additionalProperties": false,
        "allOf": of_hooks,
    });
    definitions.insert("case".to_owned(), case);
    let one = json!({ "$ref": "#/$defs/case" });
    let list = json!({ "type": "array", "items": one });
    let in_toml = json!({
        "type": "object", "properties": { "case": list }, "required": ["case"], "additionalProperties": false,
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cases of an Amprule unit",
        "if": { "type": "array" },
        "then": list,
        "else": { "if": { "required": ["case"] }, "then": in_toml, "else": one },
        "$defs": definitions,
    })
}

/// What an input and an expectation may have when the case is about this hook.
fn of_hook(generator: &mut SchemaGenerator, hook: Hook) -> Value {
    let (input, answer) = for_hook!(hook, Q => {
        (partial::<Q>(generator), partial::<<Q as Question>::Output>(generator))
    });
    json!({
        "if": { "properties": { "hook": { "const": hook.as_str() } } },
        "then": { "properties": { "input": input, "expect": expectation(answer) } },
    })
}

/// An answer, its total where it is a bill, or the fault that is there instead.
fn expectation(mut answer: Value) -> Value {
    let members = answer["properties"].as_object_mut().into_iter();
    for members in members {
        if members.contains_key("lines") {
            let total = "The sum of the rounded lines; for a modifier that of the whole bill";
            members.insert("total".to_owned(), json!({ "type": ["number", "string"], "description": total }));
        }
        if members.contains_key("note") {
            let unchanged = "The message stays as it is, and nothing is answered";
            members.insert("unchanged".to_owned(), json!({ "type": "boolean", "description": unchanged }));
        }
        let class = "The class of the fault that is expected: guest-error, fuel, invalid-output, …";
        members.insert("fault".to_owned(), json!({ "type": "string", "description": class }));
        members.insert(
            "code".to_owned(),
            json!({ "type": "string", "description": "What the unit said of the fault: missing, …" }),
        );
        let message = members.remove("message").unwrap_or_else(|| json!({ "type": "string" }));
        members.insert("message".to_owned(), message);
    }
    answer
}

fn partial<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    let mut schema = generator.root_schema_for::<T>().to_value();
    if let Some(members) = schema.as_object_mut() {
        ["$schema", "$defs", "title"].into_iter().for_each(|name| drop(members.remove(name)));
    }
    make_partial(&mut schema);
    schema
}

/// A case says only what it is about; what it says, an input must have.
fn make_partial(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            // What Rust calls a number's size is no format that readers of schemas know.
            let is_rusts =
                |format: &Value| format.as_str().is_some_and(|format| RUSTS.iter().any(|it| format.starts_with(it)));
            if members.get("format").is_some_and(is_rusts) {
                members.remove("format");
            }
            if members.contains_key("properties") {
                members.remove("required");
                members.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            members.values_mut().for_each(make_partial);
        }
        Value::Array(items) => items.iter_mut().for_each(make_partial),
        _ => {}
    }
}

const RUSTS: [&str; 4] = ["int", "uint", "float", "double"];

fn described(schema: Value, says: &str) -> Value {
    let Value::Object(members) = schema else { return schema };
    let mut described = Map::from_iter([("description".to_owned(), json!(says))]);
    described.extend(members);
    Value::Object(described)
}
