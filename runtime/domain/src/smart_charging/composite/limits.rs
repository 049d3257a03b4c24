//! What several limits of a moment come to: the least of each phase, on as many phases as all of them allow.
//!
//! A limit in watts is for all phases of its period together, or for each where the period names them (OCPP 2.1, `limit_L2`); a current
//! is of each phase (K01.FR.50).

use serde::{Deserialize, Serialize};

use super::{Question, round};
use crate::smart_charging::profile::{Period, Unit};

/// Of the second phase and the third, where a profile says them (2.1, K08.FR.09); then `limit` is of the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OtherPhases {
    #[serde(rename = "limit_L2", skip_serializing_if = "Option::is_none")]
    pub l2: Option<f64>,
    #[serde(rename = "limit_L3", skip_serializing_if = "Option::is_none")]
    pub l3: Option<f64>,
}

/// One period's.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    unit: Unit,
    limit: Option<f64>,
    others: OtherPhases,
    phases: Option<u8>,
}

#[derive(Default)]
pub(super) struct Least {
    pub(super) limit: Option<f64>,
    pub(super) others: OtherPhases,
    pub(super) phases: Option<u8>,
}

impl Limit {
    pub(super) fn of(period: &Period, unit: Unit) -> Self {
        let others = OtherPhases { l2: period.limit_l2, l3: period.limit_l3 };
        Self { unit, limit: period.limit, others, phases: period.number_phases }
    }

    fn is_by_phase(&self) -> bool {
        self.others != OtherPhases::default()
    }

    /// A. `phase`: counts from 0.
    fn amperes(&self, phase: usize, question: &Question<'_>) -> Option<f64> {
        let (limit, shares) = match self.is_by_phase() {
            true => ([self.limit, self.others.l2, self.others.l3][phase]?, 1),
            false => (self.limit?, self.phases.unwrap_or(question.phases)),
        };
        let amperes = match self.unit {
            Unit::A => limit,
            Unit::W => limit / question.volts / f64::from(shares),
        };
        amperes.is_finite().then_some(amperes)
    }

    /// In the unit that is asked for, of the phase alone or of all that this is for.
    fn said(&self, phase: usize, alone: bool, question: &Question<'_>) -> Option<f64> {
        let shares = if alone || self.is_by_phase() { 1 } else { self.phases.unwrap_or(question.phases) };
        self.amperes(phase, question).map(|amperes| in_unit(amperes, shares, question))
    }
}

/// `shares`: phases that the answer's number is for together, when it is one of power.
fn in_unit(amperes: f64, shares: u8, question: &Question<'_>) -> f64 {
    match question.unit {
        Unit::A => amperes,
        Unit::W => amperes * question.volts * f64::from(shares),
    }
}

/// The lowest number of phases of all counts (2.1, K01.FR.140). `generated` comes on top: on each phase what is generated there, where
/// any of them says its phases.
pub(super) fn least(limits: &[Limit], generated: Option<Limit>, question: &Question<'_>) -> Least {
    let phases = limits.iter().filter_map(|limit| limit.phases).min();
    let all = || limits.iter().chain(&generated);
    let is_by_phase = all().any(Limit::is_by_phase);
    let shares = if is_by_phase { 1 } else { phases.unwrap_or(question.phases) };
    let of = |phase: usize| {
        let amperes = limits.iter().filter_map(|limit| limit.amperes(phase, question)).min_by(f64::total_cmp)?;
        let on_top = generated.and_then(|generated| generated.said(phase, is_by_phase, question)).unwrap_or(0.0);
        Some(round(in_unit(amperes, shares, question) + on_top))
    };
    let says = |other: fn(&OtherPhases) -> Option<f64>| all().any(|limit| other(&limit.others).is_some());
    let others = OtherPhases {
        l2: says(|others| others.l2).then(|| of(1)).flatten(),
        l3: says(|others| others.l3).then(|| of(2)).flatten(),
    };
    Least { limit: of(0), others, phases }
}
