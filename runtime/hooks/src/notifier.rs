//! How the event stream hears of extensions.

use std::sync::{Arc, OnceLock};

use amprule_domain::notice::Notice;
use amprule_domain::ports::Clock;
use serde_json::Value;

/// Hears what happens to extensions. Must be quick: it is called where things happen.
pub type Observer = Box<dyn Fn(Notice) + Send + Sync>;

pub(crate) struct Notifier {
    clock: Arc<dyn Clock>,
    observer: OnceLock<Observer>,
}

impl Notifier {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, observer: OnceLock::new() }
    }

    /// Only the first observer is kept.
    pub(crate) fn observe(&self, observer: Observer) {
        drop(self.observer.set(observer));
    }

    pub(crate) fn tell(&self, kind: &'static str, id: &str, data: Value) {
        self.say(kind, Some(id), data);
    }

    /// About no single extension.
    pub(crate) fn tell_all(&self, kind: &'static str, data: Value) {
        self.say(kind, None, data);
    }

    fn say(&self, kind: &'static str, id: Option<&str>, data: Value) {
        if let Some(observer) = self.observer.get() {
            let (at, extension) = (self.clock.now(), id.map(str::to_owned));
            observer(Notice { at, kind, station: None, session: None, extension, data });
        }
    }
}
