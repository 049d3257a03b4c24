//! A device's task: one driver, one turn at a time.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::TransactionId;
use amprule_domain::session::{Session, SessionState};
use amprule_hooks::Version;
use amprule_hooks::driver::{Driver, Guest, Observed, Shall};
use amprule_wires::Urgency;
use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::House;
use crate::seat::Seat;
use crate::station::{DeviceLink, FromEngine, ToEngine, VirtualStation};
use crate::wires::Granted;

/// Of one turn. A wire gives up earlier.
const TURN: Duration = Duration::from_secs(5);
/// Turns that fail in a row until the station counts as away.
const AWAY_AFTER: u32 = 3;
/// How long a message that the engine could not take waits until it is said again.
const AGAIN: Duration = Duration::from_secs(5);
const MAIL: usize = 16;

pub(crate) async fn run(seat: Arc<Seat>, house: House, mut stopped: watch::Receiver<bool>) {
    let meter_every = SignedDuration::try_from(seat.binding.meter_every).unwrap_or(SignedDuration::from_secs(60));
    let station = VirtualStation::new(seat.binding.default_token.clone(), meter_every);
    let mut device =
        Device { seat, house, station, driver: None, attached: None, failures: 0, waits: Waits::ForNothing };
    device.resume().await;
    let mut next = Instant::now();
    loop {
        let is_over = tokio::select! {
            () = told(&mut stopped) => true,
            heard = device.hear() => {
                device.heard(heard).await;
                false
            }
            () = sleep_until(next) => {
                next = Instant::now() + device.turn().await;
                false
            }
        };
        if is_over {
            return;
        }
        if device.wants_a_turn() {
            next = Instant::now();
        }
        device.say_next().await;
    }
}

async fn told(stopped: &mut watch::Receiver<bool>) {
    drop(stopped.wait_for(|stopped| *stopped).await);
}

struct Device {
    seat: Arc<Seat>,
    house: House,
    station: VirtualStation,
    driver: Option<AtWork>,
    attached: Option<Attached>,
    failures: u32,
    waits: Waits,
}

/// What comes before the next message.
enum Waits {
    ForNothing,
    ForAnAnswer,
    Until(Instant),
}

struct AtWork {
    version: Arc<Version>,
    guest: Box<dyn Guest>,
    /// What the last turn that went well was told.
    done: Option<Shall>,
}

struct Attached {
    to_engine: mpsc::Sender<ToEngine>,
    heard: mpsc::Receiver<FromEngine>,
}

impl Device {
    /// The session that was open when the server stopped goes on.
    async fn resume(&mut self) {
        let station = &self.seat.binding.id;
        let open = match self.house.books.live_sessions(station, 0).await {
            Ok(sessions) => sessions.into_iter().find(|session| session.state == SessionState::Active),
            Err(error) => {
                tracing::error!(%station, %error, "the open session of a device cannot be read");
                None
            }
        };
        if let Some(Session { transaction, seen, .. }) = open {
            let seq_no = seen.last().map_or(0, |last| last.saturating_add(1));
            self.station.resume(transaction, seq_no, self.house.clock.now());
        }
    }

    /// One turn of the driver, and when the next one is due.
    async fn turn(&mut self) -> Duration {
        if let Err(why) = self.take_driver() {
            self.failed(&why).await;
            return Duration::from_secs(1);
        }
        let Some(driver) = &mut self.driver else { return Duration::from_secs(1) };
        let every = driver.version.unit().driver().map_or(Duration::from_secs(1), Driver::every);
        let shall = self.station.shall();
        let urgency = if driver.done == Some(shall) { Urgency::Poll } else { Urgency::Command };
        let wires = Granted { wires: &self.seat.wires, urgency };
        match timeout(TURN, driver.guest.turn(shall, &wires)).await {
            Ok(Ok(seen)) => {
                driver.done = Some(shall);
                self.saw(seen).await;
                every
            }
            Ok(Err(fault)) => {
                self.failed(&fault.message).await;
                self.pause(every)
            }
            Err(_) => {
                // What it holds half done is its own: it is opened anew.
                self.driver = None;
                self.failed(&format!("a turn of the driver takes more than {} s", TURN.as_secs())).await;
                self.pause(every)
            }
        }
    }

    /// A device that does not answer is not asked as often.
    fn pause(&self, every: Duration) -> Duration {
        every.saturating_mul(1 << self.failures.min(5)).min(Duration::from_secs(30)).max(every)
    }

    /// The active version, swapped in between two turns. One that cannot be opened leaves the one before at work.
    fn take_driver(&mut self) -> Result<(), String> {
        let unit = &self.seat.binding.unit;
        let active = self.house.registry.active(unit).filter(|version| version.unit().driver().is_some());
        let at_work = self.driver.as_ref().map(|driver| driver.version.hash.as_str());
        let Some(version) = active else {
            return match at_work {
                // Its files are gone or broken: what drives goes on driving.
                Some(_) => Ok(()),
                None => Err(format!("there is no driver {unit}: a unit with hooks = [\"device\"]")),
            };
        };
        if at_work == Some(version.hash.as_str()) {
            return Ok(());
        }
        let inherited = self.driver.as_ref().map(|driver| driver.guest.hand_over());
        let opened = version.unit().driver().map(|driver| driver.open(&version.parameters, inherited.as_deref()));
        match opened {
            Some(Ok(guest)) => {
                let station = &self.seat.binding.id;
                let number = &version.manifest.version;
                tracing::info!(%station, driver = unit, version = number, hash = version.hash, "the driver is at work");
                self.driver = Some(AtWork { version, guest, done: None });
                Ok(())
            }
            Some(Err(fault)) if self.driver.is_some() => {
                tracing::warn!(station = %self.seat.binding.id, driver = unit, %fault, "a new driver cannot be opened; the one before goes on");
                Ok(())
            }
            Some(Err(fault)) => Err(fault.to_string()),
            None => Ok(()),
        }
    }

    async fn saw(&mut self, seen: Observed) {
        let now = self.house.clock.now();
        let version = self.driver.as_ref().map(|driver| driver.version.manifest.version.clone()).unwrap_or_default();
        self.seat.seen(seen.state, &version, now);
        self.failures = 0;
        let ids = &self.house.ids;
        self.station.observed(seen, now, || TransactionId::new(ids.call()));
        if self.attached.is_none() {
            self.attach();
        }
    }

    async fn failed(&mut self, why: &str) {
        self.seat.troubled(why);
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
            Some(attached) => attached.heard.recv().await,
            None => std::future::pending().await,
        }
    }

    async fn heard(&mut self, heard: Option<FromEngine>) {
        let now = self.house.clock.now();
        match heard {
            Some(FromEngine::Answer(Ok(reply))) => {
                self.waits = Waits::ForNothing;
                self.station.answered(&reply, now);
            }
            // It is said again: nothing of a session is lost because a disk was full.
            Some(FromEngine::Answer(Err(refusal))) => {
                let station = &self.seat.binding.id;
                tracing::warn!(%station, why = refusal.description, "what the device said was not taken; it is said again");
                self.waits = Waits::Until(Instant::now() + AGAIN);
            }
            Some(FromEngine::Command { id, command }) => {
                let answer = self.station.commanded(&command, now);
                if let Some(attached) = &self.attached {
                    drop(attached.to_engine.send(ToEngine::Answer { id, answer }).await);
                }
            }
            Some(FromEngine::Closed) | None => {
                self.attached = None;
                self.waits = Waits::ForNothing;
            }
        }
    }

    fn wants_a_turn(&self) -> bool {
        self.driver.as_ref().is_some_and(|driver| driver.done.is_some_and(|done| done != self.station.shall()))
    }

    /// One message at a time, as a station of OCPP does.
    async fn say_next(&mut self) {
        let is_free = match self.waits {
            Waits::ForNothing => true,
            Waits::ForAnAnswer => false,
            Waits::Until(then) => Instant::now() >= then,
        };
        let Some(attached) = self.attached.as_ref().filter(|_| is_free) else { return };
        if let Some(said) = self.station.next() {
            let event = said.inbound(self.house.ids.call());
            if attached.to_engine.send(ToEngine::Event(event)).await.is_ok() {
                self.waits = Waits::ForAnAnswer;
            }
        }
    }
}
