//! How a site stands, for people.

use super::{Balance, Steering};
use crate::SessionId;
use crate::load::{Amperes, ByPhase};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitView {
    pub id: String,
    pub inside: Option<String>,
    pub most: Amperes,
    /// For charging, by phase.
    pub capacity: ByPhase,
    /// What its EVSEs may come to at the most, by phase.
    pub taken: ByPhase,
    pub is_blind: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvseView {
    pub id: String,
    pub circuit: String,
    pub is_connected: bool,
    pub session: Option<SessionId>,
    /// The session's limit that it has accepted.
    pub limit: Option<Amperes>,
    /// The limit of sessions that begin there that it has accepted.
    pub standing: Option<Amperes>,
    /// What a phase of it may come to at the most.
    pub most: Amperes,
    /// What one ampere of its limit may come to on a phase: more than one where it is limited in watts.
    pub weight: u32,
    pub power_w: Option<i64>,
    /// What it draws of a phase though it may not.
    pub takes: Option<Amperes>,
    /// Limits in a row that came to nothing.
    pub failures: u32,
}

impl Steering {
    pub fn circuits(&self, balance: &Balance) -> Vec<CircuitView> {
        let site = &self.site;
        let taken = site.sums(|at, evse| self.held[at].most(evse));
        let view = |(at, taken): (usize, ByPhase)| CircuitView {
            id: site.circuits[at].id.clone(),
            inside: site.circuits[at].inside.map(|at| site.circuits[at].id.clone()),
            most: site.circuits[at].most,
            capacity: balance.capacity[at],
            taken,
            is_blind: balance.blind[at],
        };
        taken.into_iter().enumerate().map(view).collect()
    }

    pub fn evses(&self) -> Vec<EvseView> {
        let view = |(held, evse): (&crate::load::held::Held, &crate::load::SiteEvse)| {
            let running = held.running.as_ref();
            EvseView {
                id: evse.name(),
                circuit: self.site.circuits[evse.circuit].id.clone(),
                is_connected: held.is_connected,
                session: running.map(|running| running.session),
                limit: running.and_then(|running| held.told(Some(&running.transaction))),
                standing: held.told(None),
                most: held.most(evse),
                weight: held.weight(evse),
                power_w: running.and_then(|running| running.flow).and_then(|flow| flow.power_w),
                takes: held.takes,
                failures: held.failures(),
            }
        };
        self.held.iter().zip(&self.site.evses).map(view).collect()
    }
}
