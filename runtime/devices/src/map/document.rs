//! `device.toml`, read and checked.

use std::collections::BTreeMap;

use amprule_hooks::Diagnostic;
use amprule_hooks::driver::DeviceState;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::register::{Form, Point, words_of};

/// What a map is in.
pub(super) const FILE: &str = "device.toml";
const MOST_POINTS: usize = 64;
const MOST_RULES: usize = 64;
const MOST_WRITES: usize = 16;

/// Points by which the host knows what they are. Others are names of the map's own, for its rules.
pub(super) const KNOWN: [&str; 12] = [
    "energy_wh",
    "power_w",
    "current_l1_a",
    "current_l2_a",
    "current_l3_a",
    "limit_a",
    "error",
    "token",
    "serial",
    "firmware",
    "model",
    "vendor",
];

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Map {
    pub(super) device: About,
    #[serde(default)]
    pub(super) points: BTreeMap<String, Point>,
    /// The first whose conditions hold says how the connector stands.
    #[serde(default)]
    pub(super) state: Vec<Rule>,
    #[serde(default)]
    pub(super) commands: Commands,
    #[serde(default)]
    pub(super) heartbeat: Vec<Heartbeat>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    pub(super) vendor: String,
    pub(super) model: String,
    /// Where the registers come from: a document, with its version.
    #[serde(default, rename = "source")]
    _source: String,
    #[serde(default = "wire")]
    pub(super) wire: String,
    #[serde(default = "three")]
    pub(super) phases: u8,
    #[serde(default = "second")]
    pub(super) poll_ms: u32,
    #[serde(default = "six")]
    pub(super) min_a: Decimal,
    #[serde(default = "thirty_two")]
    pub(super) max_a: Decimal,
    /// Registers of one read; 1: each point by itself.
    #[serde(default = "block")]
    pub(super) block: u16,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) is: DeviceState,
    /// All must hold. Without any it always does.
    #[serde(default)]
    pub(super) when: BTreeMap<String, Condition>,
    /// What is wrong, where it is a fault.
    pub(super) says: Option<String>,
}

/// A number, one of several, a text, or bits.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Condition {
    Number(Decimal),
    Text(String),
    OneOf(Vec<Decimal>),
    OneOfTexts(Vec<String>),
    Range(Range),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    pub(super) from: Option<Decimal>,
    pub(super) until: Option<Decimal>,
    /// These bits of the whole number …
    pub(super) mask: Option<u64>,
    /// … are this.
    pub(super) is: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Commands {
    #[serde(default)]
    pub(super) on: Vec<Write>,
    #[serde(default)]
    pub(super) off: Vec<Write>,
    /// `value` is left out: it is the limit in amperes, times `scale`.
    #[serde(default)]
    pub(super) limit: Vec<Write>,
    /// A setpoint with a lifetime is said again after so long.
    pub(super) again_s: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Write {
    pub(super) register: u16,
    pub(super) value: Option<Decimal>,
    #[serde(default = "one")]
    pub(super) scale: Decimal,
    #[serde(default, rename = "type")]
    pub(super) form: Form,
    #[serde(default)]
    pub(super) swap: bool,
    /// Function 16 also for one word.
    #[serde(default)]
    pub(super) multiple: bool,
    /// Function 5.
    #[serde(default)]
    pub(super) coil: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Heartbeat {
    pub(super) every_s: u32,
    pub(super) write: Write,
}

fn wire() -> String {
    "main".to_owned()
}

const fn three() -> u8 {
    3
}

const fn second() -> u32 {
    1_000
}

const fn six() -> Decimal {
    Decimal::from_parts(6, 0, 0, false, 0)
}

const fn thirty_two() -> Decimal {
    Decimal::from_parts(32, 0, 0, false, 0)
}

const fn block() -> u16 {
    64
}

const fn one() -> Decimal {
    Decimal::ONE
}

pub(super) fn read(text: &str) -> Result<Map, Vec<Diagnostic>> {
    let map: Map = toml::from_str(text).map_err(|error| {
        let before = &text[..text.floor_char_boundary(error.span().map_or(0, |span| span.start))];
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        let found = Diagnostic::new("map", error.message()).in_file(FILE);
        vec![found.at(text, before.matches('\n').count() + 1, column)]
    })?;
    let found = map.complaints();
    if found.is_empty() { Ok(map) } else { Err(found) }
}

impl Map {
    /// What is odd, and drives nevertheless.
    pub(super) fn warnings(&self) -> Vec<Diagnostic> {
        let warn = |why: String, hint: &str| Diagnostic::new("map", why).in_file(FILE).hint(hint).as_warning();
        let mut found = Vec::new();
        if !self.points.contains_key("energy_wh") {
            let hint = "name the register that only grows `energy_wh`; without one sessions have a time and no energy";
            found.push(warn("no point says how much energy has flowed".to_owned(), hint));
        }
        let is_used = |name: &String| {
            KNOWN.contains(&name.as_str()) || self.state.iter().any(|rule| rule.when.contains_key(name))
        };
        let hint = format!("known are {}; others are for the conditions of state", KNOWN.join(", "));
        let unused = self.points.keys().filter(|name| !is_used(name));
        found.extend(unused.map(|name| warn(format!("points.{name} is read and not used"), &hint)));
        found
    }

    fn complaints(&self) -> Vec<Diagnostic> {
        let complain = |why: String| Diagnostic::new("map", why).in_file(FILE);
        let mut found: Vec<Diagnostic> = Vec::new();
        let About { poll_ms, phases, block, min_a, max_a, .. } = &self.device;
        let bounds = [
            ("poll_ms", u64::from(*poll_ms), 100, 3_600_000),
            ("phases", u64::from(*phases), 1, 3),
            ("block", u64::from(*block), 1, 125),
            ("the number of points", self.points.len() as u64, 1, MOST_POINTS as u64),
            ("the number of state rules", self.state.len() as u64, 1, MOST_RULES as u64),
        ];
        let outside = bounds.iter().filter(|(_, value, least, most)| !(least..=most).contains(&value));
        found.extend(
            outside.map(|(what, value, least, most)| complain(format!("{what} is {least} to {most}, and not {value}"))),
        );
        if min_a > max_a || *min_a < Decimal::ZERO || *max_a > Decimal::from(1_000) {
            found.push(complain(format!("min_a and max_a are 0 to 1000 A in that order, and not {min_a} and {max_a}")));
        }
        for (name, point) in &self.points {
            found.extend(point.complaint().map(|why| complain(format!("points.{name}: {why}"))));
        }
        for (at, rule) in self.state.iter().enumerate() {
            let unknown = rule.when.keys().filter(|name| !self.points.contains_key(*name));
            found.extend(unknown.map(|name| complain(format!("state {}: there is no point {name}", at + 1))));
        }
        let Commands { on, off, limit, .. } = &self.commands;
        for (name, writes) in [("on", on), ("off", off), ("limit", limit)] {
            if writes.len() > MOST_WRITES {
                found.push(complain(format!("commands.{name}: at most {MOST_WRITES} writes")));
            }
            let is_limit = name == "limit";
            if writes.iter().any(|write| write.value.is_none() != is_limit && !(is_limit && write.value.is_some())) {
                found.push(complain(format!("commands.{name}: a write needs its value")));
            }
        }
        let amperes = |write: &Write| [*min_a, *max_a].map(|amperes| amperes.checked_mul(write.scale));
        let said = |write: &Write| write.value.map_or_else(|| amperes(write).to_vec(), |value| vec![Some(value)]);
        let heartbeats = self.heartbeat.iter().map(|heartbeat| &heartbeat.write);
        for write in on.iter().chain(off).chain(limit).chain(heartbeats).filter(|write| !write.coil) {
            let unfit = said(write).into_iter().find_map(|number| match number {
                Some(number) => words_of(write.form, write.swap, number).err(),
                None => Some("the number is too large".to_owned()),
            });
            found.extend(unfit.map(|why| complain(format!("register {}: {why}", write.register))));
        }
        let slowest = self.commands.again_s.into_iter().chain(self.heartbeat.iter().map(|heartbeat| heartbeat.every_s));
        if slowest.min().is_some_and(|seconds| u64::from(seconds) * 1_000 < u64::from(*poll_ms)) {
            found.push(complain(
                "again_s and every_s are no shorter than poll_ms: turns alone say something".to_owned(),
            ));
        }
        if on.is_empty() != off.is_empty() {
            found.push(complain("commands: what can be switched on can be switched off; say both".to_owned()));
        }
        if on.is_empty() && limit.is_empty() {
            found.push(complain(
                "commands: nothing here lets a car charge or stops it: say on and off, or limit".to_owned(),
            ));
        }
        if self.heartbeat.iter().any(|heartbeat| heartbeat.every_s == 0 || heartbeat.write.value.is_none()) {
            found.push(complain("heartbeat: every_s is at least 1, and the write has its value".to_owned()));
        }
        found
    }
}
