//! Decision records. Tokens, and parameters that a manifest calls secret, are masked in them.

use std::time::Duration;

use amprule_domain::DecisionId;
use amprule_domain::decision::{Decision, Fault, Hook, Json};
use amprule_domain::ports::About;
use jiff::Timestamp;
use serde::Serialize;

use crate::mask::Mask;
use crate::unit::Used;
use crate::version::Version;

/// Who was asked and what that took.
pub(super) struct Callee {
    unit: String,
    version: String,
    hash: String,
    fuel: u64,
    took: Duration,
}

pub(super) struct Record {
    pub(super) asked: Callee,
    pub(super) output: Option<Json>,
    pub(super) fault: Option<Fault>,
}

impl Callee {
    pub(super) fn of(version: &Version, used: Used, took: Duration) -> Self {
        let manifest = &version.manifest;
        Self {
            unit: manifest.id.clone(),
            version: manifest.version.clone(),
            hash: version.hash.clone(),
            fuel: used.fuel,
            took,
        }
    }

    pub(super) fn missing(unit: &str, version: &str, hash: &str) -> Self {
        Self { unit: unit.into(), version: version.into(), hash: hash.into(), fuel: 0, took: Duration::ZERO }
    }
}

/// An input as the decision log may have it, masked.
pub(super) fn told(input: &impl Serialize, asked: Option<&Version>, mask: &Mask) -> Json {
    if let Some(version) = asked.filter(|version| !stands_as_it_is(version)) {
        let mut told = serde_json::to_value(input).expect("an input is plain data");
        let mut parameters = (*version.noted).clone();
        mask.parameters(version, &mut parameters);
        told["parameters"] = parameters.into();
        return told.into();
    }
    Json::of(input).expect("an input is plain data")
}

/// Neither secret nor long.
fn stands_as_it_is(version: &Version) -> bool {
    version.noted.are(&version.parameters) && !version.manifest.parameters.values().any(|parameter| parameter.secret)
}

impl Record {
    pub(super) fn decision(
        self,
        id: DecisionId,
        (hook, at, generation): (Hook, Timestamp, u64),
        about: &About,
        input: Json,
    ) -> Decision {
        Decision {
            id,
            at,
            hook,
            station: about.station.clone(),
            session: about.session,
            site: None,
            unit: self.asked.unit,
            version: self.asked.version,
            hash: self.asked.hash,
            generation,
            input,
            output: self.output,
            fault: self.fault,
            fallback: None,
            fuel: self.asked.fuel,
            duration_us: u64::try_from(self.asked.took.as_micros()).unwrap_or(u64::MAX),
            same_as: None,
        }
    }
}
