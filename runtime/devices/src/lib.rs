//! Devices: hardware that speaks no OCPP, each a station like any other.
//!
//! An operator binds a driver to an address (`[[devices]]`). [`Devices`] keeps one task for each: it opens the driver, asks it in
//! turns, makes a station of what it sees ([`station`]), and swaps the driver between two turns when another version is active.
//! A turn takes a bounded time; what a driver or its hardware does wrong costs its own device and nobody else's.
//!
//! This crate must never know how a price comes about, nor what OCPP looks like on the wire.

mod fits;
mod look;
mod map;
mod memory;
mod record;
mod seat;
mod simulate;
mod station;
pub mod tape;
mod task;
mod threads;
mod wires;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::doors::StationBooks;
use amprule_domain::notice::Notice;
use amprule_domain::ports::{Clock, Door, Ids};
use amprule_hooks::manifest::with_overrides;
use amprule_hooks::{Registry, driver};
use amprule_wires::Buses;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::seat::Seat;
use crate::tape::Room;
use crate::task::Order;
use crate::threads::Threads;

pub use fits::fits;
pub use look::{Look, look};
pub use map::{MapCompiler, schema as map_schema};
pub use record::Recording;
pub use seat::{Binding, DeviceStatus};
pub use simulate::{Played, Scene, TOKEN, simulate};

/// What devices need of the house.
#[derive(Clone)]
pub struct House {
    pub registry: Arc<Registry>,
    pub door: Arc<dyn Door>,
    pub books: Arc<dyn StationBooks>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Who tells the world.
    pub tell: Arc<dyn Fn(Notice) + Send + Sync>,
    /// The folder of what devices must not forget.
    pub memory: PathBuf,
}

/// All of them. Dropped, they end after the turn that is under way.
pub struct Devices {
    house: House,
    threads: Threads,
    /// One for all times: a device that is bound anew finds the connection that its box has, and opens no second one.
    buses: Buses,
    /// For their tapes.
    room: Room,
    bound: Mutex<Bound>,
}

#[derive(Default)]
struct Bound {
    seats: BTreeMap<StationId, Seated>,
    /// Removed, and still at switching off what they drove.
    leaving: BTreeMap<StationId, JoinHandle<()>>,
    is_over: bool,
}

struct Seated {
    seat: Arc<Seat>,
    order: watch::Sender<Order>,
    task: JoinHandle<()>,
}

impl Devices {
    /// None yet.
    ///
    /// # Errors
    /// Their threads cannot be started.
    pub fn new(house: House) -> io::Result<Self> {
        Ok(Self {
            house,
            threads: Threads::start()?,
            buses: Buses::default(),
            room: Room::default(),
            bound: Mutex::default(),
        })
    }

    /// These are the devices from now on, each with an id of its own. Those that are as they were are not disturbed. One that is
    /// bound otherwise begins once the one before has ended, so that no two drive one station. One that is removed switches its
    /// hardware off first; so does one that is to drive by another unit or over other wires, for what it drove is nobody's then.
    pub fn bind(&self, bindings: Vec<Binding>) {
        let mut bound = self.bound.lock();
        if bound.is_over {
            return;
        }
        bound.leaving.retain(|_, task| !task.is_finished());
        self.room.share_among(bindings.len());
        let mut before = std::mem::take(&mut bound.seats);
        for binding in bindings {
            let id = binding.id.clone();
            let seated = match before.remove(&id) {
                Some(same) if same.seat.binding == binding => same,
                Some(other) => {
                    let is_same_hardware = other.seat.binding.drives_as(&binding);
                    self.begin(binding, Some(other.end(if is_same_hardware { Order::Stop } else { Order::Leave })))
                }
                None => self.begin(binding, bound.leaving.remove(&id)),
            };
            bound.seats.insert(id, seated);
        }
        for (id, removed) in before {
            bound.leaving.insert(id, removed.end(Order::Leave));
        }
    }

    fn begin(&self, binding: Binding, before: Option<JoinHandle<()>>) -> Seated {
        let seat = Arc::new(Seat::new(binding, &self.buses, self.room.clone()));
        let (order, orders) = watch::channel(Order::Drive);
        let (driven, house) = (Arc::clone(&seat), self.house.clone());
        let task = self.threads.spawn(async move {
            if let Some(before) = before {
                drop(before.await);
            }
            task::run(driven, house, orders).await;
        });
        Seated { seat, order, task }
    }

    /// How each stands, by their ids.
    pub fn status(&self) -> Vec<DeviceStatus> {
        self.bound.lock().seats.values().map(|seated| seated.seat.status()).collect()
    }

    /// Whether its driver, as far as one is active, makes a meter of the hardware.
    pub fn is_meter(&self, unit: &str) -> bool {
        let active = self.house.registry.active(unit);
        active.is_some_and(|version| driver::of(&version).is_some_and(|driver| driver.is_meter()))
    }

    /// Whether nobody is to be shown it: what is not known to be open is not.
    pub fn is_secret(&self, unit: &str, parameter: &str) -> bool {
        let active = self.house.registry.active(unit);
        active.is_none_or(|version| version.manifest.parameters.get(parameter).is_none_or(|known| known.secret))
    }

    /// Whether a device that is driven may be bound like this from now on: a misspelt word must not end its session.
    ///
    /// # Errors
    /// What nobody could drive it by.
    pub fn may_become(&self, binding: &Binding) -> Result<(), String> {
        let bound = self.bound.lock();
        let before = bound.seats.get(&binding.id).map(|seated| &seated.seat);
        if before.is_none_or(|before| !before.was_seen() || before.binding.drives_as(binding)) {
            return Ok(());
        }
        let (registry, unit) = (&self.house.registry, &binding.unit);
        match registry.active(unit).filter(|version| driver::of(version).is_some()) {
            None => Err(format!("there is no active driver {unit}; {}", registry.nearest_driver(unit))),
            Some(version) => {
                let (known, given) = (&version.manifest.parameters, &version.parameters);
                with_overrides(known, given, &binding.parameters).map_err(|why| format!("parameters: {why}"))?;
                fits(&version, &binding.wires)
            }
        }
    }

    pub fn status_of(&self, id: &StationId) -> Option<DeviceStatus> {
        self.bound.lock().seats.get(id).map(|seated| seated.seat.status())
    }

    /// Its last turns, since it was bound.
    pub fn tape_of(&self, id: &StationId) -> Option<String> {
        let seat = self.bound.lock().seats.get(id).map(|seated| Arc::clone(&seated.seat))?;
        Some(seat.tape.text())
    }

    /// Ends them all. Their hardware stays as it is, but for what was about to be switched off.
    pub async fn shutdown(&self) {
        let bound = std::mem::replace(&mut *self.bound.lock(), Bound { is_over: true, ..Bound::default() });
        let stopped: Vec<_> = bound.seats.into_values().map(|seated| seated.end(Order::Stop)).collect();
        for task in stopped.into_iter().chain(bound.leaving.into_values()) {
            drop(task.await);
        }
    }
}

impl Seated {
    fn end(self, order: Order) -> JoinHandle<()> {
        self.order.send_replace(order);
        self.task
    }
}
