//! One variable of the device model, and the line of `rows.txt` that it begins as.

use serde_json::{Value, json};

use crate::whole::asked::same;

/// What is known of a variable. It has one attribute, the actual value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::whole) struct Variable {
    pub(in crate::whole) component: Place,
    pub(in crate::whole) name: Named,
    pub(in crate::whole) reads: bool,
    pub(in crate::whole) writes: bool,
    pub(in crate::whole) monitors: bool,
    pub(super) at_boot: bool,
    pub(in crate::whole) kind: String,
    pub(super) words: Vec<String>,
    pub(in crate::whole) least: Option<f64>,
    pub(in crate::whole) most: Option<f64>,
    unit: Option<String>,
    pub(in crate::whole) value: String,
    /// Written, and valid after the next boot.
    pub(super) next: Option<String>,
}

/// A name with or without an instance: `ItemsPerMessage#GetReport`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::whole) struct Named {
    pub(in crate::whole) name: String,
    pub(in crate::whole) instance: Option<String>,
}

/// A component, and where it is: `Connector@1.1`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::whole) struct Place {
    pub(in crate::whole) named: Named,
    pub(in crate::whole) evse: Option<i64>,
    pub(in crate::whole) connector: Option<i64>,
}

impl Named {
    pub(in crate::whole) fn read(text: &str) -> Self {
        let (name, instance) = text.split_once('#').map_or((text, None), |(name, rest)| (name, Some(rest.to_owned())));
        Self { name: name.to_owned(), instance }
    }

    pub(in crate::whole) fn of(asked: &Value) -> Self {
        let instance = asked["instance"].as_str().map(str::to_owned);
        Self { name: asked["name"].as_str().unwrap_or_default().to_owned(), instance }
    }

    pub(in crate::whole) fn is(&self, other: &Self) -> bool {
        let instance = |named: &Self| named.instance.clone().unwrap_or_default().to_lowercase();
        same(&self.name, &other.name) && instance(self) == instance(other)
    }

    /// A question without an instance means each of them.
    pub(in crate::whole) fn covers(&self, other: &Self) -> bool {
        self.is(other) || self.instance.is_none() && same(&self.name, &other.name)
    }

    pub(in crate::whole) fn said(&self) -> Value {
        let mut said = json!({"name": self.name});
        if let Some(instance) = &self.instance {
            said["instance"] = json!(instance);
        }
        said
    }
}

impl Place {
    pub(in crate::whole) fn read(text: &str) -> Self {
        let (named, place) = text.split_once('@').unwrap_or((text, ""));
        let (evse, connector) = place.split_once('.').unwrap_or((place, ""));
        Self { named: Named::read(named), evse: evse.parse().ok(), connector: connector.parse().ok() }
    }

    pub(in crate::whole) fn of(asked: &Value) -> Self {
        let evse = &asked["evse"];
        Self { named: Named::of(asked), evse: evse["id"].as_i64(), connector: evse["connectorId"].as_i64() }
    }

    pub(in crate::whole) fn is(&self, other: &Self) -> bool {
        self.named.is(&other.named) && self.evse == other.evse && self.connector == other.connector
    }

    /// A question without a place means each place.
    pub(in crate::whole) fn covers(&self, other: &Self) -> bool {
        let within = |asked: Option<i64>, there| asked.is_none() || asked == there;
        self.named.covers(&other.named) && within(self.evse, other.evse) && within(self.connector, other.connector)
    }

    pub(in crate::whole) fn said(&self) -> Value {
        let mut said = self.named.said();
        match (self.evse, self.connector) {
            (Some(evse), Some(connector)) => said["evse"] = json!({"id": evse, "connectorId": connector}),
            (Some(evse), None) => said["evse"] = json!({"id": evse}),
            (None, _) => {}
        }
        said
    }
}

impl Variable {
    /// `None` when the line is no variable.
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut columns = line.splitn(6, ' ');
        let (component, name) = (columns.next()?, columns.next()?);
        let (access, kind, unit) = (columns.next()?, columns.next()?, columns.next()?);
        let (kind, limits) = kind.split_once('(').unwrap_or((kind, ""));
        let limits = limits.trim_end_matches(')');
        let (least, most) = limits.split_once("..").unwrap_or_default();
        let words = if kind.ends_with("List") { limits.split(',').map(str::to_owned).collect() } else { Vec::new() };
        Some(Self {
            component: Place::read(component),
            name: Named::read(name),
            reads: access.contains('R'),
            writes: access.contains('W'),
            monitors: access.contains('*'),
            at_boot: access.contains('!'),
            kind: kind.to_owned(),
            words,
            least: least.parse().ok(),
            most: most.parse().ok(),
            unit: (unit != "-").then(|| unit.to_owned()),
            value: columns.next().unwrap_or_default().to_owned(),
            next: None,
        })
    }

    pub(in crate::whole) fn is_number(&self) -> bool {
        matches!(self.kind.as_str(), "integer" | "decimal")
    }

    /// Whether a list of this variable may hold a word.
    pub(in crate::whole) fn has_word(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }

    /// Whether a value may be written to it; otherwise the reason code.
    pub(super) fn fits(&self, value: &str) -> Result<(), &'static str> {
        match self.kind.as_str() {
            "boolean" if !matches!(value, "true" | "false") => Err("InvalidValue"),
            "integer" if value.parse::<i64>().is_err() => Err("InvalidValue"),
            "decimal" if value.parse::<f64>().is_err() => Err("InvalidValue"),
            "dateTime" if value.parse::<jiff::Timestamp>().is_err() => Err("InvalidValue"),
            "OptionList" if !self.has_word(value) => Err("InvalidValue"),
            "MemberList" | "SequenceList"
                if !value.split(',').all(|word| self.has_word(word.trim())) && !value.is_empty() =>
            {
                Err("InvalidValue")
            }
            "string" => self.within(value.chars().count() as f64),
            "integer" | "decimal" => self.within(value.parse().unwrap_or_default()),
            _ => Ok(()),
        }
    }

    fn within(&self, value: f64) -> Result<(), &'static str> {
        match (self.least, self.most) {
            (Some(least), _) if value < least => Err("ValueTooLow"),
            (_, Some(most)) if value > most => Err("ValueTooHigh"),
            _ => Ok(()),
        }
    }

    /// As a report says it. What can only be written has no value there.
    pub(super) fn reported(&self) -> Value {
        let mutability = match (self.reads, self.writes) {
            (true, true) => "ReadWrite",
            (false, _) => "WriteOnly",
            (true, false) => "ReadOnly",
        };
        let mut attribute = json!({"type": "Actual", "mutability": mutability, "persistent": true, "constant": false});
        if self.reads {
            attribute["value"] = json!(self.value);
        }
        let mut kept = json!({"dataType": self.kind, "supportsMonitoring": self.monitors});
        let members = [("minLimit", self.least), ("maxLimit", self.most)];
        for (member, limit) in members.into_iter().filter_map(|(member, limit)| Some((member, limit?))) {
            kept[member] = json!(limit);
        }
        if let Some(unit) = &self.unit {
            kept["unit"] = json!(unit);
        }
        if !self.words.is_empty() {
            kept["valuesList"] = json!(self.words.join(","));
        }
        json!({
            "component": self.component.said(), "variable": self.name.said(),
            "variableAttribute": [attribute], "variableCharacteristics": kept,
        })
    }
}
