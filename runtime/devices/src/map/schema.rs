//! The JSON schema of `device.toml`, for editors: made from the same types that a map is read into.

use serde_json::{Value, json};

use super::document::{FILE, Map};

/// What it refuses the check refuses too.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Map).to_value();
    schema["title"] = json!(format!("{FILE} of an Amprule driver"));
    make_plain(&mut schema);
    schema
}

/// What Rust calls a number's size is no format that readers of schemas know; and TOML has no null.
fn make_plain(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let is_rusts = |format: &Value| format.as_str().is_some_and(|format| format.starts_with("uint"));
            if members.get("format").is_some_and(is_rusts) {
                members.remove("format");
            }
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|word| word != "null");
            }
            if let Some(Value::Array(kinds)) = members.get_mut("anyOf") {
                kinds.retain(|kind| *kind != json!({ "type": "null" }));
            }
            members.values_mut().for_each(make_plain);
        }
        Value::Array(items) => items.iter_mut().for_each(make_plain),
        _ => {}
    }
}
