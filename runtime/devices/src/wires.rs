//! What a driver may say: over the wires that its device was granted, by their names.

use std::collections::BTreeMap;
use std::time::Duration;

use amprule_domain::ports::BoxFuture;
use amprule_hooks::driver::{
    HttpAsk, HttpMethod, Message, ModbusFunction, ModbusRead, ModbusWrite, Publish, TopicAsk, WireProblem, Wires,
};
use amprule_wires::{Function, Heard, HttpWire, Method, ModbusWire, MqttWire, Urgency, Wire, WireFault, Write};

pub(crate) struct Granted<'s> {
    pub(crate) wires: &'s BTreeMap<String, Box<Wire>>,
    /// Reads of a turn that switches something go before other devices' polls.
    pub(crate) urgency: Urgency,
}

impl Granted<'_> {
    fn wire(&self, name: &str) -> Option<&Wire> {
        self.wires.get(name).map(Box::as_ref)
    }

    fn modbus(&self, name: &str) -> Result<&ModbusWire, WireProblem> {
        match self.wire(name) {
            Some(Wire::Modbus(wire)) => Ok(wire),
            other => Err(missing(name, "modbus", other.map(Wire::kind))),
        }
    }

    fn line(&self, name: &str) -> Result<&HttpWire, WireProblem> {
        match self.wire(name) {
            Some(Wire::Http(wire)) => Ok(wire),
            other => Err(missing(name, "http", other.map(Wire::kind))),
        }
    }

    fn mqtt(&self, name: &str) -> Result<&MqttWire, WireProblem> {
        match self.wire(name) {
            Some(Wire::Mqtt(wire)) => Ok(wire),
            other => Err(missing(name, "mqtt", other.map(Wire::kind))),
        }
    }

    /// By its topic, or by what it contains.
    async fn last(&self, name: &str, topic: &str) -> Result<Option<Heard>, WireProblem> {
        let last = match self.wire(name) {
            Some(Wire::Stream(wire)) => wire.last(topic).await,
            Some(Wire::Mqtt(wire)) => wire.last(topic).await,
            other => return Err(missing(name, "mqtt or stream", other.map(Wire::kind))),
        };
        last.map_err(problem)
    }
}

fn missing(name: &str, kind: &str, granted: Option<&str>) -> WireProblem {
    let why = match granted {
        Some(granted) => format!(
            "the driver speaks {kind} over the wire {name:?}, and that is granted as {granted}: see [devices.wires], or --wire"
        ),
        None => format!(
            "the device has no wire {name:?}: add it to [devices.wires] of the configuration, of the kind {kind}"
        ),
    };
    WireProblem { is_refusal: false, is_there: false, why }
}

impl Wires for Granted<'_> {
    fn read<'a>(&'a self, wire: &'a str, read: ModbusRead) -> BoxFuture<'a, Result<Vec<u16>, WireProblem>> {
        Box::pin(async move {
            let function = match read.function {
                ModbusFunction::Holding => Function::Holding,
                ModbusFunction::Input => Function::Input,
                ModbusFunction::Coil => Function::Coil,
                ModbusFunction::Discrete => Function::Discrete,
            };
            let wire = self.modbus(wire)?;
            wire.read(self.urgency, function, read.address, read.count).await.map_err(problem)
        })
    }

    fn write<'a>(&'a self, wire: &'a str, write: &'a ModbusWrite) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(async move {
            let (address, write) = match write {
                ModbusWrite::Register { address, word } => (*address, Write::Register(*word)),
                ModbusWrite::Registers { address, words } => (*address, Write::Registers(words.clone())),
                ModbusWrite::Coil { address, is_on } => (*address, Write::Coil(*is_on)),
            };
            self.modbus(wire)?.write(Urgency::Safety, address, &write).await.map_err(not_done)
        })
    }

    fn http<'a>(&'a self, wire: &'a str, ask: &'a HttpAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(async move {
            let method = match ask.method {
                HttpMethod::Get => Method::GET,
                HttpMethod::Post => Method::POST,
                HttpMethod::Put => Method::PUT,
            };
            let urgency = if ask.switches { Urgency::Safety } else { self.urgency };
            let answer = self.line(wire)?.ask(urgency, method, &ask.path, ask.body.as_deref()).await;
            ask.judged(answer.map_err(if ask.switches { not_done } else { problem })?)
        })
    }

    fn listen<'a>(&'a self, wire: &'a str, topics: &'a [String]) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(async move {
            let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
            let listens = match self.wire(wire) {
                Some(Wire::Stream(wire)) => wire.listen(&topics).await,
                Some(Wire::Mqtt(wire)) => wire.listen(&topics).await,
                other => return Err(missing(wire, "mqtt or stream", other.map(Wire::kind))),
            };
            listens.map_err(problem)
        })
    }

    fn topic<'a>(&'a self, wire: &'a str, ask: &'a TopicAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(async move {
            let last = self.last(wire, &ask.topic).await?;
            let is_fresh = |heard: &Heard| {
                let oldest = ask.stale_s.filter(|seconds| *seconds > 0);
                let oldest = oldest.map(|seconds| Duration::from_secs(seconds.into()));
                // What the broker remembers may be of any age: whoever said it may be gone since.
                oldest.is_none_or(|oldest| !heard.is_retained && heard.at.elapsed() <= oldest)
            };
            let unheard = || WireProblem { is_refusal: true, is_there: true, why: ask.unheard() };
            last.filter(is_fresh).map(|heard| heard.text).ok_or_else(unheard)
        })
    }

    fn publish<'a>(&'a self, wire: &'a str, publish: &'a Publish) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(async move {
            let Publish { topic, body, retain, .. } = publish;
            self.mqtt(wire)?.publish(topic, body, *retain).await.map_err(problem)
        })
    }

    fn message<'a>(&'a self, wire: &'a str, message: &'a Message) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(async move {
            let urgency = if message.switches { Urgency::Safety } else { self.urgency };
            let Message { text, fits, .. } = message;
            let said = match (self.wire(wire), fits) {
                (Some(Wire::Udp(wire)), Some(fits)) => wire.ask(urgency, text, fits).await,
                (Some(Wire::Stream(wire)), Some(fits)) => wire.ask(urgency, text, fits).await,
                (Some(Wire::Udp(wire)), None) => wire.send_only(urgency, text).await.map(|()| String::new()),
                (Some(Wire::Stream(wire)), None) => wire.send_only(urgency, text).await.map(|()| String::new()),
                (other, _) => return Err(missing(wire, "udp or stream", other.map(Wire::kind))),
            };
            said.map_err(problem)
        })
    }
}

/// A device that has no time to do it is there, and does not.
fn not_done(fault: WireFault) -> WireProblem {
    let is_there = fault.is_refusal() || matches!(fault, WireFault::Hindered { .. });
    WireProblem { is_refusal: is_there, is_there, why: fault.to_string() }
}

fn problem(fault: WireFault) -> WireProblem {
    WireProblem { is_refusal: fault.is_refusal(), ..not_done(fault) }
}
