//! How a timeline was written before there was evidence.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::microsecond::{optional, required};
use serde::Deserialize;

use super::{Period, Timeline};
use crate::Energy;
use crate::event::ChargingState;
use crate::evidence::Evidence;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Form {
    periods: Vec<Period>,
    open: Vec<Period>,
    #[serde(with = "required")]
    at: Timestamp,
    state: ChargingState,
    energy: Energy,
    evidence: Option<Evidence>,
    // Until there was evidence.
    #[serde(default, with = "optional")]
    read_at: Option<Timestamp>,
    first_register: Option<Energy>,
    last_register: Option<Energy>,
}

impl From<Form> for Timeline {
    fn from(form: Form) -> Self {
        let evidence = form.evidence.unwrap_or_else(|| match (form.first_register, form.last_register, form.read_at) {
            (Some(first), Some(last), Some(at)) => Evidence::resumed(first, last, at, form.energy),
            _ => Evidence::default(),
        });
        let Form { periods, open, at, state, energy, .. } = form;
        Self { periods, open, at, state, energy, evidence }
    }
}
