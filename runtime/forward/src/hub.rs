//! Who hears which station, and the lines that tell them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use amprule_domain::StationId;
use amprule_domain::doors::{ForwardBooks, StoreResult};
use amprule_domain::holding::Kind;
use amprule_domain::ports::{Audience, BoxFuture, CallOutcome, Clock, Ear, Ids};
use amprule_domain::reply::Refusal;
use amprule_ocpp::Dialect;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::board::LineStatus;
use crate::books::Books;
use crate::line::Line;
use crate::rule::{Facts, Rule};
use crate::seat::{Listening, MAILBOX_MOST, Outlet, Seat};

/// What lines need of the house.
pub struct House {
    pub books: Arc<dyn ForwardBooks>,
    pub stations: Arc<dyn Stations>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

/// The stations of this server.
pub trait Stations: Send + Sync {
    /// Asks a station by the wire's own name for it, behind our own commands. The refusal is for whoever asks.
    fn call<'a>(
        &'a self,
        station: &'a StationId,
        action: &'a str,
        payload: &'a str,
    ) -> BoxFuture<'a, Result<CallOutcome, Refusal>>;
}

pub(crate) struct Hub {
    house: Arc<House>,
    rules: RwLock<Vec<Arc<Rule>>>,
    seats: Mutex<HashMap<StationId, Arc<Seat>>>,
    lines: Mutex<BTreeMap<(StationId, String), Held>>,
    /// Stations of which something has changed, and whether the forwards have.
    to_look: Mutex<BTreeMap<StationId, bool>>,
    changed: Notify,
    /// There are forwards.
    is_on: AtomicBool,
    /// Bytes of what is in memory, of all lines.
    room: Arc<Semaphore>,
    /// Messages on disk, of all lines.
    kept: Arc<AtomicUsize>,
}

pub(crate) struct Held {
    outlet: Outlet,
    protocol: String,
    task: JoinHandle<()>,
}

impl Held {
    /// Once it has put on disk what it has heard.
    pub(crate) async fn end(mut self) {
        let ends = async {
            let _ = self.outlet.mailbox.send(None).await;
            (&mut self.task).await
        };
        if timeout(END, ends).await.is_err() {
            self.task.abort();
            // It ends by being aborted.
            let _ = self.task.await;
        }
    }
}

/// For putting on disk what was heard.
const END: Duration = Duration::from_secs(2);
const ROOM_BYTES: usize = 64 << 20;
/// Of one station. Those that come later in the file do not hear it.
const LINES_MOST: usize = 4;
const SOON: Duration = Duration::from_millis(200);

/// The gateway's way in.
pub(crate) struct Seats(pub(crate) Arc<Hub>);

impl Audience for Seats {
    fn ear(&self, station: &StationId, protocol: &'static str) -> Option<Box<dyn Ear>> {
        let seat = self.0.seat(station, protocol);
        if self.0.is_on() {
            self.0.look_at(station);
        }
        Some(Box::new(Listening { seat, hub: Arc::downgrade(&self.0) }))
    }
}

impl Hub {
    pub(crate) fn new(house: House) -> Self {
        Self {
            house: Arc::new(house),
            rules: RwLock::default(),
            seats: Mutex::default(),
            lines: Mutex::default(),
            to_look: Mutex::default(),
            changed: Notify::new(),
            is_on: AtomicBool::new(false),
            room: Arc::new(Semaphore::new(ROOM_BYTES)),
            kept: Arc::default(),
        }
    }

    pub(crate) fn rules(&self) -> Vec<Arc<Rule>> {
        self.rules.read().clone()
    }

    pub(crate) fn take(&self, rules: Vec<Arc<Rule>>) {
        self.is_on.store(!rules.is_empty(), Ordering::SeqCst);
        *self.rules.write() = rules;
        let seats: Vec<StationId> = self.seats.lock().keys().cloned().collect();
        let lines: Vec<StationId> = self.lines.lock().keys().map(|(station, _)| station.clone()).collect();
        self.look_at_again([seats, lines].concat());
    }

    /// Looks at those of whom something is on disk.
    pub(crate) async fn resume(&self) -> StoreResult<()> {
        for kind in [Kind::Forwarded, Kind::Counterpart] {
            self.look_at_again(self.house.books.holders(kind).await?);
        }
        Ok(())
    }

    pub(crate) fn statuses(&self, is_wanted: impl Fn(&StationId) -> bool) -> Vec<LineStatus> {
        let lines = self.lines.lock();
        let wanted = lines.iter().filter(|((station, _), _)| is_wanted(station));
        wanted.map(|(_, held)| held.outlet.line.board.status()).collect()
    }

    pub(crate) fn take_lines(&self) -> Vec<Held> {
        std::mem::take(&mut *self.lines.lock()).into_values().collect()
    }

    /// The station's, or a new one where it speaks another version than before.
    fn seat(&self, station: &StationId, protocol: &'static str) -> Arc<Seat> {
        let mut seats = self.seats.lock();
        let known = seats.get(station).filter(|seat| seat.protocol == protocol);
        let seat = known.cloned().unwrap_or_else(|| {
            let seat = Arc::new(Seat::new(station.clone(), protocol, self.is_on(), Arc::clone(&self.room)));
            seats.insert(station.clone(), Arc::clone(&seat));
            seat
        });
        seat.seated();
        seat
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Its last connection is gone, unless there is a newer one by now.
    pub(crate) fn left(&self, station: &StationId) {
        {
            let mut seats = self.seats.lock();
            if seats.get(station).is_some_and(|seat| seat.is_empty()) {
                seats.remove(station);
            }
        }
        if self.is_on() {
            self.look_at(station);
        }
    }

    pub(crate) fn look_at(&self, station: &StationId) {
        self.to_look.lock().entry(station.clone()).or_default();
        self.changed.notify_one();
    }

    /// The forwards are not what they were.
    fn look_at_again(&self, stations: Vec<StationId>) {
        self.to_look.lock().extend(stations.into_iter().map(|station| (station, true)));
        self.changed.notify_one();
    }

    pub(crate) async fn usher(self: Arc<Self>) {
        loop {
            self.changed.notified().await;
            while let Some((station, is_again)) = self.next() {
                if let Err(error) = self.look(&station, is_again).await {
                    warn!(%station, %error, "who else hears a station cannot be said; it is looked at again when it connects");
                }
            }
        }
    }

    fn next(&self) -> Option<(StationId, bool)> {
        self.to_look.lock().pop_first()
    }

    /// One station at a time, so that no line is there twice.
    async fn look(self: &Arc<Self>, station: &StationId, is_again: bool) -> StoreResult<()> {
        let seat = self.seats.lock().get(station).cloned();
        let rules = self.rules();
        let Some(wanted) = self.wanted(station, seat.as_deref(), &rules).await? else {
            self.look_later(station);
            return Ok(());
        };
        self.end_others(station, &wanted).await;
        if is_again {
            self.forget_others(station, &rules).await?;
        }
        let mut outlets = Vec::new();
        for (rule, dialect) in wanted {
            let outlet = self.line(station, rule, dialect);
            outlet.line.station_is_here(seat.is_some());
            outlets.push(outlet);
        }
        if let Some(seat) = seat {
            seat.heard_by(outlets);
        }
        Ok(())
    }

    /// A station that has connected for the first time is in the books in a moment.
    fn look_later(self: &Arc<Self>, station: &StationId) {
        let (hub, station) = (Arc::downgrade(self), station.clone());
        tokio::spawn(async move {
            sleep(SOON).await;
            if let Some(hub) = hub.upgrade() {
                hub.look_at(&station);
            }
        });
    }

    /// Who is to hear it: whom the operator has chosen, while it is here or something waits. `None`: it is here, and not in
    /// the books yet.
    async fn wanted(
        &self,
        station: &StationId,
        seat: Option<&Seat>,
        rules: &[Arc<Rule>],
    ) -> StoreResult<Option<Vec<(Arc<Rule>, Dialect)>>> {
        let books = &self.house.books;
        let Some(record) = books.station(station).await? else { return Ok(seat.is_none().then(Vec::new)) };
        let identity = books.reported(station).await?.identity;
        let protocol = seat.map(|seat| seat.protocol).or(identity.protocol.as_deref());
        let Some(dialect) = protocol.and_then(Dialect::from_subprotocol) else { return Ok(Some(Vec::new())) };
        let facts = Facts {
            station: station.to_string(),
            provisioning: record.provisioning,
            group: record.group.unwrap_or_default(),
            vendor: identity.boot.vendor,
            model: identity.boot.model,
        };
        let mut wanted = Vec::new();
        for rule in rules.iter().filter(|rule| rule.fits(&facts)).take(LINES_MOST) {
            let name = &rule.forward.name;
            let is_there = self.lines.lock().contains_key(&(station.clone(), name.clone()));
            if seat.is_some() || is_there || self.books(station, name).waiting().await?.0 > 0 {
                wanted.push((Arc::clone(rule), dialect));
            }
        }
        Ok(Some(wanted))
    }

    /// Lines that are not wanted any more, or not as they are.
    async fn end_others(&self, station: &StationId, wanted: &[(Arc<Rule>, Dialect)]) {
        let is_wanted = |held: &Held| {
            let same = |(rule, dialect): &(Arc<Rule>, Dialect)| {
                Arc::ptr_eq(rule, &held.outlet.line.rule) && dialect.subprotocol() == held.protocol
            };
            wanted.iter().any(same) && !held.task.is_finished()
        };
        let ended: Vec<Held> = {
            let mut lines = self.lines.lock();
            lines.extract_if(.., |(of, _), held| of == station && !is_wanted(held)).map(|(_, held)| held).collect()
        };
        for held in ended {
            held.end().await;
        }
    }

    /// What waits for a forward that is not configured any more is forgotten.
    async fn forget_others(&self, station: &StationId, rules: &[Arc<Rule>]) -> StoreResult<()> {
        let mut names = BTreeSet::new();
        for kind in [Kind::Forwarded, Kind::Counterpart] {
            names.extend(self.house.books.held_names(station, kind).await?);
        }
        names.retain(|name| !rules.iter().any(|rule| rule.forward.name == *name));
        for name in names {
            info!(%station, forward = name, "a forward is not configured any more; what its backend has not heard is forgotten");
            self.books(station, &name).forget().await?;
        }
        Ok(())
    }

    fn line(&self, station: &StationId, rule: Arc<Rule>, dialect: Dialect) -> Outlet {
        let key = (station.clone(), rule.forward.name.clone());
        let mut lines = self.lines.lock();
        if let Some(held) = lines.get(&key) {
            return held.outlet.clone();
        }
        let line = Arc::new(Line::new(rule, station.clone(), dialect, Arc::clone(&self.house), Arc::clone(&self.kept)));
        let (mailbox, heard) = mpsc::channel(MAILBOX_MOST);
        let task = tokio::spawn(Arc::clone(&line).run(heard));
        let outlet = Outlet { mailbox, line };
        let protocol = dialect.subprotocol().to_owned();
        lines.insert(key, Held { outlet: outlet.clone(), protocol, task });
        outlet
    }

    fn books(&self, station: &StationId, forward: &str) -> Books {
        Books::new(Arc::clone(&self.house.books), Arc::clone(&self.house.clock), station.clone(), forward)
    }
}
