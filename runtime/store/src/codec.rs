//! How values look in columns: times as microseconds, bodies as JSON, readings in a short JSON of their own.

use amprule_domain::reading::{Context, Export, Meter, Reading};
use amprule_domain::{Energy, Timestamp};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Failure, Outcome};

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn time(micros: i64) -> Outcome<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|_| Failure::Broken(format!("{micros} µs is not a time")))
}

/// A column's text, where it stands.
pub(crate) fn text<'r>(row: &'r Row<'_>, column: usize) -> Outcome<&'r str> {
    row.get_ref(column)?.as_str().map_err(|error| Failure::Broken(error.to_string()))
}

/// A column's bytes, whatever they are.
pub(crate) fn bytes<'r>(row: &'r Row<'_>, column: usize) -> &'r [u8] {
    row.get_ref(column).ok().and_then(|value| value.as_bytes_or_null().ok().flatten()).unwrap_or_default()
}

pub(crate) fn decode<T: DeserializeOwned>(json: impl AsRef<[u8]>) -> Outcome<T> {
    Ok(serde_json::from_slice(json.as_ref())?)
}

/// JSON in a buffer that is used again for every row.
#[derive(Default)]
pub(crate) struct Body(Vec<u8>);

impl Body {
    pub(crate) fn of<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome<&Self> {
        self.0.clear();
        serde_json::to_writer(&mut self.0, value)?;
        Ok(self)
    }

    pub(crate) fn of_readings(&mut self, readings: &[Reading]) -> Outcome<&Self> {
        self.0.clear();
        let mut serializer = serde_json::Serializer::new(&mut self.0);
        serde::Serializer::collect_seq(&mut serializer, readings.iter().map(Short::from))?;
        Ok(self)
    }
}

impl ToSql for Body {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}

pub(crate) fn readings(text: &str) -> Outcome<Vec<Reading>> {
    decode::<Vec<Short>>(text)?.into_iter().map(Reading::try_from).collect()
}

/// A reading in about 40 bytes. What is not there is left out; a periodic sample does not name its context.
#[derive(Serialize, Deserialize)]
struct Short {
    /// µs
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
    #[serde(rename = "c", default, skip_serializing_if = "is_periodic")]
    context: Context,
    /// mWh
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    register: Option<i64>,
    #[serde(rename = "m", default, skip_serializing_if = "Meter::is_main")]
    meter: Meter,
    /// mWh
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    interval: Option<i64>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    power_w: Option<i64>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    current_ma: Option<i64>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    soc: Option<u8>,
    #[serde(rename = "e", default, skip_serializing_if = "Export::is_untold")]
    export: Export,
}

impl From<&Reading> for Short {
    fn from(reading: &Reading) -> Self {
        Self {
            at: reading.at.map(micros),
            context: reading.context,
            register: reading.register.map(Energy::mwh),
            meter: reading.meter,
            interval: reading.interval.map(Energy::mwh),
            power_w: reading.power_w,
            current_ma: reading.current_ma,
            soc: reading.soc,
            export: reading.export,
        }
    }
}

impl TryFrom<Short> for Reading {
    type Error = Failure;

    fn try_from(short: Short) -> Outcome<Self> {
        Ok(Self {
            at: short.at.map(time).transpose()?,
            context: short.context,
            register: short.register.map(Energy::from_mwh),
            meter: short.meter,
            interval: short.interval.map(Energy::from_mwh),
            power_w: short.power_w,
            current_ma: short.current_ma,
            by_phase_ma: [None; 3],
            soc: short.soc,
            export: short.export,
        })
    }
}

/// The readings of one message, received at this ms.
pub(crate) struct Received {
    pub(crate) at_ms: i64,
    pub(crate) readings: Vec<Reading>,
}

/// A session's filed messages, oldest first, as JSON. Times and registers are steps from those before: a station that
/// reports the same power each minute says the same each minute.
pub(crate) fn to_steps(messages: impl Iterator<Item = Received>) -> impl Serialize {
    let mut before = Before::default();
    let step = |Received { at_ms, readings }| {
        let readings: Vec<Short> = readings.iter().map(|reading| before.step_to(Short::from(reading))).collect();
        (before.received.step_to(at_ms), readings)
    };
    messages.map(step).collect::<Vec<(i64, Vec<Short>)>>()
}

pub(crate) fn from_steps(json: &[u8]) -> Outcome<Vec<Received>> {
    let mut before = Before::default();
    let steps: Vec<(i64, Vec<Short>)> = serde_json::from_slice(json)?;
    let message = |(at_ms, readings): (i64, Vec<Short>)| {
        let readings = readings.into_iter().map(|short| Reading::try_from(before.step_from(short)));
        let readings = readings.collect::<Outcome<_>>()?;
        Ok(Received { at_ms: before.received.step_from(at_ms), readings })
    };
    steps.into_iter().map(message).collect()
}

#[derive(Default)]
struct Before {
    received: Last,
    at: Last,
    register: Last,
}

impl Before {
    fn step_to(&mut self, short: Short) -> Short {
        let at = short.at.map(|at| self.at.step_to(at));
        Short { at, register: short.register.map(|register| self.register.step_to(register)), ..short }
    }

    fn step_from(&mut self, short: Short) -> Short {
        let at = short.at.map(|at| self.at.step_from(at));
        Short { at, register: short.register.map(|register| self.register.step_from(register)), ..short }
    }
}

/// The last of a row of numbers, which are told by their differences.
#[derive(Default)]
struct Last(i64);

impl Last {
    fn step_to(&mut self, number: i64) -> i64 {
        number.wrapping_sub(std::mem::replace(&mut self.0, number))
    }

    fn step_from(&mut self, step: i64) -> i64 {
        self.0 = self.0.wrapping_add(step);
        self.0
    }
}

fn is_periodic(context: &Context) -> bool {
    *context == Context::Periodic
}
