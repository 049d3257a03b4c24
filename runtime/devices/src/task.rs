//! A device's task: one driver, one turn at a time.

mod at_work;
mod disagrees;
mod leaving;
mod taped;

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::TransactionId;
use amprule_domain::notice::Notice;
use amprule_domain::reply::{AuthorizationStatus, RefusalCode, Reply};
use amprule_domain::session::{Session, SessionState};
use amprule_domain::token::TokenRecord;
use amprule_hooks::driver::{Observed, Shall};
use amprule_wires::Urgency;
use jiff::SignedDuration;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use crate::House;
use crate::memory::{self, Memory, Snapshot};
use crate::seat::{Seat, Sight};
use crate::station::{DeviceLink, FromEngine, ToEngine, VirtualStation};
use at_work::AtWork;
use disagrees::{Disagrees, Remedy};
pub(crate) use taped::endless;

/// Of one turn. A wire gives up earlier.
pub(crate) const TURN: Duration = Duration::from_secs(10);
/// What a turn may wait, beside, for others on its line.
const QUEUED: Duration = Duration::from_secs(60);
/// Turns that fail in a row until the station counts as away.
const AWAY_AFTER: u32 = 3;
/// How long a message that the engine could not take waits until it is said again.
const AGAIN: Duration = Duration::from_secs(5);
const MAIL: usize = 16;
/// After a turn that failed with something new to say.
const SOON: Duration = Duration::from_secs(1);
/// How often a device that fails looks whether it has another driver.
const LOOK: Duration = Duration::from_secs(1);
/// What a driver keeps for its successor is written with what else changes, and by itself so often.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(60);

/// What a device's task is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Drive,
    /// End, and leave the hardware as it is: it is driven on by whoever comes next.
    Stop,
    /// Switch the hardware off and end: nobody comes next.
    Leave,
}

/// A device whose task ends by a bug of ours is begun anew: what it drives must not stay as it is.
pub(crate) async fn run(seat: Arc<Seat>, house: House, mut orders: watch::Receiver<Order>) {
    loop {
        let was_leaving = *orders.borrow() == Order::Leave;
        let ended = tokio::spawn(drive(Arc::clone(&seat), house.clone(), orders.clone())).await;
        match ended {
            Err(bug) if bug.is_panic() => {
                seat.troubled("the server's own code failed here; the device is begun anew");
            }
            _ => return,
        }
        tokio::select! {
            // Begun anew it switches off, once.
            order = ended_by(&mut orders) => if order == Order::Stop || was_leaving { return },
            () = sleep(AGAIN) => {}
        }
    }
}

async fn drive(seat: Arc<Seat>, house: House, mut orders: watch::Receiver<Order>) {
    let mut device = Device::new(seat, house);
    let order = match device.begin(&mut orders).await {
        Some(order) => order,
        None => {
            let order = device.go_on(&mut orders).await;
            // One that never read its memory must not write over it.
            device.write_memory().await;
            order
        }
    };
    match order {
        Order::Leave => device.leave().await,
        Order::Drive | Order::Stop => device.say_the_rest().await,
    }
}

/// Waits until it is to end, and how. Where nobody is left to say so, it stops.
async fn ended_by(orders: &mut watch::Receiver<Order>) -> Order {
    orders.wait_for(|order| *order != Order::Drive).await.map_or(Order::Stop, |order| *order)
}

struct Device {
    seat: Arc<Seat>,
    house: House,
    station: VirtualStation,
    driver: Option<AtWork>,
    attached: Option<Attached>,
    failures: u32,
    waits: Waits,
    /// Where its memory is, and what stands there.
    place: PathBuf,
    kept: Memory,
    kept_at: Instant,
    apart: f64,
    /// The hash of a version that could not be opened.
    refused: Option<String>,
    /// The last that was to be opened.
    tried: Option<String>,
    /// The default token as it stood in the table when it was asked about.
    refused_token: Option<Option<Box<TokenRecord>>>,
    disagrees: Disagrees,
}

/// What comes before the next message.
enum Waits {
    ForNothing,
    ForAnAnswer,
    Until(Instant),
}

/// Devices that begin together do not all do the same together for ever: each has a part of its own, from 0 to less than 1, by which
/// what comes again and again is shifted.
fn apart(seat: &Seat) -> f64 {
    let mut hasher = DefaultHasher::new();
    seat.binding.id.hash(&mut hasher);
    f64::from(hasher.finish() as u32) / 2_f64.powi(32)
}

struct Attached {
    to_engine: mpsc::Sender<Box<ToEngine>>,
    heard: mpsc::Receiver<Box<FromEngine>>,
}

impl Device {
    fn new(seat: Arc<Seat>, house: House) -> Self {
        let meter_every = SignedDuration::try_from(seat.binding.meter_every).unwrap_or(SignedDuration::from_secs(60));
        let apart = apart(&seat);
        let station = VirtualStation::new(seat.binding.default_token.clone(), meter_every, apart);
        let place = memory::place(&house.memory, &seat.binding.id);
        Self {
            seat,
            house,
            station,
            driver: None,
            attached: None,
            failures: 0,
            waits: Waits::ForNothing,
            place,
            kept: Memory::default(),
            kept_at: Instant::now(),
            apart,
            refused: None,
            tried: None,
            refused_token: None,
            disagrees: Disagrees::default(),
        }
    }

    /// A device that begins without its past would begin a second session. The order, if one came meanwhile.
    async fn begin(&mut self, orders: &mut watch::Receiver<Order>) -> Option<Order> {
        while let Err(why) = self.resume().await {
            self.troubled(&why);
            tokio::select! {
                order = ended_by(orders) => return Some(order),
                () = sleep(AGAIN) => {}
            }
        }
        None
    }

    /// Turn after turn, until it is to end.
    async fn go_on(&mut self, orders: &mut watch::Receiver<Order>) -> Order {
        let mut next = Instant::now();
        let mut apart = self.apart;
        loop {
            tokio::select! {
                order = ended_by(orders) => return order,
                heard = self.hear() => self.heard(heard).await,
                () = sleep_until(next) => {
                    let (begun, pause) = (Instant::now(), self.turn().await);
                    next = begun + pause + pause.mul_f64(std::mem::take(&mut apart));
                }
                () = sleep(LOOK), if self.failures > 0 => {}
            }
            if self.wants_a_turn() || self.is_mended() {
                next = Instant::now();
            }
            self.say_next().await;
        }
    }

    /// The session that was open when the server stopped goes on, with all that was said of it.
    async fn resume(&mut self) -> Result<(), String> {
        let station = &self.seat.binding.id;
        let sessions = self.house.books.live_sessions(station, 0).await;
        let sessions = sessions.map_err(|error| format!("its open session cannot be read: {error}"))?;
        self.kept = memory::read(&self.place).map_err(|error| {
            format!("{} cannot be read: {error}; remove it if its limits may be forgotten", self.place.display())
        })?;
        let hardware = self.seat.binding.hardware();
        let before = self.kept.hardware.replace(hardware.clone());
        let is_known = before.as_ref() == Some(&hardware);
        let is_other = before.is_some() && !is_known;
        let unit = &self.seat.binding.unit;
        if is_other && self.house.registry.active(unit).is_none() {
            // A misspelt unit drives nothing, and takes nothing away from what was driven.
            return Err(format!("there is no active driver {unit}; {}", self.house.registry.nearest_driver(unit)));
        }
        if is_other {
            // What was known is of the hardware before; only what people have said of the station counts on.
            let Memory { limit, is_operative, hardware, .. } = std::mem::take(&mut self.kept);
            self.kept = Memory { limit, is_operative, hardware, ..Memory::default() };
        }
        self.station.remember(self.kept.clone());
        if let Some(token) = &self.seat.binding.default_token
            && matches!(self.house.books.token(&token.key()).await, Ok(None))
        {
            let id = &token.id_token;
            tracing::warn!(
                %station,
                "the device's default_token {id} is not known: enter it with PUT /api/v1/tokens/{id}; a car that is there charges then"
            );
        }
        if let Some(session) = sessions.into_iter().find(|session| session.state == SessionState::Active) {
            let is_let_in = session.has_accepted_token();
            let Session { transaction, token, seen, .. } = session;
            let seq_no = seen.last().map_or(0, |last| last.saturating_add(1));
            self.station.resume(transaction, token, seq_no, is_let_in, self.house.clock.now());
            if is_other {
                tracing::warn!(%station, "the device is other hardware than before; the session that was open there has ended");
                self.station.leave_behind(self.house.clock.now());
            }
        }
        if !is_known {
            // Before a session begins there: after a crash it must not look like the hardware before.
            self.write(self.kept.clone()).await;
        }
        Ok(())
    }

    /// What changed of it, on disk.
    async fn keep_memory(&mut self) {
        let Memory { snapshot, hardware, .. } = self.kept.clone();
        let mut memory = Memory { snapshot, hardware, ..self.station.memory() };
        if memory == self.kept && self.kept_at.elapsed() < SNAPSHOT_EVERY.mul_f64(1.0 - self.apart / 2.0) {
            return;
        }
        memory.snapshot = self.snapshot().or(memory.snapshot);
        self.kept_at = Instant::now();
        if memory != self.kept {
            self.write(memory).await;
        }
    }

    /// As it is now: nobody comes back to it.
    async fn write_memory(&mut self) {
        let snapshot = self.snapshot().or_else(|| self.kept.snapshot.clone());
        self.write(Memory { snapshot, hardware: self.kept.hardware.clone(), ..self.station.memory() }).await;
    }

    async fn write(&mut self, memory: Memory) {
        match memory::keep(self.place.clone(), memory.clone()).await {
            Ok(()) => self.kept = memory,
            Err(error) => {
                let (station, file) = (&self.seat.binding.id, self.place.display());
                tracing::error!(%station, %file, %error, "what a restart must know of the device cannot be written");
            }
        }
    }

    fn snapshot(&self) -> Option<Snapshot> {
        let told = self.driver.as_ref().and_then(AtWork::kept)?;
        Some(Snapshot { unit: self.seat.binding.unit.clone(), told })
    }

    /// One turn of the driver, and when the next one is due.
    async fn turn(&mut self) -> Duration {
        if let Err(why) = self.take_driver() {
            self.failed(&why).await;
            return Duration::from_secs(1);
        }
        let Some(driver) = &mut self.driver else { return Duration::from_secs(1) };
        let every = driver.every;
        let shall = self.station.shall(self.house.clock.now());
        let is_new = driver.told.replace(shall) != Some(shall);
        let urgency = if is_new { Urgency::Command } else { Urgency::Poll };
        match driver.turn(&self.seat, shall, self.house.clock.now(), urgency).await {
            Some(Ok(seen)) => {
                self.hold_to(shall, &seen);
                let trouble = self.driver.as_ref().and_then(|driver| driver.guest.as_ref()?.trouble());
                if trouble.is_none() {
                    self.station.brought_about(shall, self.house.clock.now());
                }
                self.saw(seen).await;
                if let Some(why) = trouble.filter(|why| self.seat.hindered(why)) {
                    self.tell("device.trouble", &why);
                }
                every
            }
            Some(Err(why)) => {
                self.failed(&why).await;
                // What somebody has just asked for is said again soon.
                if is_new { SOON.min(every) } else { self.pause(every) }
            }
            None => every,
        }
    }

    /// A device that does not answer is not asked as often.
    fn pause(&self, every: Duration) -> Duration {
        if self.driver.as_ref().is_some_and(AtWork::is_in_doubt) {
            return every;
        }
        let longest = every.saturating_mul(1 << self.failures.min(5)).min(Duration::from_secs(30));
        // Those that fail together do not come back together.
        longest.mul_f64(1.0 - self.apart / 4.0).max(every)
    }

    /// The next turn says all that it has to say.
    fn hold_to(&mut self, shall: Shall, seen: &Observed) {
        let before = self.disagrees.remark();
        if self.disagrees.look(shall, seen, Instant::now()) == Remedy::TellAgain
            && let Some(driver) = &mut self.driver
        {
            driver.says_all_again();
        }
        let remark = self.disagrees.remark();
        if let Some(why) = remark.filter(|_| remark != before) {
            tracing::warn!(station = %self.seat.binding.id, driver = self.seat.binding.unit, "{why}; it is told again");
        }
        let remark = remark.or_else(|| self.station.remark()).map(Cow::Borrowed);
        let missing = self.driver.as_ref().and_then(|driver| driver.guest.as_ref()?.missing().into_iter().next());
        let missing = missing.map(|why| self.seat.veil.text(&why));
        // That energy is missing is told with its reason, where there is one.
        let remark = remark.or_else(|| missing.clone().map(Cow::Owned));
        let is_new = self.seat.remark(remark.or_else(|| self.station.unmetered().map(Cow::Borrowed)));
        if let Some(why) = missing.filter(|_| is_new) {
            tracing::warn!(station = %self.seat.binding.id, driver = self.seat.binding.unit, "the driver looks for what the device does not show: {why}");
        }
    }

    async fn saw(&mut self, seen: Observed) {
        let now = self.house.clock.now();
        let version = self.driver.as_ref().map(|driver| driver.version.manifest.version.clone()).unwrap_or_default();
        self.failures = 0;
        if let Some(driver) = self.driver.as_ref().filter(|driver| driver.is_meter) {
            // What it reads is all that there is of it: no station, and nobody to tell.
            let readings = driver.guest.as_ref().map(|guest| guest.readings()).unwrap_or_default();
            self.seen(Sight::Meter(readings), &version);
            self.attached = None;
            return;
        }
        self.seen(Sight::Station(seen.state), &version);
        let ids = &self.house.ids;
        self.station.observed(seen, now, || TransactionId::new(ids.call()));
        self.look_for_the_refused().await;
        self.keep_memory().await;
        if self.attached.is_none() {
            self.attach();
        }
    }

    fn seen(&self, sight: Sight, version: &str) {
        if self.seat.seen(sight, version, self.house.clock.now()) {
            self.tell("device.works", "");
        }
    }

    fn troubled(&self, why: &str) {
        if self.seat.troubled(why) {
            self.tell("device.trouble", why);
        }
    }

    /// To whoever listens to the event stream.
    fn tell(&self, kind: &'static str, why: &str) {
        let version = self.driver.as_ref().map(|driver| driver.version.manifest.version.as_str());
        let mut data = json!({ "driver": self.seat.binding.unit, "version": version });
        if !why.is_empty() {
            data["why"] = why.into();
        }
        let station = Some(self.seat.binding.id.clone());
        (self.house.tell)(Notice { at: self.house.clock.now(), kind, station, session: None, extension: None, data });
    }

    /// A default token that was refused is asked about again as soon as it stands otherwise in the table.
    async fn look_for_the_refused(&mut self) {
        if self.station.refused_token().is_none() {
            return;
        }
        let before = self.refused_token.take();
        self.note_the_token().await;
        if before.is_some_and(|before| self.refused_token.as_ref() != Some(&before)) {
            self.station.ask_anew();
        }
    }

    /// As it stands before it is asked about: what is entered from now on is news.
    async fn note_the_token(&mut self) {
        let Some(token) = &self.seat.binding.default_token else { return };
        if let Ok(known) = self.house.books.token(&token.key()).await {
            self.refused_token = Some(known.map(Box::new));
        }
    }

    async fn failed(&mut self, why: &str) {
        self.troubled(why);
        self.failures = self.failures.saturating_add(1);
        if self.failures == AWAY_AFTER {
            // As a station whose line is cut. Its session stays open.
            self.attached = None;
        }
    }

    fn attach(&mut self) {
        let (to_engine, heard) = mpsc::channel(MAIL);
        let (said, from_engine) = mpsc::channel(MAIL);
        let link = DeviceLink { heard, said };
        self.house.door.attach(self.seat.binding.id.clone(), Box::new(link), self.house.door.ticket());
        self.attached = Some(Attached { to_engine, heard: from_engine });
        self.waits = Waits::ForNothing;
        self.station.connected(self.house.clock.now());
    }

    /// Never, while it is not attached.
    async fn hear(&mut self) -> Option<FromEngine> {
        match &mut self.attached {
            Some(attached) => attached.heard.recv().await.map(|heard| *heard),
            None => std::future::pending().await,
        }
    }

    /// Whoever stands before a box that gives nothing looks for this.
    fn tell_refused(&self, reply: &Reply) {
        let Reply::Authorize(info) = reply else { return };
        if info.status != AuthorizationStatus::Accepted {
            let what = if self.station.asks_by_itself() { "the default_token" } else { "a token" };
            tracing::info!(station = %self.seat.binding.id, "{what} may not charge here: {:?}", info.status);
        }
    }

    async fn heard(&mut self, heard: Option<FromEngine>) {
        let now = self.house.clock.now();
        match heard {
            Some(FromEngine::Answer(Ok(reply))) => {
                self.waits = Waits::ForNothing;
                self.tell_refused(&reply);
                self.station.answered(&reply, now);
            }
            // It is said again: nothing of a session is lost because a disk was full.
            Some(FromEngine::Answer(Err(refusal))) if refusal.code == RefusalCode::InternalError => {
                let station = &self.seat.binding.id;
                tracing::warn!(%station, why = refusal.description, "what the device said was not taken; it is said again");
                self.waits = Waits::Until(Instant::now() + AGAIN);
            }
            Some(FromEngine::Answer(Err(refusal))) => {
                let station = &self.seat.binding.id;
                tracing::error!(%station, why = refusal.description, "what the device said is refused, and left out");
                self.station.give_up();
                self.waits = Waits::ForNothing;
            }
            Some(FromEngine::Command { id, command }) => {
                let answer = self.station.commanded(&command, now);
                self.keep_memory().await;
                if let Some(attached) = &self.attached {
                    drop(attached.to_engine.send(Box::new(ToEngine::Answer { id, answer })).await);
                }
            }
            Some(FromEngine::Closed) | None => {
                self.attached = None;
                self.waits = Waits::ForNothing;
            }
        }
    }

    fn wants_a_turn(&self) -> bool {
        let shall = self.station.shall(self.house.clock.now());
        let is_due = |driver: &AtWork| driver.guest.is_some() && driver.told.is_some_and(|told| told != shall);
        self.driver.as_ref().is_some_and(is_due)
    }

    /// One message at a time, as a station of OCPP does.
    async fn say_next(&mut self) {
        let is_free = match self.waits {
            Waits::ForNothing => true,
            Waits::ForAnAnswer => false,
            Waits::Until(then) => Instant::now() >= then,
        };
        if is_free && self.attached.is_some() && self.station.asks_by_itself() {
            self.note_the_token().await;
        }
        let Some(attached) = self.attached.as_ref().filter(|_| is_free) else { return };
        if let Some(said) = self.station.next() {
            let event = said.inbound(self.house.ids.call());
            if attached.to_engine.send(Box::new(ToEngine::Event(event))).await.is_ok() {
                self.waits = Waits::ForAnAnswer;
            }
        }
    }
}
