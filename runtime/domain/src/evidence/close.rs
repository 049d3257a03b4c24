//! The register of the end is held against that of the start.

use super::run::{JITTER, Point, Power, Run};
use super::{Evidence, Judged};
use crate::Energy;
use crate::mark::Mark;

impl Evidence {
    /// The latest register is the one of the end: the difference to the start counts wherever it is plausible.
    pub fn close(&mut self, end: Point, power: Power) -> Judged {
        let (Some(start), Some(run)) = (self.start(), &self.run) else {
            return self.unchanged(end.at, Vec::new());
        };
        match &self.stray {
            Some(stray) if stray.is_established() => self.unchanged(end.at, Vec::new()),
            Some(_) => self.close_astray(start, end, power),
            None if self.floor().is_some_and(|floor| floor <= end.register) => self.count_from_floor(start, end),
            None if self.repeats_an_end(end) => self.unchanged(end.at, vec![Mark::END_CONTRADICTS]),
            None if self.is_stale_start(2) => self.forget_stale_step(2, end.at, Vec::new()),
            None if end.register < Energy::ZERO => self.unchanged(end.at, vec![Mark::END_CONTRADICTS]),
            // The last sample was a little higher than the stop.
            None if end.register < run.last.register && run.first == start => {
                self.count_from_start(start, end, Vec::new())
            }
            None => self.unchanged(end.at, Vec::new()),
        }
    }

    /// The register of the end goes on from nothing before it.
    fn close_astray(&mut self, start: Point, end: Point, power: Power) -> Judged {
        if let Some((since, energy)) = self.rolled_over_to(end, power) {
            let Some(run) = &mut self.run else { return self.unchanged(end.at, Vec::new()) };
            run.step_to(end, energy);
            self.stray = None;
            return Judged { energy, since, marks: vec![Mark::REGISTER_ROLLED_OVER], is_restored: false };
        }
        if start.is_reached_by(end, power) {
            return self.count_from_start(start, end, vec![Mark::END_CONTRADICTS]);
        }
        self.unchanged(end.at, vec![Mark::END_CONTRADICTS])
    }

    /// It began where the session before ended, and not where it said.
    fn count_from_floor(&mut self, start: Point, end: Point) -> Judged {
        let register = self.floor().unwrap_or(start.register);
        self.count_from_start(Point { register, ..start }, end, vec![Mark::REGISTER_STALE_START])
    }

    fn count_from_start(&mut self, start: Point, end: Point, marks: Vec<Mark>) -> Judged {
        let energy = end.register.above(start.register);
        let mut run = Run::begin(start, Energy::ZERO);
        run.step_to(end, energy);
        (self.start, self.run, self.stray) = (None, Some(run), None);
        Judged { energy, since: start.at, marks, is_restored: false }
    }

    /// The end has the register of the session before, beyond the readings of this one.
    fn repeats_an_end(&self, end: Point) -> bool {
        let is_same = self.previous.is_some_and(|(_, last)| last == end.register);
        let is_odd = self.run.as_ref().is_some_and(|run| run.ends_quicker(2));
        self.counts_from_zero() && is_same && is_odd
    }

    /// Where the session before ended, when this one begins below it. Meters do not go back: its start is an old value,
    /// unless both sessions count from zero.
    fn floor(&self) -> Option<Energy> {
        let (_, last) = self.previous.filter(|_| !self.counts_from_zero())?;
        self.first_register().filter(|start| last.above(*start) > JITTER).map(|_| last)
    }
}
