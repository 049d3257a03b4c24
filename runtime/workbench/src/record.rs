//! A recorded decision as a case: what happened once must happen again.

use amprule_domain::Decimal;
use amprule_domain::decision::Decision;
use amprule_hooks::{Question, for_hook};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

/// The case file's path within the unit, and the case. Tokens stay masked, as the log has them.
pub fn case(decision: &Decision) -> (String, Value) {
    let mut input = decision.input.value();
    let parameters = input.as_object_mut().and_then(|input| input.remove("parameters")).map(known);
    let case = json!({
        "name": format!("decision {} of {}", decision.id, decision.at),
        "hook": decision.hook,
        "parameters": parameters.unwrap_or_else(|| Value::Object(Map::new())),
        "input": input,
        "expect": expect(decision),
    });
    (format!("cases/decision-{}.json", decision.id), case)
}

/// Without what a record has by its mask or its hash only: the case takes the unit's own value.
fn known(mut parameters: Value) -> Value {
    let is_known =
        |value: &Value| !value.as_str().is_some_and(|text| text.starts_with("masked:") || text.starts_with("sha256:"));
    if let Some(members) = parameters.as_object_mut() {
        members.retain(|_, value| is_known(value));
    }
    parameters
}

fn expect(decision: &Decision) -> Value {
    match (&decision.fault, &decision.output) {
        (Some(fault), _) => json!({ "fault": fault.class }),
        (None, Some(output)) => with_total(decision, &output.value()),
        (None, None) => json!({}),
    }
}

fn with_total(decision: &Decision, output: &Value) -> Value {
    let mut expect = output.clone();
    if let Some(total) = total(decision, output) {
        expect["total"] = Value::from(total.to_string());
    }
    if let Some(members) = expect.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    expect
}

/// The total that stood with the answer, with the taxes on top of it; for a modifier that of the whole bill.
fn total(decision: &Decision, output: &Value) -> Option<Decimal> {
    for_hook!(decision.hook, Q => {
        let question: Q = decision.input.read().ok()?;
        let output = <Q as Question>::Output::deserialize(output).ok()?;
        Q::bill(&question.check(output).ok()?).map(|bill| bill.total)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_record_has_by_its_mask_or_hash_only_is_left_to_the_unit() {
        let parameters = json!({"rate": "0.49", "key": "masked:ab12", "tokens": "sha256:cd34", "few": ["masked:ef56"]});
        assert_eq!(known(parameters), json!({"rate": "0.49", "few": ["masked:ef56"]}));
    }
}
