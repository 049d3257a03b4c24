use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::doors::{Outbox, StoreError, StoreResult};
use amprule_domain::outbox::{OutboxEvent, OutboxKind, OutboxRow, Subscriber};
use amprule_domain::ports::BoxFuture;
use amprule_domain::{SessionId, Timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

pub(crate) const FIRST_MOMENT: i64 = 1_767_225_600;

/// An outbox that is as durable as the test.
pub(crate) struct Memory {
    books: Mutex<Books>,
    wake: watch::Sender<()>,
}

#[derive(Default)]
struct Books {
    rows: Vec<OutboxRow>,
    newest: u64,
    subscribers: BTreeMap<String, Subscriber>,
    writes: usize,
    is_broken: bool,
    tells_nothing: bool,
    note: String,
    panics: usize,
    is_overtaken: bool,
}

impl Memory {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { books: Mutex::default(), wake: watch::Sender::new(()) })
    }

    pub(crate) fn wake(&self) -> watch::Receiver<()> {
        self.wake.subscribe()
    }

    pub(crate) fn push(&self, kind: OutboxKind) -> u64 {
        let place = self.books.lock().push(kind);
        self.wake.send_replace(());
        place
    }

    pub(crate) fn push_many(&self, many: u64) -> Vec<u64> {
        let places = (0..many).map(|_| self.books.lock().push(OutboxKind::SessionEnded)).collect();
        self.wake.send_replace(());
        places
    }

    pub(crate) fn leave_a_gap(&self) {
        self.books.lock().newest += 3;
    }

    /// A bound was reached: these events are gone, whoever had them.
    pub(crate) fn forget_up_to(&self, place: u64) {
        self.books.lock().rows.retain(|row| row.place > place);
    }

    pub(crate) fn knows(&self, subscriber: Subscriber) {
        self.books.lock().subscribers.insert(subscriber.name.clone(), subscriber);
    }

    pub(crate) fn subscriber(&self, name: &str) -> Subscriber {
        self.books.lock().subscribers.get(name).cloned().expect("the hook has begun")
    }

    pub(crate) fn has_subscriber(&self, name: &str) -> bool {
        self.books.lock().subscribers.contains_key(name)
    }

    pub(crate) fn writes(&self) -> usize {
        self.books.lock().writes
    }

    pub(crate) fn breaks(&self, is_broken: bool) {
        self.books.lock().is_broken = is_broken;
    }

    pub(crate) fn tells_nothing(&self) {
        self.books.lock().tells_nothing = true;
    }

    pub(crate) fn tells_much(&self, bytes: usize) {
        self.books.lock().note = "ü".repeat(bytes / 2);
    }

    /// Right behind the next read there is a commit.
    pub(crate) fn overtakes_once(&self) {
        self.books.lock().is_overtaken = true;
    }

    pub(crate) fn panics_once(&self) {
        self.books.lock().panics = 1;
    }

    fn ask<T>(&self, answer: impl FnOnce(&mut Books) -> T) -> StoreResult<T> {
        let mut books = self.books.lock();
        if books.is_broken { Err(StoreError::new("the disk is full")) } else { Ok(answer(&mut books)) }
    }
}

impl Books {
    fn push(&mut self, kind: OutboxKind) -> u64 {
        self.newest += 1;
        let place = self.newest;
        let at = Timestamp::from_second(FIRST_MOMENT + i64::try_from(place).unwrap()).unwrap();
        let session = "0199f6c2-0000-7000-8000-000000000001".parse::<SessionId>().ok();
        let event = OutboxEvent { at, kind, station: "CS-1".into(), session, bill: None, command: None };
        self.rows.push(OutboxRow { place, event });
        place
    }
}

impl Outbox for Memory {
    fn outbox(&self, after: u64, most: usize) -> BoxFuture<'_, StoreResult<Vec<OutboxRow>>> {
        let found = self.ask(|books| books.rows.iter().filter(|row| row.place > after).take(most).cloned().collect());
        if std::mem::take(&mut self.books.lock().is_overtaken) {
            self.push(OutboxKind::SessionEnded);
        }
        Box::pin(async { found })
    }

    fn outbox_span(&self) -> BoxFuture<'_, StoreResult<Option<(u64, u64)>>> {
        let span = self.ask(|books| Some((books.rows.first()?.place, books.rows.last()?.place)));
        Box::pin(async { span })
    }

    fn subscribers(&self) -> BoxFuture<'_, StoreResult<Vec<Subscriber>>> {
        let all = self.ask(|books| books.subscribers.values().cloned().collect());
        Box::pin(async { all })
    }

    fn put_subscriber(&self, subscriber: Subscriber) -> BoxFuture<'_, StoreResult<()>> {
        let put = self.ask(|books| {
            books.writes += 1;
            books.subscribers.insert(subscriber.name.clone(), subscriber);
        });
        Box::pin(async { put })
    }

    fn tell(&self, event: &OutboxEvent) -> BoxFuture<'_, StoreResult<Option<Value>>> {
        let second = event.at.as_second() - FIRST_MOMENT;
        let told = self.ask(|books| {
            let panics = std::mem::take(&mut books.panics);
            (
                panics,
                (!books.tells_nothing)
                    .then(|| json!({ "energyWh": second, "note": format!("Süd \u{2028}1{}", books.note) })),
            )
        });
        Box::pin(async {
            let (panics, told) = told?;
            assert_eq!(panics, 0, "as the test wants it");
            Ok(told)
        })
    }
}
