//! Stations without an engine: what a call answers depends on its action.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::charging::NotCarried;
use amprule_domain::command::{Command, Exchange, Origin};
use amprule_domain::doors::{StoreResult, Writer};
use amprule_domain::effect::Effect;
use amprule_domain::notice::Notice;
use amprule_domain::ports::BoxFuture;
use amprule_domain::refused::{ActRefused, CommandRefused};
use amprule_domain::session::{Act, Session, Verb};
use amprule_domain::station::StationRecord;
use amprule_domain::{CommandId, SessionId, StationId, Timestamp};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::{broadcast, watch};

use super::samples::at;
use super::store::MemoryStore;
use crate::{
    CallFailed, CallOutcome, ConnectionInfo, Control, Metrics, Password, QuirkView, QuirksView, Snapshot, Worded,
};

pub(crate) struct FakeControl {
    store: Arc<MemoryStore>,
    connected: Mutex<BTreeSet<String>>,
    pub(crate) notices: broadcast::Sender<Arc<Notice>>,
    pub(crate) waits_for: Mutex<Option<String>>,
    pub(crate) snapshot: Mutex<Snapshot>,
    /// Calls that have come.
    pub(crate) calls: watch::Sender<u32>,
}

impl FakeControl {
    pub(crate) fn new(store: Arc<MemoryStore>, notices: usize) -> Self {
        Self {
            store,
            connected: Mutex::default(),
            notices: broadcast::Sender::new(notices),
            waits_for: Mutex::default(),
            snapshot: Mutex::default(),
            calls: watch::Sender::new(0),
        }
    }

    pub(crate) fn connect(&self, station: &str) {
        self.connected.lock().insert(station.to_owned());
    }

    async fn answer(&self, action: &str, payload: &str) -> Result<CallOutcome, CallFailed> {
        match action {
            "Echo" => Ok(CallOutcome::Result(RawValue::from_string(payload.to_owned()).expect("JSON"))),
            "Fail" => Ok(CallOutcome::Error { code: "NotSupported".to_owned(), description: "not here".to_owned() }),
            "Invalid" => Err(CallFailed::Invalid { path: "/type".to_owned(), message: "is missing".to_owned() }),
            "Busy" => Err(CallFailed::Busy("32 requests wait already".to_owned())),
            "Late" => Err(CallFailed::NotSent(Duration::from_secs(25))),
            "Slow" => Err(CallFailed::Timeout(Duration::from_secs(30))),
            "Gone" => Err(CallFailed::Gone),
            "Never" => std::future::pending().await,
            _ => Err(CallFailed::UnknownAction(format!("ocpp2.0.1 has no request {action}; did you mean `Echo`?"))),
        }
    }
}

impl Control for FakeControl {
    fn connection(&self, station: &StationId) -> Option<ConnectionInfo> {
        let connected = self.connected.lock().contains(station.as_str());
        connected.then(|| ConnectionInfo { protocol: "ocpp2.0.1", since: at("08:00"), last_heard: at("08:30") })
    }

    fn call<'a>(
        &'a self,
        station: &'a StationId,
        action: &'a str,
        payload: &'a str,
    ) -> BoxFuture<'a, Result<CallOutcome, CallFailed>> {
        Box::pin(async move {
            self.calls.send_modify(|calls| *calls += 1);
            if self.connection(station).is_none() {
                return Err(CallFailed::NotConnected);
            }
            self.answer(action, payload).await
        })
    }

    fn worded(&self, _: &str, command: &Command) -> Result<Option<Worded>, CallFailed> {
        let Command::Request { action, payload } = command else { return Ok(None) };
        match action.as_str() {
            "Echo" => Ok(Some(Worded { action: action.clone(), payload: payload.clone(), bytes: payload.len() })),
            "Invalid" => Err(CallFailed::Invalid { path: "/type".to_owned(), message: "is missing".to_owned() }),
            _ => Err(CallFailed::UnknownAction(format!("ocpp2.0.1 has no request {action}; did you mean `Echo`?"))),
        }
    }

    fn order<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        from: Timestamp,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<Exchange, CommandRefused>> {
        let id = CommandId(uuid::Uuid::from_u128(1));
        let exchange = Exchange::queue(id, station.clone(), command, Origin::Operator, Some(expires_at), self.now());
        let exchange = exchange.not_before(from);
        self.store.apply([Effect::Exchange(Box::new(exchange.clone()))]);
        Box::pin(async { Ok(exchange) })
    }

    fn withdraw<'a>(&'a self, _: &'a StationId, id: CommandId) -> BoxFuture<'a, Result<Exchange, CommandRefused>> {
        let known = self.store.known_exchange(id).expect("it was looked up");
        let withdrawn = known.given_up("it was withdrawn", self.now());
        self.store.apply([Effect::Exchange(Box::new(withdrawn.clone()))]);
        Box::pin(async { Ok(withdrawn) })
    }

    fn priced(&self, session: Session) -> BoxFuture<'_, StoreResult<Session>> {
        Box::pin(async { Ok(session) })
    }

    fn act<'a>(&'a self, _: &'a StationId, _: SessionId, act: Act) -> BoxFuture<'a, Result<(), ActRefused>> {
        let is_end = act.verb == Verb::End;
        Box::pin(async move { if is_end { Err(NotCarried::Ended.into()) } else { Ok(()) } })
    }

    fn put_station(&self, record: StationRecord) -> BoxFuture<'_, StoreResult<()>> {
        self.store.commit(vec![Effect::Station(Box::new(record))])
    }

    fn delete_station<'a>(&'a self, id: &'a StationId) -> BoxFuture<'a, StoreResult<()>> {
        self.store.commit(vec![Effect::StationGone(id.clone())])
    }

    fn lists_changed(&self) {}

    fn token_lost(&self, _: String) {}

    fn hash_password(&self, password: Password<'_>) -> String {
        match password {
            Password::Text(text) => format!("hashed({text})"),
            Password::Key(bytes) => format!("hashed({bytes:x?})"),
        }
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.notices.subscribe()
    }

    fn now(&self) -> Timestamp {
        at("09:30")
    }

    fn ready(&self) -> Result<(), String> {
        self.waits_for.lock().clone().map_or(Ok(()), Err)
    }
}

impl Metrics for FakeControl {
    fn snapshot(&self) -> Snapshot {
        self.snapshot.lock().clone()
    }

    fn counted_since(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn quirks(&self) -> Vec<QuirksView> {
        let mark = QuirkView {
            mark: "power-contradicts".to_owned(),
            meaning: "Power and register contradict each other.".to_owned(),
            sessions: 2,
            messages: 0,
            removed_by: vec!["box-kwh".to_owned()],
        };
        vec![QuirksView {
            vendor: "Acme".to_owned(),
            model: "Box".to_owned(),
            firmware: String::new(),
            dialects: vec!["box-kwh".to_owned()],
            marks: vec![mark],
        }]
    }
}
