//! One guarded call of a version: breaker, its share of the cores, budget, panic, validation, and its counters.

use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_domain::facts::Facts;
use amprule_domain::lookup::Lookup;
use amprule_domain::plain;

use crate::breaker::{BreakerState, Permit};
use crate::deadline::Deadline;
use crate::lookups::{MAX_ROUNDS, MAX_WANTED};
use crate::panics;
use crate::probation::{ProbationEvent, ProbationRules};
use crate::question::Question;
use crate::settings::CallLimits;
use crate::unit::{Answer, Budget, Used};
use crate::version::{Version, Watched};

/// Characters of a fault's message that are kept.
const MAX_FAULT: usize = 1_000;

/// How long a call waits for one of the version's places. The queue of a unit that hangs ends when its breaker opens.
const QUEUE: Duration = Duration::from_secs(1);

/// A unit's answer, and how long it took.
type Ran<T> = (Answer<T>, Duration);

/// Why a call never began.
type Unasked = (FaultClass, &'static str);

/// What came of a call.
pub(crate) struct Called<T> {
    pub(crate) result: Result<T, Fault>,
    pub(crate) used: Used,
    /// What alone the result depends on.
    pub(crate) read: Facts,
    /// What the unit wants to know before it can answer. The result says nothing then.
    pub(crate) wants: Vec<Lookup>,
    pub(crate) took: Duration,
    /// This call's fault opened the breaker.
    pub(crate) opened: bool,
    /// This call's answer closed it again.
    pub(crate) closed: bool,
    /// What it meant for the version's probation.
    pub(crate) turn: ProbationEvent,
}

/// How often the host asks others what the unit wants to know, before it must answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoundsLeft(pub(crate) usize);

impl RoundsLeft {
    fn allow(self, wants: &[Lookup]) -> Result<(), String> {
        match (self.0, wants.len()) {
            (_, 0) => Ok(()),
            (0, _) => Err(format!(
                "it still wants lookups after {MAX_ROUNDS} rounds of them; a script asks for one in each, so for {MAX_ROUNDS}"
            )),
            (_, count) if count > MAX_WANTED => {
                Err(format!("it wants {count} lookups at once; at most {MAX_WANTED} are asked"))
            }
            _ => Ok(()),
        }
    }
}

/// Asks a version. `check` turns what the unit returned into what the host trusts; its error is the unit's fault.
pub(crate) async fn call<Q: Question, T>(
    version: &Version,
    question: &Arc<Q>,
    rules: &ProbationRules,
    now: impl Fn() -> Instant,
    rounds: RoundsLeft,
    check: impl FnOnce(Q::Output) -> Result<T, String>,
) -> Called<T> {
    let watched = version.watched(Q::HOOK);
    let began = now();
    version.touch(began);
    let Some(pass) = watched.breaker.allows(began) else {
        return refused(version, Q::HOOK, FaultClass::BreakerOpen, "it failed too often; it is asked again in a while");
    };
    let (answer, took) = match run(version, question).await {
        Ok(ran) => ran,
        Err((class, why)) => return refused(version, Q::HOOK, class, why),
    };
    let ended = now();
    let result = answer
        .result
        .map_err(shortened)
        .and_then(|output| check(output).map_err(|why| Fault::new(FaultClass::InvalidOutput, why)));
    let (used, read) = (answer.used, answer.read);
    let (result, wants) = match rounds.allow(&answer.wants) {
        Ok(()) => (result, answer.wants),
        Err(why) => (Err(Fault::new(FaultClass::GuestError, why)), Vec::new()),
    };
    watched.stats.ran(&used, took, result.is_ok() || !wants.is_empty());
    let mut called =
        Called { result, used, read, wants, took, opened: false, closed: false, turn: ProbationEvent::None };
    called.count(version, Q::HOOK, pass, ended, rules);
    called
}

impl<T> Called<T> {
    /// What it says of the version. The host's own trouble says nothing of it.
    fn count(&mut self, version: &Version, hook: Hook, pass: Permit, ended: Instant, rules: &ProbationRules) {
        let Watched { stats, breaker, .. } = version.watched(hook);
        if !self.wants.is_empty() {
            // Not the end of its work.
            self.closed = breaker.good(pass, ended);
            return;
        }
        match self.result.as_ref().map_err(|fault| fault.class) {
            Ok(_) => self.closed = breaker.good(pass, ended),
            Err(FaultClass::HostIo) => return stats.fault(FaultClass::HostIo),
            // It works, and says so: neither the breaker nor the probation blames it.
            Err(class @ (FaultClass::Missing | FaultClass::NotApplicable)) => {
                stats.fault(class);
                self.closed = breaker.good(pass, ended);
                return;
            }
            Err(class) => {
                stats.fault(class);
                self.opened = breaker.fault(pass, ended);
            }
        }
        self.turn = version.probation.ran(ended, self.result.is_ok(), self.opened, rules);
    }
}

/// On the caller's thread when the version has proven to be quick; else on a thread that may block, a few at a time.
async fn run<Q: Question>(version: &Version, question: &Arc<Q>) -> Result<Ran<Q::Output>, Unasked> {
    let granted = version.granted;
    let Watched { stats, breaker, .. } = version.watched(Q::HOOK);
    if stats.proven_quick() {
        return Ok(timed(|| question.ask(&*version.unit, &budget(&granted))));
    }
    let place = Arc::clone(&version.lane).acquire_owned();
    let place = tokio::time::timeout(QUEUE, place).await;
    let Ok(Ok(place)) = place else {
        return Err((FaultClass::Wall, "its earlier calls took all of the time"));
    };
    if breaker.state() == BreakerState::Open {
        return Err((FaultClass::BreakerOpen, "it failed too often while this call waited"));
    }
    if stats.proven_quick() {
        drop(place);
        return Ok(timed(|| question.ask(&*version.unit, &budget(&granted))));
    }
    let (unit, question) = (Arc::clone(&version.unit), Arc::clone(question));
    let blocking = tokio::task::spawn_blocking(move || {
        let answer = timed(|| question.ask(&*unit, &budget(&granted)));
        drop(place);
        answer
    });
    Ok(blocking.await.unwrap_or_else(|_| {
        let fault = Fault::new(FaultClass::Trap, "the host is shutting down");
        (Answer::new(Err(fault), Used::default()), Duration::ZERO)
    }))
}

/// What the unit itself took: waiting for a place is not its doing.
fn timed<T>(call: impl FnOnce() -> Answer<T>) -> Ran<T> {
    let began = Instant::now();
    let answer = panics::caught(call);
    (answer, began.elapsed())
}

/// The clock begins with the call, on its thread: a busy host is no fault of the unit.
fn budget(granted: &CallLimits) -> Budget<'static> {
    let CallLimits { fuel, memory, wall } = *granted;
    Budget { fuel, memory, deadline: Deadline::after(wall), tables: None }
}

/// A call that never ran is no evidence against the version: the breaker does not count it.
fn refused<T>(version: &Version, hook: Hook, class: FaultClass, why: &str) -> Called<T> {
    version.watched(hook).stats.fault(class);
    let fault = Fault::new(class, format!("{}: {why}", version.id()));
    let (used, took, wants) = (Used::default(), Duration::ZERO, Vec::new());
    Called {
        result: Err(fault),
        used,
        read: Facts::ALL,
        wants,
        took,
        opened: false,
        closed: false,
        turn: ProbationEvent::None,
    }
}

/// A unit chooses the words of its own faults, but not how many.
fn shortened(mut fault: Fault) -> Fault {
    if let Some((end, _)) = fault.message.char_indices().nth(MAX_FAULT) {
        fault.message.truncate(end);
    }
    fault.message = plain::lines(&fault.message).into_owned();
    fault
}
