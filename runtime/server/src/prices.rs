//! Prices on displays, over the engine.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::command::{Command, CommandAnswer};
use amprule_domain::doors::{Records as _, StoreResult};
use amprule_domain::notice::Notice;
use amprule_domain::ports::BoxFuture;
use amprule_domain::session::Session;
use amprule_domain::{CommandId, SessionId, StationId, Timestamp};
use amprule_engine::{CallFailed, Engine};
use amprule_hooks::Registry;
use amprule_prices::{Board, House, Keeper, Unsaid, Wish};
use amprule_store::SqliteStore;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::environment::SystemClock;

pub(crate) fn begin(
    config: &Config,
    (engine, store, registry): (&Arc<Engine>, &Arc<SqliteStore>, &Arc<Registry>),
    (board, wishes): (Arc<Board>, mpsc::Receiver<Wish>),
) -> JoinHandle<()> {
    let keeper = Keeper::new(House {
        stations: Arc::new(Stations { engine: engine.clone(), store: store.clone() }),
        hooks: registry.clone(),
        books: store.clone(),
        board,
        clock: Arc::new(SystemClock),
        every: Duration::from_secs(config.stations.cost_every_s.into()),
    });
    tokio::spawn(keeper.run(wishes))
}

struct Stations {
    engine: Arc<Engine>,
    store: Arc<SqliteStore>,
}

impl amprule_prices::Stations for Stations {
    fn is_connected(&self, station: &StationId) -> bool {
        self.engine.connection(station).is_some()
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

    fn say<'a>(&'a self, station: &'a StationId, command: Command) -> BoxFuture<'a, Result<CommandAnswer, Unsaid>> {
        Box::pin(async move {
            let said = self.engine.say(station, command).await;
            said.map_err(|failed| match failed {
                CallFailed::Unsayable(_) => Unsaid::NoWords,
                _ => Unsaid::Unheard,
            })
        })
    }

    fn priced(&self, session: SessionId) -> BoxFuture<'_, StoreResult<Option<Session>>> {
        Box::pin(async move {
            match self.store.session(session).await? {
                Some(session) => self.engine.priced(session).await.map(Some),
                None => Ok(None),
            }
        })
    }

    fn notices(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.engine.subscribe()
    }
}
