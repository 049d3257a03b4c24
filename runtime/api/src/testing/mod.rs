//! A house to try the API in: the real router over a control and a store that live in memory.

mod asked;
mod control;
mod devices;
mod files;
mod prices;
pub(crate) mod samples;
mod served;
mod sites;
mod store;
mod stream;

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::effect::Effect;
use amprule_domain::notice::Notice;
use amprule_domain::ports::BoxFuture;
use amprule_domain::station::StationRecord;
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) use asked::{Answered, Asked};
pub(crate) use control::FakeControl;
pub(crate) use samples::{decision, priced, session, station};
pub(crate) use served::Served;
use store::MemoryStore;
use stream::EventText;

use crate::{Api, Extensions, Forwards, NoShadow, Order, OrderRefused, Parts, Settings, Snapshot, Webhooks};

pub(crate) struct House {
    pub(crate) api: Arc<Api>,
    pub(crate) control: Arc<FakeControl>,
    store: Arc<MemoryStore>,
}

impl House {
    pub(crate) const TOKEN: &str = "a-token-for-tests";
    /// Notices that a listener may be behind.
    pub(crate) const NOTICES: usize = 8;

    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        change(&mut settings);
        let store = Arc::new(MemoryStore::default());
        let control = Arc::new(FakeControl::new(store.clone(), Self::NOTICES));
        let api = Api::new(Parts {
            control: control.clone(),
            store: store.clone(),
            archive: store.clone(),
            extensions: Arc::new(OneExtension),
            devices: Arc::new(devices::FakeDevices::default()),
            sites: Arc::new(sites::FakeSites),
            files: Arc::new(files::FakeFiles),
            hooks: Arc::new(prices::PerKwh),
            webhooks: Arc::new(OneWebhook),
            forwards: Arc::new(OneForward),
            metrics: control.clone(),
            token: Self::TOKEN.to_owned(),
            settings,
        });
        Self { api, control, store }
    }

    pub(crate) async fn send(&self, asked: Asked) -> Answered {
        let response = crate::router(self.api.clone()).oneshot(asked.request()).await.expect("never fails");
        Answered::read(response).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.send(Asked::get(path)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answered {
        self.send(Asked::put(path, &body.to_string())).await
    }

    pub(crate) async fn stream(&self, path: &str) -> EventText {
        let response = crate::router(self.api.clone()).oneshot(Asked::get(path).request()).await.expect("never fails");
        EventText::new(response)
    }

    pub(crate) fn keep(&self, effects: impl IntoIterator<Item = Effect>) {
        self.store.apply(effects);
    }

    pub(crate) fn station(&self, id: &str) -> StationRecord {
        self.store.known_station(&StationId::from(id)).expect("a station")
    }

    pub(crate) fn connect(&self, station: &str) {
        self.control.connect(station);
    }

    pub(crate) fn notify(&self, kind: &'static str, station: &str) {
        let station = Some(StationId::from(station));
        let notice =
            Notice { at: samples::at("09:30"), kind, station, session: None, extension: None, data: json!({}) };
        self.control.notices.send(Arc::new(notice)).expect("someone listens");
    }

    pub(crate) fn not_ready(&self, why: &str) {
        *self.control.waits_for.lock() = Some(why.to_owned());
    }

    pub(crate) fn measure(&self, snapshot: Snapshot) {
        *self.control.snapshot.lock() = snapshot;
    }
}

struct OneExtension;

impl Extensions for OneExtension {
    fn extensions(&self) -> Vec<Value> {
        vec![json!({"id": "flat", "state": "active", "version": "1.0.0"})]
    }

    fn extension(&self, id: &str) -> Option<Value> {
        self.extensions().into_iter().find(|extension| extension["id"] == id)
    }

    fn shadow(&self, id: &str) -> Result<Value, NoShadow> {
        match id {
            "flat" => Ok(json!({"unit": "flat", "changed": 1})),
            "lonely" => Err(NoShadow::NoCandidate),
            "broken" => Err(NoShadow::Refused("main.rhai:1:7: not a price".to_owned())),
            _ => Err(NoShadow::Unknown),
        }
    }

    fn chains(&self) -> Value {
        json!({"generation": 3, "rules": []})
    }

    fn order<'a>(&'a self, id: &'a str, order: Order) -> BoxFuture<'a, Result<(), OrderRefused>> {
        let answer = match order {
            _ if id != "flat" => Err(OrderRefused::Unknown),
            Order::Rollback => Err(OrderRefused::Impossible("there is no version before it".to_owned())),
            _ => Ok(()),
        };
        Box::pin(async { answer })
    }
}

struct OneWebhook;

impl Webhooks for OneWebhook {
    fn webhooks(&self) -> Vec<Value> {
        vec![json!({"name": "books", "state": "idle"})]
    }
}

struct OneForward;

impl Forwards for OneForward {
    fn forwards(&self) -> Vec<Value> {
        vec![json!({"name": "books", "connected": 1})]
    }

    fn of(&self, _: &StationId) -> Vec<Value> {
        vec![json!({"forward": "books", "state": "connected"})]
    }
}
