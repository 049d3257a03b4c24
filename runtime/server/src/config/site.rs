//! `[[sites]]`: circuits that stations share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::load::{Amperes, Circuit, Site, SiteEvse};
use amprule_hooks::manifest::is_id;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

const MAX_SITES: usize = 1_000;
const MAX_CIRCUITS: usize = 256;
const MAX_EVSES: usize = 1_000;
const MAX_METERS: usize = 32;
const MAX_NAME: usize = 64;

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    unit: Option<String>,
    #[serde(default = "utc")]
    time_zone: String,
    #[serde(default = "volts")]
    voltage_v: u32,
    #[serde(default)]
    meters: Vec<String>,
    #[serde(default)]
    circuits: Vec<WrittenCircuit>,
    #[serde(default)]
    evses: Vec<WrittenEvse>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCircuit {
    id: String,
    inside: Option<String>,
    most_a: Current,
    meter: Option<String>,
    blind_a: Option<Current>,
}

#[derive(Debug, Deserialize)]
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

pub(super) fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Arc<Site>>, D::Error> {
    let written = Vec::<Written>::deserialize(deserializer)?;
    if written.len() > MAX_SITES {
        return Err(D::Error::custom(format!("{} sites; there may be {MAX_SITES}", written.len())));
    }
    let mut sites = Vec::with_capacity(written.len());
    for site in written {
        let id = site.id.clone();
        let site = site.read().map_err(|why| D::Error::custom(format!("the site {id}: {why}")))?;
        sites.push(Arc::new(site));
    }
    apart(&sites).map_err(D::Error::custom)?;
    Ok(sites)
}

/// No two sites have one id, or tell one EVSE what to draw.
fn apart(sites: &[Arc<Site>]) -> Result<(), String> {
    let (mut ids, mut evses) = (BTreeSet::new(), BTreeMap::new());
    for site in sites {
        if !ids.insert(&site.id) {
            return Err(format!("two sites have the id {}", site.id));
        }
        for evse in &site.evses {
            if let Some(other) = evses.insert((&evse.station, evse.evse), &site.id) {
                let name = evse.name();
                return Err(format!(
                    "the EVSE {name} is at the sites {other} and {}: one of them tells it what to draw",
                    site.id
                ));
            }
        }
    }
    Ok(())
}

impl Written {
    fn read(self) -> Result<Site, String> {
        let Self { id, unit, time_zone, voltage_v, meters, circuits, evses } = self;
        named("its id", &id)?;
        if let Some(unit) = unit.as_ref().filter(|unit| !is_id(unit)) {
            return Err(format!("{unit:?} is not the id of a unit: small letters, digits and hyphens"));
        }
        if TimeZone::get(&time_zone).is_err() {
            return Err(format!("{time_zone:?} is no time zone; an IANA name is, like Europe/Berlin"));
        }
        if !(50..=1_000).contains(&voltage_v) {
            return Err(format!("voltage_v = {voltage_v}; between a phase and neutral there are 50 to 1000 V"));
        }
        bounded("circuits", circuits.len(), MAX_CIRCUITS)?;
        bounded("evses", evses.len(), MAX_EVSES)?;
        bounded("meters", meters.len(), MAX_METERS)?;
        circuits.iter().try_for_each(|circuit| named("a circuit's id", &circuit.id))?;
        let place = |name: &str| {
            let at = circuits.iter().position(|circuit| circuit.id == name);
            at.ok_or_else(|| {
                let known = circuits.iter().map(|circuit| circuit.id.as_str()).collect::<Vec<_>>().join(", ");
                format!("it has no circuit {name:?}; it has {known}")
            })
        };
        let evses = evses.iter().map(|evse| evse.read(&place)).collect::<Result<Vec<_>, _>>()?;
        let feeds = circuits.iter().map(|circuit| circuit.inside.as_deref().map(place).transpose());
        let feeds = feeds.collect::<Result<Vec<_>, _>>()?;
        let mut read: Vec<Circuit> = circuits.iter().zip(feeds).map(|(circuit, inside)| circuit.read(inside)).collect();
        let site = |circuits| Site {
            id: id.clone(),
            unit: unit.clone(),
            time_zone: time_zone.clone(),
            volts: voltage_v,
            meters: meters.clone(),
            circuits,
            evses: evses.clone(),
        };
        // Blind, a circuit bears what is safe for each of its EVSEs, unless the operator says otherwise.
        let plain = site(read.clone()).checked().map_err(|fault| fault.to_string())?;
        for (at, safe) in plain.sums(|_, evse| evse.safe).into_iter().enumerate() {
            let safe = Amperes::of_tenths(safe.into_iter().max().unwrap_or(0)).min(read[at].most);
            read[at].blind = circuits[at].blind_a.map_or(safe, |blind| blind.0);
        }
        site(read).checked().map_err(|fault| fault.to_string())
    }
}

impl WrittenCircuit {
    fn read(&self, inside: Option<usize>) -> Circuit {
        let Self { id, most_a, meter, .. } = self;
        Circuit { id: id.clone(), inside, most: most_a.0, meter: meter.clone(), blind: Amperes::ZERO }
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
        #[serde(deserialize_with = "checked")]
        sites: Vec<Arc<Site>>,
    }

    const DEPOT: &str = "[[sites]]\nid = \"depot\"\n[[sites.circuits]]\nid = \"main\"\nmost_a = 32\n\
                         [[sites.circuits]]\nid = \"row\"\ninside = \"main\"\nmost_a = 16.5\nmeter = \"grid\"\n\
                         [[sites.evses]]\nstation = \"cs-1\"\ncircuit = \"row\"\nphases = [2]\n\
                         [[sites.evses]]\nstation = \"cs-1\"\nevse = 2\nmost_a = 16\n";

    #[test]
    fn a_site_is_read_with_what_is_usual() {
        let site = toml::from_str::<File>(DEPOT).unwrap().sites.remove(0);
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
    fn what_cannot_be_is_refused_with_what_is_wrong() {
        for (was, is, expect) in [
            ("inside = \"main\"", "inside = \"row\"", "the circuit row is inside itself"),
            ("inside = \"main\"", "inside = \"mian\"", "it has no circuit \"mian\"; it has main, row"),
            ("most_a = 32", "most_a = -1", "a current is 0 to"),
            ("evse = 2", "evse = 1", "EVSE 1 of the station cs-1 is there twice"),
            ("phases = [2]", "phases = [2, 2]", "each once"),
            ("phases = [2]", "phases = [0]", "one, two or three of 1, 2 and 3"),
            ("most_a = 16\n", "most_a = 4\n", "its `least_a` is more than its `most_a`"),
            ("most_a = 16.5", "most_a = 5", ""),
            ("id = \"depot\"", "id = \"depot\"\ntime_zone = \"Mars\"", "no time zone"),
            ("id = \"depot\"", "id = \"depot\"\nunit = \"Equal\"", "not the id of a unit"),
            ("phases = [2]", "never_paused = true\nsafe_a = 2", "its `safe_a` is below its `least_a`"),
        ] {
            let said = toml::from_str::<File>(&DEPOT.replacen(was, is, 1)).map_err(|error| error.to_string());
            match expect {
                "" => drop(said.unwrap()),
                expect => assert!(said.as_ref().is_err_and(|said| said.contains(expect)), "{is}: {said:?}"),
            }
        }
        let twice = format!("{DEPOT}{}", DEPOT.replace("depot", "yard"));
        assert!(toml::from_str::<File>(&twice).unwrap_err().to_string().contains("at the sites depot and yard"));
    }
}
