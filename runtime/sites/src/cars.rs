//! Cars that tell what they need (ISO 15118; OCPP 2.0.1, K15): one that no site shares out power for is told what its EVSE delivers,
//! within the minute for which it waits. In a site, that is the site's to say.

use std::collections::VecDeque;
use std::sync::Arc;

use amprule_domain::command::Command;
use amprule_domain::doors::StoreResult;
use amprule_domain::load::Allowed;
use amprule_domain::smart_charging::{Follows, Needs};
use amprule_domain::{StationId, Timestamp};
use jiff::SignedDuration;
use tokio::sync::broadcast::error::RecvError;

use crate::house::House;
use crate::ledger::Ledger;
use crate::plans;

/// A car waits so long for its profile (K15.FR.08), less what the way takes.
const PATIENCE: SignedDuration = SignedDuration::from_secs(50);

/// Cars that wait for their transaction to begin: with one more the oldest is not waited for any more.
const WAITING_MAX: usize = 1_000;

pub(crate) async fn answer(house: Arc<House>, ledger: Arc<Ledger>) {
    let mut notices = house.stations.notices();
    // Needs may come before the transaction (TxStartPoint).
    let mut waiting: VecDeque<(StationId, Needs, Timestamp)> = VecDeque::new();
    loop {
        let notice = match notices.recv().await {
            Ok(notice) => notice,
            // Those that were missed charge as the station lets them.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let Some(station) = &notice.station else { continue };
        let now = house.clock.now();
        waiting.retain(|(_, _, at)| now.duration_since(*at) < PATIENCE);
        if let Some(evse) = plans::to_renegotiate(&notice) {
            let expires_at = now.checked_add(PATIENCE).unwrap_or(now);
            if let Err(why) = plans::renegotiate(&house, &ledger, station, evse, expires_at).await {
                tracing::warn!(%station, evse, "a car that means to draw more than it may is not told anew: {why}");
            }
            continue;
        }
        if notice.kind == "station.charging-needs"
            && let Ok(needs) = serde_json::from_value::<Needs>(notice.data.clone())
        {
            waiting.retain(|(of, known, _)| (of, known.evse) != (station, needs.evse));
            // A car that was promised none does not wait.
            if needs.follows != Follows::Profile {
                continue;
            }
            if waiting.len() == WAITING_MAX {
                waiting.pop_front();
            }
            waiting.push_back((station.clone(), needs, now));
        } else if notice.kind != "session.started" {
            continue;
        }
        let (here, others) = waiting.drain(..).partition(|(of, _, _)| of == station);
        waiting = others;
        let here: VecDeque<(StationId, Needs, Timestamp)> = here;
        for (station, needs, at) in here {
            match tell(&house, &ledger, &station, &needs).await {
                Ok(true) => {}
                Ok(false) => waiting.push_back((station, needs, at)),
                Err(why) => {
                    tracing::warn!(%station, "a car that told its needs is not told what it may draw: {why}");
                }
            }
        }
    }
}

/// False: its transaction has not begun. The error says why nobody tells it anything.
async fn tell(house: &House, ledger: &Ledger, station: &StationId, needs: &Needs) -> Result<bool, String> {
    let place = (station.clone(), needs.evse);
    let has_default = house.stations.has_default(station, needs.evse).await.map_err(|error| error.to_string())?;
    // What somebody has said for each transaction there holds for this one.
    if ledger.is_seated(&place) || has_default {
        return Ok(true);
    }
    let Some(Allowed { most, phases }) = allowed(house, station, needs).await.map_err(|error| error.to_string())?
    else {
        return Err("neither the EVSE's power nor the car's is known".to_owned());
    };
    let sessions = house.stations.sessions(station).await.map_err(|error| error.to_string())?;
    let Some(session) = sessions.into_iter().find(|session| session.evse == needs.evse) else { return Ok(false) };
    let command = Command::Limit { evse: needs.evse, transaction: Some(session.transaction), most, phases, above: 0 };
    let expires_at = house.clock.now().checked_add(PATIENCE).map_err(|error| error.to_string())?;
    house.stations.order_for_car(station, command, expires_at).await.map(|_| true)
}

/// What the EVSE delivers, else what the car can take.
async fn allowed(house: &House, station: &StationId, needs: &Needs) -> StoreResult<Option<Allowed>> {
    let Some(known) = house.stations.power_w(station, needs.evse).await? else { return Ok(needs.most()) };
    let connected = house.stations.phases(station, needs.evse).await?;
    Ok(Some(needs.most_of_evse(known, connected)))
}
