//! GetTransactionStatus (OCPP 2.0.1, 1.29; E14).

use amprule_domain::TransactionId;
use amprule_domain::event::{ChargingEvent, StationEvent, Whereabouts};
use serde_json::Value;

use crate::request::Request;

pub(crate) const REQUEST: Request = Request::named("GetTransactionStatus").means(outcome);

/// About a transaction. Without one only whether there is anything in the queue is told.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let transaction = TransactionId::new(asked["transactionId"].as_str()?);
    let is_ongoing = answered["ongoingIndicator"].as_bool();
    // Whoever does not say may have more.
    let has_more = answered["messagesInQueue"].as_bool().unwrap_or(true);
    Some(StationEvent::Charging(ChargingEvent::Whereabouts(Whereabouts { transaction, is_ongoing, has_more })))
}
