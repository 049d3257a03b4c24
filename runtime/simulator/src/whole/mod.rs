//! A station that has a state of its own and behaves as the standard says.
//!
//! What it answers follows from its state; what it must send afterwards it sends by itself. A request is read in
//! `state.rs` and done in the file of its functional block; what takes time is an errand. `Whole` is what others see.

mod asked;
mod clock;
mod errands;
mod requests;
mod state;

mod availability;
mod evses;
mod heard;
mod resets;
mod signing;
mod transactions;
mod unlocking;

mod keys;
mod model;
mod monitor_report;
mod monitors;
mod network;
mod streams;

mod local_list;
mod reservations;

mod charging;
mod composite;
mod profile_rules;
mod profiles;
mod v2x;

mod firmware;
mod logs;
mod publishing;
mod transfer;

mod certificates;
mod der_reader;
mod digest;
mod plug_and_charge;

mod customers;
mod messages;
mod tariffs;

mod data_transfer;
mod der;
mod swaps;
mod trigger;

#[cfg(test)]
mod any;
#[cfg(test)]
mod live;
#[cfg(test)]
mod play;

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Notify, mpsc};

pub use local_list::LocalList;
pub use monitors::Monitor;
pub use profiles::Profile;
pub use reservations::Reservation;
pub use transactions::Running;
pub use transfer::Download;

use crate::pump::{Own, Spoken, Will};
use crate::{Handler, StationSettings, Version};
use state::State;

/// How a station goes about things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// Between the steps of what takes time: firmware, logs, a reboot.
    pub step: Duration,
    /// Items in a page of a report.
    pub page: usize,
    /// Whether cars stand ready: a remote start then begins a transaction by itself, and a remote stop lets the car leave.
    pub cars: bool,
    /// Whether it leaves and comes back when it reboots or gets a new password. Otherwise it only says so.
    pub reconnects: bool,
    /// Whether it beats as often as its heartbeat interval says.
    pub beats: bool,
    /// Whether it refuses firmware that nobody signed (1.6).
    pub signed_only: bool,
    /// Its meters sign what they tell of transactions, in texts of so many bytes at least.
    pub signs: Option<usize>,
    /// So many downloads of firmware break off half way, from the first one on.
    pub breaks_off: u32,
}

impl Default for Habits {
    fn default() -> Self {
        let step = Duration::from_millis(5);
        Self {
            step,
            page: 20,
            cars: true,
            reconnects: true,
            beats: true,
            signed_only: false,
            signs: None,
            breaks_off: 0,
        }
    }
}

/// The state behind one station, from one connection to the next.
pub struct Whole {
    version: Version,
    state: Mutex<State>,
    /// There are errands.
    busy: Notify,
    /// Something may have changed.
    changed: Notify,
}

impl fmt::Debug for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Whole").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Whole {
    /// With the usual habits.
    pub fn new(version: Version) -> Arc<Self> {
        Self::with(version, Habits::default())
    }

    pub fn with(version: Version, habits: Habits) -> Arc<Self> {
        let state = Mutex::new(State::new(version, habits, clock::now()));
        Arc::new(Self { version, state, busy: Notify::new(), changed: Notify::new() })
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// Waits until something holds: `whole.until(|whole| whole.profiles().len() == 1).await`. Give it a deadline.
    pub async fn until(&self, holds: impl Fn(&Self) -> bool) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if holds(self) {
                return;
            }
            changed.await;
        }
    }

    /// How the server answered the last boot; `None` before, and while the station reboots.
    pub fn registration(&self) -> Option<String> {
        self.seen().registration.clone()
    }

    /// All requests of the server so far, in their order.
    pub fn requests(&self) -> Vec<(String, Value)> {
        self.seen().requests.clone()
    }

    pub fn profiles(&self) -> Vec<Profile> {
        self.seen().profiles.clone()
    }

    /// What it lets flow of each phase of an EVSE now, A: as its profiles say, and no more than its cable bears.
    pub fn most_a(&self, evse: i64) -> f64 {
        self.change(|state| state.most_a(evse))
    }

    pub fn local_list(&self) -> LocalList {
        self.seen().local_list.clone()
    }

    /// What the server said of tokens, by token: its `idTokenInfo` or `idTagInfo`.
    pub fn cache(&self) -> Vec<(String, Value)> {
        self.seen().cache.iter().map(|(token, info)| (token.clone(), info.clone())).collect()
    }

    pub fn reservations(&self) -> Vec<Reservation> {
        self.seen().reservations.clone()
    }

    pub fn monitors(&self) -> Vec<Monitor> {
        self.seen().monitors.clone()
    }

    /// Transactions that are running.
    pub fn transactions(&self) -> Vec<Running> {
        self.seen().transactions.clone()
    }

    /// All that its meters have signed so far.
    pub fn signed(&self) -> Vec<String> {
        self.seen().signed.clone()
    }

    /// The value of a variable, `None` when there is none. Instances and places are part of the names:
    /// `whole.variable("DeviceDataCtrlr", "ItemsPerMessage#GetReport")`, `whole.variable("EVSE@1", "Power")`.
    pub fn variable(&self, component: &str, variable: &str) -> Option<String> {
        self.seen().model.get(component, variable).map(|found| found.value.clone())
    }

    /// The value of a configuration key (1.6).
    pub fn key(&self, key: &str) -> Option<String> {
        self.seen().keys.get(key).map(|found| found.value.clone())
    }

    /// The certificates that were installed, as they came: their type and the PEM text.
    pub fn certificates(&self) -> Vec<(String, String)> {
        let seen = self.seen();
        seen.certificates.installed.iter().map(|one| (one.kind.clone(), one.pem.clone())).collect()
    }

    /// The firmware that it has fetched last, over plain HTTP.
    pub fn fetched(&self) -> Option<Download> {
        self.seen().fetched.clone()
    }

    /// Display messages, as the server wrote them.
    pub fn messages(&self) -> Vec<Value> {
        self.seen().messages.clone()
    }

    /// Default tariffs with the EVSE they count for (2.1).
    pub fn tariffs(&self) -> Vec<(i64, Value)> {
        self.seen().tariffs.iter().map(|(evse, tariff)| (*evse, tariff.clone())).collect()
    }

    /// Running costs that the server told, by transaction.
    pub fn costs(&self) -> Vec<(String, f64)> {
        self.seen().costs.clone()
    }

    /// DER controls, as the server wrote them (2.1).
    pub fn der_controls(&self) -> Vec<Value> {
        self.seen().der.iter().map(|control| control.asked.clone()).collect()
    }

    /// Network connection profiles, by slot.
    pub fn network_profiles(&self) -> Vec<(i64, Value)> {
        self.seen().network.iter().map(|(slot, one)| (*slot, one.data.clone())).collect()
    }

    /// The EVSE that somebody pays for on a web page (2.1).
    pub fn web_payment(&self) -> Option<i64> {
        self.seen().web_payment
    }

    /// The status of a connector, as it was said last. In 1.6 the EVSE is the connector.
    pub fn connector_status(&self, evse: i64) -> Option<String> {
        self.seen().evses.iter().find(|one| one.id == evse).map(|one| one.said.clone())
    }

    /// The station writes a value itself: what it measures, or a limit that it should have from now on. Monitors
    /// notice. False when there is no such variable, in 1.6 no such key; the component does not matter there.
    pub fn set(&self, component: &str, variable: &str, value: &str) -> bool {
        self.change(|state| state.set_by_itself(component, variable, value))
    }

    /// A car arrives or leaves.
    pub fn plug(&self, evse: i64, is_plugged: bool) {
        self.change(|state| state.plug(evse, is_plugged));
    }

    /// A connector breaks or is mended.
    pub fn fault(&self, evse: i64, is_faulted: bool) {
        self.change(|state| state.fault(evse, is_faulted));
    }

    fn seen(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = {
            let mut state = self.seen();
            state.now = clock::now();
            change(&mut state)
        };
        self.busy.notify_one();
        self.changed.notify_waiters();
        changed
    }

    pub(crate) fn handler(self: &Arc<Self>) -> Handler {
        let whole = Arc::clone(self);
        Arc::new(move |action, payload| {
            whole.change(|state| match state.answer(action, payload) {
                Ok(answer) => crate::Answer::Result(answer),
                Err(fault) => fault.answer(state.version),
            })
        })
    }

    pub(crate) fn will(self: &Arc<Self>, settings: &StationSettings, own: mpsc::UnboundedReceiver<Own>) -> Will {
        self.change(|state| state.connect(&settings.id, settings.password.is_some()));
        let (whole, patience) = (Arc::clone(self), settings.patience);
        let heard = move |spoken: Spoken<'_>, answer: Option<&Value>| {
            whole.change(|state| state.hear(&spoken, answer));
        };
        let (whole, settings) = (Arc::clone(self), settings.clone());
        let next = move |failed| whole.change(|state| state.next_connection(settings.clone(), failed));
        Will { settings: Box::new(next), own, heard: Box::new(heard), patience }
    }
}
