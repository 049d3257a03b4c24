//! A day that fails, made as small as it can be.

use std::panic::{AssertUnwindSafe, catch_unwind};

use amprule_domain::Mark;

use crate::day::{Day, Outcome};
use crate::fault::Fault;
use crate::plan::Plan;

pub(crate) struct Failure {
    plan: Plan,
    what: String,
    /// As far as the fault was seen.
    messages: String,
}

impl Failure {
    /// What only costs the operator, comes from a mark that nobody expected, or stays open for a person to see.
    pub(crate) fn is_rare_loss(&self) -> bool {
        ["less is billed", "none of these faults explains", "has not ended"].iter().any(|soft| self.what.contains(soft))
    }

    /// What is wrong, without the numbers that it was seen with.
    fn kind(&self) -> &str {
        let what = self.what.trim_start_matches(|letter: char| letter != ':');
        what.split(['\n', '{', '[', '(']).next().map_or(what, |what| &what[..what.floor_char_boundary(40)])
    }
}

/// The day, and the same history in another order; unless only the order tells what belongs together.
pub(crate) fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    let outcomes = run_once(plan, 0)?;
    let loses_intervals = plan.has(Fault::IntervalsOnly) && plan.boots();
    if plan.has(Fault::NamesAgain) || plan.has(Fault::RestartsAtBoot) || loses_intervals {
        return Ok(outcomes);
    }
    let shuffled = plan.with(&[Fault::Outages, Fault::Reorders]);
    let others = run_once(&shuffled, 1).map_err(|failure| Failure { plan: plan.clone(), ..failure })?;
    for (visit, (outcome, other)) in outcomes.iter().zip(&others).enumerate() {
        if !is_marked(outcome)
            && !is_marked(other)
            && (outcome.billed_mwh, &outcome.tokens) != (other.billed_mwh, &other.tokens)
        {
            let what = format!("visit {visit} depends on the order: {outcome:?}\n{other:?}");
            let messages =
                format!("{}\nthe other order:\n{}", Day::new(plan, 0).told(None), Day::new(&shuffled, 1).told(None));
            return Err(Failure { plan: plan.clone(), what, messages });
        }
    }
    Ok(outcomes)
}

/// That something was late or odd is said, so that it may have come out otherwise.
fn is_marked(outcome: &Outcome) -> bool {
    let says_so = [
        Mark::LATE_READING,
        Mark::LATE_STOP,
        Mark::STOP_AWAITED,
        Mark::REGISTER_FELL,
        Mark::REGISTER_JUMPED,
        Mark::TRANSACTION_REPAIRED,
    ];
    !outcome.is_over
        || outcome.needs_review()
        || outcome.is_mixed_up
        || says_so.iter().any(|mark| outcome.marks.contains(mark))
}

fn run_once(plan: &Plan, chance: u64) -> Result<Vec<Outcome>, Failure> {
    let day = Day::new(plan, chance);
    let lived = catch_unwind(AssertUnwindSafe(|| day.live()));
    let (what, at) = match lived {
        Ok(Ok(outcomes)) => return Ok(outcomes),
        Ok(Err(wrong)) => wrong,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            (format!("panicked: {}", text.unwrap_or_default()), None)
        }
    };
    Err(Failure { plan: plan.clone(), what, messages: day.told(at) })
}

/// Faults and visits are taken away one by one while it still fails.
pub(crate) fn smallest(failure: &Failure) -> Option<Failure> {
    let visits = Day::new(&failure.plan, 0).truth.visits.len() + failure.plan.without.len();
    let smaller = failure.plan.simpler(visits).filter(|plan| !Day::new(plan, 0).truth.visits.is_empty());
    let failing = smaller.filter_map(|plan| run(&plan).err()).find(|smaller| smaller.kind() == failure.kind())?;
    Some(smallest(&failing).unwrap_or(failing))
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SIMULATION_DAY={} {:?}: {}", self.plan.seed, self.plan.faults, self.what)
    }
}

pub(crate) fn report(failure: Option<&Failure>) {
    let Some(failure) = failure else { return };
    let smallest = smallest(failure);
    let Failure { plan, what, messages } = smallest.as_ref().unwrap_or(failure);
    panic!(
        "SIMULATION_DAY={} fails: {what}\n{plan}\nbefore it was made smaller: {}\n{messages}",
        plan.seed, failure.plan
    );
}
