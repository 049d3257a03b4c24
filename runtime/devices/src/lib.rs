//! Devices: hardware that speaks no OCPP, each a station like any other.
//!
//! An operator binds a driver to an address (`[[devices]]`). [`Devices`] keeps one task for each: it opens the driver, asks it in
//! turns, makes a station of what it sees ([`station`]), and swaps the driver between two turns when another version is active.
//! A turn takes a bounded time; what a driver or its hardware does wrong costs its own device and nobody else's.
//!
//! This crate must never know how a price comes about, nor what OCPP looks like on the wire.

mod look;
mod map;
mod memory;
mod seat;
mod station;
mod task;
mod wires;

use std::path::PathBuf;
use std::sync::Arc;

use amprule_domain::doors::StationBooks;
use amprule_domain::ports::{Clock, Door, Ids};
use amprule_hooks::Registry;
use amprule_wires::Buses;
use tokio::task::JoinHandle;

pub use look::{Look, look};
pub use map::MapCompiler;
pub use seat::{Binding, BindingFault, DeviceStatus};

/// What devices need of the house.
#[derive(Clone)]
pub struct House {
    pub registry: Arc<Registry>,
    pub door: Arc<dyn Door>,
    pub books: Arc<dyn StationBooks>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// The folder of what devices must not forget.
    pub memory: PathBuf,
}

/// All of them. Dropped, they end after the turn that is under way.
pub struct Devices {
    seats: Vec<Arc<seat::Seat>>,
    tasks: Vec<JoinHandle<()>>,
    stop: tokio::sync::watch::Sender<bool>,
}

impl Devices {
    /// Within a tokio runtime.
    pub fn start(bindings: Vec<Binding>, house: &House) -> Self {
        let buses = Buses::default();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let seats: Vec<_> = bindings.into_iter().map(|binding| Arc::new(seat::Seat::new(binding, &buses))).collect();
        let begin = |seat: &Arc<seat::Seat>| tokio::spawn(task::run(Arc::clone(seat), house.clone(), stopped.clone()));
        let tasks = seats.iter().map(begin).collect();
        Self { seats, tasks, stop }
    }

    /// How each stands, in the order of the configuration.
    pub fn status(&self) -> Vec<DeviceStatus> {
        self.seats.iter().map(|seat| seat.status()).collect()
    }

    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            drop(task.await);
        }
    }
}
