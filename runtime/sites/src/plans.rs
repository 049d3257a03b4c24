//! Cars that mean to draw more than they may: they are told once more what that is, so that they think of another plan (OCPP 2.0.1, K16).
//! In a site, that is the site's to say.

use amprule_domain::command::Command;
use amprule_domain::notice::Notice;
use amprule_domain::smart_charging::{Plan, Standing};
use amprule_domain::{StationId, Timestamp};

use crate::house::House;
use crate::ledger::Ledger;

/// The EVSE of a car that is to be told again.
pub(crate) fn to_renegotiate(notice: &Notice) -> Option<u32> {
    let plan =
        (notice.kind == "station.charging-schedule").then(|| serde_json::from_value::<Plan>(notice.data.clone()));
    plan?.ok().filter(|plan| plan.standing == Standing::Renegotiated).map(|plan| plan.evse)
}

/// The error says why nobody tells it anything.
pub(crate) async fn renegotiate(
    house: &House,
    ledger: &Ledger,
    station: &StationId,
    evse: u32,
    expires_at: Timestamp,
) -> Result<(), String> {
    if ledger.is_seated(&(station.clone(), evse)) {
        return Ok(());
    }
    let sessions = house.stations.sessions(station).await.map_err(|error| error.to_string())?;
    let Some(session) = sessions.into_iter().find(|session| session.evse == evse) else { return Ok(()) };
    let said =
        house.stations.said_again(station, evse, &session.transaction).await.map_err(|error| error.to_string())?;
    let said = said.ok_or("no profile of ours limits it there, only others do")?;
    let command = Command::Request { action: "SetChargingProfile".to_owned(), payload: said.to_string() };
    house.stations.order_for_car(station, command, expires_at).await.map(|_| ())
}
