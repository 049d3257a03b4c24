//! All stations of this server.

use std::collections::HashMap;
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::effect::Effect;
use amprule_domain::notice::Notice;
use amprule_domain::ports::{Clock, Hooks, Ids, Store, StoreError, StoreResult};
use amprule_domain::station::StationRecord;
use parking_lot::Mutex;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::calls::{Call, CallFailed, CallOutcome};
use crate::connection::Connection;
use crate::counters::Counters;
use crate::happened::Notices;
use crate::mailbox::{Handle, Mail, mailbox};
use crate::{Settings, station};

pub type PasswordCheck = Box<dyn Fn(&[u8], &str) -> bool + Send + Sync>;

/// The outside, as the engine needs it.
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub hooks: Arc<dyn Hooks>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Does this password belong to this hash? Compared in constant time.
    pub is_password: PasswordCheck,
}

pub(crate) struct Shared {
    pub counters: Counters,
    pub notices: Notices,
    /// When this engine began: makes the ids of its commands new after a restart.
    pub epoch_ms: i64,
}

pub struct Engine {
    ports: Arc<Ports>,
    shared: Arc<Shared>,
    settings: Arc<Settings>,
    stations: Mutex<Stations>,
}

struct Stations {
    handles: HashMap<StationId, Handle>,
    /// `None` once the engine shuts down: no new tasks.
    alive: Option<mpsc::Sender<()>>,
    ended: Option<mpsc::Receiver<()>>,
}

impl Engine {
    pub fn new(ports: Ports, settings: Settings) -> Arc<Self> {
        let (alive, ended) = mpsc::channel(1);
        let (notices, _) = broadcast::channel(settings.notices_queued_max.max(1));
        let epoch_ms = ports.clock.now().as_millisecond();
        Arc::new(Self {
            ports: Arc::new(ports),
            shared: Arc::new(Shared { counters: Counters::default(), notices, epoch_ms }),
            settings: Arc::new(settings),
            stations: Mutex::new(Stations { handles: HashMap::new(), alive: Some(alive), ended: Some(ended) }),
        })
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.ports.store
    }

    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.shared.notices.subscribe()
    }

    /// For what happens outside of stations: extensions.
    pub fn tell(&self, notice: Notice) {
        let _ = self.shared.notices.send(Arc::new(notice));
    }

    pub fn connection(&self, station: &StationId) -> Option<Connection> {
        self.handle(station)?.connection.get()
    }

    pub fn connected(&self) -> usize {
        self.stations.lock().handles.values().filter(|handle| handle.connection.get().is_some()).count()
    }

    /// Sends a command and waits for the station's answer.
    pub async fn call(&self, station: &StationId, action: &str, payload: &str) -> Result<CallOutcome, CallFailed> {
        let handle = self.handle(station).ok_or(CallFailed::NotConnected)?;
        let (answer, outcome) = oneshot::channel();
        let call = Call { action: action.into(), payload: payload.into(), answer: Some(answer) };
        handle.mail.send(Mail::Call(call)).await.map_err(|_| CallFailed::NotConnected)?;
        outcome.await.unwrap_or(Err(CallFailed::Gone))
    }

    /// Stores the operator's part of the record, through the station's task: its first connection may come at the same time.
    pub async fn put_station(&self, record: StationRecord) -> StoreResult<()> {
        match self.handle_or_new(&record.id) {
            Some(handle) => ask(&handle, |done| Mail::Configure(Box::new(record), done)).await,
            None => Err(StoreError::new("the server is shutting down")),
        }
    }

    /// Closes its connection and forgets it. Its sessions stay.
    pub async fn delete_station(&self, id: &StationId) -> StoreResult<()> {
        match self.handle(id) {
            Some(handle) => ask(&handle, Mail::Delete).await,
            None => self.ports.store.commit(vec![Effect::StationGone(id.clone())]).await,
        }
    }

    /// Lets every station finish what is in flight, closes the connections, and waits, but not for ever.
    pub async fn shutdown(&self) {
        let (handles, ended) = {
            let mut stations = self.stations.lock();
            stations.alive = None;
            (stations.handles.values().cloned().collect::<Vec<_>>(), stations.ended.take())
        };
        let all = async {
            for handle in handles {
                let _ = handle.mail.send(Mail::Shutdown).await;
            }
            if let Some(mut ended) = ended {
                ended.recv().await;
            }
        };
        if tokio::time::timeout(self.settings.shutdown_timeout, all).await.is_err() {
            tracing::warn!(after = ?self.settings.shutdown_timeout, "some stations did not end in time and are cut off");
        }
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn has_room_for(&self, station: &StationId) -> bool {
        let stations = self.stations.lock();
        stations.handles.len() < self.settings.stations_max || stations.handles.contains_key(station)
    }

    fn handle(&self, station: &StationId) -> Option<Handle> {
        self.stations.lock().handles.get(station).cloned()
    }

    /// `None` when the engine is shutting down.
    pub(crate) fn handle_or_new(&self, id: &StationId) -> Option<Handle> {
        let mut stations = self.stations.lock();
        if let Some(handle) = stations.handles.get(id) {
            return Some(handle.clone());
        }
        let alive = stations.alive.clone()?;
        let (handle, mailbox) = mailbox();
        let outside = (self.ports.clone(), self.shared.clone(), self.settings.clone());
        tokio::spawn(station::run(id.clone(), outside, mailbox, alive));
        stations.handles.insert(id.clone(), handle.clone());
        Some(handle)
    }
}

async fn ask(handle: &Handle, mail: impl FnOnce(oneshot::Sender<StoreResult<()>>) -> Mail) -> StoreResult<()> {
    let gone = |_| StoreError::new("the server is shutting down");
    let (done, answer) = oneshot::channel();
    handle.mail.send(mail(done)).await.map_err(|_| gone(()))?;
    answer.await.map_err(|_| gone(()))?
}
