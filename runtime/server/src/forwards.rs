//! Other backends that hear what stations say: over the engine, and as the API shows them.

use std::sync::Arc;

use amprule_api::ForwardCount;
use amprule_domain::StationId;
use amprule_domain::command::Command;
use amprule_domain::doors::Records as _;
use amprule_domain::ports::{BoxFuture, CallOutcome, CallRefused};
use amprule_domain::reply::{Refusal, RefusalCode};
use amprule_engine::{CallFailed, Engine};
use amprule_forward::{ForwardStatus, Forwards};
use amprule_store::SqliteStore;
use serde_json::Value;

pub(crate) struct Stations {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<SqliteStore>,
}

impl amprule_forward::Stations for Stations {
    /// Behind our own commands, as every raw call. What the station makes of it is learned from its answer.
    fn call<'a>(
        &'a self,
        station: &'a StationId,
        action: &'a str,
        payload: &'a str,
    ) -> BoxFuture<'a, Result<CallOutcome, Refusal>> {
        Box::pin(async move {
            let record = self.store.station(station).await;
            let record = record.map_err(|error| Refusal::new(RefusalCode::InternalError, error.to_string()))?;
            let command = Command::Request { action: action.to_owned(), payload: payload.to_owned() };
            if record.is_none_or(|record| !record.provisioning.allows(&command)) {
                return Err(Refusal::new(RefusalCode::SecurityError, "the station is not admitted"));
            }
            self.engine.call(station, action, payload).await.map_err(refusal)
        })
    }
}

fn refusal(failed: CallFailed) -> Refusal {
    let code = match &failed {
        CallFailed::Refused(CallRefused::UnknownAction { .. }) => RefusalCode::NotImplemented,
        CallFailed::Refused(CallRefused::Invalid { .. }) => RefusalCode::PropertyConstraintViolation,
        CallFailed::NoRaw => RefusalCode::NotSupported,
        _ => RefusalCode::GenericError,
    };
    Refusal::new(code, failed.to_string())
}

/// As the API shows them.
pub(crate) struct Shown(pub(crate) Arc<Forwards>);

impl amprule_api::Forwards for Shown {
    fn forwards(&self) -> Vec<Value> {
        self.0.status().iter().filter_map(|forward| serde_json::to_value(forward).ok()).collect()
    }

    fn of(&self, station: &StationId) -> Vec<Value> {
        self.0.lines_of(station).iter().filter_map(|line| serde_json::to_value(line).ok()).collect()
    }
}

pub(crate) fn count(forward: ForwardStatus) -> ForwardCount {
    let ForwardStatus { name, stations, connected, waiting, counts, .. } = forward;
    ForwardCount {
        forward: name,
        stations: stations as u64,
        connected: connected as u64,
        waiting: waiting as u64,
        heard: counts.heard,
        lost: counts.refused + counts.unmatched + counts.dropped,
    }
}
