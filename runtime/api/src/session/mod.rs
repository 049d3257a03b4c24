//! Sessions: what was charged, for how long, and what it costs.

pub(crate) mod act;
pub(crate) mod bills;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod readings;
pub(crate) mod signed;

pub(crate) mod money;
mod said;

use amprule_domain::event::ChargingState;
use amprule_domain::operation_mode::OperationMode;
use amprule_domain::pricing::{Pin, PinnedUnit};
use amprule_domain::session::{Act, Session, SessionLimits};
use amprule_domain::timeline::Period;
use amprule_domain::token::{AdditionalInfo, IdToken};
use amprule_domain::{Energy, Mark, SessionId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Answer, Problem};
use money::{LineView, PricedByView, TaxTotalView};
use said::StationMoneyView;

/// A charging session. Amounts of money are decimals as text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView {
    #[schema(format = Uuid)]
    id: String,
    /// Ascending, never reused; 1.6 stations get it as their transactionId.
    no: i64,
    station: String,
    /// The station's own reference.
    transaction: String,
    /// 0 when the station never said, as is `connector`.
    evse: u32,
    connector: u32,
    #[schema(required)]
    id_token: Option<TokenShown>,
    /// The group that the token had at the start.
    #[schema(required)]
    token_group: Option<String>,
    /// `parked` (messages came, but no start yet), `active` or `ended`.
    #[schema(example = "ended")]
    state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// From the start to the end, or to now.
    duration_s: i64,
    #[schema(required)]
    stop_reason: Option<String>,
    /// The number of the request by which the station was asked to begin it (2.x remoteStartId); null where it named none.
    #[schema(required)]
    remote_start: Option<i64>,
    /// IANA name of the zone in which the session's hours are counted.
    time_zone: String,
    #[schema(required)]
    location: Option<String>,
    #[schema(value_type = f64, example = 11450)]
    energy_wh: Energy,
    /// What the vehicle gave back; nothing of it is taken off `energyWh`. Null where the station tells nothing of it.
    #[schema(required, value_type = Option<f64>, example = 2000)]
    exported_wh: Option<Energy>,
    /// How a bidirectional session is led, as the station said last (OCPP 2.1, OperationModeEnumType).
    #[schema(required, value_type = Option<String>, example = "CentralSetpoint")]
    operation_mode: Option<OperationMode>,
    /// Null while there is no price, as is `total`.
    #[schema(required, example = "EUR")]
    currency: Option<String>,
    /// The sum of the lines, and of the taxes that come on top. Below zero it is owed to the driver, for energy that was given back.
    #[schema(required, example = "12.34")]
    total: Option<String>,
    /// Whether the lines have their taxes in them: `including-tax`, or `excluding-tax`, where they come on top.
    #[schema(required, example = "including-tax")]
    amounts: Option<&'static str>,
    /// The taxes of all lines; empty where no line names one.
    taxes: Vec<TaxTotalView>,
    lines: Vec<LineView>,
    /// The unit that computed the price; null while there is none.
    #[schema(required)]
    priced_by: Option<PricedByView>,
    /// The modifiers that added lines, in their order.
    modified_by: Vec<PricedByView>,
    /// The modifiers that failed and are missing in the lines.
    left_out: Vec<String>,
    /// The moment for which the price was computed.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    priced_at: Option<Timestamp>,
    /// When the price changes even if nothing else happens.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    next_change_at: Option<Timestamp>,
    /// True: this price is the bill.
    is_final: bool,
    /// The bill's number, from 1 upwards; 0 while there is none. Earlier ones are under `bills`.
    bill: u32,
    /// The versions that the session keeps; null when no unit prices.
    #[schema(required)]
    pin: Option<PinView>,
    limits: LimitsView,
    /// What was odd, and what was done about it: `needs-review`, `register-dropout`, `energy-unknown`, …
    #[schema(value_type = Vec<String>)]
    marks: Vec<Mark>,
    /// What the station says of its money itself (OCPP 2.1): the bill is ours whatever that is.
    station_money: StationMoneyView,
    /// What people have done to it, oldest first.
    acts: Vec<ActView>,
    /// Sequence numbers that are missing between the first and the last that came (2.x).
    gaps: Vec<GapView>,
    /// Only in a single session: its course, one entry per stretch in one state.
    #[serde(skip_serializing_if = "Option::is_none")]
    periods: Option<Vec<PeriodView>>,
}

/// The token that started the session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenShown {
    id_token: String,
    #[serde(rename = "type")]
    kind: String,
    /// What the station says of it besides: the car's EVCCID, the last digits of a bank card.
    additional_info: Vec<AdditionalView>,
}

/// OCPP 2.0.1, AdditionalInfoType.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdditionalView {
    additional_id_token: String,
    #[serde(rename = "type")]
    #[schema(example = "EVCCID")]
    kind: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PinView {
    unit: String,
    version: String,
    /// SHA-256 over the unit's files. Empty: the configuration names the unit, and it was not there at the start.
    hash: String,
    /// Asked in this order about the unit's price.
    modifiers: Vec<PinnedUnitView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PinnedUnitView {
    unit: String,
    version: String,
    /// As the pin's.
    hash: String,
}

/// What the authorization allowed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitsView {
    #[schema(required, value_type = Option<f64>)]
    max_energy_wh: Option<Energy>,
    #[schema(required)]
    max_duration_s: Option<u64>,
    /// A decimal.
    #[schema(required)]
    max_cost: Option<String>,
    /// A limit was reached and the station was told to stop.
    stop_requested: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActView {
    /// `ended`, `voided`, `reviewed` or `re-priced`.
    #[schema(example = "voided")]
    what: &'static str,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    actor: String,
    reason: String,
}

/// Both ends are missing too.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GapView {
    from: u32,
    to: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PeriodView {
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ended_at: Timestamp,
    #[schema(value_type = f64)]
    energy_wh: Energy,
    /// `charging`, `suspended` or `idle`.
    #[schema(value_type = String)]
    state: ChargingState,
}

/// With the session's course.
pub(crate) fn whole(session: Session, now: Timestamp) -> SessionView {
    let periods = session.timeline.all().map(PeriodView::from).collect();
    SessionView { periods: Some(periods), ..brief(session, now) }
}

/// Without its course, for lists.
pub(crate) fn brief(session: Session, now: Timestamp) -> SessionView {
    let until = session.ended_at.unwrap_or(now);
    let energy_wh = session.energy();
    let exported_wh = session.given_back.as_ref().map(|given| given.energy());
    let price = session.price;
    SessionView {
        id: session.id.to_string(),
        no: session.no.0,
        station: session.station.to_string(),
        transaction: session.transaction.to_string(),
        evse: session.evse,
        connector: session.connector,
        id_token: session.token.map(TokenShown::from),
        token_group: session.token_group,
        state: session.state.as_str(),
        started_at: session.started_at,
        ended_at: session.ended_at,
        duration_s: (until.as_second() - session.started_at.as_second()).max(0),
        stop_reason: session.stop_reason,
        remote_start: session.remote_start,
        time_zone: session.time_zone,
        location: session.location,
        energy_wh,
        exported_wh,
        operation_mode: session.operation_mode,
        currency: price.as_ref().map(|price| price.currency.to_string()),
        total: price.as_ref().map(|price| price.total.to_string()),
        amounts: price.as_ref().map(|price| price.amounts.as_str()),
        taxes: price.iter().flat_map(|price| &price.taxes).map(TaxTotalView::from).collect(),
        priced_by: price.as_ref().map(|price| PricedByView::from(&*price.priced_by)),
        modified_by: price.iter().flat_map(|price| &price.modified_by).map(|by| PricedByView::from(&**by)).collect(),
        left_out: price.iter().flat_map(|price| &price.left_out).cloned().collect(),
        priced_at: price.as_ref().map(|price| price.at),
        next_change_at: price.as_ref().and_then(|price| price.next_change_at),
        is_final: price.as_ref().is_some_and(|price| price.is_final),
        bill: session.bill,
        lines: price.iter().flat_map(|price| &price.lines).cloned().map(LineView::from).collect(),
        pin: session.pin.as_deref().cloned().map(PinView::from),
        limits: session.limits.into(),
        marks: session.marks.iter().cloned().collect(),
        station_money: StationMoneyView::from(&*session.station_money),
        acts: session.acts.iter().map(ActView::from).collect(),
        gaps: session.seen.gaps().map(|(from, to)| GapView { from, to }).collect(),
        periods: None,
    }
}

/// Anything that is not an id of ours names no session.
pub(crate) fn parse_id(text: &str) -> Answer<SessionId> {
    text.parse().map_err(|_| unknown(text))
}

pub(crate) fn unknown(id: &str) -> Problem {
    let message = format!("there is no session {id}; a session's `id` is a UUID, as GET /api/v1/sessions shows it");
    Problem::missing("unknown-session", message)
}

impl From<IdToken> for TokenShown {
    fn from(token: IdToken) -> Self {
        let IdToken { id_token, kind, additional } = token;
        let additional = additional
            .into_iter()
            .map(|AdditionalInfo { additional_id_token, kind }| AdditionalView { additional_id_token, kind });
        Self { id_token, kind, additional_info: additional.collect() }
    }
}

impl From<PinnedUnit> for PinnedUnitView {
    fn from(pinned: PinnedUnit) -> Self {
        let PinnedUnit { unit, version, hash, .. } = pinned;
        Self { unit, version, hash }
    }
}

impl From<Pin> for PinView {
    fn from(pin: Pin) -> Self {
        let Pin { unit, version, hash, modifiers, .. } = pin;
        Self { unit, version, hash, modifiers: modifiers.into_iter().map(PinnedUnitView::from).collect() }
    }
}

impl From<SessionLimits> for LimitsView {
    fn from(limits: SessionLimits) -> Self {
        let SessionLimits { max_energy, max_duration_s, max_cost, stop_requested, is_budgeted: _ } = limits;
        let max_cost = max_cost.map(|cost| cost.to_string());
        Self { max_energy_wh: max_energy, max_duration_s, max_cost, stop_requested }
    }
}

impl From<&Act> for ActView {
    fn from(act: &Act) -> Self {
        Self { what: act.verb.past(), at: act.at, actor: act.actor.clone(), reason: act.reason.clone() }
    }
}

impl From<&Period> for PeriodView {
    fn from(period: &Period) -> Self {
        let Period { started_at, ended_at, energy, state } = *period;
        Self { started_at, ended_at, energy_wh: energy, state }
    }
}
