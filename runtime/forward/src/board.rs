//! What operators see of a line, and of all lines of a forward.

use amprule_domain::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;

/// One station's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineStatus {
    pub forward: String,
    /// Host and path.
    pub to: String,
    pub state: LineState,
    /// Since when it is in that state.
    pub since: Timestamp,
    /// Messages on disk that the backend has not heard.
    pub waiting: usize,
    /// Stays after a success, to be compared with it.
    pub last_trouble: Option<LastTrouble>,
    pub next_try_at: Option<Timestamp>,
    pub last_heard_at: Option<Timestamp>,
    /// The latest token of which the backend said otherwise than we, and both words.
    pub last_difference: Option<String>,
    pub counts: Counts,
}

/// All of a forward's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForwardStatus {
    pub name: String,
    pub to: String,
    pub allow: Vec<String>,
    /// Stations that it has chosen.
    pub stations: usize,
    pub connected: usize,
    pub waiting: usize,
    pub last_trouble: Option<LastTrouble>,
    pub counts: Counts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineState {
    /// The station is not here, and nothing waits.
    Away,
    Connecting,
    /// The last try failed; there will be another one.
    Retrying,
    /// The backend has to accept the station first.
    Introducing,
    /// The backend lets it wait.
    Pending,
    /// The backend does not want it.
    Rejected,
    Connected,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastTrouble {
    pub at: Timestamp,
    pub what: String,
}

/// Since the server started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Messages that the backend has answered with a result.
    pub heard: u64,
    /// Answers that say something else of a token than ours.
    pub differing: u64,
    /// Messages that it has refused, or not answered, and will not hear again.
    pub refused: u64,
    /// Messages of transactions whose start it has not taken.
    pub unmatched: u64,
    /// Messages that found no room, or no disk.
    pub dropped: u64,
    /// What means something at its time only, while the backend could not hear it.
    pub missed: u64,
    /// Requests of the backend that the station has answered.
    pub calls: u64,
    /// Those that were not told the station.
    pub calls_refused: u64,
    /// Frames of the backend that cannot be read or that answer nothing.
    pub garbage: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        let Self { heard, differing, refused, unmatched, dropped, missed, calls, calls_refused, garbage } = *other;
        self.heard += heard;
        self.differing += differing;
        self.refused += refused;
        self.unmatched += unmatched;
        self.dropped += dropped;
        self.missed += missed;
        self.calls += calls;
        self.calls_refused += calls_refused;
        self.garbage += garbage;
    }
}

pub(crate) struct Board(Mutex<LineStatus>);

impl Board {
    pub(crate) fn new(forward: &str, to: String, now: Timestamp) -> Self {
        Self(Mutex::new(LineStatus {
            forward: forward.to_owned(),
            to,
            state: LineState::Away,
            since: now,
            waiting: 0,
            last_trouble: None,
            next_try_at: None,
            last_heard_at: None,
            last_difference: None,
            counts: Counts::default(),
        }))
    }

    pub(crate) fn status(&self) -> LineStatus {
        self.0.lock().clone()
    }

    pub(crate) fn is(&self, state: LineState, now: Timestamp) {
        let mut status = self.0.lock();
        if status.state != state {
            (status.state, status.since) = (state, now);
        }
        status.next_try_at = None;
    }

    pub(crate) fn failed(&self, what: &str, now: Timestamp, next: Timestamp) {
        self.is(LineState::Retrying, now);
        let mut status = self.0.lock();
        status.last_trouble = Some(LastTrouble { at: now, what: what.to_owned() });
        status.next_try_at = Some(next);
    }

    /// Something went wrong, and the connection stays.
    pub(crate) fn trouble(&self, what: String, now: Timestamp) {
        self.0.lock().last_trouble = Some(LastTrouble { at: now, what });
    }

    pub(crate) fn waits(&self, waiting: usize) {
        self.0.lock().waiting = waiting;
    }

    pub(crate) fn heard(&self, now: Timestamp) {
        let mut status = self.0.lock();
        status.counts.heard += 1;
        status.last_heard_at = Some(now);
    }

    pub(crate) fn differs(&self, what: String) {
        let mut status = self.0.lock();
        status.counts.differing += 1;
        status.last_difference = Some(what);
    }

    pub(crate) fn count(&self, counted: impl FnOnce(&mut Counts)) {
        counted(&mut self.0.lock().counts);
    }
}
