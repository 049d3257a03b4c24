//! What stations show of prices: costs while they run and at the end, texts, and tariffs by which they charge themselves (OCPP 2.0.1
//! and 2.1, block I; in 1.6 OCA's California Pricing Requirements).
//!
//! One task hears what happens and looks at a session when its cost may be another one, and at a station when what is offered there
//! may be. What a session costs comes from the function that bills it, what is offered from the tariff's own word that was proven,
//! and what a station can show from its device model. What an answer tells is on the [`Board`] before it is asked for.
//!
//! This crate must never know what OCPP looks like on the wire.

mod board;
mod costs;
mod offers;
mod reading;
mod screens;
mod signs;

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::command::{Command, CommandAnswer};
use amprule_domain::doors::{Catalogue, StoreResult};
use amprule_domain::notice::Notice;
use amprule_domain::ports::{BoxFuture, Clock, Hooks};
use amprule_domain::session::Session;
use amprule_domain::{CommandId, SessionId, StationId, Timestamp};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

pub use crate::board::{Board, Wish};
use crate::costs::Looked;
use crate::offers::{Offering, Usual};
use crate::screens::Screens;

/// Sessions that are looked at together, one of each station: a station that does not answer holds up nobody else.
const AT_ONCE: usize = 256;
/// Drivers who are told their price by a message of its own together. Beyond it one is not told.
const TELLING_AT_ONCE: usize = 256;
/// Stations, and drivers, whose offers are found out together.
const OFFERS_AT_ONCE: usize = 2;
/// What a station says of itself comes in parts.
const SETTLED: Duration = Duration::from_millis(500);
/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(250);

pub struct House {
    pub stations: Arc<dyn Stations>,
    pub hooks: Arc<dyn Hooks>,
    pub books: Arc<dyn Catalogue>,
    pub clock: Arc<dyn Clock>,
    pub board: Arc<Board>,
    /// Between two costs of one transaction.
    pub every: Duration,
}

/// The stations of this server.
pub trait Stations: Send + Sync {
    fn is_connected(&self, station: &StationId) -> bool;
    /// Kept until it is answered, or expires.
    fn order<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<CommandId, String>>;
    /// Said once.
    fn say<'a>(&'a self, station: &'a StationId, command: Command) -> BoxFuture<'a, Result<CommandAnswer, Unsaid>>;
    /// The session, with what it costs by now.
    fn priced(&self, session: SessionId) -> BoxFuture<'_, StoreResult<Option<Session>>>;
    fn notices(&self) -> broadcast::Receiver<Arc<Notice>>;
}

/// Why something was not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsaid {
    /// The station's version has no words for it.
    NoWords,
    /// It is not there, or has not answered in time.
    Unheard,
}

pub struct Keeper {
    house: Arc<House>,
    screens: Screens,
    looking: JoinSet<Looked>,
    finding: JoinSet<(StationId, StoreResult<Usual>)>,
    /// For drivers; `None`: nothing is offered.
    wishing: JoinSet<(Wish, Option<Arc<Offering>>)>,
    telling: JoinSet<()>,
}

impl Keeper {
    pub fn new(house: House) -> Self {
        let (looking, finding, wishing, telling) = (JoinSet::new(), JoinSet::new(), JoinSet::new(), JoinSet::new());
        Self { house: Arc::new(house), screens: Screens::default(), looking, finding, wishing, telling }
    }

    /// Until the server ends. `wishes` are the board's.
    pub async fn run(mut self, mut wishes: mpsc::Receiver<Wish>) {
        let mut notices = self.house.stations.notices();
        let mut timer = interval(TICK);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let heard = tokio::select! {
                _ = timer.tick() => self.look_at_due().await,
                Some(looked) = self.looking.join_next() => {
                    // One that panicked leaves its screen busy until the station connects again.
                    looked.into_iter().for_each(|looked| self.screens.looked(looked, self.house.every));
                    Ok(())
                }
                Some(found) = self.finding.join_next() => match found {
                    Ok((station, usual)) => self.found(&station, usual).await,
                    Err(_) => Ok(()),
                },
                Some(found) = self.wishing.join_next() => {
                    found.into_iter().for_each(|(wish, offering)| self.tell(wish, offering));
                    Ok(())
                }
                Some(_) = self.telling.join_next() => Ok(()),
                Some(wish) = wishes.recv(), if self.wishing.len() < OFFERS_AT_ONCE => {
                    self.find_wished(wish);
                    Ok(())
                }
                notice = notices.recv() => match notice {
                    Ok(notice) => self.hear(&notice).await,
                    // What has ended meanwhile is found when its session is looked at; what a station says of itself is read anew.
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.screens.read_anew();
                        Ok(())
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            };
            if let Err(error) = heard {
                tracing::warn!(%error, "what a station can show could not be read; it is when more is heard of it");
            }
        }
    }

    async fn hear(&mut self, notice: &Notice) -> StoreResult<()> {
        let Some(station) = &notice.station else {
            if is_about_units(notice.kind) {
                self.house.board.doubt_all();
                self.screens.offer_anew();
            }
            return Ok(());
        };
        match notice.kind {
            "station.connected" => {
                self.leave(station);
                self.screens.meet(station);
            }
            "station.disconnected" => self.leave(station),
            "station.booted" => self.screens.booted(station),
            // It may have said more of itself, or its operator has.
            "station.report" | "station.changed" => self.screens.read_anew_of(station),
            "connector.status" => self.screens.has_evse(station, notice.data["evse"].as_u64()),
            "command.ended" => return self.command_ended(station, notice).await,
            "session.started" | "session.updated" | "session.ended" => {
                let Some(session) = notice.session else { return Ok(()) };
                return self.goes_on(station, session, notice).await;
            }
            _ => {}
        }
        Ok(())
    }

    fn leave(&mut self, station: &StationId) {
        self.screens.left(station);
        self.house.board.forget(station);
    }

    fn forget(&mut self, station: &StationId) {
        self.screens.forget(station);
        self.house.board.forget(station);
    }

    async fn goes_on(&mut self, station: &StationId, session: SessionId, notice: &Notice) -> StoreResult<()> {
        if !self.read(station).await? {
            return Ok(());
        }
        let told = notice.data["told"].as_str().and_then(|total| total.parse().ok());
        let (now, every) = (Instant::now(), self.house.every);
        if let Some(course) = self.screens.course(station, session) {
            match notice.kind {
                "session.started" => course.wait(now + every),
                "session.ended" => course.look_at(now),
                _ if told.is_some() => course.told(told, now + every),
                _ => course.look_at(course.last + every),
            }
        }
        Ok(())
    }

    /// Whether it shows costs.
    async fn read(&mut self, station: &StationId) -> StoreResult<bool> {
        if let Some(shows) = self.screens.shows(station) {
            return Ok(shows.cost);
        }
        self.read_now(station).await
    }

    async fn read_now(&mut self, station: &StationId) -> StoreResult<bool> {
        if !self.house.stations.is_connected(station) {
            // Nobody has heard that it left.
            self.forget(station);
            return Ok(false);
        }
        let seen = reading::seen(&*self.house.books, station).await?;
        let is_cost_shown = seen.shows.cost;
        self.screens.put(station, seen);
        Ok(is_cost_shown)
    }

    async fn look_at_due(&mut self) -> StoreResult<()> {
        let now = Instant::now();
        for station in self.screens.unread(now) {
            self.read_now(&station).await?;
        }
        let room = AT_ONCE.saturating_sub(self.looking.len());
        for due in self.screens.take_due(now, now + self.house.every, room) {
            self.looking.spawn(costs::look(Arc::clone(&self.house), due));
        }
        let room = OFFERS_AT_ONCE.saturating_sub(self.finding.len());
        // One that has just been read is among them.
        for station in self.screens.take_unoffered(Instant::now(), room) {
            let house = Arc::clone(&self.house);
            self.finding.spawn(async move {
                let usual = offers::usual(&house, &station).await;
                (station, usual)
            });
        }
        Ok(())
    }

    /// What whoever comes is offered at a station is known now.
    async fn found(&mut self, station: &StationId, usual: StoreResult<Usual>) -> StoreResult<()> {
        let usual = match usual {
            Ok(usual) => usual,
            Err(error) => {
                self.screens.not_found(station);
                return Err(error);
            }
        };
        self.screens.found(station, usual, self.house.clock.now());
        if let Some((shows, sign)) = self.screens.sign(station) {
            self.house.board.put(station, &shows, &sign.usual);
            self.house.board.foresee(station);
            sign.step(&self.house, station, &shows).await?;
        }
        Ok(())
    }

    fn find_wished(&mut self, wish: Wish) {
        let house = Arc::clone(&self.house);
        self.wishing.spawn(async move {
            let offering = match house.board.known(&wish) {
                Some(offering) => offering,
                None => offers::wished(&house, &wish).await.unwrap_or_else(|error| {
                    tracing::warn!(station = %wish.station, %error, "what a driver is offered could not be found out");
                    None
                }),
            };
            let holds = house.board.answer(&wish, offering.clone());
            (wish, offering.filter(|_| holds))
        });
    }

    /// By a message of its own, where the station has no room for it in its answers.
    fn tell(&mut self, wish: Wish, offering: Option<Arc<Offering>>) {
        let Some(offering) = offering else { return };
        let tariff = self.house.board.own_tariff(&wish.station, &offering);
        let change = wish.transaction.as_ref().zip(tariff).map(|(id, tariff)| offers::change(id, &tariff));
        let shows = self.house.board.shows(&wish.station).filter(|shows| shows.by_messages);
        if change.is_none() && shows.is_none() {
            return;
        }
        if self.telling.len() >= TELLING_AT_ONCE {
            return tracing::warn!(station = %wish.station, "a driver is not told the price there: {TELLING_AT_ONCE} stations have not answered about theirs");
        }
        let house = Arc::clone(&self.house);
        self.telling.spawn(async move {
            if let Some(change) = change {
                // One that refuses charges by the usual one, and says so at the end.
                drop(house.stations.say(&wish.station, change).await);
            } else if let Some(shows) = shows {
                offers::tell(&house, &shows, &wish, &offering).await;
            }
        });
    }

    async fn command_ended(&mut self, station: &StationId, notice: &Notice) -> StoreResult<()> {
        let id = notice.data["command"].as_str().and_then(|id| id.parse::<CommandId>().ok());
        let own = id.filter(|id| self.screens.sign(station).is_some_and(|(_, sign)| sign.is_of(*id)));
        let Some(id) = id else { return Ok(()) };
        let exchange = self.house.books.exchange(id).await?;
        if own.is_none() {
            if exchange.is_some_and(|exchange| exchange.command.is_about_model()) {
                self.screens.read_anew_of(station);
            }
            return Ok(());
        }
        // A text that it has taken is a variable of its own now.
        let seen = reading::seen(&*self.house.books, station).await?;
        let shows = Arc::clone(&seen.shows);
        self.screens.refresh(station, seen);
        if let Some((_, sign)) = self.screens.sign(station) {
            match sign.ended(station, exchange.as_ref()) {
                Some(command) => sign.order(&self.house, station, command).await,
                // One that nobody has answered is thought of when the station connects again.
                None if exchange.is_some_and(|exchange| exchange.answer.is_none()) => {}
                None => sign.step(&self.house, station, &shows).await?,
            }
        }
        Ok(())
    }
}

/// After it a tariff may charge otherwise, or another one.
fn is_about_units(kind: &str) -> bool {
    ["extension.activated", "extension.rolled-back", "extension.removed", "chains.changed"].contains(&kind)
}
