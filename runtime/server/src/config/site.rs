//! `[[sites]]`: circuits that stations share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::load::{Amperes, Circuit, Site, SiteEvse, SiteFault};
use amprule_hooks::manifest::is_id;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::Device;
use super::misplaced::Misplaced;

const MAX_SITES: usize = 1_000;
const MAX_CIRCUITS: usize = 256;
const MAX_EVSES: usize = 1_000;
const MAX_METERS: usize = 32;
const MAX_NAME: usize = 64;

/// As it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    id: String,
    unit: Option<String>,
    #[serde(default = "utc")]
    time_zone: String,
    #[serde(default = "volts")]
    voltage_v: u32,
    #[serde(default)]
    meters: Vec<String>,
    #[serde(default)]
    circuits: Vec<Spanned<WrittenCircuit>>,
    #[serde(default)]
    evses: Vec<Spanned<WrittenEvse>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCircuit {
    id: String,
    inside: Option<String>,
    most_a: Current,
    meter: Option<String>,
    blind_a: Option<Current>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEvse {
    station: String,
    #[serde(default = "first")]
    evse: u32,
    /// The first one where none is named.
    circuit: Option<String>,
    #[serde(default = "three")]
    phases: Vec<u32>,
    #[serde(default = "six")]
    least_a: Current,
    #[serde(default = "thirty_two")]
    most_a: Current,
    safe_a: Option<Current>,
    alone_a: Option<Current>,
    #[serde(default)]
    never_paused: bool,
    #[serde(default)]
    direct_current: bool,
    #[serde(default)]
    priority: i64,
}

/// `16`, `16.5` or `"16.5"`.
#[derive(Debug, Clone, Copy)]
struct Current(Amperes);

impl<'de> Deserialize<'de> for Current {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Number {
            Whole(i64),
            Float(f64),
            Text(String),
        }
        let written = match Number::deserialize(deserializer)? {
            Number::Whole(amperes) => Some(Decimal::from(amperes)),
            Number::Float(amperes) => Decimal::try_from(amperes).ok(),
            Number::Text(text) => text.parse().ok(),
        };
        let amperes = written.and_then(Amperes::of);
        amperes.map(Self).ok_or_else(|| D::Error::custom(format!("a current is 0 to {} A", Amperes::MAX)))
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

const fn volts() -> u32 {
    230
}

const fn first() -> u32 {
    1
}

fn three() -> Vec<u32> {
    vec![1, 2, 3]
}

const fn six() -> Current {
    Current(Amperes::whole(6))
}

const fn thirty_two() -> Current {
    Current(Amperes::whole(32))
}

pub(super) fn checked(written: &[Spanned<Written>]) -> Result<Vec<Arc<Site>>, Misplaced> {
    if let Some(beyond) = written.get(MAX_SITES) {
        return Err(Misplaced::of(beyond, format!("{} sites; there may be {MAX_SITES}", written.len())));
    }
    let sites = written.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    apart(written, &sites)?;
    Ok(sites)
}

fn read(written: &Spanned<Written>) -> Result<Arc<Site>, Misplaced> {
    let site = written.get_ref();
    let of_site = |fault: Misplaced| Misplaced { why: format!("the site {}: {}", site.id, fault.why), ..fault };
    site.check().map_err(|why| of_site(Misplaced::of(written, why)))?;
    site.read(written.span().start).map(Arc::new).map_err(of_site)
}

/// No two sites have one id, or tell one EVSE what to draw.
fn apart(written: &[Spanned<Written>], sites: &[Arc<Site>]) -> Result<(), Misplaced> {
    let (mut ids, mut evses) = (BTreeSet::new(), BTreeMap::new());
    for (placed, site) in written.iter().zip(sites) {
        if !ids.insert(&site.id) {
            return Err(Misplaced::of(placed, format!("two sites have the id {}", site.id)));
        }
        for (placed, evse) in placed.get_ref().evses.iter().zip(&site.evses) {
            if let Some(other) = evses.insert((&evse.station, evse.evse), &site.id) {
                let (name, id) = (evse.name(), &site.id);
                let why =
                    format!("the EVSE {name} is at the sites {other} and {id}: one of them tells it what to draw");
                return Err(Misplaced::of(placed, why));
            }
        }
    }
    Ok(())
}

/// A device has one EVSE; a limit for another one would never be taken, and the one that it has would draw what it can.
pub(super) fn fits_devices(
    written: &[Spanned<Written>],
    sites: &[Arc<Site>],
    devices: &[Arc<Device>],
) -> Result<(), Misplaced> {
    let devices: BTreeSet<&str> = devices.iter().map(|device| device.id.as_str()).collect();
    let placed = written.iter().flat_map(|placed| &placed.get_ref().evses);
    let mut evses = placed.zip(sites.iter().flat_map(|site| &site.evses));
    let odd = evses.find(|(_, evse)| evse.evse != 1 && devices.contains(evse.station.as_str()));
    odd.map_or(Ok(()), |(placed, evse)| {
        let why = format!("{} is a device, which has one EVSE: leave out evse = {}", evse.station, evse.evse);
        Err(Misplaced::of(placed, why))
    })
}

impl Written {
    /// The site as such, without what is in it.
    fn check(&self) -> Result<(), String> {
        let Self { id, unit, time_zone, voltage_v, meters, circuits, evses } = self;
        named("its id", id)?;
        if let Some(unit) = unit.as_ref().filter(|unit| !is_id(unit)) {
            return Err(format!("{unit:?} is not the id of a unit: small letters, digits and hyphens"));
        }
        if TimeZone::get(time_zone).is_err() {
            return Err(format!("{time_zone:?} is no time zone; an IANA name is, like Europe/Berlin"));
        }
        if !(50..=1_000).contains(voltage_v) {
            return Err(format!("voltage_v = {voltage_v}; between a phase and neutral there are 50 to 1000 V"));
        }
        bounded("circuits", circuits.len(), MAX_CIRCUITS)?;
        bounded("evses", evses.len(), MAX_EVSES)?;
        bounded("meters", meters.len(), MAX_METERS)
    }

    /// `here`: where the site stands.
    fn read(&self, here: usize) -> Result<Site, Misplaced> {
        let (mut circuits, mut evses) = (Vec::new(), Vec::new());
        for placed in &self.circuits {
            let circuit = placed.get_ref().read(&|name| self.circuit(name));
            circuits.push(circuit.map_err(|why| Misplaced::of(placed, why))?);
        }
        for placed in &self.evses {
            let evse = placed.get_ref().read(&|name| self.circuit(name));
            evses.push(evse.map_err(|why| Misplaced::of(placed, why))?);
        }
        let site = Site {
            id: self.id.clone(),
            unit: self.unit.clone(),
            time_zone: self.time_zone.clone(),
            volts: self.voltage_v,
            meters: self.meters.clone(),
            circuits,
            evses,
        };
        let misplaced = |fault: SiteFault| Misplaced { at: self.place(&fault).unwrap_or(here), why: fault.to_string() };
        let mut site = site.checked().map_err(misplaced)?;
        // Blind, a circuit bears what is safe for each of its EVSEs, unless the operator says otherwise.
        for (at, safe) in site.sums(|_, evse| evse.safe).into_iter().enumerate() {
            let safe = Amperes::of_tenths(safe.into_iter().max().unwrap_or(0)).min(site.circuits[at].most);
            site.circuits[at].blind = self.circuits[at].get_ref().blind_a.map_or(safe, |blind| blind.0);
        }
        Ok(site)
    }

    /// The number of the circuit of this name.
    fn circuit(&self, name: &str) -> Result<usize, String> {
        let at = self.circuits.iter().position(|circuit| circuit.get_ref().id == name);
        at.ok_or_else(|| {
            let known = self.circuits.iter().map(|circuit| circuit.get_ref().id.as_str()).collect::<Vec<_>>();
            format!("it has no circuit {name:?}; it has {}", known.join(", "))
        })
    }

    /// Where that stands which cannot be: of two, the second one.
    fn place(&self, fault: &SiteFault) -> Option<usize> {
        let circuit = |id: &String| {
            let found = self.circuits.iter().rfind(|circuit| circuit.get_ref().id == *id);
            found.map(|circuit| circuit.span().start)
        };
        let evse = |station: &StationId, number: u32| {
            let is_it = |evse: &WrittenEvse| evse.station == station.as_str() && evse.evse == number;
            let found = self.evses.iter().rfind(|evse| is_it(evse.get_ref()));
            found.map(|evse| evse.span().start)
        };
        match fault {
            SiteFault::NoCircuit => None,
            SiteFault::TwiceCircuit(id) | SiteFault::Loop(id) | SiteFault::NeverPaused { circuit: id, .. } => {
                circuit(id)
            }
            SiteFault::TwiceEvse(station, number) | SiteFault::Evse { station, evse: number, .. } => {
                evse(station, *number)
            }
        }
    }
}

impl WrittenCircuit {
    fn read(&self, place: &dyn Fn(&str) -> Result<usize, String>) -> Result<Circuit, String> {
        let Self { id, inside, most_a, meter, .. } = self;
        named("a circuit's id", id)?;
        let inside = inside.as_deref().map(place).transpose()?;
        Ok(Circuit { id: id.clone(), inside, most: most_a.0, meter: meter.clone(), blind: Amperes::ZERO })
    }
}

impl WrittenEvse {
    fn read(&self, place: &dyn Fn(&str) -> Result<usize, String>) -> Result<SiteEvse, String> {
        let station =
            StationId::parse(&self.station).map_err(|why| format!("the station {:?}: {why}", self.station))?;
        let phase = |phase: &u32| usize::try_from(*phase).ok().and_then(|phase| phase.checked_sub(1));
        let phases: Option<Vec<usize>> = self.phases.iter().map(phase).collect();
        let safe = self.safe_a.unwrap_or(self.least_a).0.min(self.most_a.0);
        Ok(SiteEvse {
            station,
            evse: self.evse,
            circuit: self.circuit.as_deref().map_or(Ok(0), place)?,
            phases: phases.unwrap_or_default(),
            least: self.least_a.0,
            most: self.most_a.0,
            safe: self.safe_a.map_or(safe, |safe| safe.0),
            alone: self.alone_a.map(|alone| alone.0),
            never_paused: self.never_paused,
            is_direct: self.direct_current,
            priority: self.priority,
        })
    }
}

fn named(what: &str, name: &str) -> Result<(), String> {
    match (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(|c| c.is_control() || c == '/') {
        true => Ok(()),
        false => Err(format!("{what} has 1 to {MAX_NAME} bytes, no slash and no control characters, and not {name:?}")),
    }
}

fn bounded(what: &str, many: usize, most: usize) -> Result<(), String> {
    if many > most { Err(format!("{many} {what}; a site may have {most}")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        sites: Vec<Spanned<Written>>,
    }

    /// The error is the line on which it stands, and why.
    fn sites(text: &str) -> Result<Vec<Arc<Site>>, (usize, String)> {
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let file = toml::from_str::<File>(text);
        let file = file.map_err(|error| (line(error.span().unwrap().start), error.message().to_owned()))?;
        checked(&file.sites).map_err(|fault| (line(fault.at), fault.why))
    }

    const DEPOT: &str = "[[sites]]\nid = \"depot\"\n[[sites.circuits]]\nid = \"main\"\nmost_a = 32\n\
                         [[sites.circuits]]\nid = \"row\"\ninside = \"main\"\nmost_a = 16.5\nmeter = \"grid\"\n\
                         [[sites.evses]]\nstation = \"cs-1\"\ncircuit = \"row\"\nphases = [2]\n\
                         [[sites.evses]]\nstation = \"cs-1\"\nevse = 2\nmost_a = 16\n";

    #[test]
    fn a_site_is_read_with_what_is_usual() {
        let site = sites(DEPOT).unwrap().remove(0);
        assert_eq!((site.volts, site.circuits[1].inside, site.circuits[1].most), (230, Some(0), Amperes(165)));
        assert_eq!((site.circuits[0].blind, site.circuits[1].blind), (Amperes::whole(12), Amperes::whole(6)));
        let (first, second) = (&site.evses[0], &site.evses[1]);
        assert_eq!(
            (first.circuit, &first.phases[..], first.most, first.safe),
            (1, &[1][..], Amperes::whole(32), Amperes::whole(6))
        );
        assert_eq!((second.circuit, second.phases.len(), second.name().as_str()), (0, 3, "cs-1/2"));
    }

    #[test]
    fn a_device_has_one_evse() {
        let device = "[[devices]]\nid = \"cs-1\"\nunit = \"box\"\nwires = { main = \"modbus-tcp://a\" }\n";
        let said = |text: &str| crate::config::load::parse(text, std::path::Path::new("a.toml"));
        let why = said(&format!("{DEPOT}{device}")).unwrap_err()[0].to_string();
        assert!(
            why.contains("cs-1 is a device, which has one EVSE: leave out evse = 2") && why.contains("a.toml:15:1"),
            "{why}"
        );
        said(&format!("{DEPOT}{}", device.replace("cs-1", "cs-2"))).unwrap();
    }

    #[test]
    fn what_cannot_be_is_refused_where_it_stands() {
        for (was, is, line, expect) in [
            ("inside = \"main\"", "inside = \"row\"", 6, "the circuit row is inside itself"),
            ("inside = \"main\"", "inside = \"mian\"", 6, "it has no circuit \"mian\"; it has main, row"),
            (
                "[[sites.evses]]",
                "[[sites.circuits]]\nid = \"row\"\nmost_a = 9\n[[sites.evses]]",
                11,
                "two of its circuits have the id row",
            ),
            ("most_a = 32", "most_a = -1", 5, "a current is 0 to"),
            ("circuit = \"row\"", "circuit = \"rwo\"", 11, "it has no circuit \"rwo\""),
            ("evse = 2", "evse = 1", 15, "EVSE 1 of the station cs-1 is there twice"),
            ("phases = [2]", "phases = [2, 2]", 11, "each once"),
            ("phases = [2]", "phases = [0]", 11, "one, two or three of 1, 2 and 3"),
            ("most_a = 16\n", "most_a = 4\n", 15, "its `least_a`, 6 where nothing is said, is more than its `most_a`"),
            ("id = \"depot\"", "id = \"depot\"\ntime_zone = \"Mars\"", 1, "no time zone"),
            ("id = \"depot\"", "id = \"depot\"\nunit = \"Equal\"", 1, "not the id of a unit"),
            ("phases = [2]", "never_paused = true\nsafe_a = 2", 11, "its `safe_a` is below its `least_a`"),
            ("station = \"cs-1\"\nevse = 2", "evse = 2", 15, "missing field `station`"),
        ] {
            let (at, why) = sites(&DEPOT.replacen(was, is, 1)).unwrap_err();
            assert!(at == line && why.contains(expect), "{is}: line {at}: {why}");
        }
        sites(&DEPOT.replace("most_a = 16.5", "most_a = 5")).unwrap();
        let twice = format!("{DEPOT}{}", DEPOT.replace("depot", "yard"));
        let (at, why) = sites(&twice).unwrap_err();
        assert!(at == 29 && why.contains("at the sites depot and yard"), "line {at}: {why}");
        let (at, why) = sites(&format!("{DEPOT}{DEPOT}")).unwrap_err();
        assert!(at == 19 && why == "two sites have the id depot", "line {at}: {why}");
    }
}
