//! Numbers of charging profiles that a station keeps for limits from outside (OCPP 2.1, K01.FR.80 and 81).

use amprule_domain::StationId;
use amprule_domain::command::Command;
use amprule_domain::doors::Page;
use amprule_domain::holding::{HoldingFilter, Kind};
use amprule_domain::smart_charging::numbers::{bound, bound_at};
use serde_json::Value;

use crate::problem::{Answer, Problem};
use crate::{Api, Worded};

/// With the number that it will be sent with, as far as is known by now.
pub(super) async fn numbered(api: &Api, station: &StationId, command: &Command) -> Answer<Command> {
    let command = command.clone();
    let Some(number) = command.profile_number() else { return Ok(command) };
    let Some(bound) = bound_of(api, station).await? else { return Ok(command) };
    let held = held(api, station, Kind::Profile, &number.to_string()).await?;
    Ok(command.numbered_above(bound, held.as_ref()))
}

/// The error: the profile of this request has a number that is not ours. `place`: of the profile in the body.
pub(super) async fn check(api: &Api, station: &StationId, said: &Worded, place: &str) -> Answer<()> {
    if !["SetChargingProfile", "RequestStartTransaction"].contains(&said.action.as_str()) {
        return Ok(());
    }
    let asked: Value = serde_json::from_str(&said.payload).unwrap_or_default();
    let (Some(id), Some(bound)) = (asked["chargingProfile"]["id"].as_i64(), bound_of(api, station).await?) else {
        return Ok(());
    };
    if id > bound {
        return Ok(());
    }
    let message = format!(
        "must be more than {bound}: the station keeps the numbers up to there for limits from outside \
         (MaxExternalConstraintsId; K01.FR.80)"
    );
    Err(Problem::invalid(format!("{place}/id"), message))
}

async fn bound_of(api: &Api, station: &StationId) -> Answer<Option<i64>> {
    Ok(held(api, station, Kind::Variable, &bound_at().key()).await?.as_ref().and_then(bound))
}

pub(super) async fn held(api: &Api, station: &StationId, kind: Kind, key: &str) -> Answer<Option<Value>> {
    let filter = HoldingFilter { kind, station: Some(station.clone()), find: Some(key.to_owned()) };
    let found = api.store.holdings(&filter, &Page { after: None, limit: kind.most() as usize }).await?.items;
    Ok(found.into_iter().find(|(_, holding)| holding.key == key).map(|(_, holding)| holding.body))
}
