//! Local lists over the engine.

use std::sync::Arc;

use amprule_domain::command::Command;
use amprule_domain::local_list::plan::Room;
use amprule_domain::notice::Notice;
use amprule_domain::ports::BoxFuture;
use amprule_domain::{CommandId, StationId, Timestamp};
use amprule_engine::Engine;
use amprule_ocpp::Dialect;
use tokio::sync::broadcast;

pub(crate) struct Stations {
    pub(crate) engine: Arc<Engine>,
}

impl amprule_lists::Stations for Stations {
    fn is_connected(&self, station: &StationId) -> bool {
        self.engine.connection(station).is_some()
    }

    fn room(&self, station: &StationId) -> Room {
        let connection = self.engine.connection(station);
        let dialect = connection.and_then(|connection| Dialect::from_subprotocol(connection.protocol));
        let everything = Room { token: usize::MAX, group: usize::MAX };
        dialect.map_or(everything, |dialect| Room { token: dialect.longest_token(), group: dialect.longest_group() })
    }

    fn order<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<CommandId, String>> {
        Box::pin(async move {
            let ordered = self.engine.order_own(station, command, expires_at).await;
            ordered.map(|exchange| exchange.id).map_err(|refused| refused.to_string())
        })
    }

    fn notices(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.engine.subscribe()
    }
}
