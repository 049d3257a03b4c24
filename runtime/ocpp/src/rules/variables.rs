//! Variables of components (OCPP 2.0.1, B05 and B06).

use std::collections::HashMap;

use serde_json::Value;

use super::{Order, Verdict, clause, items};
use crate::v201::variables::{attribute_kind, place};

/// Of the same attribute two values would be set, or one be told twice. A name is the same in capital and small letters.
pub(super) fn each_once(order: Order<'_>, member: &str, what: &str) -> Verdict {
    let attribute = |item: &Value| Some((place(item)?.key(), attribute_kind(item, "attributeType")));
    let mut seen = HashMap::new();
    for (at, item) in items(order.asked, member).iter().enumerate() {
        let Some(attribute) = attribute(item) else { continue };
        if let Some(first) = seen.insert(attribute, at) {
            let rule = format!("{what} by item {first} already; each attribute of a variable stands there once");
            return order.forbids(format!("/{member}/{at}"), rule, clause("", "B05.FR.13"));
        }
    }
    Ok(())
}
