//! Probation: a version that has just become active is watched more closely than one that has proven itself.
//!
//! It never asks for the time; the caller says what time it is.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;

/// When a version has proven itself, and when it has failed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbationRules {
    /// It ends well after this time …
    pub time: Duration,
    /// … when there were at least so many calls.
    pub calls: u32,
    /// It fails at this many faults, when they are also the share …
    pub faults: u32,
    /// … of all calls so far. An open breaker fails it at once.
    pub share_percent: u32,
}

impl Default for ProbationRules {
    fn default() -> Self {
        Self { time: Duration::from_secs(600), calls: 20, faults: 3, share_percent: 20 }
    }
}

/// How far a version got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbationState {
    /// It was never active.
    Untried,
    OnProbation,
    Stable,
    Failed,
}

/// What a call meant for a version's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbationEvent {
    None,
    Passed,
    Breached,
}

pub struct Probation {
    /// Looked at before the lock: nearly all calls are those of stable versions.
    watched: AtomicBool,
    inner: Mutex<Inner>,
}

struct Inner {
    standing: ProbationState,
    since: Instant,
    calls: u32,
    faults: u32,
}

impl Probation {
    pub fn new(now: Instant) -> Self {
        let inner = Inner { standing: ProbationState::Untried, since: now, calls: 0, faults: 0 };
        Self { watched: AtomicBool::new(false), inner: Mutex::new(inner) }
    }

    /// The version becomes active. One that is stable stays so.
    pub fn begin(&self, now: Instant) {
        let mut inner = self.inner.lock();
        if inner.standing != ProbationState::Stable {
            *inner = Inner { standing: ProbationState::OnProbation, since: now, calls: 0, faults: 0 };
            self.watched.store(true, Relaxed);
        }
    }

    /// The same code becomes active with another table: what it has shown so far counts.
    pub fn go_on_from(&self, before: &Self, now: Instant) {
        let Inner { standing, since, calls, faults } = *before.inner.lock();
        if !matches!(standing, ProbationState::OnProbation | ProbationState::Stable) {
            return self.begin(now);
        }
        *self.inner.lock() = Inner { standing, since, calls, faults };
        self.watched.store(standing == ProbationState::OnProbation, Relaxed);
    }

    /// It has proven itself before this process began.
    pub fn trust(&self) {
        self.inner.lock().standing = ProbationState::Stable;
        self.watched.store(false, Relaxed);
    }

    pub fn standing(&self) -> ProbationState {
        self.inner.lock().standing
    }

    /// A call has ended. `opened`: its fault opened the breaker.
    pub fn ran(&self, now: Instant, good: bool, opened: bool, rules: &ProbationRules) -> ProbationEvent {
        if !self.watched.load(Relaxed) {
            return ProbationEvent::None;
        }
        let mut inner = self.inner.lock();
        let turn = inner.ran(now, good, opened, rules);
        self.watched.store(inner.standing == ProbationState::OnProbation, Relaxed);
        turn
    }
}

impl Inner {
    fn ran(&mut self, now: Instant, good: bool, opened: bool, rules: &ProbationRules) -> ProbationEvent {
        if self.standing != ProbationState::OnProbation {
            return ProbationEvent::None;
        }
        self.calls = self.calls.saturating_add(1);
        self.faults += u32::from(!good);
        let too_many = self.faults >= rules.faults
            && u64::from(self.faults) * 100 >= u64::from(self.calls) * u64::from(rules.share_percent);
        if opened || (!good && too_many) {
            self.standing = ProbationState::Failed;
            return ProbationEvent::Breached;
        }
        let served = now.saturating_duration_since(self.since) >= rules.time && self.calls >= rules.calls;
        if served && !too_many {
            self.standing = ProbationState::Stable;
            return ProbationEvent::Passed;
        }
        ProbationEvent::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `+` a good call, `-` a fault, `t` ten minutes pass. What the last call meant.
    fn check(calls: &str, expect: ProbationEvent, standing: ProbationState) {
        let mut now = Instant::now();
        let (probation, rules) = (Probation::new(now), ProbationRules::default());
        probation.begin(now);
        let mut turn = ProbationEvent::None;
        for step in calls.chars() {
            match step {
                't' => now += rules.time,
                call => turn = probation.ran(now, call == '+', false, &rules),
            }
        }
        assert_eq!((turn, probation.standing()), (expect, standing), "{calls}");
    }

    #[test]
    fn a_version_is_stable_after_its_time_and_enough_calls() {
        check("++++++++++++++++++++", ProbationEvent::None, ProbationState::OnProbation);
        check("t+", ProbationEvent::None, ProbationState::OnProbation);
        check("+++++++++++++++++++t+", ProbationEvent::Passed, ProbationState::Stable);
        check("++++++++-+++++++++-t+", ProbationEvent::Passed, ProbationState::Stable);
    }

    #[test]
    fn a_version_fails_at_three_faults_that_are_a_fifth_of_its_calls() {
        check("--", ProbationEvent::None, ProbationState::OnProbation);
        check("---", ProbationEvent::Breached, ProbationState::Failed);
        check("++++++--++++-", ProbationEvent::Breached, ProbationState::Failed);
        check("+++++++++++++--+-", ProbationEvent::None, ProbationState::OnProbation);
        check("---+++++", ProbationEvent::None, ProbationState::Failed);
    }

    #[test]
    fn what_was_trusted_stays_trusted_and_an_open_breaker_is_a_breach() {
        let (now, rules) = (Instant::now(), ProbationRules::default());
        let probation = Probation::new(now);
        probation.begin(now);
        assert_eq!(probation.ran(now, false, true, &rules), ProbationEvent::Breached);
        probation.begin(now);
        assert_eq!(probation.standing(), ProbationState::OnProbation, "an operator may let it try again");
        probation.trust();
        probation.begin(now);
        assert_eq!(probation.ran(now, false, true, &rules), ProbationEvent::None);
    }
}
