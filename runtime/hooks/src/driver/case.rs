//! A case of a driver: what stands in the hardware's registers, and what a turn makes of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use amprule_domain::Timestamp;
use amprule_domain::decision::{Fault, FaultClass};
use amprule_domain::ports::BoxFuture;
use amprule_domain::pricing::{Parameters, PricingInput};
use futures_util::FutureExt as _;
use parking_lot::Mutex;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    HttpAsk, Message, ModbusFunction, ModbusRead, ModbusWrite, Publish, Shall, TopicAsk, TurnInput, WireProblem, Wires,
};
use crate::manifest::DEVICE;
use crate::question::AnyQuestion;
use crate::settings::CallLimits;
use crate::trial::{TrialLimits, Tried};
use crate::unit::{Unit, Used};

/// One turn of a driver that has just been opened.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TurnCase {
    /// Holding registers: a word, or several from there on. What is not named is refused, as hardware does.
    #[serde(default)]
    registers: Table,
    #[serde(default)]
    inputs: Table,
    #[serde(default)]
    coils: Table,
    #[serde(default)]
    discretes: Table,
    /// What requests are answered with, by method and path: `"GET /api/status"`. JSON, a text, or a status. One that is not named
    /// is answered with 404, and with nothing if it makes the device do something.
    #[serde(default)]
    http: BTreeMap<String, Value>,
    /// The last message of each topic, or with each text of a stream: JSON, or a text. Of one that is not named nothing was heard.
    #[serde(default)]
    topics: BTreeMap<String, Value>,
    /// What messages are answered with, by their texts. One that is not named is not answered, or done if it switches.
    #[serde(default)]
    messages: BTreeMap<String, Value>,
    /// What shall be so.
    #[serde(default)]
    on: bool,
    limit_a: Option<Decimal>,
    phases: Option<u8>,
    #[serde(default)]
    unlock: bool,
    /// What the turn before has kept.
    kept: Option<Value>,
    /// Whether the device may have begun anew since.
    #[serde(default = "yes")]
    fresh: bool,
    #[serde(default)]
    now: Timestamp,
    #[serde(skip)]
    parameters: Parameters,
}

const fn yes() -> bool {
    true
}

type Table = BTreeMap<String, Words>;

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Words {
    One(u16),
    Several(Vec<u16>),
}

impl TurnCase {
    /// # Errors
    /// What is wrong with it, for the author.
    pub fn read(input: &Value, parameters: Parameters) -> Result<Self, String> {
        let case: Self = serde_json::from_value(input.clone()).map_err(|error| format!("input: {error}"))?;
        let tables = [&case.registers, &case.inputs, &case.coils, &case.discretes];
        if let Some(name) = tables.iter().flat_map(|table| table.keys()).find(|name| name.parse::<u16>().is_err()) {
            return Err(format!("input: {name:?} is no register; they are numbered 0 to 65535"));
        }
        Ok(Self { parameters, ..case })
    }

    /// What answers as the case says.
    pub fn hardware(&self) -> impl Wires {
        Registers { case: self, written: Mutex::default() }
    }

    fn shall(&self) -> Shall {
        let deciamperes = self.limit_a.and_then(|limit| (limit * Decimal::TEN).round().to_u32());
        Shall { be_on: self.on, most_deciamperes: deciamperes, phases: self.phases, unlock: self.unlock }
    }

    fn made(&self, unit: &dyn Unit, granted: &CallLimits) -> Result<Value, Fault> {
        let wires = Registers { case: self, written: Mutex::default() };
        // No register lets anybody wait.
        let (mut shown, kept) = match unit.driver() {
            Some(driver) => {
                let mut guest = driver.open(&self.parameters, None)?;
                let seen = guest.turn(self.shall(), self.now, &wires).now_or_never().unwrap_or_else(late)?;
                (guest.shown(&seen), None)
            }
            None => {
                let (shall, parameters) = (self.shall(), self.parameters.clone());
                let kept = self.kept.as_ref().map(Value::to_string);
                let (now, is_fresh) = (self.now, self.fresh);
                let input = TurnInput { now, shall, is_fresh, kept, said: Vec::new(), parameters };
                let turned = super::code::turn(unit, granted, input, &wires).now_or_never().unwrap_or_else(late)?;
                (turned.seen.json(), turned.kept)
            }
        };
        shown["kept"] = kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default();
        shown["writes"] = wires.written.into_inner().into();
        Ok(shown)
    }
}

impl AnyQuestion for TurnCase {
    fn asks(&self) -> &'static str {
        DEVICE
    }

    fn json(&self) -> Value {
        Value::Null
    }

    fn session(&self) -> Option<&PricingInput> {
        None
    }

    fn ask(&self, unit: &dyn Unit, means: TrialLimits<'_>) -> Tried<Value> {
        let began = Instant::now();
        Tried { result: self.made(unit, means.granted), used: Used::default(), took: began.elapsed() }
    }

    fn turn(&self) -> Option<&TurnCase> {
        Some(self)
    }
}

fn late<T>() -> Result<T, Fault> {
    Err(Fault::new(FaultClass::Wall, "the turn waits for something"))
}

/// Hardware that has these registers and no others. Everything can be written.
struct Registers<'c> {
    case: &'c TurnCase,
    written: Mutex<Vec<Value>>,
}

impl Registers<'_> {
    fn word(&self, function: ModbusFunction, address: u16) -> Option<u16> {
        let table = match function {
            ModbusFunction::Holding => &self.case.registers,
            ModbusFunction::Input => &self.case.inputs,
            ModbusFunction::Coil => &self.case.coils,
            ModbusFunction::Discrete => &self.case.discretes,
        };
        table.iter().find_map(|(name, words)| {
            let from: u16 = name.parse().ok()?;
            match words {
                Words::One(word) => (from == address).then_some(*word),
                Words::Several(words) => words.get(usize::from(address.checked_sub(from)?)).copied(),
            }
        })
    }
}

impl Wires for Registers<'_> {
    fn read<'a>(&'a self, _: &'a str, read: ModbusRead) -> BoxFuture<'a, Result<Vec<u16>, WireProblem>> {
        let words = (0..read.count).map(|at| self.word(read.function, read.address.checked_add(at)?)).collect();
        let problem = || {
            let why = format!("the case has no {} register(s) from {} on", read.count, read.address);
            WireProblem { is_refusal: true, is_there: true, why }
        };
        let read: Option<Vec<u16>> = words;
        Box::pin(std::future::ready(read.ok_or_else(problem)))
    }

    fn write<'a>(&'a self, _: &'a str, write: &'a ModbusWrite) -> BoxFuture<'a, Result<(), WireProblem>> {
        let written = match write {
            ModbusWrite::Register { address, word } => json!({ "register": address, "words": [word] }),
            ModbusWrite::Registers { address, words } => json!({ "register": address, "words": words }),
            ModbusWrite::Coil { address, is_on } => json!({ "coil": address, "on": is_on }),
        };
        self.written.lock().push(written);
        Box::pin(std::future::ready(Ok(())))
    }

    fn http<'a>(&'a self, _: &'a str, ask: &'a HttpAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        if ask.switches {
            let body = ask.body.as_deref().map(json_or_text);
            self.written.lock().push(json!({ "http": ask.to_string(), "body": body }));
        }
        let refused = |status: &dyn fmt::Display| {
            Err(WireProblem {
                is_refusal: true,
                is_there: true,
                why: format!("the case answers {ask} with status {status}"),
            })
        };
        let answer = match self.case.http.get(&ask.to_string()) {
            Some(Value::Number(status)) => refused(status),
            Some(Value::String(text)) => ask.judged(text.clone()),
            Some(answer) => ask.judged(answer.to_string()),
            None if ask.switches => Ok(String::new()),
            None => refused(&404),
        };
        Box::pin(std::future::ready(answer))
    }

    fn listen<'a>(&'a self, _: &'a str, _: &'a [String]) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn topic<'a>(&'a self, _: &'a str, ask: &'a TopicAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        let unheard = || WireProblem { is_refusal: true, is_there: true, why: ask.unheard() };
        let message = self.case.topics.get(&ask.topic).map(text).ok_or_else(unheard);
        Box::pin(std::future::ready(message))
    }

    fn publish<'a>(&'a self, _: &'a str, publish: &'a Publish) -> BoxFuture<'a, Result<(), WireProblem>> {
        let Publish { topic, body, retain, switches } = publish;
        if *switches {
            let body = json_or_text(body);
            self.written.lock().push(json!({ "publish": topic, "body": body, "retain": retain }));
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn message<'a>(&'a self, _: &'a str, message: &'a Message) -> BoxFuture<'a, Result<String, WireProblem>> {
        if message.switches {
            self.written.lock().push(json!({ "message": message.text }));
        }
        let silent = || format!("the case answers {:?} with nothing", message.text);
        let answer = match self.case.messages.get(&message.text) {
            Some(answer) => Ok(text(answer)),
            None if message.switches => Ok(String::new()),
            None => Err(WireProblem { is_refusal: false, is_there: false, why: silent() }),
        };
        Box::pin(std::future::ready(answer))
    }
}

fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
