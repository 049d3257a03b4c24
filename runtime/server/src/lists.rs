//! Local lists over the engine.

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::Timestamp;
use amprule_domain::command::{Command, Exchange};
use amprule_domain::doors::{StationBooks as _, StoreResult};
use amprule_domain::notice::Notice;
use amprule_domain::ports::BoxFuture;
use amprule_engine::Engine;
use amprule_store::SqliteStore;
use tokio::sync::broadcast;

pub(crate) struct Stations {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<SqliteStore>,
}

impl amprule_lists::Stations for Stations {
    fn is_connected(&self, station: &StationId) -> bool {
        self.engine.connection(station).is_some()
    }

    fn order<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let ordered = self.engine.order_own(station, command, expires_at).await;
            ordered.map(drop).map_err(|refused| refused.to_string())
        })
    }

    fn open_exchanges<'a>(&'a self, station: &'a StationId) -> BoxFuture<'a, StoreResult<Vec<Exchange>>> {
        self.store.open_exchanges(station)
    }

    fn notices(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.engine.subscribe()
    }
}
