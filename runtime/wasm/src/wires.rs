//! `amprule:device/wires` and `…/json`: what a driver asks its wires for, and what stands in their answers.
//!
//! The first thing that is not answered yet ends the call; the host asks the wire and calls again (ADR 037).

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use amprule_hooks::driver::{
    Exchange, HttpAsk, HttpMethod, Message, ModbusFunction, ModbusRead, ModbusWrite, Publish, TopicAsk, WireAnswer,
    WireAsk, WireWhat,
};
use rust_decimal::Decimal;
use serde_json::Value;
use wasmtime::component::{HasSelf, Linker};

use crate::sandbox::Sandbox;
use crate::v1::bindings::amprule::device::{json, wires as wit};
use crate::v1::bindings::amprule::types::types;
use crate::v1::lower_decimal;

/// A text in which one value is looked up. A wire's answer is no longer.
const MOST_LOOKED_THROUGH: usize = 256 << 10;

/// A turn, as far as its wires have answered.
#[derive(Default)]
pub(crate) struct Turn {
    said: VecDeque<Exchange>,
    /// What the call ended for; who made the turn keeps the other end.
    wants: Arc<OnceLock<WireAsk>>,
    /// The text that was looked through last.
    parsed: Option<(String, Value)>,
}

/// Not a fault: the wire is asked, and the driver again.
#[derive(Debug, thiserror::Error)]
#[error("the driver waits for a wire")]
struct Waits;

/// It cannot by itself: it has no clock and no chance. Its memory was not what it was, or its input.
#[derive(Debug, thiserror::Error)]
#[error("a driver that is asked again asks its wires for the same as before")]
pub(crate) struct Strays;

impl Turn {
    pub(crate) fn of(said: &[Exchange], wants: &Arc<OnceLock<WireAsk>>) -> Self {
        Self { said: said.iter().cloned().collect(), wants: Arc::clone(wants), parsed: None }
    }

    fn ask(&mut self, wire: String, what: WireWhat) -> wasmtime::Result<WireAnswer> {
        let ask = WireAsk { wire, what };
        match self.said.pop_front() {
            Some(said) if said.ask == ask => Ok(said.answer),
            Some(_) => Err(Strays.into()),
            None => {
                drop(self.wants.set(ask));
                Err(Waits.into())
            }
        }
    }
}

pub(crate) fn link(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    wit::add_to_linker::<_, HasSelf<Turn>>(linker, |sandbox: &mut Sandbox| &mut sandbox.turn)?;
    json::add_to_linker::<_, HasSelf<Turn>>(linker, |sandbox: &mut Sandbox| &mut sandbox.turn)
}

impl wit::Host for Turn {
    fn read(
        &mut self,
        wire: String,
        table: wit::Table,
        address: u16,
        count: u16,
    ) -> wasmtime::Result<Option<Vec<u16>>> {
        let function = match table {
            wit::Table::Holding => ModbusFunction::Holding,
            wit::Table::Input => ModbusFunction::Input,
            wit::Table::Coil => ModbusFunction::Coil,
            wit::Table::Discrete => ModbusFunction::Discrete,
        };
        let answer = self.ask(wire, WireWhat::Read(ModbusRead { function, address, count }))?;
        Ok(match answer {
            WireAnswer::Words(words) => Some(words),
            _ => None,
        })
    }

    fn write(&mut self, wire: String, what: wit::Writing) -> wasmtime::Result<Result<(), String>> {
        let write = match what {
            wit::Writing::One((address, word)) => ModbusWrite::Register { address, word },
            wit::Writing::Several((address, words)) => ModbusWrite::Registers { address, words },
            wit::Writing::Coil((address, is_on)) => ModbusWrite::Coil { address, is_on },
        };
        Ok(match self.ask(wire, WireWhat::Write(write))? {
            WireAnswer::Refused(why) => Err(why),
            _ => Ok(()),
        })
    }

    fn http(&mut self, wire: String, request: wit::Request) -> wasmtime::Result<Result<String, String>> {
        let wit::Request { method, path, body, switches, expect } = request;
        let method = match method {
            wit::Method::Get => HttpMethod::Get,
            wit::Method::Post => HttpMethod::Post,
            wit::Method::Put => HttpMethod::Put,
        };
        self.text(wire, WireWhat::Http(HttpAsk { method, path, body, switches, expect }))
    }

    fn topic(&mut self, wire: String, topic: String, stale_s: Option<u32>) -> wasmtime::Result<Option<String>> {
        Ok(self.text(wire, WireWhat::Topic(TopicAsk { topic, stale_s }))?.ok())
    }

    fn publish(
        &mut self,
        wire: String,
        topic: String,
        body: String,
        retain: bool,
        switches: bool,
    ) -> wasmtime::Result<Result<(), String>> {
        Ok(self.text(wire, WireWhat::Publish(Publish { topic, body, retain, switches }))?.map(drop))
    }

    fn message(
        &mut self,
        wire: String,
        text: String,
        fits: Option<String>,
        switches: bool,
    ) -> wasmtime::Result<Result<String, String>> {
        self.text(wire, WireWhat::Message(Message { text, fits, switches }))
    }
}

impl Turn {
    /// A text that came, or the device's refusal.
    fn text(&mut self, wire: String, what: WireWhat) -> wasmtime::Result<Result<String, String>> {
        Ok(match self.ask(wire, what)? {
            WireAnswer::Text(text) => Ok(text),
            WireAnswer::Refused(why) => Err(why),
            WireAnswer::Done | WireAnswer::Words(_) => Ok(String::new()),
        })
    }
}

impl json::Host for Turn {
    fn find(&mut self, text: String, pointer: String) -> Option<json::Value> {
        if self.parsed.as_ref().is_none_or(|(parsed, _)| *parsed != text) {
            let value = (text.len() <= MOST_LOOKED_THROUGH).then(|| serde_json::from_str(&text).ok()).flatten()?;
            self.parsed = Some((text, value));
        }
        let (_, value) = self.parsed.as_ref()?;
        Some(match value.pointer(&pointer)? {
            Value::Null => return None,
            Value::Bool(flag) => json::Value::Flag(*flag),
            Value::Number(number) => json::Value::Number(decimal(&number.to_string())?),
            Value::String(text) => json::Value::Text(text.clone()),
            nested => json::Value::Nested(nested.to_string()),
        })
    }
}

fn decimal(text: &str) -> Option<types::Decimal> {
    let decimal: Decimal = text.parse().or_else(|_| Decimal::from_scientific(text)).ok()?;
    lower_decimal("a number", decimal).ok()
}
