//! What stations show of prices: costs while they run and at the end (OCPP 2.0.1, block I; in 1.6 OCA's California Pricing
//! Requirements).
//!
//! One task hears what happens and looks at a session when its cost may be another one. What a session costs comes from the function
//! that bills it, what a station can show from its device model; what is said is kept nowhere, for a minute later it means nothing.
//!
//! This crate must never know what OCPP looks like on the wire.

mod costs;
mod reading;
mod screens;

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::command::{Command, CommandAnswer};
use amprule_domain::doors::{Catalogue, StoreResult};
use amprule_domain::notice::Notice;
use amprule_domain::ports::{BoxFuture, Clock};
use amprule_domain::session::Session;
use amprule_domain::{CommandId, SessionId, StationId, Timestamp};
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::costs::Looked;
use crate::screens::{Kind, Screens};

/// Sessions that are looked at together.
const AT_ONCE: usize = 16;

pub struct House {
    pub stations: Arc<dyn Stations>,
    pub books: Arc<dyn Catalogue>,
    pub clock: Arc<dyn Clock>,
    /// What an operator says of a station has changed.
    pub changed: Arc<Notify>,
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
}

impl Keeper {
    pub fn new(house: House) -> Self {
        Self { house: Arc::new(house), screens: Screens::default(), looking: JoinSet::new() }
    }

    /// Until the server ends.
    pub async fn run(mut self) {
        let mut notices = self.house.stations.notices();
        let changed = Arc::clone(&self.house.changed);
        let mut timer = interval((self.house.every / 5).clamp(Duration::from_millis(100), Duration::from_secs(5)));
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let heard = tokio::select! {
                _ = timer.tick() => {
                    self.look_at_due();
                    Ok(())
                }
                Some(looked) = self.looking.join_next() => {
                    // One that panicked leaves its screen busy until the station connects again.
                    looked.into_iter().for_each(|looked| self.looked(looked));
                    Ok(())
                }
                () = changed.notified() => {
                    self.screens.read_anew();
                    Ok(())
                }
                notice = notices.recv() => match notice {
                    Ok(notice) => self.hear(&notice).await,
                    // What has ended meanwhile is found when its session is looked at.
                    Err(broadcast::error::RecvError::Lagged(_)) => Ok(()),
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            };
            if let Err(error) = heard {
                tracing::warn!(%error, "what a station can show could not be read; it is when its next session goes on");
            }
        }
    }

    async fn hear(&mut self, notice: &Notice) -> StoreResult<()> {
        let Some(station) = &notice.station else { return Ok(()) };
        match notice.kind {
            "station.connected" | "station.disconnected" => self.screens.forget(station),
            "station.booted" => self.screens.booted(station),
            // It may have said more of itself.
            "station.report" | "command.ended" => self.screens.read_anew_of(station),
            "session.started" | "session.updated" | "session.ended" => {
                let Some(session) = notice.session else { return Ok(()) };
                return self.goes_on(station, session, notice).await;
            }
            _ => {}
        }
        Ok(())
    }

    async fn goes_on(&mut self, station: &StationId, session: SessionId, notice: &Notice) -> StoreResult<()> {
        if !self.house.stations.is_connected(station) || !self.read(station).await? {
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
        let shows = reading::shows(&*self.house.books, station).await?;
        let is_cost_shown = shows.cost;
        self.screens.put(station.clone(), shows);
        Ok(is_cost_shown)
    }

    fn look_at_due(&mut self) {
        let room = AT_ONCE.saturating_sub(self.looking.len());
        let now = Instant::now();
        for due in self.screens.take_due(now, now + self.house.every, room) {
            self.looking.spawn(costs::look(Arc::clone(&self.house), due));
        }
    }

    fn looked(&mut self, looked: Looked) {
        let next = Instant::now() + self.house.every;
        if let Looked { station, is_without_words: true, .. } = &looked
            && self.screens.mute(station, Kind::Cost)
        {
            tracing::info!(%station, "the station does not show costs though it said so; it is told none until it boots again");
        }
        self.screens.looked(looked, next);
    }
}
