//! GetMonitoringReport and its pages (2.0.1 N02).

use serde_json::{Value, json};

use super::asked::{Reply, accepted, list, refused};
use super::model::{Named, Place};
use super::monitors::Monitor;
use super::state::State;

impl State {
    pub(super) fn get_monitoring_report(&mut self, asked: &Value) -> Reply {
        self.fits("DeviceDataCtrlr", "GetReport", asked, "componentVariable")?;
        let (named, criteria) = (list(asked, "componentVariable"), list(asked, "monitoringCriteria"));
        let is_named = |monitor: &Monitor| named.is_empty() || named.iter().any(|one| covers(one, monitor));
        let is_so = |monitor: &Monitor| {
            criteria.is_empty() || criteria.iter().filter_map(Value::as_str).any(|one| one == criterion(&monitor.kind))
        };
        let chosen = self.monitors.iter().filter(|monitor| is_named(monitor) && is_so(monitor));
        let data = self.by_variable(chosen);
        if data.is_empty() {
            return Ok(refused(self.version, "EmptyResultSet", "NotFound"));
        }
        self.report_pages(asked, "NotifyMonitoringReport", "monitor", data);
        Ok(accepted())
    }

    /// One entry for each variable, with all its monitors.
    fn by_variable<'a>(&self, monitors: impl Iterator<Item = &'a Monitor>) -> Vec<Value> {
        let mut entries: Vec<(&Monitor, Vec<Value>)> = Vec::new();
        for monitor in monitors {
            let said = self.said_monitor(monitor);
            let entry = entries
                .iter_mut()
                .find(|(first, _)| first.component.is(&monitor.component) && first.variable.is(&monitor.variable));
            match entry {
                Some((_, all)) => all.push(said),
                None => entries.push((monitor, vec![said])),
            }
        }
        let said = |(first, all): (&Monitor, Vec<Value>)| json!({"component": first.component.said(), "variable": first.variable.said(), "variableMonitoring": all});
        entries.into_iter().map(said).collect()
    }

    fn said_monitor(&self, monitor: &Monitor) -> Value {
        let mut said = json!({
            "id": monitor.id, "transaction": monitor.is_transactional, "value": monitor.value, "type": monitor.kind,
            "severity": monitor.severity,
        });
        if self.version.is_v21() {
            said["eventNotificationType"] = json!(monitor.origin);
        }
        said
    }
}

fn criterion(kind: &str) -> &'static str {
    match kind {
        "UpperThreshold" | "LowerThreshold" => "ThresholdMonitoring",
        "Periodic" | "PeriodicClockAligned" => "PeriodicMonitoring",
        _ => "DeltaMonitoring",
    }
}

fn covers(asked: &Value, monitor: &Monitor) -> bool {
    let component = Place::of(&asked["component"]).covers(&monitor.component);
    component && asked.get("variable").is_none_or(|named| Named::of(named).covers(&monitor.variable))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::Version;
    use crate::whole::play::Play;

    fn monitor(evse: i64, kind: &str, value: f64, severity: i64) -> Value {
        json!({
            "component": {"name": "EVSE", "evse": {"id": evse}}, "variable": {"name": "Temperature"},
            "type": kind, "value": value, "severity": severity,
        })
    }

    fn set(play: &mut Play, asked: Value, status: &str) -> Value {
        let answer = play.ask("SetVariableMonitoring", json!({"setMonitoringData": [asked]}));
        let result = answer["setMonitoringResult"][0].clone();
        assert_eq!(result["status"], status, "{answer}");
        result["id"].clone()
    }

    #[test]
    fn a_monitor_fits_its_variable_and_is_no_twin() {
        let mut play = Play::new(Version::Ocpp201);
        assert_eq!(set(&mut play, monitor(1, "UpperThreshold", 60.0, 5), "Accepted"), 3);
        set(&mut play, monitor(1, "UpperThreshold", 70.0, 5), "Duplicate");
        set(&mut play, monitor(1, "UpperThreshold", 700.0, 6), "Rejected");
        set(&mut play, monitor(1, "Delta", 1.0, 10), "Rejected");
        set(&mut play, monitor(1, "TargetDelta", 1.0, 1), "UnsupportedMonitorType");
        set(&mut play, monitor(3, "Delta", 1.0, 1), "UnknownComponent");
        let mut other = monitor(1, "UpperThreshold", 65.0, 5);
        other["id"] = json!(3);
        set(&mut play, other.clone(), "Accepted");
        other["id"] = json!(1);
        other["severity"] = json!(3);
        set(&mut play, other, "Rejected");
        let many: Vec<Value> = (0..17).map(|_| monitor(1, "Delta", 1.0, 1)).collect();
        let code = play.fault("SetVariableMonitoring", json!({"setMonitoringData": many}));
        assert_eq!(code, "OccurrenceConstraintViolation");
    }

    #[test]
    fn clearing_spares_what_is_hard_wired() {
        let mut play = Play::new(Version::Ocpp201);
        let statuses =
            json!([{"id": 1, "status": "Rejected"}, {"id": 2, "status": "Accepted"}, {"id": 9, "status": "NotFound"}]);
        play.check("ClearVariableMonitoring", json!({"id": [1, 2, 9]}), json!({"clearMonitoringResult": statuses}));
        play.check("SetMonitoringBase", json!({"monitoringBase": "FactoryDefault"}), json!({"status": "Accepted"}));
        assert_eq!(play.state.monitors.len(), 2);
        play.check("SetMonitoringBase", json!({"monitoringBase": "HardWiredOnly"}), json!({"status": "Accepted"}));
        assert_eq!(play.state.monitors.len(), 1);
    }

    #[test]
    fn monitors_are_reported_by_variable() {
        let mut play = Play::new(Version::Ocpp21);
        set(&mut play, monitor(1, "Delta", 5.0, 5), "Accepted");
        play.check("GetMonitoringReport", json!({"requestId": 7}), json!({"status": "Accepted"}));
        let said = play.follows(&[("NotifyMonitoringReport", json!({"requestId": 7, "seqNo": 0, "tbc": false}))]);
        assert_eq!(said[0].1["monitor"].as_array().unwrap().len(), 2);
        assert_eq!(said[0].1["monitor"][0]["variableMonitoring"].as_array().unwrap().len(), 2);
        let periodic = json!({"requestId": 8, "monitoringCriteria": ["PeriodicMonitoring"]});
        play.check("GetMonitoringReport", periodic, json!({"status": "EmptyResultSet"}));
        play.follows(&[]);
    }

    #[test]
    fn a_threshold_alerts_once_and_is_cleared_once() {
        let mut play = Play::new(Version::Ocpp201);
        set(&mut play, monitor(1, "UpperThreshold", 60.0, 5), "Accepted");
        let event = |id: i64, value: &str, cleared: bool| {
            let data = json!({"eventId": id, "actualValue": value, "cleared": cleared, "trigger": "Alerting"});
            ("NotifyEvent", json!({"seqNo": 0, "eventData": [data]}))
        };
        for (value, expected) in [("50", None), ("61", Some((1, false))), ("62", None), ("59", Some((2, true)))] {
            assert!(play.state.set_by_itself("EVSE@1", "Temperature", value));
            let expected: Vec<(&str, Value)> =
                expected.into_iter().map(|(id, cleared)| event(id, value, cleared)).collect();
            play.follows(&expected);
        }
        play.check("SetMonitoringLevel", json!({"severity": 4}), json!({"status": "Accepted"}));
        play.check("SetMonitoringLevel", json!({"severity": 10}), json!({"status": "Rejected"}));
        play.state.set_by_itself("EVSE@1", "Temperature", "61");
        play.follows(&[]);
    }
}
