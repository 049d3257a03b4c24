//! What of a unit's faults the log tells: who failed, at which station, what stood in, and where more is to be read. Each kind
//! at once, and then once a minute with how often it came.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use amprule_domain::decision::{Decision, Fault, FaultClass, Hook};
use parking_lot::Mutex;

use super::Registry;

const INTERVAL: Duration = Duration::from_secs(60);
/// Kinds that are known at a time; beyond it all are told anew.
const KINDS: usize = 1_024;

/// A unit's fault at a hook.
type Kind = (String, Hook, FaultClass);

#[derive(Default)]
pub(super) struct Faults(Mutex<HashMap<Kind, Told>>);

struct Told {
    at: Instant,
    unsaid: u64,
}

impl Faults {
    /// `Some`: it is time to say so, with how often it came since it was last said.
    fn came(&self, kind: Kind, now: Instant) -> Option<u64> {
        let mut known = self.0.lock();
        if known.len() >= KINDS && !known.contains_key(&kind) {
            known.clear();
        }
        let Some(told) = known.get_mut(&kind) else {
            known.insert(kind, Told { at: now, unsaid: 0 });
            return Some(1);
        };
        told.unsaid += 1;
        if now.saturating_duration_since(told.at) < INTERVAL {
            return None;
        }
        told.at = now;
        Some(std::mem::take(&mut told.unsaid))
    }
}

impl Registry {
    pub(super) fn tell_faults(&self, decisions: &[Decision]) {
        for decision in decisions {
            // That a breaker is open is told when it opens.
            if let Some(fault) = decision.fault.as_ref().filter(|fault| fault.class != FaultClass::BreakerOpen) {
                self.tell_fault(decision, fault);
            }
        }
    }

    fn tell_fault(&self, decision: &Decision, fault: &Fault) {
        let kind = (decision.unit.clone(), decision.hook, fault.class);
        let Some(times) = self.faults.came(kind, (self.steady)()) else { return };
        let Decision { id, unit, version, hook, station, session, fallback, .. } = decision;
        let (stood_in, look) = match hook {
            // What stations say is not in the decision log.
            Hook::Dialect => {
                let advice = "make a case of such a message, and `amprule test` shows it";
                ("the message went on as it came", advice.to_owned())
            }
            _ => (stood_in(fallback.as_deref()), format!("`amprule explain {id}` shows what it was asked")),
        };
        tracing::warn!(
            extension = unit,
            version,
            hook = hook.as_str(),
            %station,
            session = session.map(tracing::field::display),
            times,
            "a unit has failed; {stood_in}; {look}\n{fault}"
        );
    }
}

fn stood_in(fallback: Option<&str>) -> &'static str {
    match fallback {
        Some("last-known-good") => "another version of it stood in",
        Some("static-tariff") => "the static tariff of the configuration stood in",
        Some("unpriced") => "nothing stood in, and there is no price",
        Some("left-out") => "it was left out of the bill",
        Some("reject") => "the token was turned away",
        Some("no-opinion") => "the others decided",
        _ => "nothing stood in",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_at_once_and_then_once_a_minute_with_its_count() {
        let (faults, began) = (Faults::default(), Instant::now());
        let came = |unit: &str, second| {
            faults.came((unit.to_owned(), Hook::Pricing, FaultClass::Trap), began + Duration::from_secs(second))
        };
        let told: Vec<_> = (0..150).filter_map(|second| came("a", second)).collect();
        assert_eq!(told, [1, 60, 60]);
        assert_eq!(came("b", 150), Some(1), "another unit's");
    }
}
