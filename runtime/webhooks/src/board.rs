//! What operators see of a hook.

use std::sync::Arc;

use amprule_domain::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;

use crate::hook::Hook;
use crate::progress::Progress;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HookStatus {
    pub name: String,
    /// Host and path; a part of the path that may be a credential is shortened.
    pub url: String,
    pub events: Vec<String>,
    pub state: HookState,
    /// It has every event up to this place. 0 until that was read.
    pub delivered: u64,
    /// By places, of which some may be gaps or events that it does not want. `None`: not known.
    pub waiting: Option<u64>,
    pub last_success_at: Option<Timestamp>,
    /// Stays after a success, to be compared with it.
    pub last_failure: Option<LastFailure>,
    pub next_try_at: Option<Timestamp>,
    /// Places of events that went before it had them, those included that it has not been told of yet.
    pub missed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HookState {
    /// There is nothing to deliver.
    Idle,
    Delivering,
    /// The last attempt failed; there will be another one.
    Retrying,
    /// The receiver wants no more events (410); it is asked again after a long time.
    Paused,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastFailure {
    pub at: Timestamp,
    pub what: String,
}

/// One hook's, shared between its task and whoever asks.
#[derive(Clone)]
pub(crate) struct Board(Arc<Mutex<Shown>>);

struct Shown {
    status: HookStatus,
    /// The newest place that was seen.
    newest: u64,
}

impl Board {
    pub(crate) fn new(hook: &Hook) -> Self {
        let status = HookStatus {
            name: hook.name.to_string(),
            url: hook.address.to_string(),
            events: hook.wanted.as_written().to_vec(),
            state: HookState::Idle,
            delivered: 0,
            waiting: None,
            last_success_at: None,
            last_failure: None,
            next_try_at: None,
            missed: 0,
        };
        Self(Arc::new(Mutex::new(Shown { status, newest: 0 })))
    }

    pub(crate) fn status(&self) -> HookStatus {
        self.0.lock().status.clone()
    }

    pub(crate) fn waiting(&self) -> u64 {
        self.0.lock().status.waiting.unwrap_or(0)
    }

    /// There are events up to here.
    pub(crate) fn saw(&self, newest: u64) {
        self.change(|shown| shown.newest = shown.newest.max(newest));
    }

    pub(crate) fn is_idle(&self, progress: &Progress) {
        self.change(|shown| {
            shown.newest = progress.delivered();
            shown.status.state = HookState::Idle;
            shown.status.next_try_at = None;
            shown.show(progress);
        });
    }

    pub(crate) fn is_delivering(&self) {
        self.change(|shown| {
            shown.status.state = HookState::Delivering;
            shown.status.next_try_at = None;
        });
    }

    pub(crate) fn went(&self, progress: &Progress) {
        self.change(|shown| shown.show(progress));
    }

    pub(crate) fn misses(&self, places: u64) {
        self.change(|shown| shown.status.missed += places);
    }

    pub(crate) fn succeeded(&self, progress: &Progress, now: Timestamp) {
        self.change(|shown| {
            shown.status.last_success_at = Some(now);
            shown.show(progress);
        });
    }

    pub(crate) fn failed(&self, state: HookState, what: &str, now: Timestamp, next: Option<Timestamp>) {
        self.change(|shown| {
            shown.status.state = state;
            shown.status.last_failure = Some(LastFailure { at: now, what: what.to_owned() });
            shown.status.next_try_at = next;
        });
    }

    fn change(&self, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.0.lock();
        change(&mut shown);
        shown.status.waiting = (shown.newest > 0).then(|| shown.newest.saturating_sub(shown.status.delivered));
    }
}

impl Shown {
    fn show(&mut self, progress: &Progress) {
        self.status.delivered = progress.delivered();
        self.status.missed = progress.missed();
    }
}
