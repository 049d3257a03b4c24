//! What one EVSE may draw, as far as we know: what it was told and has accepted, and what it may have heard without our knowing.

use jiff::{SignedDuration, Timestamp};

use super::{Amperes, Order, SiteEvse};
use crate::SessionId;
use crate::TransactionId;
use crate::command::Most;
use crate::pricing::TokenFacts;
use crate::{Energy, event::ChargingState};

/// After a limit was accepted a car takes so long to follow.
const FOLLOWS: SignedDuration = SignedDuration::from_secs(30);
/// What is drawn above a limit and counts as kept: 1 A, or a tenth of it.
const TOLERATED: i64 = 10;
/// After a limit that came to nothing: doubled each time, up to the longest.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
const PAUSE_MAX: SignedDuration = SignedDuration::from_secs(300);

/// A limit, and what it may come to on a phase: that depends on the unit in which it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) limit: Amperes,
    pub(super) draws: Amperes,
}

/// The limit of a transaction, or the standing one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Level {
    /// The last that it has accepted.
    pub(super) known: Option<Limit>,
    pub(super) known_at: Option<Timestamp>,
    /// That is on its way.
    pub(super) asked: Option<Limit>,
    /// The least and the greatest draw that may hold beside: what it may have heard, or may have forgotten.
    maybe: Option<(Amperes, Amperes)>,
}

impl Level {
    /// The greatest draw that may hold there, as far as any was told.
    fn greatest(&self) -> Option<Amperes> {
        self.told().chain(self.maybe.map(|(_, greatest)| greatest)).max()
    }

    /// The least, likewise.
    fn least(&self) -> Option<Amperes> {
        self.told().chain(self.maybe.map(|(least, _)| least)).min()
    }

    /// Nothing may hold there but what it has accepted.
    pub(super) fn is_certain(&self) -> bool {
        self.maybe.is_none()
    }

    fn told(&self) -> impl Iterator<Item = Amperes> {
        [self.known, self.asked].into_iter().flatten().map(|limit| limit.draws)
    }

    fn accepted(&mut self, now: Timestamp) {
        if let Some(limit) = self.asked.take() {
            (self.known, self.known_at, self.maybe) = (Some(limit), Some(now), None);
        }
    }

    fn unanswered(&mut self) {
        let asked = self.asked.take();
        self.may_hold(asked);
    }

    /// It may have forgotten, or not; what is on its way may still arrive.
    fn forget(&mut self) {
        let known = self.known.take();
        self.may_hold(known);
    }

    fn may_hold(&mut self, limit: Option<Limit>) {
        let Some(Limit { draws, .. }) = limit else { return };
        let (least, greatest) = self.maybe.unwrap_or((draws, draws));
        self.maybe = Some((least.min(draws), greatest.max(draws)));
    }
}

/// What a session was last seen to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    pub at: Timestamp,
    pub power_w: Option<i64>,
    /// Over all phases.
    pub current_ma: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) session: SessionId,
    pub(super) transaction: TransactionId,
    pub(super) started_at: Timestamp,
    pub(super) energy: Energy,
    pub(super) state: ChargingState,
    pub(super) token: Option<TokenFacts>,
    pub(super) level: Level,
    pub(super) flow: Option<Flow>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) is_connected: bool,
    pub(super) standing: Level,
    pub(super) running: Option<Running>,
    /// It takes limits in watts, and none in amperes.
    pub(super) in_watts: bool,
    /// Units that it refused since it last accepted any: amperes, watts.
    has_refused: [bool; 2],
    /// Limits in a row that came to nothing.
    pub(super) failures: u32,
    pub(super) told_again_at: Option<Timestamp>,
    /// What it draws of a phase though it may not.
    pub(super) takes: Option<Amperes>,
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
    pub(super) fn obeys(&self) -> bool {
        self.is_connected && self.failures == 0 && self.takes.is_none()
    }

    /// A newcomer has been told nothing; what it does is not held against it before it was.
    pub(super) fn may_be_told(&self, now: Timestamp) -> bool {
        self.is_connected && self.told_again_at.is_none_or(|at| at <= now)
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
        let standing = self.standing.known.and_then(|_| self.standing.greatest()).unwrap_or(unlimited);
        let of_session = self.running.as_ref().and_then(|running| running.level.greatest());
        let alone = evse.alone.filter(|_| !self.is_connected);
        [of_session, alone, self.takes].into_iter().flatten().fold(standing, Amperes::max)
    }

    /// The least draw that may hold at this level: more is a raise. Without any limit all of it holds.
    pub(super) fn least(&self, evse: &SiteEvse, transaction: Option<&TransactionId>) -> Amperes {
        let level = transaction.and(self.running.as_ref()).map_or(&self.standing, |running| &running.level);
        // Where a transaction may have none of its own, the standing one holds for it.
        let standing = self.standing.least().filter(|_| level.known.is_none());
        level.least().into_iter().chain(standing).min().unwrap_or(evse.most)
    }

    /// What it was told and has accepted.
    pub(super) fn told(&self, transaction: Option<&TransactionId>) -> Option<Amperes> {
        self.holds(transaction).map(|known| known.limit)
    }

    fn holds(&self, transaction: Option<&TransactionId>) -> Option<Limit> {
        let of_session = transaction.and(self.running.as_ref()).and_then(|running| running.level.known);
        of_session.or(self.standing.known)
    }

    /// Something was accepted there, and nothing else may hold.
    pub(super) fn is_certain(&self, transaction: Option<&TransactionId>) -> bool {
        let level = transaction.and(self.running.as_ref()).map_or(&self.standing, |running| &running.level);
        self.told(transaction).is_some() && level.is_certain()
    }

    /// It was told this, in a unit that leaves it more room than the one in which it would be told now.
    pub(super) fn is_loose(&self, evse: &SiteEvse, transaction: Option<&TransactionId>) -> bool {
        self.holds(transaction).is_some_and(|known| known.draws > self.draws(evse, known.limit))
    }

    /// The limit of its session, as far as it is known.
    pub(super) fn limit(&self, evse: &SiteEvse) -> Amperes {
        let of_session = self.running.as_ref().and_then(|running| running.level.known);
        of_session.or(self.standing.known).map_or(evse.most, |known| known.limit)
    }

    /// As it is put to the station.
    pub(super) fn phrase(&self, evse: &SiteEvse, limit: Amperes, volts: u32) -> Most {
        let phases = u32::try_from(evse.phases.len()).unwrap_or(3);
        if self.in_watts { Most::Watts(limit.watts(volts, phases)) } else { Most::DeciAmperes(limit.0) }
    }

    pub(super) fn connected(&mut self) {
        self.is_connected = true;
        self.forget();
        (self.failures, self.told_again_at) = (0, None);
    }

    /// A station that was away or has booted may keep to nothing of what it was told.
    pub(super) fn forget(&mut self) {
        self.standing.forget();
        if let Some(running) = &mut self.running {
            running.level.forget();
        }
    }

    pub(super) fn level(&mut self, transaction: Option<&TransactionId>) -> Option<&mut Level> {
        match transaction {
            None => Some(&mut self.standing),
            Some(name) => {
                self.running.as_mut().filter(|running| running.transaction == *name).map(|running| &mut running.level)
            }
        }
    }

    pub(super) fn answered(&mut self, order: &Order, answered: Answered, now: Timestamp) {
        let Some(level) = self.level(order.transaction.as_ref()) else { return };
        match answered {
            Answered::Accepted => {
                level.accepted(now);
                (self.failures, self.told_again_at, self.has_refused) = (0, None, [false; 2]);
            }
            Answered::Unanswered => {
                level.unanswered();
                self.fails(now);
            }
            Answered::Unsent => {
                level.asked = None;
                self.fails(now);
            }
            Answered::Refused => {
                level.asked = None;
                self.refuses(order.most, now);
            }
        }
    }

    /// The other unit at once. Who takes neither has failed.
    fn refuses(&mut self, most: Most, now: Timestamp) {
        let in_watts = matches!(most, Most::Watts(_));
        self.has_refused[usize::from(in_watts)] = true;
        self.in_watts = !in_watts;
        if self.has_refused == [true; 2] {
            self.has_refused = [false; 2];
            self.fails(now);
        }
    }

    fn fails(&mut self, now: Timestamp) {
        let pause = PAUSE.saturating_mul(1 << self.failures.min(5)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        self.told_again_at = now.checked_add(pause).ok();
    }

    /// Holds what flows against what was allowed.
    pub(super) fn flows(&mut self, evse: &SiteEvse, flow: Flow, volts: u32, now: Timestamp) {
        let Some(running) = &mut self.running else { return };
        running.flow = Some(flow);
        let Some((limit, since)) = running.level.known.zip(running.level.known_at) else { return };
        if running.level.asked.is_some() || flow.at.duration_since(since) < FOLLOWS {
            return;
        }
        let allowed = limit.draws;
        let drawn = drawn(evse, flow, volts).unwrap_or(0);
        if drawn > allowed.tenths() + TOLERATED.max(allowed.tenths() / 10) {
            if self.takes.is_none() {
                self.fails(now);
            }
            self.takes = Some(Amperes::of_tenths(drawn));
        } else if self.takes.take().is_some() {
            (self.failures, self.told_again_at) = (0, None);
        }
    }

    /// What flows on a phase of it, evenly, where that was told lately, and after the car had followed its limit.
    pub(super) fn drawn(&self, evse: &SiteEvse, volts: u32, fresh_since: Timestamp) -> Option<i64> {
        let Some(running) = &self.running else { return Some(0) };
        let changed_at = running.level.known_at.or(self.standing.known_at);
        let followed = changed_at.and_then(|at| at.checked_add(FOLLOWS).ok()).unwrap_or(Timestamp::MIN);
        let is_fresh = |flow: &Flow| flow.at >= fresh_since.max(followed);
        drawn(evse, running.flow.filter(|flow| running.level.asked.is_none() && is_fresh(flow))?, volts)
    }
}

/// Of each phase, in tenths: the least that it can be on the one that has most.
fn drawn(evse: &SiteEvse, flow: Flow, volts: u32) -> Option<i64> {
    let phases = i64::try_from(evse.phases.len()).unwrap_or(3);
    let of_power = |watts: i64| watts.saturating_mul(10) / i64::from(volts.max(1));
    let all = match (evse.is_direct, flow) {
        (false, Flow { current_ma: Some(milliamperes), .. }) => milliamperes / 100,
        (_, flow) => of_power(flow.power_w?),
    };
    Some(all / phases)
}
