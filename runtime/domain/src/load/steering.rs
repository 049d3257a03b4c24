//! Who is told what, and when.
//!
//! Two rules carry it. What an EVSE may come to is the greatest of all limits that may hold there: what it has accepted, what is on
//! its way, and what it may have heard without our knowing. And nobody is told more before there is room for it on every circuit
//! and phase, with everybody else at that greatest. So no message that is lost, late or repeated makes a circuit carry more than it
//! bears; and who does not keep to its limit is counted by what it takes, and the others have what is left.

mod balance;
mod orders;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::estimate::{MeterReading, Others};
use super::flow::Flow;
use super::held::{Held, Running};
use super::question::Shares;
use super::site::Site;
use crate::event::ChargingState;
use crate::pricing::TokenFacts;
use crate::{Energy, SessionId, StationId, TransactionId};

pub use super::held::Answered;
pub use balance::Balance;
pub use orders::Order;
pub use view::{CircuitView, EvseView};

/// What a policy answered stands so long, if it fails then.
const STANDS: SignedDuration = SignedDuration::from_mins(10);

/// One site, as it stands.
#[derive(Debug, Clone)]
pub struct Steering {
    site: Arc<Site>,
    /// Beside [`Site::evses`].
    held: Vec<Held>,
    /// Beside [`Site::circuits`].
    others: Vec<Others>,
    meters: BTreeMap<String, MeterReading>,
    /// The last answer that made sense.
    last: Option<(Timestamp, Shares)>,
    /// When it was looked at first.
    since: Option<Timestamp>,
}

/// How an EVSE stands in the books.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub is_connected: bool,
    pub session: Option<SeenSession>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenSession {
    pub session: SessionId,
    pub transaction: TransactionId,
    pub started_at: Timestamp,
    pub energy: Energy,
    pub state: ChargingState,
    pub token: Option<TokenFacts>,
}

impl Steering {
    pub fn new(site: Arc<Site>) -> Self {
        let (held, others) = (vec![Held::default(); site.evses.len()], vec![Others::default(); site.circuits.len()]);
        Self { site, held, others, meters: BTreeMap::new(), last: None, since: None }
    }

    /// The same stations at a site that is described otherwise: what they were told holds on.
    #[must_use]
    pub fn changed(&self, site: Arc<Site>) -> Self {
        let mut changed = Self { since: self.since, ..Self::new(site) };
        for (at, evse) in changed.site.evses.iter().enumerate() {
            if let Some(before) = self.site.place_of(evse) {
                changed.held[at] = self.held[before].clone();
            }
        }
        changed
    }

    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// How this EVSE stands now.
    pub fn see(&mut self, evse: usize, seen: Seen) {
        let held = &mut self.held[evse];
        match (held.is_connected, seen.is_connected) {
            (false, true) => held.connected(),
            (_, is_connected) => held.is_connected = is_connected,
        }
        let before = held.running.take();
        held.running = seen.session.map(|seen| {
            let (level, is_by_standing, flow) = match before {
                Some(before) if before.session == seen.session => (before.level, before.is_by_standing, before.flow),
                _ => {
                    held.is_forgiven();
                    Default::default()
                }
            };
            let SeenSession { session, transaction, started_at, energy, state, token } = seen;
            Running { session, transaction, started_at, energy, state, token, level, is_by_standing, flow }
        });
        if held.running.is_none() {
            held.is_forgiven();
        }
    }

    /// It has begun anew, and may have forgotten its limits.
    pub fn booted(&mut self, station: &StationId) {
        for at in self.of(station) {
            self.held[at].forget();
        }
    }

    /// Somebody else has limited one of its EVSEs, or all of it (0): what holds there is not known any more.
    pub fn limited_by_others(&mut self, station: &StationId, evse: u32) -> bool {
        let is_it = |at: &usize| evse == 0 || self.site.evses[*at].evse == evse;
        let limited: Vec<usize> = self.of(station).into_iter().filter(is_it).collect();
        limited.iter().for_each(|at| self.held[*at].forget());
        !limited.is_empty()
    }

    /// What a session draws.
    pub fn flows(&mut self, session: SessionId, flow: Flow, now: Timestamp) {
        let is_it = |held: &&mut Held| held.running.as_ref().is_some_and(|running| running.session == session);
        let volts = self.site.volts;
        for (held, evse) in self.held.iter_mut().zip(&self.site.evses) {
            if let Some(held) = Some(held).filter(is_it) {
                held.flows(evse, flow, volts, now);
            }
        }
    }

    /// What a meter shows.
    pub fn metered(&mut self, meter: &str, reading: MeterReading) {
        self.meters.insert(meter.to_owned(), reading);
    }

    /// What became of a limit.
    pub fn answered(&mut self, order: &Order, answered: Answered, now: Timestamp) {
        self.held[order.evse].answered(order, answered, now);
    }

    pub fn of(&self, station: &StationId) -> Vec<usize> {
        let all = self.site.evses.iter().enumerate();
        all.filter(|(_, evse)| evse.station == *station).map(|(at, _)| at).collect()
    }

    /// Keeps an answer for the times when there is none.
    pub fn agreed(&mut self, shares: Shares, now: Timestamp) {
        self.last = Some((now, shares));
    }

    /// The last answer that made sense, if it is not too old to stand.
    fn last(&self, now: Timestamp) -> Option<&Shares> {
        self.last.as_ref().filter(|(at, _)| now.duration_since(*at) <= STANDS).map(|(_, shares)| shares)
    }
}
