//! One turn of a driver in code, as a question like any other: what shall be so, and what its wires have answered so far.
//!
//! Code never waits. What it asks of a wire ends the call; the host asks the wire, and calls again with the answer. So
//! a turn is the same whenever its wires answer the same, which is what a tape plays back.

use amprule_domain::Timestamp;
use amprule_domain::pricing::Parameters;
use serde::Serialize;

use super::{HttpAsk, Message, ModbusRead, ModbusWrite, Observed, Publish, Shall, TopicAsk};

#[derive(Debug, Clone)]
pub struct TurnInput {
    pub now: Timestamp,
    pub shall: Shall,
    /// The driver or its device may have begun anew since the turn before: what was said may count no more.
    pub is_fresh: bool,
    /// What the turn before has kept, as JSON.
    pub kept: Option<String>,
    pub said: Vec<Exchange>,
    pub parameters: Parameters,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    pub ask: WireAsk,
    pub answer: WireAnswer,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireAsk {
    pub wire: String,
    pub what: WireWhat,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WireWhat {
    Read(ModbusRead),
    Write(ModbusWrite),
    Http(HttpAsk),
    Topic(TopicAsk),
    Publish(Publish),
    Message(Message),
}

/// A wire that fails ends the turn: code hears of none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireAnswer {
    Words(Vec<u16>),
    Text(String),
    Done,
    /// The device is there, and says no: why, for people.
    Refused(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turned {
    Wants(WireAsk),
    Ends(TurnOutput),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnOutput {
    pub seen: Observed,
    /// For the next turn, and for the driver that comes after this one: JSON.
    pub kept: Option<String>,
}
