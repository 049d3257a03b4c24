//! `GET /api/v1/stations/{id}/composite-schedule`

use std::sync::Arc;

use amprule_domain::doors::Page;
use amprule_domain::holding::{Holding, HoldingFilter, Kind};
use amprule_domain::session::{Session, SessionState};
use amprule_domain::smart_charging::Known;
use amprule_domain::smart_charging::composite::{Piece, Question, composite};
use amprule_domain::smart_charging::profile::Unit;
use amprule_domain::{StationId, Timestamp};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::compared::{Asked, OwnSchedule, own_schedule};
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::{Params, Place};
use crate::{Api, station};

const DURATION_S: i64 = 86_400;
const DURATION_MAX_S: i64 = 7 * 86_400;
const VOLTS: f64 = 230.0;
const PHASES: u8 = 3;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompositeQuery {
    /// 0 is the connection to the grid.
    evse: u32,
    /// From now on, s: 1 to 604800; 86400 without it.
    duration: Option<i64>,
    /// `W` of all phases, or `A` of each; `W` without it.
    #[param(value_type = Option<String>)]
    unit: Option<Unit>,
    /// `true`: the station is asked for its own, and where both differ is shown. 409 where it is not connected.
    compare: Option<bool>,
}

/// What may flow there, by the profiles that the station holds and the limits from outside that it told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompositeView {
    evse: u32,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// s
    duration: i64,
    #[schema(value_type = String)]
    unit: Unit,
    /// `startPeriod` in s after `from`; `limit` null where nothing limits; `numberPhases` null where nobody says. Where profiles speak of
    /// single phases (2.1): `limit_L2` and `limit_L3`, `limit` of the first then. Where they speak of energy that flows back (2.1): `operationMode`, `dischargeLimit`, `setpoint`, both below zero for that.
    #[schema(value_type = Vec<Object>)]
    periods: Vec<Piece>,
    /// Profiles and limits that could not be read, by their ids.
    unread: Vec<String>,
    /// With `compare`.
    #[serde(skip_serializing_if = "Option::is_none")]
    station: Option<OwnSchedule>,
}

/// What may flow at an EVSE from now on, computed from the profiles that its station holds (OCPP 2.0.1, K08; 1.6, 5.7).
///
/// A limit from outside that the station told with a schedule (NotifyChargingLimit) counts until it is cleared; not where the station has
/// reported a profile from the same source.
///
/// With `compare` the station is asked for its own (GetCompositeSchedule): where both differ, one of them errs. Watts and
/// amperes are taken into each other with 230 V and three phases where a profile says no other number.
#[utoipa::path(
    get,
    path = "/api/v1/stations/{id}/composite-schedule",
    tag = "holdings",
    params(("id" = String, Path, description = "The station's id."), CompositeQuery),
    responses(
        (status = 200, body = CompositeView),
        (status = 400, body = ErrorBody, description = "`bad-parameter`"),
        (status = 404, body = ErrorBody, description = "`unknown-station`"),
        (status = 409, body = ErrorBody, description = "`not-connected`, `no-raw-calls`: with `compare`"),
        (status = 504, body = ErrorBody, description = "`no-answer`, `not-sent`, `connection-lost`: with `compare`"),
    ),
)]
pub(crate) async fn get_composite(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
    Params(query): Params<CompositeQuery>,
) -> Answer<Json<CompositeView>> {
    let station = StationId::new(id);
    if api.store.station(&station).await?.is_none() {
        return Err(station::unknown(&station));
    }
    let duration = query.duration.unwrap_or(DURATION_S);
    if !(1..=DURATION_MAX_S).contains(&duration) {
        let message = format!("in the query: `duration` is {duration}; it must be 1 to {DURATION_MAX_S}");
        return Err(Problem::unreadable("bad-parameter", message));
    }
    let running = running(&api, &station, query.evse).await?;
    let (profiles, limits) = (held(&api, &station, Kind::Profile).await?, held(&api, &station, Kind::Limit).await?);
    let of = running.as_ref().map(|session| (session.evse, session.transaction.as_str()));
    let Known { installed, unread } = Known::of(&profiles, &limits, of);
    let (from, unit) = (api.control.now(), query.unit.unwrap_or(Unit::W));
    let transaction = running.as_ref().map(|session| (session.transaction.as_str(), session.started_at));
    let question = Question { evse: query.evse, from, duration, unit, transaction, volts: VOLTS, phases: PHASES };
    let periods = composite(&installed, &question);
    let own = match query.compare.unwrap_or(false) {
        false => None,
        true => {
            let asked = Asked { evse: query.evse, from, duration, unit, ours: &periods };
            Some(own_schedule(&api, &station, asked).await?)
        }
    };
    Ok(Json(CompositeView { evse: query.evse, from, duration, unit, periods, unread, station: own }))
}

/// All that it holds of a kind.
async fn held(api: &Api, station: &StationId, kind: Kind) -> Answer<Vec<Holding>> {
    let filter = HoldingFilter { kind, station: Some(station.clone()), find: None };
    let held = api.store.holdings(&filter, &Page { after: None, limit: 1_000 }).await?;
    Ok(held.items.into_iter().map(|(_, holding)| holding).collect())
}

async fn running(api: &Api, station: &StationId, evse: u32) -> Answer<Option<Session>> {
    let filter = amprule_domain::doors::SessionFilter {
        station: Some(station.clone()),
        state: Some(SessionState::Active),
        ..Default::default()
    };
    let page = Page { after: None, limit: 100 };
    let open = api.store.sessions(&filter, &page).await?;
    Ok(open.items.into_iter().find(|session| session.evse == evse))
}
