//! Variable monitoring: setting, clearing, and the events that follow (2.0.1 N02 to N08).

use serde_json::{Value, json};

use super::asked::{Reply, accepted, decimal, flag, integer, list, picked, refused, time, word};
use super::model::{Named, Place, Variable};
use super::state::State;

const SEVEREST: i64 = 0;
const MILDEST: i64 = 9;

/// A monitor on a variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitor {
    pub id: i64,
    /// In the words of the standard: `UpperThreshold`, `Delta`, …
    pub kind: String,
    pub value: f64,
    pub severity: i64,
    /// `HardWiredMonitor`, `PreconfiguredMonitor` or `CustomMonitor`.
    pub origin: &'static str,
    pub is_transactional: bool,
    /// It has alerted and not been cleared yet.
    pub is_alarmed: bool,
    pub(super) component: Place,
    pub(super) variable: Named,
}

/// The monitors that a station is made with: each EVSE's temperature, one that cannot be changed and one that can.
pub(super) fn hardwired() -> Vec<Monitor> {
    let made = |id, origin, value, evse: &str| Monitor {
        id,
        kind: "UpperThreshold".to_owned(),
        value,
        severity: 2,
        origin,
        is_transactional: false,
        is_alarmed: false,
        component: Place::read(evse),
        variable: Named::read("Temperature"),
    };
    vec![made(1, "HardWiredMonitor", 100.0, "EVSE@1"), made(2, "PreconfiguredMonitor", 80.0, "EVSE@2")]
}

impl State {
    pub(super) fn set_monitoring_base(&mut self, asked: &Value) -> Reply {
        let base = word(asked, "monitoringBase");
        match base {
            "All" => self.restore_monitors(),
            "FactoryDefault" => {
                self.monitors.retain(|monitor| monitor.origin != "CustomMonitor");
                self.restore_monitors();
            }
            "HardWiredOnly" => self.monitors.retain(|monitor| monitor.origin == "HardWiredMonitor"),
            _ => return Ok(refused(self.version, "NotSupported", "UnsupportedParam")),
        }
        self.model.put("MonitoringCtrlr", "ActiveMonitoringBase", base);
        self.close_orphans();
        Ok(accepted())
    }

    fn restore_monitors(&mut self) {
        for made in hardwired() {
            if !self.monitors.iter().any(|monitor| monitor.id == made.id) {
                self.monitors.push(made);
            }
        }
    }

    pub(super) fn set_monitoring_level(&mut self, asked: &Value) -> Reply {
        let severity = integer(asked, "severity").unwrap_or(-1);
        if !(SEVEREST..=MILDEST).contains(&severity) {
            return Ok(refused(self.version, "Rejected", "ValueOutOfRange"));
        }
        self.model.put("MonitoringCtrlr", "ActiveMonitoringLevel", severity);
        Ok(accepted())
    }

    pub(super) fn set_monitors(&mut self, asked: &Value) -> Reply {
        self.fits("MonitoringCtrlr", "SetVariableMonitoring", asked, "setMonitoringData")?;
        let results: Vec<Value> = list(asked, "setMonitoringData").iter().map(|one| self.set_monitor(one)).collect();
        Ok(json!({"setMonitoringResult": results}))
    }

    fn set_monitor(&mut self, asked: &Value) -> Value {
        let mut result = Value::Object(picked(asked, &["id", "type", "component", "variable", "severity"]));
        match self.try_monitor(asked) {
            Ok(id) => {
                result["id"] = json!(id);
                result["status"] = json!("Accepted");
                self.open_stream(id, asked);
            }
            Err(status) => result["status"] = json!(status),
        }
        result
    }

    fn try_monitor(&mut self, asked: &Value) -> Result<i64, &'static str> {
        let (component, variable) = (Place::of(&asked["component"]), Named::of(&asked["variable"]));
        let mut there = self.model.variables.iter().filter(|each| each.component.is(&component)).peekable();
        there.peek().ok_or("UnknownComponent")?;
        let found = there.find(|each| each.name.is(&variable)).ok_or("UnknownVariable")?;
        let (kind, value) = (word(asked, "type"), decimal(asked, "value").unwrap_or_default());
        let severity = integer(asked, "severity").unwrap_or(-1);
        fits(found, kind, self.version.is_v21())?;
        if !(SEVEREST..=MILDEST).contains(&severity) || is_out_of_range(found, kind, value) {
            return Err("Rejected");
        }
        let id = integer(asked, "id");
        let is_twin = |monitor: &Monitor| {
            let is_same = monitor.component.is(&component) && monitor.variable.is(&variable);
            is_same && monitor.kind == kind && monitor.severity == severity && Some(monitor.id) != id
        };
        if self.monitors.iter().any(is_twin) {
            return Err("Duplicate");
        }
        let id = self.place_for(id, &component, &variable)?;
        self.monitors.push(Monitor {
            id,
            kind: kind.to_owned(),
            value,
            severity,
            origin: "CustomMonitor",
            is_transactional: flag(asked, "transaction").unwrap_or(false),
            is_alarmed: false,
            component,
            variable,
        });
        Ok(id)
    }

    /// A given id replaces a monitor of the same variable that can be replaced; otherwise it is a new one.
    fn place_for(&mut self, id: Option<i64>, component: &Place, variable: &Named) -> Result<i64, &'static str> {
        let Some(id) = id else {
            return Ok(self.monitors.iter().map(|monitor| monitor.id).max().unwrap_or_default() + 1);
        };
        let replaces = |monitor: &Monitor| {
            let is_same = monitor.component.is(component) && monitor.variable.is(variable);
            monitor.id == id && is_same && monitor.origin != "HardWiredMonitor"
        };
        let at = self.monitors.iter().position(replaces).ok_or("Rejected")?;
        self.monitors.remove(at);
        Ok(id)
    }

    pub(super) fn clear_monitors(&mut self, asked: &Value) -> Reply {
        self.fits("MonitoringCtrlr", "ClearVariableMonitoring", asked, "id")?;
        let ids: Vec<i64> = list(asked, "id").iter().filter_map(Value::as_i64).collect();
        let results: Vec<Value> =
            ids.into_iter().map(|id| json!({"status": self.clear_monitor(id), "id": id})).collect();
        self.close_orphans();
        Ok(json!({"clearMonitoringResult": results}))
    }

    fn clear_monitor(&mut self, id: i64) -> &'static str {
        match self.monitors.iter().position(|monitor| monitor.id == id) {
            None => "NotFound",
            Some(at) if self.monitors[at].origin == "HardWiredMonitor" => "Rejected",
            Some(at) => {
                self.monitors.remove(at);
                "Accepted"
            }
        }
    }

    /// The station, not the server, writes a value; in 1.6 a key.
    pub(super) fn set_by_itself(&mut self, component: &str, variable: &str, value: &str) -> bool {
        if self.version.is_v16() {
            return self.keys.put(variable, value);
        }
        let before = self.model.value(component, variable).to_owned();
        let is_there = self.model.put(component, variable, value);
        self.changed(&Place::read(component), &Named::read(variable), &before, value);
        is_there
    }

    /// Tells of the monitors that a change sets off (N07).
    pub(super) fn changed(&mut self, component: &Place, variable: &Named, before: &str, value: &str) {
        let level = self.model.integer("MonitoringCtrlr", "ActiveMonitoringLevel").unwrap_or(MILDEST);
        let is_on = self.model.is("MonitoringCtrlr", "Enabled");
        let mut events = Vec::new();
        for monitor in &mut self.monitors {
            if !(monitor.component.is(component) && monitor.variable.is(variable)) {
                continue;
            }
            if let Some((trigger, is_cleared)) = monitor.notice(before, value)
                && monitor.severity <= level
                && is_on
            {
                self.events += 1;
                events.push(json!({
                    "eventId": self.events, "timestamp": time(self.now), "trigger": trigger, "actualValue": value,
                    "cleared": is_cleared, "component": component.said(), "variable": variable.said(),
                    "variableMonitoringId": monitor.id, "eventNotificationType": monitor.origin,
                }));
            }
        }
        if !events.is_empty() {
            let payload = json!({"generatedAt": time(self.now), "tbc": false, "seqNo": 0, "eventData": events});
            self.say("NotifyEvent", payload);
        }
    }
}

impl Monitor {
    /// What a change means to it: the trigger, and whether an alarm ends.
    fn notice(&mut self, before: &str, value: &str) -> Option<(&'static str, bool)> {
        let number: Option<f64> = value.parse().ok();
        if self.kind == "Delta" {
            let differs = match (before.parse::<f64>().ok(), number) {
                (Some(before), Some(now)) => (now - before).abs() >= self.value,
                _ => before != value,
            };
            return differs.then_some(("Delta", false));
        }
        let is_over = match self.kind.as_str() {
            "UpperThreshold" => number? > self.value,
            "LowerThreshold" => number? < self.value,
            _ => return None,
        };
        let was = std::mem::replace(&mut self.is_alarmed, is_over);
        (was != is_over).then_some(("Alerting", was))
    }
}

/// Thresholds are for numbers; a variable that is not monitored takes no monitor at all.
fn fits(variable: &Variable, kind: &str, is_v21: bool) -> Result<(), &'static str> {
    let is_target = matches!(kind, "TargetDelta" | "TargetDeltaRelative");
    let is_threshold = matches!(kind, "UpperThreshold" | "LowerThreshold");
    if !variable.monitors || is_threshold && !variable.is_number() || is_target && !(is_v21 && variable.is_number()) {
        return Err("UnsupportedMonitorType");
    }
    Ok(())
}

fn is_out_of_range(variable: &Variable, kind: &str, value: f64) -> bool {
    if matches!(kind, "UpperThreshold" | "LowerThreshold") {
        let below = variable.least.is_some_and(|least| value < least);
        return below || variable.most.is_some_and(|most| value > most);
    }
    // A difference or a number of seconds.
    value < 0.0
}
