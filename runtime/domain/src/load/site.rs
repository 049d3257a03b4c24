//! A site as its operator describes it: circuits within circuits, and the EVSEs that hang on them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Amperes, ByPhase};
use crate::StationId;

/// What is shared. Checked: every name leads somewhere, and no circuit is inside itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    pub id: String,
    /// Who shares it out. `None`: everybody has an equal share.
    pub unit: Option<String>,
    /// IANA name: local hours of the policy are hours of this zone.
    pub time_zone: String,
    /// Between a phase and neutral.
    pub volts: u32,
    /// Meters that the policy is told of, beside those of circuits.
    pub meters: Vec<String>,
    pub circuits: Vec<Circuit>,
    pub evses: Vec<SiteEvse>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circuit {
    pub id: String,
    /// The circuit that feeds it: a place in [`Site::circuits`].
    pub inside: Option<usize>,
    /// Of each phase.
    pub most: Amperes,
    /// The device that measures all that flows there, others' load too.
    pub meter: Option<String>,
    /// What charging may take of it while its meter says nothing.
    pub blind: Amperes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteEvse {
    pub station: StationId,
    pub evse: u32,
    /// A place in [`Site::circuits`].
    pub circuit: usize,
    /// To which of the site's phases its own are wired, first L1: each 0 to 2. One phase has one of them.
    pub phases: Vec<usize>,
    /// Below it no car charges (IEC 61851-1: 6 A).
    pub least: Amperes,
    /// What its cable and its fuse bear.
    pub most: Amperes,
    /// What each session may draw before it has its share, and while nobody can say what it is.
    pub safe: Amperes,
    /// What it may come to without us. `None`: it keeps to what it was told.
    pub alone: Option<Amperes>,
    /// Hardware that does not come back from a limit of zero always has its least.
    pub never_paused: bool,
    /// Direct current: its phases are evenly loaded.
    pub is_direct: bool,
    /// The greater goes first.
    pub priority: i64,
}

/// What of a site cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteFault {
    #[error("it has no circuit; [[sites.circuits]] says what its supply bears")]
    NoCircuit,
    #[error("two of its circuits have the id {0}")]
    TwiceCircuit(String),
    #[error("EVSE {1} of the station {0} is there twice")]
    TwiceEvse(StationId, u32),
    #[error("the circuit {0} is inside itself")]
    Loop(String),
    #[error(
        "the circuit {circuit} bears {most} A, and the EVSEs that are never paused take {taken} A of a phase of it"
    )]
    NeverPaused { circuit: String, most: Amperes, taken: Amperes },
    #[error("EVSE {evse} of the station {station}: {why}")]
    Evse { station: StationId, evse: u32, why: &'static str },
}

impl Site {
    /// # Errors
    /// It cannot be so.
    pub fn checked(self) -> Result<Self, SiteFault> {
        if self.circuits.is_empty() {
            return Err(SiteFault::NoCircuit);
        }
        let mut known = BTreeSet::new();
        if let Some(twice) = self.circuits.iter().find(|circuit| !known.insert(&circuit.id)) {
            return Err(SiteFault::TwiceCircuit(twice.id.clone()));
        }
        let mut known = BTreeSet::new();
        if let Some(twice) = self.evses.iter().find(|evse| !known.insert((&evse.station, evse.evse))) {
            return Err(SiteFault::TwiceEvse(twice.station.clone(), twice.evse));
        }
        let is_in_itself = |at: usize| self.feeding(at).count() > self.circuits.len();
        if let Some(at) = (0..self.circuits.len()).find(|at| is_in_itself(*at)) {
            return Err(SiteFault::Loop(self.circuits[at].id.clone()));
        }
        self.evses.iter().try_for_each(SiteEvse::check)?;
        self.check_never_paused()?;
        Ok(self)
    }

    fn check_never_paused(&self) -> Result<(), SiteFault> {
        let always = |evse: &SiteEvse| if evse.never_paused { evse.least } else { Amperes::ZERO };
        for (at, taken) in self.sums(|_, evse| always(evse)).into_iter().enumerate() {
            let (circuit, taken) = (&self.circuits[at], Amperes::of_tenths(taken.into_iter().max().unwrap_or(0)));
            if taken > circuit.most {
                let (circuit, most) = (circuit.id.clone(), circuit.most);
                return Err(SiteFault::NeverPaused { circuit, most, taken });
            }
        }
        Ok(())
    }

    /// A circuit and all that feed it, from within. One that is inside itself never ends: it is cut off beyond all circuits.
    pub fn feeding(&self, circuit: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(circuit), |at| self.circuits[*at].inside).take(self.circuits.len() + 1)
    }

    /// Of each circuit, what its EVSEs come to on each phase.
    pub fn sums(&self, draws: impl Fn(usize, &SiteEvse) -> Amperes) -> Vec<ByPhase> {
        self.sums_by_phase(|at, evse| [draws(at, evse).tenths(); 3])
    }

    /// The same where an EVSE does not draw alike of its phases.
    pub fn sums_by_phase(&self, draws: impl Fn(usize, &SiteEvse) -> ByPhase) -> Vec<ByPhase> {
        let mut sums = vec![[0; 3]; self.circuits.len()];
        for (at, evse) in self.evses.iter().enumerate() {
            let draws = draws(at, evse);
            for circuit in self.feeding(evse.circuit) {
                evse.phases.iter().for_each(|phase| sums[circuit][*phase] += draws[*phase]);
            }
        }
        sums
    }

    /// Where the same EVSE is here.
    pub fn place_of(&self, evse: &SiteEvse) -> Option<usize> {
        self.evses.iter().position(|known| (&known.station, known.evse) == (&evse.station, evse.evse))
    }

    /// All meters, each once.
    pub fn meters(&self) -> BTreeSet<&str> {
        let of_circuits = self.circuits.iter().filter_map(|circuit| circuit.meter.as_deref());
        self.meters.iter().map(String::as_str).chain(of_circuits).collect()
    }

    pub fn stations(&self) -> BTreeMap<&StationId, Vec<usize>> {
        let mut stations = BTreeMap::<_, Vec<usize>>::new();
        for (at, evse) in self.evses.iter().enumerate() {
            stations.entry(&evse.station).or_default().push(at);
        }
        stations
    }
}

impl SiteEvse {
    /// As policies and people call it: `depot-3/1`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.station, self.evse)
    }

    fn check(&self) -> Result<(), SiteFault> {
        let distinct: BTreeSet<_> = self.phases.iter().collect();
        let why = match () {
            () if self.evse == 0 => "EVSEs count from 1",
            () if self.phases.is_empty()
                || distinct.len() < self.phases.len()
                || self.phases.iter().any(|at| *at > 2) =>
            {
                "its phases are one, two or three of 1, 2 and 3, each once"
            }
            () if self.most == Amperes::ZERO => "its `most_a` is what its cable bears, and not zero",
            () if self.least > self.most => "its `least_a`, 6 where nothing is said, is more than its `most_a`",
            () if self.safe > self.most => "its `safe_a` is more than its `most_a`",
            () if self.never_paused && self.safe < self.least => {
                "it is never paused, and its `safe_a` is below its `least_a`"
            }
            () => return Ok(()),
        };
        Err(SiteFault::Evse { station: self.station.clone(), evse: self.evse, why })
    }

    /// With how many phases it is told watts. Where nothing is said a station divides them by three (OCPP 2.0.1, K01.FR.49 and 50; 1.6,
    /// 7.12): one phase would have a third of its share. One of direct current refuses to hear of any (K01.FR.44).
    pub fn phases_of_watts(&self) -> Option<u8> {
        u8::try_from(self.phases.len()).ok().filter(|phases| *phases < 3 && !self.is_direct)
    }

    /// The nearest that it can be told: nothing, or its least to its most.
    pub fn bearable(&self, wanted: Amperes) -> Amperes {
        match wanted.min(self.most) {
            some if some >= self.least => some,
            _ if self.never_paused => self.least,
            _ => Amperes::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watts_of_fewer_than_three_phases_say_so_except_of_direct_current() {
        let evse = |phases: &[usize], is_direct: bool| SiteEvse {
            station: StationId::new("cs-1"),
            evse: 1,
            circuit: 0,
            phases: phases.to_vec(),
            least: Amperes::whole(6),
            most: Amperes::whole(32),
            safe: Amperes::whole(6),
            alone: None,
            never_paused: false,
            is_direct,
            priority: 0,
        };
        let cases = [
            (evse(&[1], false), Some(1)),
            (evse(&[2, 0], false), Some(2)),
            (evse(&[0, 1, 2], false), None),
            (evse(&[1], true), None),
        ];
        for (evse, phases) in cases {
            assert_eq!(evse.phases_of_watts(), phases, "{:?}", evse.phases);
        }
    }
}
