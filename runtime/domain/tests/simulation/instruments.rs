//! The station's clock and meters, as wrong as the plan says.

use amprule_domain::Timestamp;

use crate::dice::Dice;
use crate::fault::Fault;
use crate::plan::Plan;
use crate::truth::{DOWN, EPOCH, Second, Truth, Visit};

pub(crate) fn moment(second: Second) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

/// From true time to what the station believes.
pub(crate) struct Clock {
    skew: Second,
    /// Seconds per hour.
    drift: Second,
    jump: Option<(Second, Second)>,
    /// From, to, and what it shows at `from`.
    lost: Vec<(Second, Second)>,
}

impl Clock {
    pub(crate) fn new(plan: &Plan, truth: &Truth) -> Self {
        let mut dice = Dice::new(plan.seed, "clock");
        let sign = dice.of(&[-1, 1]);
        let mut skew = 0;
        if plan.has(Fault::ClockSkew) {
            skew += sign * dice.between(1, 290);
        }
        if plan.has(Fault::ClockAhead) {
            skew += dice.of(&[600, 3600, 7200, 11 * 3600, 40 * 24 * 3600]);
        }
        if plan.has(Fault::ClockBehind) {
            skew -= dice.of(&[600, 3600, 7200, 11 * 3600, 40 * 24 * 3600]);
        }
        let drift = if plan.has(Fault::ClockDrift) { sign * dice.between(5, 120) } else { 0 };
        let visit = &truth.visits[dice.below(truth.visits.len())];
        let at = dice.between(visit.begin, visit.end);
        let by = sign * dice.of(&[90, 600, 2400, 3600, 7200, 10 * 3600]);
        let jump = plan.has(Fault::ClockJump).then_some((at, by));
        let until_set = dice.of(&[30, 600, 7200]);
        let lost = truth.boots.iter().filter(|_| plan.has(Fault::ClockLost)).map(|at| (*at, at + DOWN + until_set));
        Self { skew, drift, jump, lost: lost.collect() }
    }

    pub(crate) fn shows(&self, at: Second) -> Timestamp {
        if let Some((booted, _)) = self.lost.iter().find(|(from, to)| (*from..*to).contains(&at)) {
            return moment(at - booted);
        }
        let jumped = self.jump.filter(|(when, _)| at >= *when).map_or(0, |(_, by)| by);
        moment(at + self.skew + self.drift * (at - EPOCH) / 3600 + jumped)
    }
}

/// Which register is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Start,
    Sample,
    Stop,
}

/// From what has flowed to what the station shows.
pub(crate) struct Meters<'t> {
    plan: &'t Plan,
    truth: &'t Truth,
    /// For each visit: when its samples are odd.
    odd: Vec<(Second, Second)>,
}

impl<'t> Meters<'t> {
    pub(crate) fn new(plan: &'t Plan, truth: &'t Truth) -> Self {
        let mut dice = Dice::new(plan.seed, "meters");
        let odd = truth.visits.iter().map(|visit| {
            let from = dice.between(visit.begin + 1, visit.end);
            (from, (from + dice.of(&[61, 600, 7200])).min(visit.end))
        });
        Self { plan, truth, odd: odd.collect() }
    }

    /// Wh.
    pub(crate) fn shows(&self, no: usize, visit: &Visit, asked: Asked, at: Second) -> i64 {
        let has = |fault| self.plan.has(fault);
        let is_odd = asked == Asked::Sample && (self.odd[no].0..self.odd[no].1).contains(&at);
        if asked == Asked::Start && has(Fault::NotReady) || is_odd && has(Fault::DropsToZero) {
            return 0;
        }
        let at = if is_odd && has(Fault::Sticks) { self.odd[no].0 } else { at };
        let of_session = visit.mwh(at) / 1000;
        if has(Fault::CountsPerSession) || asked == Asked::Sample && has(Fault::SamplesPerSession) {
            return of_session;
        }
        let lifetime = self.truth.lifetime_mwh(visit.evse, at);
        let shown = match self.truth.boots.iter().rev().find(|boot| **boot <= at) {
            Some(boot) if has(Fault::RestartsAtBoot) => lifetime - self.truth.lifetime_mwh(visit.evse, *boot),
            _ => lifetime,
        };
        let shown = shown / 1000;
        if has(Fault::RollsOver) { shown % self.plan.largest_wh() } else { shown }
    }
}
