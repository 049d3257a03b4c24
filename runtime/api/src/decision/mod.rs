//! Decisions: what each unit was asked and what it answered.

pub(crate) mod get;
pub(crate) mod list;

use amprule_domain::Timestamp;
use amprule_domain::decision::{Decision, Fault};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One answer of a unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionView {
    #[schema(format = Uuid)]
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `pricing`, `modifier`, `authorization` or `load`.
    #[schema(example = "pricing")]
    hook: &'static str,
    /// Of a load decision the first of those that were asked about.
    station: String,
    /// Whose power was shared out.
    #[schema(required)]
    site: Option<String>,
    #[schema(required, format = Uuid)]
    session: Option<String>,
    unit: String,
    version: String,
    hash: String,
    /// The registry's generation that answered.
    generation: u64,
    /// What the unit was given; replaying it gives the same answer.
    input: Value,
    /// What it returned; null when it failed.
    #[schema(required)]
    output: Option<Value>,
    #[schema(required)]
    fault: Option<FaultView>,
    /// What stood in when the unit failed.
    #[schema(required, example = "static-tariff")]
    fallback: Option<String>,
    /// WASM fuel or Rhai operations.
    fuel: u64,
    duration_us: u64,
    /// The decision whose answer this one took over, made when the token was shown: a policy that would have said the same
    /// again was not asked, so `fuel` and `durationUs` are 0. Null when it was asked.
    #[schema(required, format = Uuid)]
    same_as: Option<String>,
}

/// Why a unit's answer could not be used.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FaultView {
    /// `guest-error`, `trap`, `fuel`, `wall`, `memory`, `invalid-output`, `host-io`, `breaker-open` or `not-loaded`.
    #[schema(example = "fuel")]
    class: &'static str,
    /// What `amprule check --explain` explains; null where there is nothing more to say.
    #[schema(required, example = "AR0116")]
    code: Option<String>,
    message: String,
}

impl From<Fault> for FaultView {
    fn from(Fault { class, code, message, .. }: Fault) -> Self {
        Self { class: class.as_str(), code, message }
    }
}

impl From<Decision> for DecisionView {
    fn from(decision: Decision) -> Self {
        Self {
            id: decision.id.to_string(),
            at: decision.at,
            hook: decision.hook.as_str(),
            station: decision.station.to_string(),
            site: decision.site,
            session: decision.session.map(|session| session.to_string()),
            unit: decision.unit,
            version: decision.version,
            hash: decision.hash,
            generation: decision.generation,
            input: decision.input.value(),
            output: decision.output.map(|output| output.value()),
            fault: decision.fault.map(FaultView::from),
            fallback: decision.fallback,
            fuel: decision.fuel,
            duration_us: decision.duration_us,
            same_as: decision.same_as.map(|other| other.to_string()),
        }
    }
}
