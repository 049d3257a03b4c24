//! What the registers leave open, and what speaks against them.

use jiff::Timestamp;

use super::Evidence;
use super::drawn::Drawn;
use super::run::{JITTER, Point, Power, Run};
use crate::Energy;

impl Evidence {
    /// What may have flowed in so many seconds of charging before the first register, as quickly as ever since,
    /// and after the last one, as quickly as before it.
    pub fn unseen(&self, before: i64, after: i64) -> (Energy, Energy) {
        let Some(run) = self.current() else { return (Energy::ZERO, Energy::ZERO) };
        (run.drawn_as_first(before), run.drawn_as_last(after))
    }

    /// Whether at least two registers went on from one another, or intervals say what flowed.
    pub fn proves_energy(&self) -> bool {
        self.current().is_some_and(Run::is_established) || self.intervals().is_some()
    }

    /// Whether the energy is a sum of intervals: then a missing message is missing energy.
    pub fn is_sum_of_intervals(&self) -> bool {
        // Stations without a register send 0 where one is required.
        let says = |run: &Run| run.is_established() && run.last.register != Energy::ZERO;
        self.intervals().is_some() && !self.current().is_some_and(says)
    }

    /// Between which moments of a session an interval is missing.
    pub fn gaps(&self, start: Timestamp, end: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let intervals = self.intervals().into_iter().filter(|_| self.is_sum_of_intervals());
        intervals.flat_map(move |intervals| intervals.gaps(start, end))
    }

    /// No register has ever shown anything.
    pub fn shows_only_zero(&self) -> bool {
        self.first_register() == Some(Energy::ZERO)
            && self.highest() == Some(Energy::ZERO)
            && self.intervals().is_none()
    }

    /// The latest register goes on from nothing, and nothing has gone on from it.
    pub fn is_open_question(&self) -> bool {
        self.stray.as_ref().is_some_and(|stray| !stray.is_established())
    }

    /// The latest register has left the run, and nobody knows yet why.
    pub fn is_astray(&self) -> bool {
        self.stray.is_some()
    }

    /// It can have come to this register from zero as well as from the latest one.
    pub fn may_restart_at(&self, point: Point, power: Power) -> bool {
        self.current().is_some_and(|run| run.may_restart_at(point, power))
    }

    /// The session's first register is above this one: the register has begun anew. Zero may only say that none was read.
    pub fn began_above(&self, register: Option<Energy>) -> bool {
        let below = register.filter(|register| *register > Energy::ZERO).zip(self.first_register());
        below.is_some_and(|(register, first)| first.above(register) > JITTER)
    }

    /// The first register may not be this session's: it is no zero, the first step is far quicker than all others, and no
    /// session before it shows where the meter was.
    pub fn may_begin_stale(&self) -> bool {
        let step = self.current().and_then(|run| run.odd_first_step(2));
        let begins_at_zero = self.first_register() == Some(Energy::ZERO);
        let is_supported = step.is_some_and(|step| self.drawn.is_some_and(|drawn| drawn.supports(step)));
        step.is_some() && !is_supported && !begins_at_zero && self.previous.is_none()
    }

    /// From zero to what the register has shown ever since: the meter may not have been ready when the session began.
    pub fn stands_after_first_step(&self) -> bool {
        self.first_register() == Some(Energy::ZERO) && self.current().is_some_and(Run::stands_after_first_step)
    }

    /// Whether what was told besides the registers contradicts so much energy.
    pub fn is_contradicted(&self, energy: Energy, seconds: i64) -> bool {
        self.drawn.is_some_and(|drawn| drawn.contradicts(energy, seconds) || self.stands_still_against(drawn))
    }

    fn stands_still_against(&self, drawn: Drawn) -> bool {
        let still = self.current().filter(|run| run.before.register == run.last.register);
        still.is_some_and(|run| drawn.contradicts_standstill(run.before.at, run.last.at))
    }
}
