//! A device as the operator binds it, and how it stands.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use amprule_domain::token::IdToken;
use amprule_domain::{StationId, Timestamp};
use amprule_hooks::driver::DeviceState;
use amprule_wires::{Addresses, Buses, HttpWire, ModbusWire, MqttWire, StreamWire, UdpWire, Wire, WireAddress};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::tape::{Ring, Room, Veil};

/// A device as the configuration or the API names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The station's id.
    pub id: StationId,
    /// The driver.
    pub unit: String,
    /// What a car charges on that nobody shows a card for.
    pub default_token: Option<IdToken>,
    pub wires: Addresses,
    /// For this device instead of what the unit says.
    pub parameters: Map<String, Value>,
    /// How often a session that runs is metered.
    pub meter_every: Duration,
}

impl Binding {
    /// By the same unit, and the same hardware: with whatever password and at whatever pace it is spoken to. A parameter may say
    /// which half of a box is meant.
    pub(crate) fn drives_as(&self, other: &Self) -> bool {
        self.hardware() == other.hardware()
    }

    /// In words that are the same for the same hardware. Parameters stand there as they are, secret ones too: it is for comparing
    /// and for the device's own file, and is shown to nobody.
    pub fn hardware(&self) -> String {
        let wires: BTreeMap<_, _> = self.wires.iter().map(|(name, address)| (name, address.hardware())).collect();
        let parameters: BTreeMap<_, _> = self.parameters.iter().collect();
        json!([self.unit, wires, parameters]).to_string()
    }
}

const MOST_TOLD: usize = 8;

/// A device's place in the house.
pub(crate) struct Seat {
    pub(crate) binding: Binding,
    pub(crate) wires: BTreeMap<String, Box<Wire>>,
    pub(crate) tape: Ring,
    /// What its tape must not have in it.
    pub(crate) veil: Veil,
    status: Mutex<Standing>,
}

#[derive(Debug, Clone, Default)]
struct Standing {
    state: Option<DeviceState>,
    readings: BTreeMap<String, String>,
    version: Option<String>,
    trouble: Option<String>,
    remark: Option<Cow<'static, str>>,
    /// The trouble is of a turn that went well otherwise.
    hindered: bool,
    /// The kinds of trouble that were told since it worked.
    told: Vec<String>,
    seen_at: Option<Timestamp>,
    turns: u64,
}

/// What a turn saw.
pub(crate) enum Sight {
    Station(DeviceState),
    Meter(BTreeMap<String, String>),
}

impl Standing {
    /// Each kind of trouble is told once until it works again, and no more than a few are: a device may have a new one at each turn.
    fn tells(&mut self, why: &str) -> bool {
        // Seconds that are left make no new trouble, and neither does another word for the same.
        let kind: String = why.split(": ").take(1).flat_map(str::chars).filter(|c| !c.is_ascii_digit()).collect();
        // That it waits until the next try is the same trouble as the last one.
        let waits = self.trouble.is_some() && why.contains("it is tried again in");
        let is_new = !waits && self.told.len() < MOST_TOLD && !self.told.contains(&kind);
        if is_new {
            self.told.push(kind);
        }
        is_new
    }
}

/// How a device stands.
#[derive(Debug, Clone)]
pub struct DeviceStatus {
    pub id: StationId,
    pub unit: String,
    /// Of the driver that is at work. `None`: none is.
    pub version: Option<String>,
    /// As the driver saw it last; a meter has none.
    pub state: Option<DeviceState>,
    /// What a meter showed at `seen_at`, by the names of its points.
    pub readings: BTreeMap<String, String>,
    pub seen_at: Option<Timestamp>,
    /// Why the last turn came to nothing.
    pub trouble: Option<String>,
    /// What it does beside what it was told.
    pub remark: Option<Cow<'static, str>>,
    pub turns: u64,
}

/// Over the connections that are there.
pub(crate) fn dialled(wires: &Addresses, buses: &Buses) -> BTreeMap<String, Box<Wire>> {
    let wire = |address: &WireAddress| match address {
        WireAddress::Modbus(to) => Wire::Modbus(ModbusWire::new(buses, to.clone())),
        WireAddress::Http(to) => Wire::Http(HttpWire::new(buses, to.clone())),
        WireAddress::Mqtt(to) => Wire::Mqtt(MqttWire::new(buses, to.clone())),
        WireAddress::Udp(to) => Wire::Udp(UdpWire::new(buses, to.clone())),
        WireAddress::Stream(to) => Wire::Stream(StreamWire::new(buses, to.clone())),
    };
    wires.iter().map(|(name, address)| (name.clone(), Box::new(wire(address)))).collect()
}

impl Seat {
    pub(crate) fn new(binding: Binding, buses: &Buses, room: Room) -> Self {
        let (wires, veil) = (dialled(&binding.wires, buses), Veil::of(&binding.wires));
        Self { binding, wires, tape: Ring::new(room), veil, status: Mutex::default() }
    }

    /// True: it was in trouble before.
    pub(crate) fn seen(&self, sight: Sight, version: &str, now: Timestamp) -> bool {
        let mut status = self.status.lock();
        let was_in_trouble = status.trouble.take();
        let is_hindered = std::mem::take(&mut status.hindered);
        if !is_hindered {
            status.told.clear();
        }
        status.seen_at = Some(now);
        (status.state, status.readings) = match sight {
            Sight::Station(state) => (Some(state), BTreeMap::new()),
            Sight::Meter(readings) => (None, readings),
        };
        status.version = Some(version.to_owned());
        status.turns += 1;
        drop(status);
        let works_again = was_in_trouble.is_some() && !is_hindered;
        if works_again {
            tracing::info!(station = %self.binding.id, driver = self.binding.unit, "the device answers again");
        }
        works_again
    }

    /// Since it was bound.
    pub(crate) fn was_seen(&self) -> bool {
        self.status.lock().seen_at.is_some()
    }

    /// It was seen, and not let do all. True: nobody was told yet.
    pub(crate) fn hindered(&self, why: &str) -> bool {
        let is_new = self.troubled(why);
        let mut status = self.status.lock();
        status.turns -= 1;
        status.hindered = true;
        is_new
    }

    /// True: nobody was told yet.
    pub(crate) fn troubled(&self, why: &str) -> bool {
        let mut status = self.status.lock();
        let is_new = status.tells(why);
        status.trouble = Some(why.to_owned());
        status.turns += 1;
        drop(status);
        if is_new {
            tracing::warn!(station = %self.binding.id, driver = self.binding.unit, "the device does not work: {why}");
        }
        is_new
    }

    /// True: it is another than before.
    pub(crate) fn remark(&self, remark: Option<Cow<'static, str>>) -> bool {
        let mut status = self.status.lock();
        let is_new = status.remark != remark;
        status.remark = remark;
        is_new
    }

    pub(crate) fn status(&self) -> DeviceStatus {
        let Standing { state, readings, version, trouble, remark, seen_at, turns, .. } = self.status.lock().clone();
        let (id, unit) = (self.binding.id.clone(), self.binding.unit.clone());
        DeviceStatus { id, unit, version, state, readings, seen_at, trouble, remark, turns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(unit: &str, address: &str) -> Binding {
        Binding {
            id: StationId::new("garage"),
            unit: unit.to_owned(),
            default_token: None,
            wires: [("main".to_owned(), Box::new(WireAddress::parse(address).unwrap()))].into(),
            parameters: Map::new(),
            meter_every: Duration::from_secs(60),
        }
    }

    #[test]
    fn another_pace_drives_the_same_hardware_and_another_place_or_unit_does_not() {
        let box_a = binding("box", "modbus-tcp://Box:502?unit=1");
        let slower =
            Binding { meter_every: Duration::from_secs(5), ..binding("box", "modbus-tcp://box?unit=1&pause_ms=9") };
        assert!(box_a != slower && box_a.drives_as(&slower));
        let (shelly, other_password) = (binding("box", "http://a:b@box/rpc"), binding("box", "http://a:c@box/rpc"));
        assert!(shelly != other_password && shelly.drives_as(&other_password));
        for (unit, address) in [
            ("box", "modbus-tcp://box?unit=2"),
            ("box", "modbus-tcp://box:503?unit=1"),
            ("box", "modbus-rtu-over-tcp://box?unit=1"),
            ("box", "modbus-rtu:///dev/ttyUSB0?unit=1"),
            ("box", "mqtt://box/garage"),
            ("box", "udp://box:502"),
            ("box", "tcp://box:502"),
            ("box", "ws://box:502"),
            ("other", "modbus-tcp://box?unit=1"),
        ] {
            assert!(!box_a.drives_as(&binding(unit, address)), "{unit} {address}");
        }
    }

    #[test]
    fn trouble_is_told_when_it_begins_and_not_again_in_other_words() {
        let mut standing = Standing::default();
        let told = [
            "10.0.0.7:502 cannot do the write of 5014 now: exception 4, server device failure; it is asked again",
            "10.0.0.7:502 cannot do the write of 5014 now: exception 6, server device busy; it is asked again",
            "10.0.0.7:502 does not answer within 2000 ms: look whether it is on",
            "10.0.0.7:502 cannot do the write of 5014 now: exception 4, server device failure; it is asked again",
        ];
        assert_eq!(told.map(|why| standing.tells(why)), [true, false, true, false]);
        let others = (0..100).filter(|at| standing.tells(&"new ".repeat(*at)));
        assert_eq!(others.count(), MOST_TOLD - 2);
    }
}
