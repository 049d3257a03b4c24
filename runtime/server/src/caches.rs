//! Stations remember tokens that were accepted there. One that is not accepted any more is to be forgotten (OCPP 2.0.1, C11; 1.6, 5.3).

use std::collections::BTreeSet;
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::command::{Command, ExchangeState};
use amprule_domain::contract::Contract;
use amprule_domain::doors::{Catalogue, Page, Records, SessionFilter, StationBooks, StoreResult};
use amprule_domain::holding::{Holding, HoldingFilter, Kind};
use amprule_domain::ports::Clock;
use amprule_domain::variable::ACTUAL;
use amprule_engine::Engine;
use amprule_store::SqliteStore;
use jiff::SignedDuration;

use crate::environment::SystemClock;

/// Of the token, the latest: the stations that may know it.
const SESSIONS: usize = 200;
/// A station that is away is told when it comes back, if that is so soon.
const EXPIRES: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What the variables' keys have in them that say whether there is a cache.
const TOLD_BY: [&str; 2] = ["authcachectrlr////enabled", "authorizationcacheenabled"];

pub(crate) struct Caches {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<SqliteStore>,
}

impl Caches {
    /// Where it was used, the cache as a whole goes: no version of OCPP can take one token out of it.
    pub(crate) async fn clear(&self, key: &str) {
        if let Err(error) = self.try_clear(key).await {
            tracing::warn!(%error, "where a token was used cannot be read: stations that remember it are not told; send them ClearCache");
        }
    }

    async fn try_clear(&self, key: &str) -> StoreResult<()> {
        let mut stations = BTreeSet::new();
        for key in Contract::spellings(&[key]) {
            let filter = SessionFilter { token: Some(key), ..SessionFilter::default() };
            let sessions = self.store.sessions(&filter, &Page { after: None, limit: SESSIONS }).await?.items;
            stations.extend(sessions.into_iter().map(|session| session.station));
        }
        for station in stations {
            if self.store.station(&station).await?.is_some() && self.is_to_be_told(&station).await? {
                self.order(&station).await;
            }
        }
        Ok(())
    }

    async fn order(&self, station: &StationId) {
        let now = SystemClock.now();
        let until = now.checked_add(EXPIRES).unwrap_or(now);
        let command = Command::Request { action: "ClearCache".to_owned(), payload: "{}".to_owned() };
        if let Err(why) = self.engine.order_own(station, command, until).await {
            tracing::warn!(%station, "the station is not told to forget a token that is not accepted any more: {why}");
        }
    }

    /// Unless it says that it has no cache, or is to clear it already.
    async fn is_to_be_told(&self, station: &StationId) -> StoreResult<bool> {
        let open = self.store.open_exchanges(station).await?;
        let is_coming =
            |command: &Command| matches!(command, Command::Request { action, .. } if action == "ClearCache");
        if open.iter().any(|known| known.state == ExchangeState::Queued && is_coming(&known.command)) {
            return Ok(false);
        }
        for find in TOLD_BY {
            let find = Some(find.to_owned());
            let filter = HoldingFilter { kind: Kind::Variable, station: Some(station.clone()), find };
            let told = self.store.holdings(&filter, &Page { after: None, limit: 10 }).await?.items;
            if told.iter().any(|(_, holding)| is_off(holding)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn is_off(holding: &Holding) -> bool {
    let value = holding.body["attributes"][ACTUAL]["value"].as_str();
    value.is_some_and(|value| value.trim().eq_ignore_ascii_case("false"))
}
