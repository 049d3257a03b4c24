//! Stations remember tokens that were accepted there. One that is not accepted any more is to be forgotten (OCPP 2.0.1, C11; 1.6, 5.3).

use std::collections::BTreeSet;

use amprule_domain::StationId;
use amprule_domain::command::Command;
use amprule_domain::doors::{Page, SessionFilter, StoreResult};
use amprule_domain::holding::{Holding, HoldingFilter, Kind};
use amprule_domain::token::{TokenRecord, TokenStatus};
use amprule_domain::variable::ACTUAL;
use jiff::{SignedDuration, Timestamp};

use crate::Api;

/// Of the token, the latest: the stations that may know it.
const SESSIONS: usize = 200;
/// A station that is away is told when it comes back, if that is so soon.
const EXPIRES: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What the variables' keys have in them that say whether there is a cache.
const TOLD_BY: [&str; 2] = ["authcachectrlr////enabled", "authorizationcacheenabled"];

/// Whether stations may go on accepting what is not accepted any more.
pub(super) fn is_outdated(old: &TokenRecord, new: Option<&TokenRecord>, now: Timestamp) -> bool {
    let stands = |record: &TokenRecord| {
        record.status == TokenStatus::Accepted && record.expires_at.is_none_or(|until| until > now)
    };
    stands(old) && !new.is_some_and(stands)
}

/// Where it was used, the cache as a whole goes: no version of OCPP can take one token out of it.
pub(super) async fn clear(api: &Api, key: &str) {
    let known = match users(api, key).await {
        Ok(known) => known,
        Err(error) => {
            return tracing::warn!(%error, "where a token was used cannot be read: stations that remember it are not told; send them ClearCache");
        }
    };
    let now = api.control.now();
    let until = now.checked_add(EXPIRES).unwrap_or(now);
    for station in known {
        let command = Command::Request { action: "ClearCache".to_owned(), payload: "{}".to_owned() };
        if let Err(why) = api.control.order(&station, command, now, until).await {
            tracing::warn!(%station, "the station is not told to forget a token that is not accepted any more: {why}");
        }
    }
}

async fn users(api: &Api, key: &str) -> StoreResult<BTreeSet<StationId>> {
    let filter = SessionFilter { token: Some(key.to_owned()), ..SessionFilter::default() };
    let sessions = api.store.sessions(&filter, &Page { after: None, limit: SESSIONS }).await?.items;
    let stations: BTreeSet<StationId> = sessions.into_iter().map(|session| session.station).collect();
    let mut known = BTreeSet::new();
    for station in stations {
        if api.store.station(&station).await?.is_some() && has_cache(api, &station).await? {
            known.insert(station);
        }
    }
    Ok(known)
}

/// Unless it says that there is none.
async fn has_cache(api: &Api, station: &StationId) -> StoreResult<bool> {
    let is_off = |holding: &Holding| {
        let value = holding.body["attributes"][ACTUAL]["value"].as_str();
        value.is_some_and(|value| value.trim().eq_ignore_ascii_case("false"))
    };
    for find in TOLD_BY {
        let filter =
            HoldingFilter { kind: Kind::Variable, station: Some(station.clone()), find: Some(find.to_owned()) };
        let told = api.store.holdings(&filter, &Page { after: None, limit: 10 }).await?.items;
        if told.iter().any(|(_, holding)| is_off(holding)) {
            return Ok(false);
        }
    }
    Ok(true)
}
