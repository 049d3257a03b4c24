//! The API's doors, over the engine and the registry.

use std::sync::Arc;

use amprule_api::{
    CallFailed, CallOutcome, ConnectionInfo, Control, Extensions, NoShadow, OrderRefused, Password, Worded,
};
use amprule_domain::command::{Command, Exchange, Origin};
use amprule_domain::doors::StoreResult;
use amprule_domain::notice::Notice;
use amprule_domain::ports::{self, BoxFuture, CallRefused, Clock};
use amprule_domain::refused::{ActRefused, CommandRefused};
use amprule_domain::session::{Act, Session};
use amprule_domain::station::StationRecord;
use amprule_domain::{CommandId, SessionId, StationId, Timestamp};
use amprule_engine::Engine;
use amprule_forward::Forwards;
use amprule_hooks::Registry;
use amprule_ocpp::Dialect;
use amprule_reload::{Order, Refused, Verb, Watching};
use amprule_store::SqliteStore;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::{Notify, broadcast};

use crate::caches::Caches;
use crate::certificates;
use crate::environment::SystemClock;
use crate::secrets::PasswordKey;

pub(crate) struct Stations {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) passwords: Arc<PasswordKey>,
    pub(crate) watching: Arc<Watching>,
    pub(crate) lists_changed: Arc<Notify>,
    pub(crate) forwards: Arc<Forwards>,
}

impl Control for Stations {
    fn connection(&self, station: &StationId) -> Option<ConnectionInfo> {
        let connection = self.engine.connection(station)?;
        Some(ConnectionInfo {
            protocol: connection.protocol,
            since: connection.since,
            last_heard: connection.last_heard,
        })
    }

    fn call<'a>(
        &'a self,
        station: &'a StationId,
        action: &'a str,
        payload: &'a str,
    ) -> BoxFuture<'a, Result<CallOutcome, CallFailed>> {
        Box::pin(async move {
            let outcome = self.engine.call(station, action, payload).await.map_err(failed)?;
            Ok(match outcome {
                ports::CallOutcome::Result(payload) => {
                    CallOutcome::Result(RawValue::from_string(payload.into()).map_err(|_| CallFailed::Gone)?)
                }
                ports::CallOutcome::Error { code, description } => CallOutcome::Error { code, description },
            })
        })
    }

    fn worded(&self, protocol: &str, command: &Command) -> Result<Option<Worded>, CallFailed> {
        let Some(dialect) = Dialect::from_subprotocol(protocol) else {
            return if matches!(command, Command::Request { .. }) { Err(CallFailed::NoRaw) } else { Ok(None) };
        };
        let worded = dialect.worded(command, self.now());
        let (action, payload) = worded.map_err(|fault| failed(CallRefused::from(fault).into()))?;
        if let Command::Request { action, payload } = command {
            certificates::check_install(action, payload)
                .map_err(|(path, message)| CallFailed::Invalid { path: path.to_owned(), message })?;
        }
        let bytes = dialect.call_bytes(action, &payload);
        Ok(Some(Worded { action: action.to_owned(), payload, bytes }))
    }

    fn order<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        from: Timestamp,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<Exchange, CommandRefused>> {
        Box::pin(self.engine.order_from(station, command, Origin::Operator, from, expires_at))
    }

    fn withdraw<'a>(
        &'a self,
        station: &'a StationId,
        command: CommandId,
    ) -> BoxFuture<'a, Result<Exchange, CommandRefused>> {
        Box::pin(self.engine.withdraw(station, command))
    }

    fn priced(&self, session: Session) -> BoxFuture<'_, StoreResult<Session>> {
        Box::pin(self.engine.priced(session))
    }

    fn act<'a>(
        &'a self,
        station: &'a StationId,
        session: SessionId,
        act: Act,
    ) -> BoxFuture<'a, Result<(), ActRefused>> {
        Box::pin(self.engine.act(station, session, act))
    }

    fn put_station(&self, record: StationRecord) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(async move {
            let id = record.id.clone();
            self.engine.put_station(record).await?;
            self.forwards.look_at(&id);
            Ok(())
        })
    }

    fn delete_station<'a>(&'a self, id: &'a StationId) -> BoxFuture<'a, StoreResult<()>> {
        Box::pin(self.engine.delete_station(id))
    }

    fn lists_changed(&self) {
        self.lists_changed.notify_one();
    }

    fn token_lost(&self, key: String) {
        let caches = Caches { engine: self.engine.clone(), store: self.store.clone() };
        tokio::spawn(async move { caches.clear(&key).await });
    }

    fn hash_password(&self, password: Password<'_>) -> String {
        match password {
            Password::Text(text) => self.passwords.hash(text.as_bytes()),
            Password::Key(bytes) => self.passwords.hash_key(bytes),
        }
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.engine.subscribe()
    }

    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// Everything is loaded before the API listens; what can fail later is the disk, for reading or for writing, and the
    /// thread that takes in scripts and plugins.
    fn ready(&self) -> Result<(), String> {
        self.store.last_session_no().map_err(|error| error.to_string())?;
        self.store.can_write()?;
        if self.watching.has_died() {
            return Err("a bug ended the thread that takes in scripts and plugins; those that are active go on, and \
                        changes count once the server is started again"
                .to_owned());
        }
        match self.watching.stuck() {
            Some(stuck) => Err(format!("{stuck}; those that are active go on, and no change counts")),
            None => Ok(()),
        }
    }
}

fn failed(why: amprule_engine::CallFailed) -> CallFailed {
    use amprule_engine::CallFailed as Why;
    let text = why.to_string();
    match why {
        Why::NotConnected => CallFailed::NotConnected,
        Why::Refused(CallRefused::UnknownAction { .. }) | Why::Unsayable(_) => CallFailed::UnknownAction(text),
        Why::Refused(CallRefused::Invalid { path, message }) => CallFailed::Invalid { path, message },
        Why::Timeout(after) => CallFailed::Timeout(after),
        Why::NotSent(waited) => CallFailed::NotSent(waited),
        Why::Busy(_) => CallFailed::Busy(text),
        Why::NoRaw => CallFailed::NoRaw,
        Why::Refused(CallRefused::Closed) | Why::Gone | Why::Over => CallFailed::Gone,
    }
}

pub(crate) struct Units {
    pub(crate) registry: Arc<Registry>,
    pub(crate) watching: Arc<Watching>,
}

impl Extensions for Units {
    fn extensions(&self) -> Vec<Value> {
        self.registry.units().iter().filter_map(|view| serde_json::to_value(view).ok()).collect()
    }

    fn extension(&self, id: &str) -> Option<Value> {
        self.registry.unit(id).and_then(|view| serde_json::to_value(view).ok())
    }

    fn shadow(&self, id: &str) -> Result<Value, NoShadow> {
        if let Some(view) = self.registry.shadow(id) {
            return serde_json::to_value(view).map_err(|_| NoShadow::NoCandidate);
        }
        match self.registry.shadow_refused(id) {
            Some(why) => Err(NoShadow::Refused(why)),
            None if self.registry.active(id).is_some() => Err(NoShadow::NoCandidate),
            None => Err(NoShadow::Unknown),
        }
    }

    fn chains(&self) -> Value {
        serde_json::to_value(self.registry.chains()).unwrap_or_default()
    }

    /// The reload's thread follows orders one by one; a compiler may stand before this one.
    fn order<'a>(&'a self, id: &'a str, order: amprule_api::Order) -> BoxFuture<'a, Result<(), OrderRefused>> {
        let (watching, order) = (Arc::clone(&self.watching), Order { id: id.to_owned(), verb: verb(order) });
        Box::pin(async move {
            let followed = tokio::task::spawn_blocking(move || watching.order(order)).await;
            match followed {
                Ok(Ok(())) => Ok(()),
                Ok(Err(Refused::Unknown(_))) => Err(OrderRefused::Unknown),
                Ok(Err(Refused::Impossible(why))) => Err(OrderRefused::Impossible(why)),
                Ok(Err(late @ (Refused::NotYet(_) | Refused::Followed(_)))) => {
                    Err(OrderRefused::Impossible(late.to_string()))
                }
                Err(_) => Err(OrderRefused::Impossible("the server is shutting down".to_owned())),
            }
        })
    }
}

fn verb(order: amprule_api::Order) -> Verb {
    match order {
        amprule_api::Order::Activate { hash } => Verb::Activate { hash },
        amprule_api::Order::Rollback => Verb::Rollback,
        amprule_api::Order::Pin => Verb::Pin,
        amprule_api::Order::Unpin => Verb::Unpin,
        amprule_api::Order::Approve { hash } => Verb::Approve { hash },
    }
}
