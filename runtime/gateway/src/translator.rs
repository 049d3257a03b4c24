//! The units of the operator that mend what a station says, and what it is told: which they are, and what they are asked.

use std::sync::Arc;

use amprule_domain::dialect::{DialectFacts, DialectInput, Direction, MessageKind, ModelFacts, Translation};
use amprule_domain::event::Boot;
use amprule_domain::ports::{Audience, BoxFuture, Clock, Dialects, NoAudience, NoDialects, Translator as Unit};
use amprule_domain::pricing::Parameters;
use amprule_domain::{StationId, Timestamp};
use serde_json::Value;

/// What the connections of a listener share.
#[derive(Clone)]
pub struct Interpreters {
    pub dialects: Arc<dyn Dialects>,
    pub clock: Arc<dyn Clock>,
    /// Who else hears what stations say.
    pub audience: Arc<dyn Audience>,
}

impl Interpreters {
    /// Nobody translates, and nobody else hears anything.
    pub fn nobody() -> Self {
        Self { dialects: Arc::new(NoDialects), clock: Arc::new(Unasked), audience: Arc::new(NoAudience) }
    }
}

/// Where no unit is asked about the time, nothing is ever over.
struct Unasked;

impl Clock for Unasked {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// Of one station.
pub(crate) struct Translator {
    interpreters: Interpreters,
    protocol: &'static str,
    station: ModelFacts,
    boot: Boot,
    /// Those of the generation that was looked at last.
    units: Vec<Unit>,
    generation: Option<u64>,
}

impl Translator {
    pub(crate) fn new(interpreters: Interpreters, station: &StationId, protocol: &'static str) -> Self {
        let station = ModelFacts { id: station.to_string(), ..ModelFacts::default() };
        Self { interpreters, protocol, station, boot: Boot::default(), units: Vec::new(), generation: None }
    }

    /// What the station says of itself.
    pub(crate) fn suit(&mut self, boot: &Boot) {
        if *boot != self.boot {
            self.boot = boot.clone();
            self.station.vendor.clone_from(&boot.vendor);
            self.station.model.clone_from(&boot.model);
            self.station.firmware = boot.firmware.clone().unwrap_or_default();
            self.station.serial = boot.serial.clone().unwrap_or_default();
            self.generation = None;
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.interpreters.clock.now()
    }

    /// `None`: nobody is asked about this message.
    pub(crate) fn call(&mut self, direction: Direction, action: &str, payload: &str) -> Option<Translating> {
        self.ask(direction, MessageKind::Call, action, payload)
    }

    pub(crate) fn answer(&mut self, action: &str, payload: &str) -> Option<Translating> {
        self.ask(Direction::Outbound, MessageKind::Answer, action, payload)
    }

    /// A frame that could not be read.
    pub(crate) fn malformed(&mut self, frame: &str) -> Option<Translating> {
        let units = self.wanted(DialectFacts::MALFORMED)?;
        Some(self.translate(units, (Direction::Inbound, MessageKind::Malformed, ""), Value::from(frame)))
    }

    fn ask(&mut self, direction: Direction, kind: MessageKind, action: &str, payload: &str) -> Option<Translating> {
        let units = self.wanted(action)?;
        let message = serde_json::from_str(payload).ok()?;
        Some(self.translate(units, (direction, kind, action), message))
    }

    fn wanted(&mut self, action: &str) -> Option<Vec<String>> {
        let generation = self.interpreters.dialects.generation();
        if self.generation != Some(generation) {
            (self.units, self.generation) = (self.interpreters.dialects.of(&self.boot), Some(generation));
        }
        let wanted = self.units.iter().filter(|unit| unit.facts.wants(action));
        let wanted: Vec<String> = wanted.map(|unit| unit.unit.clone()).collect();
        (!wanted.is_empty()).then_some(wanted)
    }

    fn translate(&self, units: Vec<String>, what: (Direction, MessageKind, &str), message: Value) -> Translating {
        let (direction, kind, action) = what;
        let input = DialectInput {
            now: self.interpreters.clock.now(),
            direction,
            kind,
            protocol: self.protocol.to_owned(),
            station: self.station.clone(),
            action: action.to_owned(),
            message,
            parameters: Parameters::default(),
        };
        Arc::clone(&self.interpreters.dialects).translate(units, input)
    }
}

pub(crate) type Translating = BoxFuture<'static, Translation>;
