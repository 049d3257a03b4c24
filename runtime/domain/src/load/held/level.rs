//! One of its limits, the transaction's or the standing one: what holds there, and what may hold without our knowing.

use jiff::{SignedDuration, Timestamp};

use super::Trust;
use crate::load::Amperes;

/// Who says nothing for so long does not do what it is told, until it says that it does.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);

/// A limit, and what it may come to on a phase: that depends on the unit in which it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) struct Limit {
    pub(in crate::load) limit: Amperes,
    pub(in crate::load) draws: Amperes,
    /// There was room for it when it was told, and nobody else is given that since.
    pub(in crate::load) has_room: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::load) struct Level {
    /// The last that it has accepted.
    pub(in crate::load) known: Option<Limit>,
    pub(in crate::load) known_at: Option<Timestamp>,
    /// When it last went to zero, or came back from there.
    pub(in crate::load) switched_at: Option<Timestamp>,
    /// That is on its way, and since when.
    asked: Option<(Limit, Timestamp)>,
    /// The least and the greatest draw that may hold beside: what it may have heard, or may have forgotten.
    maybe: Option<(Amperes, Amperes)>,
    /// Of that, what it may have again: it had it, with room, before it was away.
    pub(in crate::load) kept: Amperes,
    pub(in crate::load) trust: Trust,
    /// Units that it refused since it last accepted any: amperes, watts.
    has_refused: [bool; 2],
}

impl Level {
    /// The greatest draw that may hold there, as far as any was told.
    pub(super) fn greatest(&self) -> Option<Amperes> {
        self.told().chain(self.maybe.map(|(_, greatest)| greatest)).max()
    }

    /// The least, likewise.
    pub(super) fn least(&self) -> Option<Amperes> {
        self.told().chain(self.maybe.map(|(least, _)| least)).min()
    }

    /// Nothing may hold there but what it has accepted.
    pub(in crate::load) fn is_certain(&self) -> bool {
        self.maybe.is_none()
    }

    /// It was never told anything.
    pub(super) fn is_untold(&self) -> bool {
        self.known.is_none() && self.asked.is_none() && self.maybe.is_none()
    }

    pub(in crate::load) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    pub(super) fn is_slow(&self, now: Timestamp) -> bool {
        self.asked.is_some_and(|(_, since)| now.duration_since(since) > PATIENCE)
    }

    /// This is on its way. Whoever is to have less has no room for more any longer, whether it hears of that or not.
    pub(in crate::load) fn ask(&mut self, limit: Limit, now: Timestamp) {
        if let Some(known) = self.known.as_mut().filter(|known| limit.draws < known.draws) {
            known.has_room = false;
        }
        self.kept = self.kept.min(limit.draws);
        self.asked = Some((limit, now));
    }

    pub(super) fn accepted(&mut self, now: Timestamp) {
        self.has_refused = [false; 2];
        if let Some((limit, _)) = self.asked.take() {
            let was_paused = self.known.map(|known| known.limit == Amperes::ZERO);
            if was_paused != Some(limit.limit == Amperes::ZERO) {
                self.switched_at = Some(now);
            }
            (self.known, self.known_at, self.maybe, self.kept) = (Some(limit), Some(now), None, Amperes::ZERO);
            self.trust.takes(limit.limit);
        }
    }

    pub(super) fn unanswered(&mut self, now: Timestamp) {
        let asked = self.asked.take();
        self.may_hold(asked.map(|(limit, _)| limit));
        self.trust.fails(now);
    }

    pub(super) fn unsent(&mut self, now: Timestamp) {
        self.asked = None;
        self.trust.fails(now);
    }

    /// True: it takes neither unit, and has failed.
    pub(super) fn refused(&mut self, in_watts: bool, now: Timestamp) -> bool {
        let asked = self.asked.take();
        self.has_refused[usize::from(in_watts)] = true;
        let takes_none = self.has_refused == [true; 2];
        if takes_none {
            self.has_refused = [false; 2];
            self.trust.refuses(asked.map(|(limit, _)| limit.limit).unwrap_or_default(), now);
        }
        takes_none
    }

    /// It may have forgotten, or not; what is on its way may still arrive.
    pub(super) fn forget(&mut self) {
        let known = self.known.take();
        self.kept = known.filter(|known| known.has_room).map_or(self.kept, |known| known.draws);
        self.may_hold(known);
    }

    fn told(&self) -> impl Iterator<Item = Amperes> {
        let asked = self.asked.map(|(limit, _)| limit);
        [self.known, asked].into_iter().flatten().map(|limit| limit.draws)
    }

    fn may_hold(&mut self, limit: Option<Limit>) {
        let Some(Limit { draws, .. }) = limit else { return };
        let (least, greatest) = self.maybe.unwrap_or((draws, draws));
        self.maybe = Some((least.min(draws), greatest.max(draws)));
    }
}
