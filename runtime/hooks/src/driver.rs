//! Drivers: code by which hardware that speaks no OCPP is a station like any other.
//!
//! A driver is asked in turns: it is told what shall be so, says over its wires what brings that about, and reports what it
//! sees. Between turns nothing of it runs, so that it can be swapped. It never learns where its wires lead.

mod case;
mod code;
mod facts;
mod observed;
mod turn;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use amprule_domain::Timestamp;
use amprule_domain::decision::Fault;
use amprule_domain::ports::BoxFuture;
use amprule_domain::pricing::Parameters;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use case::TurnCase;
pub use code::of;
pub use facts::{DeviceFacts, WireKind};
pub use observed::{DeviceState, Observed};
pub use turn::{Exchange, TurnInput, TurnOutput, Turned, WireAnswer, WireAsk, WireWhat};
pub use words::{Message, Publish, TopicAsk};

/// Code for one kind of hardware.
pub trait Driver: Send + Sync {
    /// The wires that it wants: their names and kinds.
    fn wires(&self) -> Vec<(String, &'static str)>;
    /// How often it is asked when nothing else happens.
    fn every(&self) -> Duration;
    /// It only reads, and is no station.
    fn is_meter(&self) -> bool {
        false
    }
    fn abilities(&self) -> Abilities {
        Abilities::default()
    }
    /// A sandbox for one device. `inherited` is what the one before it handed over, if that was for the same hardware.
    fn open(&self, parameters: &Parameters, inherited: Option<&str>) -> Result<Box<dyn Guest>, Fault>;
}

impl Driver for &dyn Driver {
    fn wires(&self) -> Vec<(String, &'static str)> {
        (**self).wires()
    }

    fn every(&self) -> Duration {
        (**self).every()
    }

    fn is_meter(&self) -> bool {
        (**self).is_meter()
    }

    fn abilities(&self) -> Abilities {
        (**self).abilities()
    }

    fn open(&self, parameters: &Parameters, inherited: Option<&str>) -> Result<Box<dyn Guest>, Fault> {
        (**self).open(parameters, inherited)
    }
}

/// A driver at one device.
pub trait Guest: Send {
    /// One turn: within its time, or it is given up and opened anew.
    fn turn<'a>(
        &'a mut self,
        shall: Shall,
        now: Timestamp,
        wires: &'a dyn Wires,
    ) -> BoxFuture<'a, Result<Observed, Fault>>;
    /// What the next version, and the one after a restart, must know of the device that the device itself does not tell.
    fn hand_over(&self) -> Option<String>;
    /// All that it knows between two turns, for a tape: with it the same answers make the same turn.
    fn standing(&self) -> Standing;
    /// As it was then.
    fn stand(&mut self, standing: Standing);
    /// What it was not let do in its last turn, though that went well.
    fn trouble(&self) -> Option<String> {
        None
    }
    /// What a meter read in its last turn, by the names that its driver gives them. Whoever drives a station has none.
    fn readings(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
    /// What counts, and the hardware did not show in its last turn: each with its reason.
    fn missing(&self) -> Vec<String> {
        Vec::new()
    }
    /// What came of its last turn, as tapes and cases have it: a meter has readings, and no state.
    fn shown(&self, seen: &Observed) -> serde_json::Value {
        let (mut shown, readings) = (seen.json(), self.readings());
        if !readings.is_empty() {
            (shown["state"], shown["readings"]) = (serde_json::Value::Null, serde_json::json!(readings));
        }
        shown
    }
}

/// What a driver at one device knows before a turn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// What was said before may count no more.
    pub is_fresh: bool,
    /// What code has kept, as JSON.
    pub kept: Option<String>,
    /// What a map has said and heard by then. `None`: nothing.
    pub map: Option<serde_json::Value>,
}

/// What the hardware can beside being switched and limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Abilities {
    /// Between one and three.
    pub switches_phases: bool,
    pub unlocks: bool,
}

/// What shall be so when the turn has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shall {
    /// A car may charge.
    pub be_on: bool,
    /// The most of each phase, in tenths of an ampere. `None`: as much as the hardware can.
    pub most_deciamperes: Option<u32>,
    /// It charges with one phase, or with three. `None`: as it does by itself. It changes while `be_on` is false.
    #[serde(default)]
    pub phases: Option<u8>,
    /// The cable is to be let go, once.
    #[serde(default)]
    pub unlock: bool,
}

/// What a driver may say, by the names that its manifest gives to its wires.
pub trait Wires: Send + Sync {
    fn read<'a>(&'a self, wire: &'a str, read: ModbusRead) -> BoxFuture<'a, Result<Vec<u16>, WireProblem>>;
    fn write<'a>(&'a self, wire: &'a str, write: &'a ModbusWrite) -> BoxFuture<'a, Result<(), WireProblem>>;
    /// The answer's text. A status other than 2xx is a problem, and one of 4xx a refusal.
    fn http<'a>(&'a self, wire: &'a str, ask: &'a HttpAsk) -> BoxFuture<'a, Result<String, WireProblem>>;
    /// What is said at these topics from now on is kept, and at no others. Whoever asks for a topic listens to it, too.
    fn listen<'a>(&'a self, wire: &'a str, topics: &'a [String]) -> BoxFuture<'a, Result<(), WireProblem>>;
    /// Its last message; that there is none, or an old one, is a refusal.
    fn topic<'a>(&'a self, wire: &'a str, ask: &'a TopicAsk) -> BoxFuture<'a, Result<String, WireProblem>>;
    fn publish<'a>(&'a self, wire: &'a str, publish: &'a Publish) -> BoxFuture<'a, Result<(), WireProblem>>;
    /// The answer's text; nothing where none is waited for.
    fn message<'a>(&'a self, wire: &'a str, message: &'a Message) -> BoxFuture<'a, Result<String, WireProblem>>;
}

/// A request to a place that the operator granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct HttpAsk {
    pub method: HttpMethod,
    /// From there on, with its query; it begins with a slash.
    pub path: String,
    /// JSON.
    pub body: Option<String>,
    /// It makes the device do something, and goes before what only asks.
    pub switches: bool,
    /// What the answer contains when it was done: some boxes say no with status 200.
    pub expect: Option<String>,
}

impl HttpAsk {
    /// # Errors
    /// The answer is not the one that it should have.
    pub fn judged(&self, answer: String) -> Result<String, WireProblem> {
        match &self.expect {
            Some(expect) if !answer.contains(expect.as_str()) => {
                let answer: String = answer.chars().take(80).collect();
                // What its query has may be a secret.
                let asked = self.to_string();
                let asked = asked.split_once('?').map_or(asked.clone(), |(place, _)| format!("{place}?…"));
                let why = format!("{asked} is answered with {answer:?}, and not with {expect:?}");
                Err(WireProblem { is_refusal: true, is_there: true, why })
            }
            _ => Ok(answer),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    Get,
    Post,
    Put,
}

impl fmt::Display for HttpMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        })
    }
}

impl fmt::Display for HttpAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ModbusRead {
    pub function: ModbusFunction,
    pub address: u16,
    pub count: u16,
}

/// The numbers of the standard (Modbus Application Protocol 1.1b3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ModbusFunction {
    /// 3
    #[default]
    Holding,
    /// 4
    Input,
    /// 1
    Coil,
    /// 2
    Discrete,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ModbusWrite {
    /// Function 6.
    Register { address: u16, word: u16 },
    /// Function 16.
    Registers { address: u16, words: Vec<u16> },
    /// Function 5.
    Coil { address: u16, is_on: bool },
}

/// Why a wire did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct WireProblem {
    /// The device is there, and says no.
    pub is_refusal: bool,
    /// It answers, if only that it cannot now: what it was told holds on.
    pub is_there: bool,
    pub why: String,
}

impl WireProblem {
    /// The device cannot now, and may in a while.
    pub const fn is_passing(&self) -> bool {
        self.is_there && !self.is_refusal
    }
}
