//! Sites: stations that share what their circuits bear.
//!
//! An operator describes a site (`[[sites]]`). [`Sites`] keeps one task for each: it hears what happens at its stations, asks
//! the site's policy who is to have how much, and tells the stations, in the order that [`Steering`] finds. How power is
//! divided, and that no circuit is asked for more than it bears, is the domain's; here is what waits, reads and is told.
//!
//! What stations were told stands in them. It is written down (`ledger.rs`), and given back once no site shares them out any more
//! (`freeing.rs`), however long that is after the site has gone.
//!
//! This crate must never know what OCPP looks like on the wire, nor how a device is driven: stations and devices are told alike.
//!
//! [`Steering`]: amprule_domain::load::Steering

mod cars;
mod decided;
mod freeing;
mod gift;
mod heard;
mod house;
mod ledger;
mod plans;
mod rounds;
mod seats;
mod status;
mod task;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::doors::StoreResult;
use amprule_domain::load::Site;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use house::{House, Meters, Stations};
pub use seats::Seats;
pub use status::SiteStatus;

use crate::freeing::Freeing;
use crate::ledger::Ledger;
use crate::rounds::Rounds;
use crate::status::Board;
use crate::task::Order;

/// All of them.
pub struct Sites {
    house: Arc<House>,
    ledger: Arc<Ledger>,
    freeing: JoinHandle<()>,
    cars: JoinHandle<()>,
    /// Whoever binds them may be on a thread of its own.
    runtime: Handle,
    bound: Mutex<Bound>,
}

#[derive(Default)]
struct Bound {
    sites: BTreeMap<String, Seated>,
    /// Removed, and still at what they were doing.
    leaving: Vec<JoinHandle<()>>,
    is_over: bool,
}

struct Seated {
    order: watch::Sender<Order>,
    board: Arc<Board>,
    task: JoinHandle<()>,
}

impl Sites {
    /// None yet. Called within the runtime on which they are to run.
    ///
    /// # Errors
    /// What stations have been told by sites cannot be read.
    pub async fn open(house: House) -> StoreResult<Self> {
        let house = Arc::new(house);
        let ledger = Arc::new(Ledger::open(Arc::clone(&house.books), Arc::clone(&house.seats)).await?);
        let freeing = tokio::spawn(Freeing::new(Arc::clone(&house), Arc::clone(&ledger)).run());
        let cars = tokio::spawn(cars::answer(Arc::clone(&house), Arc::clone(&ledger)));
        Ok(Self { house, ledger, freeing, cars, runtime: Handle::current(), bound: Mutex::default() })
    }

    /// These are the sites from now on, each with an id of its own. One that is as it was is not disturbed. One that is removed
    /// lets its stations have what they can again.
    pub fn bind(&self, sites: Vec<Arc<Site>>) {
        let mut bound = self.bound.lock();
        if bound.is_over {
            return;
        }
        self.ledger.seat(&sites);
        bound.leaving.retain(|task| !task.is_finished());
        let mut before = std::mem::take(&mut bound.sites);
        for site in sites {
            let seated = before.remove(&site.id).unwrap_or_else(|| self.begin(&site));
            seated.order.send_if_modified(|order| order.becomes(Order::Share(Arc::clone(&site))));
            bound.sites.insert(site.id.clone(), seated);
        }
        for seated in before.into_values() {
            seated.order.send_replace(Order::Stop);
            bound.leaving.push(seated.task);
        }
    }

    fn begin(&self, site: &Arc<Site>) -> Seated {
        let (order, orders) = watch::channel(Order::Share(Arc::clone(site)));
        let board = Arc::new(Board::of(site));
        let (house, ledger) = (Arc::clone(&self.house), Arc::clone(&self.ledger));
        let rounds = Rounds::begin(house, ledger, Arc::clone(site), Arc::clone(&board));
        let task = self.runtime.spawn(task::run(rounds, orders));
        Seated { order, board, task }
    }

    /// How each stands, by their ids.
    pub fn status(&self) -> Vec<SiteStatus> {
        self.bound.lock().sites.values().map(|seated| seated.board.read()).collect()
    }

    pub fn status_of(&self, id: &str) -> Option<SiteStatus> {
        self.bound.lock().sites.get(id).map(|seated| seated.board.read())
    }

    /// Ends them all. What stations were told holds on.
    pub async fn shutdown(&self) {
        self.freeing.abort();
        self.cars.abort();
        let bound = std::mem::replace(&mut *self.bound.lock(), Bound { is_over: true, ..Bound::default() });
        for seated in bound.sites.values() {
            seated.order.send_replace(Order::Stop);
        }
        for task in bound.sites.into_values().map(|seated| seated.task).chain(bound.leaving) {
            drop(task.await);
        }
    }
}
