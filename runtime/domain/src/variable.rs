//! The device model (OCPP 2.0.1, blocks B and N): variables of components. A configuration key of 1.6 is a variable of no
//! component.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::holding::{Change, Kind};

/// Which variable of what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// `None`: a configuration key of 1.6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_instance: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<u32>,
    pub variable: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

impl Place {
    pub fn of(component: &str, variable: &str) -> Self {
        Self { component: Some(component.to_owned()), variable: variable.to_owned(), ..Self::default() }
    }

    /// Names are the same in any case (OCPP 2.0.1 part 1, 4.1).
    pub fn key(&self) -> String {
        let Self { component, component_instance, evse, connector, variable, instance } = self;
        let number = |number: &Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().to_owned();
        let parts = [
            text(component),
            text(component_instance),
            number(evse),
            number(connector),
            variable.clone(),
            text(instance),
        ];
        parts.join("/").to_lowercase()
    }
}

/// A word of AttributeEnumType.
pub const ACTUAL: &str = "Actual";

/// What is known of one variable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    pub place: Place,
    /// By their kind: `Actual`, `Target`, `MinSet`, `MaxSet`.
    #[serde(default)]
    pub attributes: std::collections::BTreeMap<String, Attribute>,
    /// VariableCharacteristicsType, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub characteristics: Option<Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `ReadOnly`, `WriteOnly` or `ReadWrite`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutability: Option<String>,
    /// What was set counts after the next start only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_reboot: Option<bool>,
    /// The station's word, where it could not be read: `UnknownVariable`, `Rejected`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// What is said of a variable now; what is not said stays.
pub(crate) fn told(variable: &Variable) -> Change {
    let attributes: Map<String, Value> =
        variable.attributes.iter().map(|(kind, attribute)| (kind.clone(), news(attribute))).collect();
    let mut body = json!({ "place": variable.place, "attributes": attributes });
    if let Some(characteristics) = &variable.characteristics {
        body["characteristics"] = characteristics.clone();
    }
    Change::Merge { kind: Kind::Variable, key: variable.place.key(), body }
}

/// A value that is told takes back what was said of its absence.
fn news(attribute: &Attribute) -> Value {
    let mut news = json!({ "unread": attribute.unread, "needsReboot": attribute.needs_reboot });
    for (name, told) in [("value", &attribute.value), ("mutability", &attribute.mutability)] {
        if let Some(told) = told {
            news[name] = json!(told);
        }
    }
    news
}

/// This variable has this value now.
pub(crate) fn value_of(place: &Place, value: &str) -> Change {
    let attribute = Attribute { value: Some(value.to_owned()), ..Attribute::default() };
    told(&Variable { place: place.clone(), attributes: [(ACTUAL.to_owned(), attribute)].into(), characteristics: None })
}
