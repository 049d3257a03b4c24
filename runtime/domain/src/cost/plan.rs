//! Default tariffs that are kept in step with what is offered (OCPP 2.1, I07, I09, I10): one step at a time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::REFUSED;
use crate::offer::is_tariff_id as is_ours;

/// What to ask of the station next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Set {
        evse: u32,
        tariff: Value,
    },
    /// Wherever it is, where no EVSE is named.
    Clear {
        evse: Option<u32>,
        id: String,
    },
}

/// A tariff that the station has not taken at an EVSE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    evse: u32,
    id: String,
    status: String,
}

impl Refused {
    /// `None`: it is another holding, of a tariff that the station has.
    pub fn read(held: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (id, status) = (text(&held["tariff"]["tariffId"])?, text(&held["status"])?);
        let evse = u32::try_from(held["evse"].as_u64()?).ok()?;
        (held[REFUSED] == true).then_some(Self { evse, id, status })
    }

    fn is_of(&self, evse: u32, tariff: &Value) -> bool {
        let is_for_all = ["TooManyElements", "ConditionNotSupported"].contains(&self.status.as_str());
        (is_for_all || self.evse == evse) && tariff["tariffId"] == self.id.as_str()
    }
}

/// `wanted`: by EVSE, the tariff that says exactly what is offered there, or none that may be shown. `held`: what the station has, by
/// EVSE; 0 stands for all that have none of their own. `None`: it is as it should be.
///
/// What it has refused it is not told again: of too many elements or of conditions nowhere else either.
///
/// A tariff of an operator's own stays where there is nothing to take its place; one of ours that is not offered any more goes.
pub fn next(wanted: &BTreeMap<u32, Option<Value>>, held: &BTreeMap<u32, Value>, refused: &[Refused]) -> Option<Step> {
    wanted.iter().find_map(|(evse, wanted)| {
        let id = |at: u32| held.get(&at).and_then(|tariff| tariff["tariffId"].as_str());
        let (own, of_all) = (id(*evse), id(0));
        match (wanted, own.or(of_all)) {
            (Some(wanted), _) if refused.iter().any(|refused| refused.is_of(*evse, wanted)) => None,
            (Some(wanted), there) if wanted["tariffId"].as_str() != there => {
                Some(Step::Set { evse: *evse, tariff: wanted.clone() })
            }
            (None, Some(there)) if is_ours(there) => {
                Some(Step::Clear { evse: own.map(|_| *evse), id: there.to_owned() })
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{Refused, Step, next};

    const DAY: &str = "day-rate-0123456789ab";
    const NIGHT: &str = "night-rate-ba9876543210";

    fn tariff(id: &str) -> Value {
        json!({"tariffId": id, "currency": "EUR"})
    }

    fn check(wanted: &[(u32, Option<&str>)], held: &[(u32, &str)], expect: Option<Step>) {
        check_after(&[], wanted, held, expect);
    }

    /// `refused`: at which EVSE, which one, and its word.
    fn check_after(
        refused: &[(u32, &str, &str)],
        wanted: &[(u32, Option<&str>)],
        held: &[(u32, &str)],
        expect: Option<Step>,
    ) {
        let body = |(evse, id, status): &(u32, &str, &str)| json!({"evse": evse, "tariff": tariff(id), "isRefused": true, "status": status});
        let refused: Vec<_> = refused.iter().map(|refused| Refused::read(&body(refused)).expect("one")).collect();
        let wanted: BTreeMap<_, _> = wanted.iter().map(|(evse, id)| (*evse, id.map(tariff))).collect();
        let held: BTreeMap<_, _> = held.iter().map(|(evse, id)| (*evse, tariff(id))).collect();
        assert_eq!(next(&wanted, &held, &refused), expect, "{wanted:?} {held:?} {refused:?}");
    }

    #[test]
    fn what_was_refused_is_not_told_again() {
        let set = |evse, id| Some(Step::Set { evse, tariff: tariff(id) });
        let both = [(1, Some(DAY)), (2, Some(DAY))];
        check_after(&[(1, DAY, "TooManyElements")], &both, &[], None);
        check_after(&[(1, DAY, "Rejected")], &both, &[], set(2, DAY));
        check_after(&[(1, NIGHT, "TooManyElements")], &both, &[], set(1, DAY));
        check_after(&[(1, DAY, "Rejected")], &[(1, Some(DAY))], &[(1, NIGHT)], None);
        assert_eq!(Refused::read(&json!({"evse": 1, "tariff": tariff(DAY)})), None, "it has that one");
    }

    #[test]
    fn each_evse_gets_what_is_offered_there_and_nothing_twice() {
        let set = |evse, id| Some(Step::Set { evse, tariff: tariff(id) });
        check(&[(1, Some(DAY)), (2, Some(DAY))], &[], set(1, DAY));
        check(&[(1, Some(DAY)), (2, Some(DAY))], &[(1, DAY)], set(2, DAY));
        check(&[(1, Some(DAY)), (2, Some(NIGHT))], &[(1, DAY), (2, DAY)], set(2, NIGHT));
        check(&[(1, Some(DAY)), (2, Some(DAY))], &[(0, DAY)], None);
        check(&[(1, Some(DAY))], &[(0, DAY), (1, "of-the-factory")], set(1, DAY));
    }

    #[test]
    fn what_is_not_offered_any_more_goes_and_what_others_have_set_stays() {
        check(&[(1, None)], &[(1, DAY)], Some(Step::Clear { evse: Some(1), id: DAY.to_owned() }));
        check(&[(1, None)], &[(0, DAY)], Some(Step::Clear { evse: None, id: DAY.to_owned() }));
        check(&[(1, None)], &[(1, "CITY-2026-07")], None);
        check(&[(1, None)], &[], None);
    }
}
