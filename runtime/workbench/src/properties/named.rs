//! What the unit's own cases name, so that drawn sessions are about it: a discount for members needs members.

use std::collections::BTreeSet;

use amprule_domain::pricing::PricingInput;
use amprule_hooks::cases::{Input, ready};

use super::Asked;

/// Two zones with different days of their clock changes, one whose clock moves by half an hour, and one without.
pub(super) const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"];

/// Before the usual ones.
pub(super) struct Named {
    pub(super) zones: Vec<String>,
    pub(super) groups: Vec<String>,
}

impl Named {
    pub(super) fn of(asked: &Asked<'_>) -> Self {
        let (cases, _) = ready(asked.source);
        let (mut zones, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for case in cases {
            let PricingInput { session, token, .. } = match case.input {
                Input::Pricing(input) => input,
                Input::Modifier(input) => input.facts,
                Input::Authorization(_) => continue,
            };
            zones.insert(session.time_zone);
            groups.extend(token.and_then(|token| token.group));
        }
        Self {
            zones: zones.into_iter().chain(ZONES.map(str::to_owned)).collect(),
            groups: groups.into_iter().chain(["fleet".to_owned()]).collect(),
        }
    }
}
