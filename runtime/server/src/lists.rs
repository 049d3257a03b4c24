//! Local lists over the engine.

use std::sync::Arc;

use amprule_domain::command::Command;
use amprule_domain::local_list::plan::{Bounds, Room};
use amprule_domain::notice::Notice;
use amprule_domain::ports::BoxFuture;
use amprule_domain::variable::Place;
use amprule_domain::{CommandId, StationId, Timestamp};
use amprule_engine::Engine;
use amprule_ocpp::Dialect;
use tokio::sync::broadcast;

pub(crate) struct Stations {
    pub(crate) engine: Arc<Engine>,
}

impl Stations {
    /// `None`: it is not connected, or is none of OCPP.
    fn dialect(&self, station: &StationId) -> Option<Dialect> {
        let connection = self.engine.connection(station);
        connection.and_then(|connection| Dialect::from_subprotocol(connection.protocol))
    }
}

impl amprule_lists::Stations for Stations {
    fn is_connected(&self, station: &StationId) -> bool {
        self.engine.connection(station).is_some()
    }

    fn room(&self, station: &StationId) -> Room {
        let everything = Room { token: usize::MAX, group: usize::MAX };
        let of = |dialect: Dialect| Room { token: dialect.longest_token(), group: dialect.longest_group() };
        self.dialect(station).map_or(everything, of)
    }

    fn bounds_at(&self, station: &StationId) -> Vec<Place> {
        let has_keys = |dialect: Dialect| dialect.subprotocol() == Dialect::V16.subprotocol();
        self.dialect(station).map(|dialect| Bounds::told_at(has_keys(dialect)).to_vec()).unwrap_or_default()
    }

    fn size(&self, station: &StationId, command: &Command) -> usize {
        let Some(dialect) = self.dialect(station) else { return 0 };
        dialect.phrase(command).map_or(0, |(action, payload)| dialect.call_bytes(action, &payload))
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
