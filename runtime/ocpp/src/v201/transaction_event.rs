//! TransactionEvent (OCPP 2.0.1, 1.60; E01 to E15).

use amprule_domain::event::{
    ChargingEvent, ChargingState, Naming, OwnCost, Phase, StationEvent, ToldMoney, TransactionEvent as Event,
};
use amprule_domain::operation_mode::OperationMode;
use amprule_domain::reply::{Reply, TransactionLimit};
use amprule_domain::{Decimal, TransactionId};
use serde::Deserialize;
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::loose::{Loose, Many, Part};
use crate::message::Message;
use crate::metering::{self, MeterValue};
use crate::payload::{Trouble, read};
use crate::said::plain;
use crate::sample::Written;
use crate::strictness::Repairs;
use crate::v201::words::{self, Evse, Token};

pub(crate) const MESSAGE: Message = Message::once("TransactionEvent", decode, reply).telling_cost();

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransactionEvent<'a> {
    #[serde(borrow, default)]
    event_type: Loose<'a>,
    #[serde(borrow, default)]
    timestamp: Loose<'a>,
    #[serde(borrow, default)]
    seq_no: Loose<'a>,
    #[serde(borrow, default)]
    offline: Loose<'a>,
    #[serde(borrow, default)]
    reservation_id: Loose<'a>,
    #[serde(borrow, default)]
    transaction_info: Part<'a, TransactionInfo<'a>>,
    #[serde(borrow, default)]
    evse: Part<'a, Evse<'a>>,
    #[serde(borrow, default)]
    id_token: Part<'a, Token<'a>>,
    #[serde(borrow, default)]
    meter_value: Many<MeterValue<'a>>,
    #[serde(borrow, default)]
    values: Many<MeterValue<'a>>,
    #[serde(default)]
    cost_details: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransactionInfo<'a> {
    #[serde(borrow, default)]
    transaction_id: Loose<'a>,
    #[serde(borrow, default)]
    charging_state: Loose<'a>,
    #[serde(borrow, default)]
    stopped_reason: Loose<'a>,
    #[serde(borrow, default)]
    remote_start_id: Loose<'a>,
    #[serde(borrow, default)]
    operation_mode: Loose<'a>,
    #[serde(borrow, default)]
    tariff_id: Loose<'a>,
    #[serde(default)]
    transaction_limit: Value,
}

/// TransactionEventEnumType.
const PHASES: &[(&str, Phase)] = &[("Started", Phase::Started), ("Updated", Phase::Updated), ("Ended", Phase::Ended)];

/// ChargingStateEnumType.
const CHARGING: &[(&str, ChargingState)] = &[
    ("Charging", ChargingState::Charging),
    ("SuspendedEVSE", ChargingState::Suspended),
    ("SuspendedEV", ChargingState::Idle),
    ("EVConnected", ChargingState::Idle),
    ("Idle", ChargingState::Idle),
];

/// ReasonEnumType.
const REASONS: &[&str] = &[
    "Local",
    "DeAuthorized",
    "EmergencyStop",
    "EnergyLimitReached",
    "EVDisconnected",
    "GroundFault",
    "ImmediateReset",
    "LocalOutOfCredit",
    "MasterPass",
    "Other",
    "OvercurrentFault",
    "PowerLoss",
    "PowerQuality",
    "Reboot",
    "Remote",
    "SOCLimitReached",
    "StoppedByEV",
    "TimeLimitReached",
    "Timeout",
    // 2.1
    "ReqEnergyTransferRejected",
];

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: TransactionEvent<'_> = read(payload)?;
    let phase = repairs.word("eventType", &message.event_type, PHASES)?;
    repairs.needed("eventType", phase.map(|_| ()))?;
    // Only for those who take everything: an update does the least.
    let phase = phase.unwrap_or(Phase::Updated);
    let bare = |transaction_id| Some(TransactionInfo { transaction_id, ..TransactionInfo::default() });
    let info = repairs.object("transactionInfo", message.transaction_info, bare)?;
    let info = repairs.wanted("transactionInfo", info)?.unwrap_or_default();
    let transaction = repairs.text("transactionInfo.transactionId", info.transaction_id, 36)?;
    let transaction = repairs.wanted("transactionInfo.transactionId", transaction)?.map(TransactionId::new);
    let reason = repairs.open_word("transactionInfo.stoppedReason", info.stopped_reason, REASONS)?;
    let seq_no = repairs.count("seqNo", &message.seq_no)?;
    let seq_no = repairs.wanted("seqNo", seq_no)?;
    let (evse, connector) = words::evse(repairs, message.evse)?;
    let values = metering::optional(repairs, message.meter_value, message.values)?;
    Ok(StationEvent::Charging(ChargingEvent::Transaction(Event {
        phase,
        naming: Naming::Theirs,
        transaction,
        seq_no,
        at: repairs.time("timestamp", &message.timestamp)?,
        told_at: None,
        evse,
        connector,
        token: words::token(repairs, message.id_token)?,
        readings: metering::readings(repairs, values, Written::AsNumber)?.readings,
        charging: repairs.word("transactionInfo.chargingState", &info.charging_state, CHARGING)?,
        // The reason may be left out when it is Local.
        stop_reason: reason.or_else(|| (phase == Phase::Ended).then(|| "Local".to_owned())),
        offline: repairs.truth("offline", &message.offline)?,
        reservation: repairs.whole("reservationId", &message.reservation_id)?,
        remote_start: repairs.whole("transactionInfo.remoteStartId", &info.remote_start_id)?,
        operation_mode: operation_mode(&info.operation_mode),
        money: money(ToldMoney {
            tariff: repairs.text("transactionInfo.tariffId", info.tariff_id, 60)?,
            cost: own_cost(&message.cost_details),
            limit: own_limit(&info.transaction_limit),
        }),
    })))
}

/// Only 2.1 has it: an unknown word is a later version's, and says nothing.
fn operation_mode(said: &Loose<'_>) -> Option<OperationMode> {
    OperationMode::ALL.into_iter().find(|mode| said.word() == Some(mode.as_str()))
}

fn money(told: ToldMoney) -> Option<Box<ToldMoney>> {
    (told != ToldMoney::default()).then(|| Box::new(told))
}

/// TransactionLimitType (2.1): at which the station ends it. What cannot be read says nothing.
fn own_limit(told: &Value) -> Option<TransactionLimit> {
    let number = |member: &str| plain(&told[member])?.parse::<Decimal>().ok().filter(|most| !most.is_sign_negative());
    let max_time_s = number("maxTime").and_then(|seconds| u64::try_from(seconds.trunc()).ok());
    let limit = TransactionLimit { max_cost: number("maxCost"), max_energy: number("maxEnergy"), max_time_s };
    (limit != TransactionLimit::default()).then_some(limit)
}

/// CostDetailsType (2.1): what the station has computed itself. What cannot be read says nothing.
fn own_cost(details: &Value) -> Option<OwnCost> {
    let total = &details["totalCost"];
    let currency = plain(&total["currency"])?;
    let amount = |member: &str| plain(&total["total"][member])?.parse().ok();
    let failure = plain(&details["failureToCalculate"]).filter(|failed| failed == "true");
    let why = failure.map(|_| plain(&details["failureReason"]).unwrap_or_default());
    Some(OwnCost { currency, with_tax: amount("inclTax"), without_tax: amount("exclTax"), failed: why })
}

fn limit(most: &TransactionLimit, times: Times) -> String {
    Object::new(times)
        .maybe(most.max_cost, |object, cost| object.raw("maxCost", cost))
        .maybe(most.max_energy, |object, energy| object.raw("maxEnergy", energy))
        .maybe(most.max_time_s, |object, seconds| object.raw("maxTime", seconds))
        .finish()
}

/// The cost is told while it runs and at the end (I02, I03).
fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::Transaction(transaction) = reply else { return None };
    let token = transaction.token.as_ref().map(|token| words::token_info(token, times));
    let answer = Object::new(times)
        .maybe(transaction.total_cost, |object, cost| object.raw("totalCost", cost))
        .maybe(token, |object, token| object.raw("idTokenInfo", token))
        .maybe(transaction.limit.as_ref(), |object, most| object.raw("transactionLimit", limit(most, times)))
        .maybe(transaction.news.as_deref(), |object, news| {
            object.raw("updatedPersonalMessage", words::message_content(news, times))
        });
    Some(answer.finish())
}
