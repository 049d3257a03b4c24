//! Connectors and EVSEs that a request names, and times that are over.

use amprule_domain::Timestamp;
use serde_json::Value;

use super::{Clause, Order, Verdict, clause};

pub(super) fn start(order: Order<'_>) -> Verdict {
    counted(
        order,
        if order.is_v16() { "connectorId" } else { "evseId" },
        clause("6.33", "RequestStartTransactionRequest"),
    )
}

pub(super) fn unlock(order: Order<'_>) -> Verdict {
    let from = clause("6.53", "UnlockConnectorRequest");
    if order.is_v16() {
        return counted(order, "connectorId", from);
    }
    counted(order, "evseId", clause("", "UnlockConnectorRequest"))?;
    counted(order, "connectorId", from)
}

/// Connector 0 stands for whichever is free (1.6); in 2.x the EVSE is left out for that.
pub(super) fn reserve(order: Order<'_>) -> Verdict {
    let (place, least, expiry) =
        if order.is_v16() { ("connectorId", 0, "expiryDate") } else { ("evseId", 1, "expiryDateTime") };
    if order.asked[place].as_i64().is_some_and(|number| number < least) {
        let rule = if order.is_v16() {
            "counts from 0 upwards: 0 is any of them"
        } else {
            "counts from 1 upwards; leave it out for any of them"
        };
        return order.forbids(format!("/{place}"), rule, clause("6.37", "ReserveNowRequest"));
    }
    let expires_at = order.asked[expiry].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    if expires_at.is_some_and(|expires_at| expires_at <= order.now) {
        let rule = "is over: nothing can be kept until then; name a time to come";
        return order.forbids(format!("/{expiry}"), rule, clause("5.13", "ReserveNowRequest"));
    }
    Ok(())
}

/// In 1.6 connector 0 is the station itself, of which a StatusNotification tells (5.17). In 2.x connectors alone have a status.
pub(super) fn trigger(order: Order<'_>) -> Verdict {
    let asked = order.asked;
    if order.is_v16() {
        let is_negative = asked["connectorId"].as_i64().is_some_and(|number| number < 0);
        let rule = "counts from 0 upwards: 0 is the station itself; leave it out for all";
        return if is_negative { order.forbids("/connectorId", rule, clause("5.17", "")) } else { Ok(()) };
    }
    if asked["requestedMessage"] != "StatusNotification" {
        return Ok(());
    }
    if asked["evse"]["id"].as_i64().is_none_or(|number| number < 1) {
        let rule = "is required, from 1 upwards: a StatusNotification tells of one connector";
        return order.forbids("/evse", rule, clause("", "F06.FR.13"));
    }
    if asked["evse"]["connectorId"].as_i64().is_none_or(|number| number < 1) {
        let rule = "is required, from 1 upwards: a StatusNotification tells of one connector";
        return order.forbids("/evse/connectorId", rule, clause("", "F06.FR.17"));
    }
    Ok(())
}

/// One that is named is from 1 upwards.
fn counted(order: Order<'_>, member: &str, clause: Clause) -> Verdict {
    let is_none = |named: &Value| named.as_i64().is_some_and(|number| number < 1);
    if is_none(&order.asked[member]) {
        return order.forbids(format!("/{member}"), "counts from 1 upwards", clause);
    }
    Ok(())
}
