//! What every endpoint has at hand.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use amprule_domain::doors::{Archive, Catalogue};
use amprule_domain::ports::Hooks;
use tokio::sync::{Mutex, MutexGuard, Semaphore, watch};

use crate::{Control, Devices, Extensions, Files, Forwards, Metrics, Settings, Sites, Webhooks};

/// What the API is built from.
pub struct Parts {
    pub control: Arc<dyn Control>,
    pub store: Arc<dyn Catalogue>,
    pub archive: Arc<dyn Archive>,
    pub extensions: Arc<dyn Extensions>,
    pub devices: Arc<dyn Devices>,
    pub sites: Arc<dyn Sites>,
    pub files: Arc<dyn Files>,
    pub hooks: Arc<dyn Hooks>,
    pub webhooks: Arc<dyn Webhooks>,
    pub forwards: Arc<dyn Forwards>,
    pub metrics: Arc<dyn Metrics>,
    /// The bearer token: the content of the file `api-token` in the data folder, without white space around it.
    pub token: String,
    pub settings: Settings,
}

pub struct Api {
    pub(crate) control: Arc<dyn Control>,
    pub(crate) store: Arc<dyn Catalogue>,
    pub(crate) archive: Arc<dyn Archive>,
    pub(crate) extensions: Arc<dyn Extensions>,
    pub(crate) devices: Arc<dyn Devices>,
    pub(crate) sites: Arc<dyn Sites>,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) hooks: Arc<dyn Hooks>,
    pub(crate) webhooks: Arc<dyn Webhooks>,
    pub(crate) forwards: Arc<dyn Forwards>,
    pub(crate) metrics: Arc<dyn Metrics>,
    pub(crate) token: String,
    pub(crate) settings: Settings,
    /// One permit per open event stream.
    pub(crate) streams: Arc<Semaphore>,
    /// True once the server goes: event streams end.
    pub(crate) closing: watch::Sender<bool>,
    turns: [Mutex<()>; 64],
}

impl Api {
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            control,
            store,
            archive,
            extensions,
            devices,
            sites,
            files,
            hooks,
            webhooks,
            forwards,
            metrics,
            token,
            settings,
        } = parts;
        Arc::new(Self {
            control,
            store,
            archive,
            extensions,
            devices,
            sites,
            files,
            hooks,
            webhooks,
            forwards,
            metrics,
            token,
            streams: Arc::new(Semaphore::new(settings.streams.min(Semaphore::MAX_PERMITS))),
            settings,
            closing: watch::Sender::new(false),
            turns: std::array::from_fn(|_| Mutex::new(())),
        })
    }

    pub(crate) fn closing(&self) -> Closing {
        Closing(self.closing.subscribe())
    }

    /// Changes of one record come one after the other, so that reading it and writing it back loses nothing.
    pub(crate) async fn turn(&self, record: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        record.hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % self.turns.len() as u64).expect("a small remainder");
        self.turns[at].lock().await
    }
}

/// Learns that the server goes.
pub(crate) struct Closing(watch::Receiver<bool>);

impl Closing {
    pub(crate) async fn wait(&mut self) {
        // The sender is part of the state; without it the server is gone as well.
        let _ = self.0.wait_for(|closing| *closing).await;
    }
}
