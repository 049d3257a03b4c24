//! A recorded decision as a case: what happened once must happen again.

use amprule_domain::Decimal;
use amprule_domain::decision::{Decision, Hook};
use amprule_domain::pricing::PricingOutput;
use serde_json::{Map, Value, json};

/// The case file's path within the unit, and the case. Tokens stay masked, as the log has them.
pub fn case(decision: &Decision) -> (String, Value) {
    let mut input = decision.input.clone();
    let parameters = input.as_object_mut().and_then(|input| input.remove("parameters"));
    let case = json!({
        "name": format!("decision {} of {}", decision.id, decision.at),
        "hook": decision.hook,
        "parameters": parameters.unwrap_or_else(|| Value::Object(Map::new())),
        "input": input,
        "expect": expect(decision),
    });
    (format!("cases/decision-{}.json", decision.id), case)
}

fn expect(decision: &Decision) -> Value {
    match (&decision.fault, &decision.output) {
        (Some(fault), _) => json!({ "fault": fault.class }),
        (None, Some(output)) => with_total(decision.hook, output),
        (None, None) => json!({}),
    }
}

/// The total that stood: the sum of the rounded lines.
fn with_total(hook: Hook, output: &Value) -> Value {
    let mut expect = output.clone();
    if hook == Hook::Pricing
        && let Ok(PricingOutput { currency, lines, .. }) = serde_json::from_value(output.clone())
    {
        let total: Decimal = lines.iter().map(|line| currency.round(line.amount)).sum();
        expect["total"] = Value::from(currency.round(total).to_string());
    }
    if let Some(members) = expect.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    expect
}
