//! GetVariables and SetVariables (2.0.1 B05, B06).

use serde_json::{Value, json};

use super::{Named, Place, Variable};
use crate::whole::asked::{Fault, Reply, list, picked, same, text, word};
use crate::whole::state::State;

impl State {
    pub(in crate::whole) fn get_variables(&mut self, asked: &Value) -> Reply {
        self.fits("DeviceDataCtrlr", "GetVariables", asked, "getVariableData")?;
        let results: Vec<Value> = list(asked, "getVariableData").iter().map(|one| self.get_variable(one)).collect();
        Ok(json!({"getVariableResult": results}))
    }

    fn get_variable(&self, asked: &Value) -> Value {
        let (status, value) = match self.found(asked) {
            Err(status) => (status, None),
            Ok(variable) if !variable.reads => ("Rejected", None),
            Ok(variable) => ("Accepted", Some(self.read_out(variable))),
        };
        let mut result = Value::Object(picked(asked, &["attributeType", "component", "variable"]));
        result["attributeStatus"] = json!(status);
        if status == "Rejected" {
            result["attributeStatusInfo"] = json!({"reasonCode": "WriteOnly"});
        }
        if let Some(value) = value {
            result["attributeValue"] = json!(value);
        }
        result
    }

    /// The clock is never the same twice.
    fn read_out(&self, variable: &Variable) -> String {
        if variable.name.name == "DateTime" { crate::whole::asked::time(self.now) } else { variable.value.clone() }
    }

    fn found(&self, asked: &Value) -> Result<&Variable, &'static str> {
        let (component, name) = (Place::of(&asked["component"]), Named::of(&asked["variable"]));
        let mut there = self.model.variables.iter().filter(|each| each.component.is(&component)).peekable();
        if there.peek().is_none() {
            return Err("UnknownComponent");
        }
        let variable = there.find(|each| each.name.is(&name)).ok_or("UnknownVariable")?;
        let kind = text(asked, "attributeType").unwrap_or("Actual");
        if kind == "Actual" { Ok(variable) } else { Err("NotSupportedAttributeType") }
    }

    pub(in crate::whole) fn set_variables(&mut self, asked: &Value) -> Reply {
        self.fits("DeviceDataCtrlr", "SetVariables", asked, "setVariableData")?;
        let results: Vec<Value> = list(asked, "setVariableData").iter().map(|one| self.set_variable(one)).collect();
        Ok(json!({"setVariableResult": results}))
    }

    fn set_variable(&mut self, asked: &Value) -> Value {
        let (status, reason) = match self.write(asked) {
            Ok(status) => (status, None),
            Err((status, reason)) => (status, reason),
        };
        let mut result = Value::Object(picked(asked, &["attributeType", "component", "variable"]));
        result["attributeStatus"] = json!(status);
        if let Some(reason) = reason {
            result["attributeStatusInfo"] = json!({"reasonCode": reason});
        }
        result
    }

    fn write(&mut self, asked: &Value) -> Result<&'static str, (&'static str, Option<&'static str>)> {
        let variable = self.found(asked).map_err(|status| (status, None))?.clone();
        let value = word(asked, "attributeValue");
        let rejected = |reason| ("Rejected", Some(reason));
        if !variable.writes {
            return Err(rejected("ReadOnly"));
        }
        let most = self.model.integer("DeviceDataCtrlr", "ConfigurationValueSize").unwrap_or(i64::MAX);
        if value.len() as i64 > most {
            return Err(rejected("TooLargeElement"));
        }
        variable.fits(value).map_err(rejected)?;
        self.allows(&variable, value).map_err(rejected)?;
        let place = self
            .model
            .variables
            .iter_mut()
            .find(|each| each.component.is(&variable.component) && each.name.is(&variable.name));
        if let Some(place) = place {
            if place.at_boot {
                place.next = Some(value.to_owned());
                return Ok("RebootRequired");
            }
            place.value = value.to_owned();
        }
        self.written(&variable, value);
        Ok("Accepted")
    }

    /// A list of slots holds only slots with a profile, none of them less secure than now (2.0.1 A05, B09).
    fn allows(&self, variable: &Variable, value: &str) -> Result<(), &'static str> {
        if !same(&variable.name.name, "NetworkConfigurationPriority") {
            return Ok(());
        }
        let present = self.model.integer("SecurityCtrlr", "SecurityProfile").unwrap_or(0);
        let active = self.model.integer("OCPPCommCtrlr", "ActiveNetworkProfile");
        let known =
            |slot: i64| Some(slot) == active || self.network.get(&slot).is_some_and(|at| at.security >= present);
        let all = value.split(',').all(|slot| slot.trim().parse().is_ok_and(known));
        if all && !value.is_empty() { Ok(()) } else { Err("InvalidValue") }
    }

    /// What follows from a new value.
    fn written(&mut self, variable: &Variable, value: &str) {
        if same(&variable.name.name, "BasicAuthPassword") {
            self.change_password(value.as_bytes().to_vec());
        }
        let (component, name) = (variable.component.clone(), variable.name.clone());
        self.changed(&component, &name, &variable.value, value);
    }

    /// Refuses a request with more items or bytes than one message may have (B05.FR.11, B06.FR.16).
    pub(in crate::whole) fn fits(
        &self,
        component: &str,
        request: &str,
        asked: &Value,
        member: &str,
    ) -> Result<(), Fault> {
        let limit = |what: &str| {
            let of_request = self.model.integer(component, &format!("{what}#{request}"));
            of_request.or_else(|| self.model.integer(component, what)).unwrap_or(i64::MAX)
        };
        let (items, bytes) = (list(asked, member).len() as i64, asked.to_string().len() as i64);
        if items > limit("ItemsPerMessage") {
            return Err(Fault::Occurrence(format!("{items} items are more than {}", limit("ItemsPerMessage"))));
        }
        if bytes > limit("BytesPerMessage") {
            return Err(Fault::Format(format!("{bytes} bytes are more than {}", limit("BytesPerMessage"))));
        }
        Ok(())
    }
}
