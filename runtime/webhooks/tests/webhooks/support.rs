use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Once};
use std::time::Duration;

use amprule_domain::Timestamp;
use amprule_domain::ports::Clock;
use amprule_webhooks::{HookSettings, HookStatus, Pace, Roots, Secret, Settings, Webhooks};
use tokio::time::{sleep, timeout};

use crate::outbox::{FIRST_MOMENT, Memory};
use crate::receiver::Heard;

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) struct Watch;

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(FIRST_MOMENT + 86_400).unwrap()
    }
}

pub(crate) fn hook(name: &str, url: &str) -> HookSettings {
    HookSettings {
        name: name.to_owned(),
        url: url.to_owned(),
        secret: Secret::parse(SECRET).unwrap(),
        previous_secret: None,
        events: vec!["*".to_owned()],
        timeout: Duration::from_millis(500),
        allow_http: false,
    }
}

/// Quick, so that tests are.
pub(crate) fn settings(hooks: Vec<HookSettings>) -> Settings {
    let pace = Pace {
        first_retry: Duration::from_millis(5),
        longest_retry: Duration::from_millis(20),
        grace: Duration::from_millis(50),
        ..Pace::default()
    };
    Settings { source: "depot".to_owned(), hooks, roots: Roots::System, pace }
}

pub(crate) fn start(outbox: &Arc<Memory>, settings: Settings) -> Webhooks {
    let outbox = Arc::clone(outbox);
    let wake = outbox.wake();
    Webhooks::start(settings.check().unwrap(), outbox, Arc::new(Watch), wake)
}

/// One hook named `crm`, when it has begun.
pub(crate) async fn started(outbox: &Arc<Memory>, url: &str) -> Webhooks {
    let webhooks = start(outbox, settings(vec![hook("crm", url)]));
    until("it has begun", || outbox.has_subscriber("crm")).await;
    webhooks
}

pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(5), wait).await.unwrap_or_else(|_| panic!("not within 5 s: {what}"));
}

pub(crate) async fn status_when(webhooks: &Webhooks, is_so: impl Fn(&HookStatus) -> bool) -> HookStatus {
    until("the status", || is_so(&webhooks.status()[0])).await;
    webhooks.status()[0].clone()
}

/// What lib.rs promises, of everything that one receiver has heard of these places.
pub(crate) fn check_promises(heard: &[Heard], places: &[u64]) {
    let mut ids: BTreeMap<u64, String> = BTreeMap::new();
    for message in heard {
        let (place, id, attempt) = (message.place(), message.id().to_owned(), message.attempt());
        assert_eq!(message.json()["id"], id);
        match ids.get(&place) {
            None => {
                let before = ids.last_key_value().map_or(0, |(before, _)| *before);
                assert!(place > before, "{place} came after {before}");
                ids.insert(place, id);
            }
            Some(known) => {
                assert_eq!(*known, id, "an event has one id");
                assert!(attempt > 1, "{place} came again without being told so");
            }
        }
    }
    assert_eq!(ids.into_keys().collect::<Vec<_>>(), places, "nothing is lost");
    let all: std::collections::BTreeSet<&str> = heard.iter().map(Heard::id).collect();
    assert_eq!(all.len(), places.len(), "an id has one event");
}

/// What was logged by this thread, which is this test. One subscriber for all threads: a callsite that is met first by a
/// thread without one is silent for the others too.
pub(crate) struct Log;

struct ThisThread;

thread_local! {
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

static SUBSCRIBER: Once = Once::new();

impl Log {
    pub(crate) fn keep() -> Self {
        SUBSCRIBER.call_once(|| {
            let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(|| ThisThread);
            let subscriber = subscriber.with_max_level(tracing::Level::TRACE).finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
        });
        Self
    }

    pub(crate) fn text(&self) -> String {
        LOGGED.with_borrow(|logged| String::from_utf8(logged.clone()).unwrap())
    }

    pub(crate) fn of(&self, level: &str) -> Vec<String> {
        let text = self.text();
        text.lines().filter(|line| line.contains(&format!(" {level} amprule_webhooks"))).map(str::to_owned).collect()
    }
}

impl io::Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
