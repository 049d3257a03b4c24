//! Periodic event streams (2.1 N11 to N15).

use serde_json::{Value, json};

use super::asked::{Reply, accepted, integer, refused, time, word};
use super::errands::Errand;
use super::state::State;
use crate::pump::Own;

/// A stream of a monitored variable.
pub(super) struct Stream {
    id: i64,
    monitor: i64,
    params: Value,
    /// The server has agreed to it.
    is_open: bool,
}

impl Stream {
    fn said(&self) -> Value {
        json!({"id": self.id, "variableMonitoringId": self.monitor, "params": self.params})
    }
}

impl State {
    /// A monitor that asks for a stream gets one, when there is room for it.
    pub(super) fn open_stream(&mut self, monitor: i64, asked: &Value) {
        let most = self.model.integer("MonitoringCtrlr", "MaxPeriodicEventStreams").unwrap_or(0);
        let Some(params) = asked.get("periodicEventStream") else { return };
        if self.streams.len() as i64 >= most {
            return;
        }
        let id = self.streams.iter().map(|stream| stream.id).max().unwrap_or_default() + 1;
        let stream = Stream { id, monitor, params: params.clone(), is_open: false };
        self.say("OpenPeriodicEventStream", json!({"constantStreamData": stream.said()}));
        self.streams.push(stream);
    }

    pub(super) fn heard_stream(&mut self, said: &Value, answer: &Value) {
        let id = integer(&said["constantStreamData"], "id").unwrap_or_default();
        if word(answer, "status") == "Accepted" {
            self.flow(id);
        } else {
            self.streams.retain(|stream| stream.id != id);
        }
    }

    /// Sends as many values as a message of the stream holds.
    fn flow(&mut self, id: i64) {
        let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == id) else { return };
        stream.is_open = true;
        let count = integer(&stream.params, "values").unwrap_or(1).clamp(1, 100);
        let interval = integer(&stream.params, "interval").unwrap_or(1);
        let monitor = self.monitors.iter().find(|monitor| monitor.id == stream.monitor);
        let value = monitor.and_then(|monitor| {
            let mut all = self.model.variables.iter();
            all.find(|each| each.component.is(&monitor.component) && each.name.is(&monitor.variable))
        });
        let value = value.map_or(String::new(), |variable| variable.value.clone());
        let data: Vec<Value> =
            (0..count).map(|number| json!({"t": number.saturating_mul(interval), "v": value})).collect();
        let payload = json!({"data": data, "id": id, "pending": 0, "basetime": time(self.now)});
        self.errands.push_back(Errand::Say(Own::Send("NotifyPeriodicEventStream", payload)));
    }

    pub(super) fn adjust_stream(&mut self, asked: &Value) -> Reply {
        let id = integer(asked, "id").unwrap_or(-1);
        let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == id && stream.is_open) else {
            return Ok(refused(self.version, "Rejected", "NotFound"));
        };
        if let (Some(params), Some(asked)) = (stream.params.as_object_mut(), asked["params"].as_object()) {
            params.extend(asked.clone());
        }
        self.flow(id);
        Ok(accepted())
    }

    pub(super) fn get_streams(&self) -> Reply {
        let open: Vec<Value> = self.streams.iter().filter(|stream| stream.is_open).map(Stream::said).collect();
        Ok(if open.is_empty() { json!({}) } else { json!({"constantStreamData": open}) })
    }

    /// A stream ends with its monitor.
    pub(super) fn close_orphans(&mut self) {
        let is_alive = |stream: &Stream| self.monitors.iter().any(|monitor| monitor.id == stream.monitor);
        let gone: Vec<i64> = self.streams.iter().filter(|stream| !is_alive(stream)).map(|stream| stream.id).collect();
        self.streams.retain(|stream| !gone.contains(&stream.id));
        gone.into_iter().for_each(|id| self.say("ClosePeriodicEventStream", json!({"id": id})));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Version;
    use crate::whole::play::Play;

    #[test]
    fn a_stream_opens_flows_is_adjusted_and_ends_with_its_monitor() {
        let mut play = Play::new(Version::Ocpp21);
        let monitor = json!({
            "component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}, "type": "Periodic",
            "value": 1, "severity": 9, "periodicEventStream": {"interval": 10, "values": 2},
        });
        play.ask("SetVariableMonitoring", json!({"setMonitoringData": [monitor]}));
        let said =
            play.follows(&[("OpenPeriodicEventStream", json!({"constantStreamData": {"variableMonitoringId": 3}}))]);
        play.check("GetPeriodicEventStream", json!({}), json!({}));
        play.hear("OpenPeriodicEventStream", &said[0].1, json!({"status": "Accepted"}));
        play.follows(&[(
            "NotifyPeriodicEventStream",
            json!({"id": 1, "data": [{"t": 0, "v": "0"}, {"t": 10, "v": "0"}]}),
        )]);
        play.check(
            "AdjustPeriodicEventStream",
            json!({"id": 2, "params": {"values": 1}}),
            json!({"status": "Rejected"}),
        );
        play.check(
            "AdjustPeriodicEventStream",
            json!({"id": 1, "params": {"values": 1}}),
            json!({"status": "Accepted"}),
        );
        play.follows(&[("NotifyPeriodicEventStream", json!({"data": [{"t": 0}]}))]);
        let open = json!({"constantStreamData": [{"id": 1, "params": {"interval": 10, "values": 1}}]});
        play.check("GetPeriodicEventStream", json!({}), open);
        play.ask("ClearVariableMonitoring", json!({"id": [3]}));
        play.follows(&[("ClosePeriodicEventStream", json!({"id": 1}))]);
    }
}
