//! A register takes its place: it goes on from the run, leaves it, comes back to it, or has begun anew.

use jiff::Timestamp;

use super::run::{JITTER, Point, Power, Run};
use super::{Evidence, Judged};
use crate::Energy;
use crate::mark::Mark;

impl Evidence {
    pub(super) fn judge(&mut self, point: Point, power: Power) -> Judged {
        if point.register < Energy::ZERO {
            return self.unchanged(point.at, vec![Mark::REGISTER_NEGATIVE]);
        }
        let Some(run) = &self.run else {
            self.run = Some(Run::begin(point, Energy::ZERO));
            return self.unchanged(point.at, Vec::new());
        };
        let goes_on = run.reaches(point, power);
        match &self.stray {
            None if goes_on => self.go_on(point),
            Some(stray) if stray.reaches(point, power) && !(goes_on && stray.is_less_likely_than(run, point)) => {
                self.go_astray(point, power)
            }
            Some(_) if goes_on => self.come_back(point, power),
            None | Some(_) => self.leave(point),
        }
    }

    fn go_on(&mut self, point: Point) -> Judged {
        let Some(run) = &mut self.run else { return self.unchanged(point.at, Vec::new()) };
        let since = run.last.at;
        let fell = point.register < run.last.register;
        let energy = run.counted + point.register.above(run.last.register);
        run.step_to(point, energy);
        let marks = fell.then_some(Mark::REGISTER_FELL).into_iter().collect();
        if self.is_stale_start(3) {
            return self.forget_stale_step(3, point.at, marks);
        }
        Judged { energy, since, marks, is_restored: false }
    }

    pub(super) fn is_stale_start(&self, steps: u32) -> bool {
        let step = self.run.as_ref().and_then(|run| run.stale_step(steps)).filter(|_| !self.counts_from_zero());
        step.is_some_and(|step| !self.drawn.is_some_and(|drawn| drawn.supports(step)))
    }

    /// The meter was not ready when the session began: the first step was none.
    pub(super) fn forget_stale_step(&mut self, steps: u32, at: Timestamp, mut marks: Vec<Mark>) -> Judged {
        let Some((run, step)) = self.run.as_mut().and_then(|run| run.stale_step(steps).map(|step| (run, step))) else {
            return self.unchanged(at, marks);
        };
        run.forget_first(step);
        marks.push(Mark::REGISTER_STALE_START);
        let (energy, since) = (run.counted, run.first.at);
        self.start = None;
        Judged { energy, since, marks, is_restored: false }
    }

    /// The stray was a dropout, even if it was long. What it comes back to may itself have begun anew: then that doubt stays.
    fn come_back(&mut self, point: Point, power: Power) -> Judged {
        let before = self.run.as_ref().map_or(Energy::ZERO, |run| run.counted);
        let is_first_run = self.start.is_none();
        let only_zero = self.run.as_ref().is_some_and(Run::is_only_zero);
        let is_first = self.run.as_ref().is_some_and(|run| !run.is_established());
        let may_be_stray =
            self.stray.as_ref().is_some_and(|stray| stray.reaches(point, power) && (is_first || !stray.shows_zero()));
        let stray = self.stray.take().filter(Run::is_established);
        let mut judged = self.go_on(point);
        judged.marks.push(Mark::REGISTER_DROPOUT);
        // A spike after a zero, or a zero before what began anew.
        judged.marks.extend((only_zero || may_be_stray).then_some(Mark::END_CONTRADICTS));
        // Zeros are no other meter, however many.
        let other = stray.as_ref().filter(|stray| !stray.shows_zero());
        let disagree = other.is_some_and(|other| disagree(other.counted.above(before), judged.energy.above(before)));
        judged.marks.extend(disagree.then_some(Mark::END_CONTRADICTS));
        Judged { is_restored: stray.is_some() && is_first_run, ..judged }
    }

    /// Another register goes on from the stray one.
    fn go_astray(&mut self, point: Point, power: Power) -> Judged {
        let (since, marks) = self.begin_anew(power);
        let Some(stray) = &mut self.stray else { return self.unchanged(point.at, marks) };
        let since = since.unwrap_or(stray.last.at);
        let energy = stray.counted + point.register.above(stray.last.register);
        stray.step_to(point, energy);
        Judged { energy, since, marks, is_restored: false }
    }

    /// With its second register a stray is believed to be a register that has begun anew. What it showed first counts
    /// where that is known to have flowed; then it has flowed since the moment that is returned.
    fn begin_anew(&mut self, power: Power) -> (Option<Timestamp>, Vec<Mark>) {
        let (Some(run), Some(stray)) = (&self.run, &self.stray) else { return (None, Vec::new()) };
        if stray.is_established() {
            return (None, Vec::new());
        }
        let (first, last) = (stray.first, run.last);
        if let Some((since, energy)) = self.rolled_over_to(first, power) {
            self.stray = Some(Run::begin(first, energy));
            return (Some(since), vec![Mark::REGISTER_ROLLED_OVER]);
        }
        if let Some(without) = run.without_last(first, power) {
            self.stray = Some(Run::begin(first, without.counted));
            let doubt = (!without.is_sure).then_some(Mark::REGISTER_RESTARTED);
            return (Some(without.since), [Mark::REGISTER_DROPOUT].into_iter().chain(doubt).collect());
        }
        if run.is_established() {
            return (None, vec![Mark::REGISTER_RESTARTED]);
        }
        // Only the start contradicts: the register counts from zero in each session.
        let counts_from_zero =
            first.register < last.register && Point { register: Energy::ZERO, ..last }.is_reached_by(first, power);
        if counts_from_zero {
            self.stray = Some(Run::begin(first, run.counted + first.register));
        }
        (counts_from_zero.then_some(last.at), vec![Mark::REGISTER_STALE_START])
    }

    /// The register goes on from nothing that we know.
    fn leave(&mut self, point: Point) -> Judged {
        if let Some(stray) = self.stray.take_if(|stray| stray.is_established()) {
            self.start = self.start();
            self.run = Some(stray);
        }
        let counted = self.energy();
        let fell = self.last_register().is_some_and(|last| point.register < last);
        self.peak = self.highest().filter(|highest| *highest > point.register);
        self.stray = Some(Run::begin(point, counted));
        self.unchanged(point.at, vec![if fell { Mark::REGISTER_FELL } else { Mark::REGISTER_JUMPED }])
    }

    /// Since when, and the session's energy, if the run's register has passed its largest number.
    pub(super) fn rolled_over_to(&self, point: Point, power: Power) -> Option<(Timestamp, Energy)> {
        let run = self.run.as_ref()?;
        let flowed = run.last.rolled_over_to(point, power)?;
        run.keeps_pace(point, flowed).then_some((run.last.at, run.counted + flowed))
    }
}

/// Two meters of one session: the long dropout may not show more than the register around it, nor far less.
fn disagree(stray: Energy, run: Energy) -> bool {
    stray > run + JITTER || run.mwh() > stray.mwh().saturating_mul(3) + 1_000_000
}
