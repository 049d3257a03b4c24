//! A unit's parameters as records of its questions have them: what is long stands there by its hash. The version's files have
//! the whole; a list of ten thousand tokens in each record of a tap would say nothing more.

use amprule_domain::pricing::Parameters;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Bytes of a value's JSON.
pub(crate) const LONG: usize = 1_024;

/// The very same ones where none is long.
pub(crate) fn noted(parameters: &Parameters) -> Parameters {
    if parameters.values().all(|value| long(value).is_none()) {
        return parameters.clone();
    }
    let short = |(name, value): (&String, &Value)| {
        let noted = long(value).map_or_else(|| value.clone(), |json| Value::from(digest(&json)));
        (name.clone(), noted)
    };
    parameters.iter().map(short).collect::<Map<_, _>>().into()
}

/// The JSON of a value that is long.
pub(crate) fn long(value: &Value) -> Option<String> {
    Some(value.to_string()).filter(|json| json.len() > LONG)
}

fn digest(json: &str) -> String {
    let hash = Sha256::digest(json);
    let digits: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_value_is_noted_by_its_hash_and_a_short_one_as_it_is() {
        let of =
            |tokens: Value| Parameters::from(json!({ "rate": "0.49", "tokens": tokens }).as_object().unwrap().clone());
        let short = of(json!(["A", "B"]));
        assert!(noted(&short).are(&short));
        let many = |last: usize| of((0..last).map(|n| format!("TOKEN{n}")).collect());
        let (some, more) = (noted(&many(1_000)), noted(&many(1_001)));
        assert_eq!(some["rate"], "0.49");
        assert!(some["tokens"].as_str().unwrap().starts_with("sha256:"));
        assert!(some == noted(&many(1_000)) && some != more);
    }
}
