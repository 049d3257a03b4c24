//! What one EVSE may draw, as far as we know: what it was told and has accepted, and what it may have heard without our knowing.

mod clock;
mod lately;
mod level;
mod trust;

use jiff::{SignedDuration, Timestamp};

use super::{Amperes, ByPhase, Flow, Order, SiteEvse};
use crate::SessionId;
use crate::TransactionId;
use crate::command::Most;
use crate::pricing::TokenFacts;
use crate::{Energy, event::ChargingState};

use clock::StationClock;
use lately::Lately;
pub(super) use level::{Level, Limit};
pub(super) use trust::Trust;

/// After a limit was accepted a car takes so long to follow.
const FOLLOWS: SignedDuration = SignedDuration::from_secs(30);
/// What is drawn above a limit and counts as kept: 1 A, or a tenth of it.
const TOLERATED: i64 = 10;
/// Who refuses so many limits of a transaction, and has a standing one, is steered by that.
const TRIES: u32 = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) session: SessionId,
    pub(super) transaction: TransactionId,
    pub(super) started_at: Timestamp,
    pub(super) energy: Energy,
    pub(super) state: ChargingState,
    pub(super) token: Option<TokenFacts>,
    pub(super) level: Level,
    /// Its station takes no limit of a transaction: the standing one is what it charges by.
    pub(super) is_by_standing: bool,
    pub(super) flow: Option<Flow>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) is_connected: bool,
    pub(super) standing: Level,
    pub(super) running: Option<Running>,
    /// It is told limits in watts.
    pub(super) in_watts: bool,
    /// The unit that it took last was watts.
    takes_watts: bool,
    /// What it draws of a phase though it may not.
    pub(super) takes: Option<Amperes>,
    /// Whether it keeps to what it has accepted.
    trust: Trust,
    pub(super) lately: Lately,
    clock: StationClock,
}

/// What became of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    Accepted,
    Refused,
    /// It was never sent.
    Unsent,
    /// It was sent, and nothing came back: it may hold.
    Unanswered,
}

impl Held {
    /// Whether it can be told something, and keeps to it.
    pub(super) fn obeys(&self, now: Timestamp) -> bool {
        let is_slow = self.levels().any(|level| level.is_slow(now));
        self.is_connected && self.failures() == 0 && self.takes.is_none() && !is_slow
    }

    /// Limits in a row that came to nothing, of the level that fails most.
    pub(super) fn failures(&self) -> u32 {
        self.levels().map(|level| level.trust.failures).fold(self.trust.failures, u32::max)
    }

    /// A newcomer has been told nothing; what it does is not held against it before it was.
    pub(super) fn may_be_told(&self, transaction: Option<&TransactionId>, now: Timestamp) -> bool {
        let is_ready = |level: &Level| level.trust.is_ready(now) && !level.is_asked();
        self.is_connected && self.trust.is_ready(now) && self.level(transaction).is_some_and(is_ready)
    }

    /// What one ampere of a limit may come to on a phase. A limit in watts says nothing of how they are spread.
    pub(super) fn weight(&self, evse: &SiteEvse) -> u32 {
        if self.in_watts && !evse.is_direct { u32::try_from(evse.phases.len()).unwrap_or(3) } else { 1 }
    }

    /// What this limit may come to on a phase, as it is told now.
    pub(super) fn draws(&self, evse: &SiteEvse, limit: Amperes) -> Amperes {
        Amperes(limit.0.saturating_mul(self.weight(evse))).min(evse.most)
    }

    /// The most that a phase of it may come to, now or as soon as a car is there.
    pub(super) fn most(&self, evse: &SiteEvse) -> Amperes {
        // What was never accepted may not hold: then all of it does, or what it comes to without us.
        let unlimited = evse.alone.filter(|_| !self.is_connected).unwrap_or(evse.most);
        let told = self.standing.greatest().unwrap_or(unlimited);
        let standing = if self.standing.known.is_some() { told } else { told.max(unlimited) };
        let of_session = self.running.as_ref().and_then(|running| running.level.greatest());
        let alone = evse.alone.filter(|_| !self.is_connected);
        [of_session, alone, self.takes].into_iter().flatten().fold(standing, Amperes::max)
    }

    /// The most that what it was ever told lets it come to: that may have been forgotten.
    pub(super) fn likely(&self, evse: &SiteEvse) -> Amperes {
        let of_session = self.running.as_ref().and_then(|running| running.level.greatest());
        let told = of_session.or_else(|| self.standing.greatest()).unwrap_or_else(|| self.most(evse));
        self.takes.map_or(told, |takes| takes.max(told))
    }

    /// The least draw that may hold at this level: more is a raise. Without any limit all of it holds.
    pub(super) fn least(&self, evse: &SiteEvse, transaction: Option<&TransactionId>) -> Amperes {
        let level = self.level(transaction).unwrap_or(&self.standing);
        // Where a transaction may have none of its own, the standing one holds for it.
        let standing = self.standing.least().filter(|_| level.known.is_none());
        level.least().into_iter().chain(standing).min().unwrap_or(evse.most)
    }

    /// What it was told and has accepted.
    pub(super) fn told(&self, transaction: Option<&TransactionId>) -> Option<Amperes> {
        self.holds(transaction).map(|(known, _)| known.limit)
    }

    /// What holds there, and since when: where a transaction has no limit of its own, the standing one.
    fn holds(&self, transaction: Option<&TransactionId>) -> Option<(Limit, Timestamp)> {
        let levels = [self.level(transaction), Some(&self.standing)].into_iter().flatten();
        levels.filter_map(|level| level.known.zip(level.known_at)).next()
    }

    /// By which its session charges, or the next one will.
    fn governs(&self) -> &Level {
        let own = self.running.as_ref().map(|running| &running.level).filter(|level| level.known.is_some());
        own.unwrap_or(&self.standing)
    }

    fn holds_now(&self) -> Option<(Limit, Timestamp)> {
        let level = self.governs();
        level.known.zip(level.known_at)
    }

    /// When what holds for its session was accepted, and when that was last paused or let go on.
    pub(super) fn since(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.holds_now().map(|(_, since)| since), self.governs().switched_at)
    }

    /// A session that ran at that moment, of which nothing is known yet: neither what it was told nor what it draws.
    pub(super) fn is_unheard(&self, since: Timestamp) -> bool {
        let is_unheard = |running: &Running| running.started_at < since && running.flow.is_none();
        self.running.as_ref().is_some_and(|running| is_unheard(running) && running.level.is_untold())
    }

    /// What flows since the car has followed its limit.
    pub(super) fn shows(&self, flow: &Flow) -> bool {
        self.since().0.is_none_or(|since| flow.at.duration_since(since) >= FOLLOWS)
    }

    /// Something was accepted there, and nothing else may hold.
    pub(super) fn is_certain(&self, transaction: Option<&TransactionId>) -> bool {
        self.told(transaction).is_some() && self.level(transaction).unwrap_or(&self.standing).is_certain()
    }

    /// It was told this, in a unit that leaves it more room than the one in which it would be told now.
    pub(super) fn is_loose(&self, evse: &SiteEvse, transaction: Option<&TransactionId>) -> bool {
        self.holds(transaction).is_some_and(|(known, _)| known.draws > self.draws(evse, known.limit))
    }

    /// The limit of its session, as far as it is known.
    pub(super) fn limit(&self, evse: &SiteEvse) -> Amperes {
        self.holds_now().map_or(evse.most, |(known, _)| known.limit)
    }

    /// As it is put to the station.
    pub(super) fn phrase(&self, evse: &SiteEvse, limit: Amperes, volts: u32) -> Most {
        let phases = u32::try_from(evse.phases.len()).unwrap_or(3);
        if self.in_watts { Most::Watts(limit.watts(volts, phases)) } else { Most::DeciAmperes(limit.0) }
    }

    pub(super) fn connected(&mut self) {
        self.is_connected = true;
        self.forget();
        self.trust = Trust::default();
        self.standing.trust = Trust::default();
        if let Some(running) = &mut self.running {
            running.level.trust = Trust::default();
        }
    }

    /// A station that was away or has booted may keep to nothing of what it was told.
    pub(super) fn forget(&mut self) {
        self.standing.forget();
        if let Some(running) = &mut self.running {
            running.level.forget();
        }
    }

    fn levels(&self) -> impl Iterator<Item = &Level> {
        std::iter::once(&self.standing).chain(self.running.as_ref().map(|running| &running.level))
    }

    /// `None`: that transaction runs no more.
    pub(super) fn level(&self, transaction: Option<&TransactionId>) -> Option<&Level> {
        match transaction {
            None => Some(&self.standing),
            Some(name) => {
                self.running.as_ref().filter(|running| running.transaction == *name).map(|running| &running.level)
            }
        }
    }

    pub(super) fn level_mut(&mut self, transaction: Option<&TransactionId>) -> Option<&mut Level> {
        match transaction {
            None => Some(&mut self.standing),
            Some(name) => {
                self.running.as_mut().filter(|running| running.transaction == *name).map(|running| &mut running.level)
            }
        }
    }

    pub(super) fn answered(&mut self, order: &Order, answered: Answered, now: Timestamp) {
        let in_watts = matches!(order.most, Most::Watts(_));
        let Some(level) = self.level_mut(order.transaction.as_ref()) else { return };
        match answered {
            Answered::Accepted => {
                level.accepted(now);
                self.takes_watts = in_watts;
            }
            Answered::Unanswered => level.unanswered(now),
            Answered::Unsent => level.unsent(now),
            // The other unit at once. Who takes neither is told later, in the one that it took before.
            Answered::Refused => {
                let takes_none = level.refused(in_watts, now);
                self.in_watts = if takes_none { self.takes_watts } else { !in_watts };
                self.perhaps_by_standing();
            }
        }
    }

    /// Some stations take a limit for all that charges there, and none for one transaction. One that may have heard one does.
    fn perhaps_by_standing(&mut self) {
        let Some(running) = self.running.as_mut().filter(|_| self.standing.known.is_some()) else { return };
        if running.level.is_untold() && running.level.trust.all_failures() >= TRIES {
            (running.is_by_standing, running.level) = (true, Level::default());
        }
    }

    /// Holds what flows against what was allowed.
    pub(super) fn flows(&mut self, evse: &SiteEvse, flow: Flow, volts: u32, now: Timestamp) {
        let Some(running) = self.running.as_mut().filter(|_| self.clock.is_now(&flow)) else { return };
        running.flow = Some(flow);
        let Some((limit, since)) = self.holds_now().filter(|_| !self.is_asked()) else { return };
        if flow.at.duration_since(since) < FOLLOWS {
            return;
        }
        let allowed = limit.draws.tenths();
        let drawn = flow.peak(evse, volts).unwrap_or(0);
        if drawn > allowed + TOLERATED.max(allowed / 10) {
            if self.takes.is_none() {
                self.trust.fails(now);
            }
            self.takes = Some(Amperes::of_tenths(drawn));
        } else {
            self.is_forgiven();
        }
    }

    /// It takes no more than it may any longer; or it was a car that did, and that is gone.
    pub(super) fn is_forgiven(&mut self) {
        if self.takes.take().is_some() {
            self.trust = Trust::default();
        }
    }

    fn is_asked(&self) -> bool {
        self.levels().any(Level::is_asked)
    }

    /// What flows on the site's phases, where that was told lately, and after the car had followed its limit.
    pub(super) fn drawn(&self, evse: &SiteEvse, volts: u32, fresh_since: Timestamp) -> Option<ByPhase> {
        let Some(running) = &self.running else { return Some([0; 3]) };
        let followed = self.holds_now().and_then(|(_, since)| since.checked_add(FOLLOWS).ok());
        let since = fresh_since.max(followed.unwrap_or(Timestamp::MIN));
        let is_asked = running.level.is_asked() || self.governs().is_asked();
        let flow = running.flow.filter(|flow| !is_asked && flow.at >= since)?;
        flow.by_phase(evse, volts)
    }
}
