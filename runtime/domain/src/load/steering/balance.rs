//! What each circuit has for charging, and what of it is free.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Steering;
use crate::authorization::LocalTime;
use crate::charging::{iso_weekday, minute_of_day};
use crate::load::estimate::{FRESH, MeterReading, SILENT};
use crate::load::held::Held;
use crate::load::question::{CircuitFacts, EvseFacts, LoadInput, LoadSession, MeterFacts, SiteFacts};
use crate::load::{Amperes, ByPhase, SiteEvse};
use crate::pricing::Parameters;

/// Of each circuit, by phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    pub now: Timestamp,
    /// For charging: without what others take.
    pub(super) capacity: Vec<ByPhase>,
    /// Of that, what is left for those that keep to what they are told.
    pub(super) free: Vec<ByPhase>,
    /// Those circuits whose meter says nothing.
    pub(super) blind: Vec<bool>,
}

impl Steering {
    /// How much there is to share out.
    pub fn balance(&mut self, now: Timestamp) -> Balance {
        self.since.get_or_insert(now);
        let site = self.site.clone();
        let fresh_since = now.checked_sub(FRESH).unwrap_or(now);
        let told: Vec<Option<ByPhase>> =
            self.held.iter().zip(&site.evses).map(|(held, evse)| held.drawn(evse, site.volts, fresh_since)).collect();
        let drawn = site.sums_by_phase(|at, _| told[at].unwrap_or_default());
        let is_below = |circuit: usize, at: usize| site.feeding(site.evses[at].circuit).any(|above| above == circuit);
        let is_known = |circuit: usize| (0..told.len()).all(|at| told[at].is_some() || !is_below(circuit, at));
        let lately = self.lately(now);
        let (mut capacity, mut blind) = (Vec::new(), Vec::new());
        for (at, circuit) in site.circuits.iter().enumerate() {
            let flows =
                circuit.meter.as_ref().map(|meter| self.reading(meter, now).and_then(|it| it.flows(site.volts)));
            blind.push(flows == Some(None));
            capacity.push(match flows {
                None => [circuit.most.tenths(); 3],
                Some(None) => [circuit.blind.min(circuit.most).tenths(); 3],
                Some(Some(flows)) => {
                    let drawn = is_known(at).then_some(drawn[at]);
                    // What flows back into the grid makes no fuse bear more.
                    let others = self.others[at].look(flows, drawn, lately[at]).map(|others| others.max(0));
                    others.map(|others| circuit.most.tenths() - others)
                }
            });
        }
        let astray =
            site.sums(|at, evse| if self.held[at].obeys(now) { Amperes::ZERO } else { self.held[at].most(evse) });
        let free =
            capacity.iter().zip(&astray).map(|(all, astray)| std::array::from_fn(|at| all[at] - astray[at])).collect();
        Balance { now, capacity, free, blind }
    }

    /// What may have charged of late, at the most.
    fn lately(&mut self, now: Timestamp) -> Vec<ByPhase> {
        let look = |(held, evse): (&mut Held, &SiteEvse)| held.lately.look(held.likely(evse), now);
        let most: Vec<Amperes> = self.held.iter_mut().zip(&self.site.evses).map(look).collect();
        self.site.sums(|at, _| most[at])
    }

    pub(super) fn reading(&self, meter: &str, now: Timestamp) -> Option<&MeterReading> {
        self.meters.get(meter).filter(|reading| now.duration_since(reading.at).abs() <= SILENT)
    }

    /// What a policy is asked. `None`: nobody charges who could be told anything.
    pub fn question(&self, balance: &Balance) -> Option<LoadInput> {
        let site = &self.site;
        let evses: Vec<EvseFacts> = (0..site.evses.len()).filter_map(|at| self.facts(at, balance.now)).collect();
        let circuits = site.circuits.iter().zip(&balance.free).map(|(circuit, free)| CircuitFacts {
            id: circuit.id.clone(),
            inside: circuit.inside.map(|at| site.circuits[at].id.clone()),
            most_a: circuit.most,
            free_a: free.map(Amperes::of_tenths),
        });
        let meter = |id: &str| {
            let MeterReading { power_w, current_a, .. } = self.reading(id, balance.now)?.clone();
            Some(MeterFacts { id: id.to_owned(), power_w, current_a })
        };
        let zone = TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC);
        let local = balance.now.to_zoned(zone);
        (!evses.is_empty()).then(|| LoadInput {
            now: balance.now,
            site: SiteFacts { id: site.id.clone(), voltage_v: site.volts },
            local: LocalTime {
                time_zone: site.time_zone.clone(),
                weekday: iso_weekday(local.weekday()),
                minute_of_day: minute_of_day(&local),
                date: local.date().to_string(),
            },
            circuits: circuits.collect(),
            meters: site.meters().into_iter().filter_map(meter).collect(),
            evses,
            parameters: Parameters::default(),
        })
    }

    fn facts(&self, at: usize, now: Timestamp) -> Option<EvseFacts> {
        let (evse, held) = (&self.site.evses[at], &self.held[at]);
        let running = held.running.as_ref().filter(|_| held.obeys(now))?;
        let (limit_at, switched_at) = held.since();
        Some(EvseFacts {
            id: evse.name(),
            station: evse.station.to_string(),
            evse: evse.evse,
            circuit: self.site.circuits[evse.circuit].id.clone(),
            phases: u32::try_from(evse.phases.len()).unwrap_or(3),
            least_a: evse.least,
            most_a: evse.most,
            priority: evse.priority,
            limit_a: held.limit(evse),
            limit_at,
            switched_at,
            power_w: running.flow.filter(|flow| held.shows(flow)).and_then(|flow| {
                let of_current = |milliamperes: i64| milliamperes.saturating_mul(self.site.volts.into()) / 1_000;
                flow.power_w.or_else(|| flow.current_ma.map(of_current))
            }),
            session: LoadSession {
                id: running.session.to_string(),
                started_at: running.started_at,
                energy: running.energy,
                state: running.state,
                token: running.token.clone(),
            },
        })
    }
}
