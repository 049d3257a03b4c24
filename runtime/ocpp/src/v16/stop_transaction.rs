//! StopTransaction (OCPP 1.6, 4.10). Taken whatever is missing: a stop that is refused comes again for ever.

use amprule_domain::event::{ChargingEvent, Naming, Phase, StationEvent, TransactionEvent};
use amprule_domain::reading::Context;
use amprule_domain::reply::Reply;
use serde::Deserialize;

use crate::encode::{Object, Times};
use crate::loose::{Loose, Many};
use crate::message::Message;
use crate::metering::{self, MeterValue};
use crate::payload::{Trouble, read};
use crate::sample::Written;
use crate::strictness::Repairs;
use crate::v16::{start_transaction, words};

pub(crate) const MESSAGE: Message = Message::once("StopTransaction", decode, reply);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StopTransaction<'a> {
    #[serde(borrow, default)]
    id_tag: Loose<'a>,
    #[serde(borrow, default)]
    meter_stop: Loose<'a>,
    #[serde(borrow, default)]
    timestamp: Loose<'a>,
    #[serde(borrow, default)]
    transaction_id: Loose<'a>,
    #[serde(borrow, default)]
    reason: Loose<'a>,
    #[serde(borrow, default)]
    transaction_data: Many<MeterValue<'a>>,
}

/// Reason (7.36).
const REASONS: &[&str] = &[
    "Local",
    "DeAuthorized",
    "EmergencyStop",
    "EVDisconnected",
    "HardReset",
    "Other",
    "PowerLoss",
    "Reboot",
    "Remote",
    "SoftReset",
    "UnlockCommand",
];

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: StopTransaction<'_> = read(payload)?;
    let transaction = words::transaction(repairs, &message.transaction_id)?;
    let token = words::token(repairs, message.id_tag)?;
    let at = repairs.time("timestamp", &message.timestamp)?;
    let data = repairs.list("transactionData", message.transaction_data)?;
    let mut readings = metering::readings(repairs, data, Written::AsText)?.readings;
    readings.extend(start_transaction::register(repairs, "meterStop", &message.meter_stop, at, Context::End)?);
    let reason = repairs.open_word("reason", message.reason, REASONS)?;
    Ok(StationEvent::Charging(ChargingEvent::Transaction(TransactionEvent {
        phase: Phase::Ended,
        naming: Naming::Ours,
        transaction,
        seq_no: None,
        at,
        told_at: None,
        evse: None,
        connector: None,
        token,
        readings,
        charging: None,
        // The reason may be left out when it is this one.
        stop_reason: Some(reason.unwrap_or_else(|| "Local".to_owned())),
        offline: false,
        reservation: None,
        remote_start: None,
        operation_mode: None,
        money: None,
    })))
}

fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::Transaction(transaction) = reply else { return None };
    let token = transaction.token.as_ref().map(|token| words::id_tag_info(token, times));
    let answer = Object::new(times).maybe(token, |object, token| object.raw("idTagInfo", token));
    Some(answer.finish())
}
