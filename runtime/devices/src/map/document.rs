//! `device.toml`, read and checked.

use std::collections::{BTreeMap, BTreeSet};

use amprule_hooks::Diagnostic;
use amprule_hooks::driver::DeviceState;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use super::advice::unreadable;
use super::complaints::complaints;
use super::condition::Condition;
use super::finding::Finding;
use super::point::Point;
use super::write::Write;

/// What a map is in.
pub(super) const FILE: &str = "device.toml";

/// The kinds of wires that a map speaks over.
pub(super) const MODBUS: &str = "modbus";
pub(super) const HTTP: &str = "http";
pub(super) const MQTT: &str = "mqtt";
pub(super) const STREAM: &str = "stream";

/// Points by which the host knows what they are. Others are names of the map's own, for its rules.
pub(super) const KNOWN: [&str; 15] = [
    "energy_wh",
    "session_wh",
    "power_w",
    "current_l1_a",
    "current_l2_a",
    "current_l3_a",
    "limit_a",
    "max_a",
    "phases",
    "error",
    "token",
    "serial",
    "firmware",
    "model",
    "vendor",
];

/// Of those, the ones whose digits are no number.
pub(super) const TEXTS: [&str; 6] = ["error", "token", "serial", "firmware", "model", "vendor"];

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend(
    "required" = ["device", "points"],
    "if" = { "properties": { "device": { "properties": { "kind": { "const": "meter" } }, "required": ["kind"] } } },
    "else" = { "required": ["state", "commands"] },
))]
pub(super) struct Map {
    /// What it is, and what it bears.
    pub(super) device: About,
    /// What is asked over HTTP or a stream, or published so that somebody answers, each at every turn.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 8))]
    pub(super) requests: BTreeMap<String, Request>,
    /// What is read at every turn. Known are energy_wh, session_wh, power_w, current_l1_a to current_l3_a, limit_a, max_a, phases, error,
    /// token, serial, firmware, model and vendor; others are names of your own, for the conditions of state.
    #[serde(default)]
    #[schemars(extend("minProperties" = 1, "maxProperties" = 64))]
    pub(super) points: BTreeMap<String, Point>,
    /// The first whose conditions hold says how the connector stands.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(super) state: Vec<Rule>,
    /// What brings about what shall be so.
    #[serde(default)]
    pub(super) commands: Commands,
    /// A watchdog of the hardware is fed.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(super) heartbeat: Vec<Heartbeat>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    /// What it is to the house.
    #[serde(default)]
    pub(super) kind: Kind,
    /// As the station says it, unless a point does.
    pub(super) vendor: String,
    /// As the station says it, unless a point does.
    pub(super) model: String,
    /// Where the registers come from: a document, with its version.
    #[serde(default, rename = "source")]
    _source: String,
    /// The wire that is meant where none is named.
    #[serde(default = "wire")]
    pub(super) wire: String,
    /// Those that a car may be given.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 3))]
    pub(super) phases: u8,
    /// Milliseconds between two turns.
    #[serde(default = "second")]
    #[schemars(range(min = 100, max = 3_600_000))]
    pub(super) poll_ms: u32,
    /// The least limit of each phase, in amperes; below it is off.
    #[serde(default = "six")]
    pub(super) min_a: Decimal,
    /// The most of each phase, in amperes.
    #[serde(default = "thirty_two")]
    pub(super) max_a: Decimal,
    /// Registers of one read; 1: each point by itself.
    #[serde(default = "block")]
    #[schemars(range(min = 1, max = 125))]
    pub(super) block: u16,
    /// A message that is older counts as none. Without it none is too old.
    pub(super) stale_s: Option<u32>,
}

/// What the hardware is to the house.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    #[default]
    Station,
    /// It is read, and that is all: no car is there, and nothing is switched.
    Meter,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["get"] }, { "required": ["post"] }, { "required": ["publish"] }, { "required": ["ask"] },
]))]
pub(super) struct Request {
    /// A path, with its query.
    #[schemars(regex(pattern = "^/"))]
    pub(super) get: Option<String>,
    /// A path, with its query.
    #[schemars(regex(pattern = "^/"))]
    pub(super) post: Option<String>,
    /// A topic. What is answered to it comes by topics of its own.
    pub(super) publish: Option<String>,
    /// A message of a stream.
    pub(super) ask: Option<String>,
    /// What its answer contains.
    pub(super) fits: Option<String>,
    /// JSON, or what is published.
    pub(super) body: Option<String>,
    /// Where it is asked, when that is not the wire of `[device]`.
    pub(super) wire: Option<String>,
    /// One that is refused leaves its points out, and costs nothing else.
    #[serde(default)]
    pub(super) optional: bool,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// How the connector stands then.
    pub(super) is: DeviceState,
    /// All must hold. Without any it always does.
    #[serde(default)]
    pub(super) when: BTreeMap<String, Condition>,
    /// Whether a car is there, where the state does not say it.
    pub(super) plugged: Option<bool>,
    /// What is wrong, where it is a fault.
    pub(super) says: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Commands {
    /// Once, before anything else, and again after the device was away: a fail-safe, a mode.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(super) open: Vec<Write>,
    /// A car may charge. The limit is said before it.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(super) on: Vec<Write>,
    /// None may; all that is said then. Where there is no `off`, a limit of 0 says it.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(super) off: Vec<Write>,
    /// `value` is left out: it is the limit in amperes, times `scale`.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(super) limit: Vec<Write>,
    /// It charges with one phase from then on. It is said while nothing flows.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(super) one_phase: Vec<Write>,
    /// With three.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(super) three_phases: Vec<Write>,
    /// The cable is let go.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(super) unlock: Vec<Write>,
    /// A setpoint with a lifetime is said again after so long.
    #[schemars(range(min = 1))]
    pub(super) again_s: Option<u32>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Heartbeat {
    /// Seconds, no fewer than those between two turns.
    #[schemars(range(min = 1))]
    pub(super) every_s: u32,
    /// What feeds it.
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

/// The map, and what is odd about it.
pub(super) fn read(text: &str) -> Result<(Map, Vec<Diagnostic>), Vec<Diagnostic>> {
    let map: Map = toml::from_str(text).map_err(|error| vec![unreadable(text, &error)])?;
    let in_text = |found: Vec<Finding>| found.into_iter().map(|finding| finding.in_text(text)).collect::<Vec<_>>();
    let found = in_text(complaints(&map));
    if !found.is_empty() {
        return Err(found);
    }
    let warnings = in_text(map.oddities()).into_iter().map(Diagnostic::as_warning).collect();
    Ok((map, warnings))
}

impl Map {
    pub(super) fn is_meter(&self) -> bool {
        self.device.kind == Kind::Meter
    }

    /// Their names, and what is spoken over them.
    pub(super) fn wires(&self) -> Vec<(String, &'static str)> {
        let usual = || self.device.wire.clone();
        let Commands { open, on, off, limit, one_phase, three_phases, unlock, .. } = &self.commands;
        let heartbeats = self.heartbeat.iter().map(|heartbeat| &heartbeat.write);
        let writes = [open, on, off, limit, one_phase, three_phases, unlock].into_iter().flatten().chain(heartbeats);
        let written = writes.map(|write| (write.wire.clone(), write.kind()));
        let points = self.points.values().filter(|point| point.request.is_none());
        let points = points.map(|point| (point.wire.clone(), point.kind()));
        let kind = |request: &Request| match (&request.publish, &request.ask) {
            (Some(_), _) => MQTT,
            (None, Some(_)) => STREAM,
            (None, None) => HTTP,
        };
        let requests = self.requests.values().map(|request| (request.wire.clone(), kind(request)));
        let named = written.chain(points).chain(requests).map(|(wire, kind)| (wire.unwrap_or_else(usual), kind));
        named.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What is odd, and drives nevertheless.
    fn oddities(&self) -> Vec<Finding> {
        if self.is_meter() {
            // All that it reads is shown.
            return Vec::new();
        }
        let mut found = Vec::new();
        if !["energy_wh", "session_wh"].iter().any(|name| self.points.contains_key(*name)) {
            let hint = "name what only grows `energy_wh`, or what begins anew with each car `session_wh`; without one sessions have a time and no energy";
            found.push(Finding::at(&["points"], "no point says how much energy has flowed").hint(hint));
        }
        let is_used = |name: &String| {
            let is_added = |point: &Point| point.plus.contains(name) || point.minus.contains(name);
            KNOWN.contains(&name.as_str())
                || self.state.iter().any(|rule| rule.when.contains_key(name))
                || self.points.values().any(is_added)
        };
        let hint = format!("known are {}; others are for the conditions of state", KNOWN.join(", "));
        let unused = self.points.keys().filter(|name| !is_used(name));
        found.extend(unused.map(|name| {
            Finding::at(&["points", name], format!("points.{name} is read and not used")).hint(hint.as_str())
        }));
        found
    }
}
