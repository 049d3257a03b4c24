//! StartTransaction (OCPP 1.6, 4.8). The number of the transaction is ours, and goes out with the answer.

use amprule_domain::Energy;
use amprule_domain::event::{ChargingEvent, Naming, Phase, StationEvent, TransactionEvent};
use amprule_domain::reading::{Context, Reading};
use amprule_domain::reply::{AuthorizationStatus, Refusal, Reply, TokenInfo};
use jiff::Timestamp;
use serde::Deserialize;

use crate::encode::{Object, Times};
use crate::loose::Loose;
use crate::message::Message;
use crate::payload::{Trouble, read};
use crate::strictness::{Odd, Repairs};
use crate::v16::words;

pub(crate) const MESSAGE: Message = Message::once("StartTransaction", decode, reply);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartTransaction<'a> {
    #[serde(borrow, default)]
    connector_id: Loose<'a>,
    #[serde(borrow, default)]
    id_tag: Loose<'a>,
    #[serde(borrow, default)]
    meter_start: Loose<'a>,
    #[serde(borrow, default)]
    timestamp: Loose<'a>,
    #[serde(borrow, default)]
    reservation_id: Loose<'a>,
}

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: StartTransaction<'_> = read(payload)?;
    let evse = connector(repairs, &message.connector_id)?;
    let token = words::token(repairs, message.id_tag)?;
    // A start has happened, whatever is missing; without a tag the authorization decides about the empty one.
    let token = repairs.wanted("idTag", token)?.unwrap_or_else(|| words::id_token(""));
    let at = repairs.time("timestamp", &message.timestamp)?;
    Ok(StationEvent::Charging(ChargingEvent::Transaction(TransactionEvent {
        phase: Phase::Started,
        naming: Naming::Ours,
        transaction: None,
        seq_no: None,
        at,
        told_at: None,
        evse,
        connector: evse.map(words::connector_of),
        token: Some(token),
        readings: register(repairs, "meterStart", &message.meter_start, at, Context::Begin)?.into_iter().collect(),
        charging: None,
        stop_reason: None,
        offline: false,
        reservation: repairs.whole("reservationId", &message.reservation_id)?,
        remote_start: None,
        operation_mode: None,
        money: None,
    })))
}

fn connector(repairs: &mut Repairs, value: &Loose<'_>) -> Result<Option<u32>, Refusal> {
    let connector = repairs.count("connectorId", value)?;
    match repairs.wanted("connectorId", connector)? {
        Some(0) => repairs.note(Odd::ConnectorZero, "connectorId").map(|()| None),
        connector => Ok(connector),
    }
}

/// `meterStart` and `meterStop`: Wh, without a timestamp of their own.
pub(crate) fn register(
    repairs: &mut Repairs,
    member: &'static str,
    value: &Loose<'_>,
    at: Option<Timestamp>,
    context: Context,
) -> Result<Option<Reading>, Refusal> {
    if matches!(value, Loose::Text(_)) {
        repairs.note(Odd::TextForNumber, member)?;
    }
    let number = repairs.number(member, value)?.filter(|wh| wh.abs() <= 9e12);
    #[expect(clippy::cast_possible_truncation, reason = "bounded in the line above")]
    let register = repairs.wanted(member, number)?.map(|wh| Energy::from_mwh((wh * 1000.0).round() as i64));
    Ok(register.map(|register| Reading::register(at, context, register)))
}

/// Both members are required, so a start without a verdict about its token says Invalid.
fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::Transaction(transaction) = reply else { return None };
    let unknown = TokenInfo::status(AuthorizationStatus::Invalid);
    let token = transaction.token.as_ref().unwrap_or(&unknown);
    let answer = Object::new(times)
        .raw("idTagInfo", words::id_tag_info(token, times))
        .raw("transactionId", transaction.number.0);
    Some(answer.finish())
}
