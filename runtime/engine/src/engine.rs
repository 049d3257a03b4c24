//! All stations of this server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use amprule_domain::charging;
use amprule_domain::command::{Command, CommandAnswer, Exchange, Origin};
use amprule_domain::doors::{StationBooks, StoreError, StoreResult};
use amprule_domain::effect::Effect;
use amprule_domain::notice::Notice;
use amprule_domain::ports::{About, CallOutcome, Ticket};
use amprule_domain::session::{Act, Session};
use amprule_domain::station::StationRecord;
use amprule_domain::{CommandId, SessionId, StationId, Timestamp};
use tokio::sync::{broadcast, oneshot, watch};
use tokio::time::Instant;

use crate::calls::{Asked, Call, CallFailed};
use crate::connection::ConnectionInfo;
use crate::counters::Counters;
use crate::guesses::{GuessCounts, Guesses};
use crate::mailbox::{Handle, Mail, Shown};
use crate::ports::Ports;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::station::{self, Outside};
use crate::stations::Stations;
use crate::timekeeping::Timekeeping;
use amprule_domain::refused::{ActRefused, CommandRefused};

pub struct Engine {
    ports: Arc<Ports>,
    shared: Arc<Shared>,
    settings: Arc<Settings>,
    stations: Arc<Stations>,
    guesses: Guesses,
    tickets: AtomicU64,
}

impl Engine {
    pub async fn new(ports: Ports, settings: Settings) -> Arc<Self> {
        let timekeeping = Timekeeping::new(ports.clock.clone(), ports.store.last_received().await);
        let shared = Shared::new(settings.notices_queued_max, timekeeping, ports.clock.now());
        Arc::new(Self {
            ports: Arc::new(ports),
            shared: Arc::new(shared),
            stations: Stations::new(settings.stations_max),
            settings: Arc::new(settings),
            guesses: Guesses::default(),
            tickets: AtomicU64::default(),
        })
    }

    pub(crate) fn next_ticket(&self) -> Ticket {
        Ticket(self.tickets.fetch_add(1, Ordering::SeqCst) + 1)
    }

    pub fn store(&self) -> &Arc<dyn StationBooks> {
        &self.ports.store
    }

    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Of passwords at the door.
    pub fn guesses(&self) -> GuessCounts {
        self.guesses.counts()
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.shared.notices.subscribe()
    }

    /// Changes after a commit that has events for others.
    pub fn outbox_changes(&self) -> watch::Receiver<()> {
        self.shared.outbox.subscribe()
    }

    /// For what happens outside of stations: extensions.
    pub fn tell(&self, notice: Notice) {
        let _ = self.shared.notices.send(Arc::new(notice));
    }

    pub fn connection(&self, station: &StationId) -> Option<ConnectionInfo> {
        self.stations.get(station)?.connection.get()
    }

    /// The error says what our own clock is held to be wrong against, and what to do.
    pub fn clock_is_sane(&self) -> Result<(), String> {
        self.shared.timekeeping.verdict()
    }

    pub fn connected(&self) -> usize {
        self.stations.connected()
    }

    /// Stations that are in memory.
    pub fn loaded(&self) -> usize {
        self.stations.len()
    }

    /// Sends a command and waits for the station's answer.
    pub async fn call(&self, station: &StationId, action: &str, payload: &str) -> Result<CallOutcome, CallFailed> {
        let (answer, outcome) = oneshot::channel();
        self.send(station, Asked::Raw { action: action.into(), payload: payload.into(), answer }).await?;
        outcome.await.unwrap_or(Err(CallFailed::Gone))
    }

    /// Says something that means nothing any more a minute later, a cost that runs for instance: it is said once, behind
    /// commands, and kept nowhere.
    pub async fn say(&self, station: &StationId, command: Command) -> Result<CommandAnswer, CallFailed> {
        let (answer, outcome) = oneshot::channel();
        self.send(station, Asked::Said { command: Box::new(command), answer }).await?;
        outcome.await.unwrap_or(Err(CallFailed::Gone))
    }

    async fn send(&self, station: &StationId, asked: Asked) -> Result<(), CallFailed> {
        let handle = self.stations.get(station).ok_or(CallFailed::NotConnected)?;
        let call = Call { asked, queued_at: Instant::now(), patience: self.settings.call_queue_timeout };
        handle.mail.send(Box::new(Mail::Call(call))).await.map_err(|_| CallFailed::NotConnected)
    }

    /// Queues a typed command, whether the station is connected or not. It is on disk when this answers; what comes of it
    /// is read from the exchange.
    pub async fn order(
        &self,
        station: &StationId,
        command: Command,
        origin: Origin,
        expires_at: Timestamp,
    ) -> Result<Exchange, CommandRefused> {
        self.order_from(station, command, origin, self.ports.clock.now(), expires_at).await
    }

    /// The same, not to be sent before `from`.
    pub async fn order_from(
        &self,
        station: &StationId,
        command: Command,
        origin: Origin,
        from: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Exchange, CommandRefused> {
        let (id, now) = (self.ports.ids.command(), self.ports.clock.now());
        let exchange = Exchange::queue(id, station.clone(), command, origin, Some(expires_at), now).not_before(from);
        self.ask(station, |done| Mail::Order(Box::new(exchange), done), CommandRefused::NotStored).await
    }

    pub async fn withdraw(&self, station: &StationId, id: CommandId) -> Result<Exchange, CommandRefused> {
        self.ask(station, |done| Mail::Withdraw(id, done), CommandRefused::NotStored).await
    }

    /// Something that a person does to a session of this station. It is on disk when this answers.
    pub async fn act(&self, station: &StationId, session: SessionId, act: Act) -> Result<(), ActRefused> {
        self.ask(station, |done| Mail::Act(session, act, done), ActRefused::NotStored).await
    }

    /// A session with what it costs by now. One that has ended has its bill; one that cannot be priced now, what it cost last.
    pub async fn priced(&self, session: Session) -> StoreResult<Session> {
        if !session.is_open() || !self.ports.hooks.may_price(session.pin.as_deref()) {
            return Ok(session);
        }
        let Some(record) = self.ports.store.station(&session.station).await? else { return Ok(session) };
        let reported = self.ports.store.reported(&session.station).await?;
        let now = self.ports.clock.now();
        let input = charging::pricing_input(&record, &reported, &charging::as_of(&session, now), now);
        let about = About { station: session.station.clone(), session: Some(session.id) };
        let price = self.ports.hooks.price(session.pin.as_deref(), input, about).await.price;
        Ok(Session { price: price.map(Arc::new).or(session.price.clone()), ..session })
    }

    async fn ask<T, E>(
        &self,
        station: &StationId,
        mail: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Mail,
        failed: impl Fn(String) -> E,
    ) -> Result<T, E> {
        let handle = self.handle_or_new(station).ok_or_else(|| failed("the server is shutting down".to_owned()))?;
        ask(&handle, mail).await.unwrap_or_else(|| Err(failed(GONE.to_owned())))
    }

    /// Takes those stations into memory that have sessions which are not over: their deadlines pass whether they connect
    /// again or not. Call it once, when the engine begins.
    pub async fn wake_stations(&self) -> StoreResult<()> {
        for station in self.ports.store.live_stations().await? {
            if let Some(handle) = self.handle_or_new(&station) {
                // A task that is there already is awake.
                let _ = handle.mail.try_send(Box::new(Mail::Wake));
            }
        }
        Ok(())
    }

    /// Stores what the operator has entered, through the station's task: its first connection may come at the same time.
    pub async fn put_station(&self, record: StationRecord) -> StoreResult<()> {
        let known = self.ports.store.station(&record.id).await?;
        if known.is_none_or(|known| known.password_hash != record.password_hash) {
            self.guesses.forget(&record.id);
        }
        match self.handle_or_new(&record.id) {
            Some(handle) => ask(&handle, |done| Mail::Configure(Box::new(record), done)).await.unwrap_or_else(gone),
            None => Err(StoreError::new("the server is shutting down")),
        }
    }

    pub(crate) fn shown(&self, station: &StationId, what: Shown) {
        if let Some(handle) = self.handle_or_new(station) {
            handle.post(Mail::Shown(what));
        }
    }

    /// Queues a command of the server's own.
    pub async fn order_own(
        &self,
        station: &StationId,
        command: Command,
        expires_at: Timestamp,
    ) -> Result<Exchange, CommandRefused> {
        self.order(station, command, Origin::Server, expires_at).await
    }

    /// It stands there from now on; all else of its record stays.
    pub async fn place_station(&self, id: &StationId, location: &str) -> StoreResult<()> {
        match self.handle_or_new(id) {
            Some(handle) => ask(&handle, |done| Mail::Place(location.to_owned(), done)).await.unwrap_or_else(gone),
            None => Err(StoreError::new("the server is shutting down")),
        }
    }

    /// Closes its connection and forgets it. Its sessions stay.
    pub async fn delete_station(&self, id: &StationId) -> StoreResult<()> {
        match self.stations.get(id) {
            Some(handle) => ask(&handle, Mail::Delete).await.unwrap_or_else(gone),
            None => self.ports.store.commit(vec![Effect::StationGone(id.clone())]).await,
        }
    }

    /// Lets every station finish what is in flight, closes the connections, and waits, but not for ever.
    pub async fn shutdown(&self) {
        let (handles, ended) = self.stations.close();
        let all = async {
            for handle in handles {
                let _ = handle.mail.send(Box::new(Mail::Shutdown)).await;
            }
            if let Some(mut ended) = ended {
                ended.recv().await;
            }
        };
        if tokio::time::timeout(self.settings.shutdown_timeout, all).await.is_err() {
            tracing::warn!(after = ?self.settings.shutdown_timeout, "some stations did not end in time and are cut off");
        }
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(crate) fn door_guesses(&self) -> &Guesses {
        &self.guesses
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn has_room_for(&self, station: &StationId) -> bool {
        self.stations.has_room_for(station)
    }

    /// `None` when the engine is shutting down.
    pub(crate) fn handle_or_new(&self, id: &StationId) -> Option<Handle> {
        let outside = || Outside {
            ports: self.ports.clone(),
            shared: self.shared.clone(),
            settings: self.settings.clone(),
            stations: Arc::downgrade(&self.stations),
        };
        self.stations.get_or_start(id, |mailbox, alive| station::run(id.clone(), outside(), mailbox, alive))
    }
}

const GONE: &str = "the station's task has ended meanwhile; try again";

fn gone<T>() -> StoreResult<T> {
    Err(StoreError::new(GONE))
}

/// `None`: the station's task has ended.
async fn ask<T>(handle: &Handle, mail: impl FnOnce(oneshot::Sender<T>) -> Mail) -> Option<T> {
    let (done, answer) = oneshot::channel();
    handle.mail.send(Box::new(mail(done))).await.ok()?;
    answer.await.ok()
}
