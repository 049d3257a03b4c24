//! What a station does after it answered: says things, waits for moments, fetches and uploads.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Whole;
use super::clock::wait_for;
use super::state::State;
use crate::pump::Own;

/// One thing to be done, in the order in which they came up.
pub(super) enum Errand {
    Say(Own),
    At(Timestamp, Due),
    /// The firmware update with this number.
    Update(u64),
    /// The upload with this number.
    Upload(u64),
    /// The firmware that was asked for with this request.
    Publish(i64),
}

/// What a moment brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// A reservation ends.
    Expiry,
    /// A DER control begins or ends.
    Der,
    /// A profile wants its new limits.
    Pull(i64),
    /// The server did not accept the station yet.
    Boot,
    /// The meter of an EVSE is told, while the transaction with this number runs there.
    Meter(i64, u64),
}

impl State {
    pub(super) fn after(&mut self, seconds: i64, due: Due) {
        let at = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(self.now);
        self.errands.push_back(Errand::At(at, due));
    }

    pub(super) fn comes(&mut self, due: &Due) {
        match due {
            Due::Expiry => self.expire(),
            Due::Der => self.der_turns(),
            Due::Pull(profile) => self.pull(*profile),
            Due::Boot => self.say_boot("RemoteReset"),
            Due::Meter(evse, begun) => self.meter_is_due(*evse, *begun),
        }
    }

    /// How often it beats, once the server has accepted it.
    fn beats_every(&self) -> Option<Duration> {
        let seconds = if self.version.is_v16() {
            self.keys.integer("HeartbeatInterval")
        } else {
            self.model.integer("OCPPCommCtrlr", "HeartbeatInterval")
        };
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| *seconds > 0);
        let is_known = self.registration.as_deref() == Some("Accepted");
        seconds.filter(|_| is_known && self.habits.beats).map(Duration::from_secs)
    }
}

impl Whole {
    /// Runs as long as the connection of its station.
    pub(crate) async fn follow(self: Arc<Self>, say: mpsc::UnboundedSender<Own>) {
        let mut running = JoinSet::new();
        let mut beaten = Instant::now();
        loop {
            while let Some(errand) = self.next_errand() {
                match errand {
                    Errand::Say(own) => {
                        if say.send(own).is_err() {
                            // A station without a connection has nobody to talk to.
                            return;
                        }
                    }
                    errand => drop(running.spawn(Arc::clone(&self).perform(errand))),
                }
            }
            while running.try_join_next().is_some() {}
            let every = self.seen().beats_every();
            tokio::select! {
                () = self.busy.notified() => {}
                () = tokio::time::sleep_until(beaten + every.unwrap_or_default()), if every.is_some() => {
                    beaten = Instant::now();
                    self.change(|state| state.say("Heartbeat", Value::Object(serde_json::Map::new())));
                }
            }
        }
    }

    fn next_errand(&self) -> Option<Errand> {
        self.seen().errands.pop_front()
    }

    async fn perform(self: Arc<Self>, errand: Errand) {
        match errand {
            Errand::Say(own) => self.change(|state| state.errands.push_back(Errand::Say(own))),
            Errand::At(at, due) => {
                wait_for(at).await;
                self.change(|state| state.comes(&due));
            }
            Errand::Update(number) => self.fetch_firmware(number).await,
            Errand::Upload(number) => self.upload_log(number).await,
            Errand::Publish(request) => self.publish(request).await,
        }
    }

    /// A short while, as the station's habits say.
    pub(super) async fn pause(&self) {
        let step = self.seen().habits.step;
        tokio::time::sleep(step).await;
    }

    /// What is tried again waits as long as the server said.
    pub(super) async fn pause_before_retry(&self, seconds: Option<i64>) {
        match seconds.and_then(|seconds| u64::try_from(seconds).ok()) {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => self.pause().await,
        }
    }
}
