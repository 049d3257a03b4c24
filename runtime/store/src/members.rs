//! Conditions on members of what is kept as JSON.

use amprule_domain::holding::Like;
use rusqlite::types::Value as Sql;
use serde_json::Value;

/// One for each member, with a `?` for each value that it may have. Null is a member that is not there.
pub(crate) fn conditions(like: &Like) -> impl Iterator<Item = (String, Vec<Sql>)> {
    like.members.iter().map(|(member, of)| {
        let marks = vec!["?"; of.len()].join(", ");
        let has = format!("json_extract(body, '$.{member}')");
        let or_absent = if of.contains(&Value::Null) { format!(" OR {has} IS NULL") } else { String::new() };
        (format!("({has} IN ({marks}){or_absent})"), of.iter().map(value).collect())
    })
}

/// As `json_extract` gives it.
fn value(value: &Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Bool(truth) => Sql::from(*truth),
        Value::Number(number) => number.as_i64().map_or_else(|| Sql::from(number.as_f64().unwrap_or(0.0)), Sql::from),
        Value::String(text) => Sql::from(text.clone()),
        nested => Sql::from(nested.to_string()),
    }
}
