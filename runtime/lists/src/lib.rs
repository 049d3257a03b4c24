//! Local authorization lists that are kept in step with the operator's tokens (OCPP 2.0.1, block D).
//!
//! One task looks at a station when it connects, when it has answered, and when a token has changed. What it is told next is the
//! domain's (`domain/src/local_list/plan.rs`); here is what is read and ordered.
//!
//! This crate must never know what OCPP looks like on the wire.

mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amprule_domain::command::{Command, Verdict};
use amprule_domain::doors::{Catalogue, StoreResult};
use amprule_domain::local_list::plan::{self, Held, Room};
use amprule_domain::notice::Notice;
use amprule_domain::ports::{BoxFuture, Clock};
use amprule_domain::token::TokenRecord;
use amprule_domain::{CommandId, StationId, Timestamp};
use jiff::SignedDuration;
use tokio::sync::{Notify, broadcast};

use crate::reading::Told;

/// A message that has not come so long after it was ordered is thought of anew.
const EXPIRES: SignedDuration = SignedDuration::from_mins(10);
/// Who has refused so many in a row is left as it is until it connects again.
const REFUSALS: u32 = 3;

pub struct House {
    pub stations: Arc<dyn Stations>,
    pub books: Arc<dyn Catalogue>,
    pub clock: Arc<dyn Clock>,
    /// A token has changed, or who keeps a list.
    pub changed: Arc<Notify>,
}

/// The stations of this server.
pub trait Stations: Send + Sync {
    fn is_connected(&self, station: &StationId) -> bool;
    /// What it can be told, in the version that it speaks.
    fn room(&self, station: &StationId) -> Room;
    fn order<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<CommandId, String>>;
    fn notices(&self) -> broadcast::Receiver<Arc<Notice>>;
}

pub struct Keeper {
    house: House,
    /// Refusals since the station connected.
    refusals: BTreeMap<StationId, u32>,
    /// Asked for their own word since they connected: they may have lost their list.
    asked: BTreeSet<StationId>,
    /// Commands that are on their way, one for each station at most.
    at_work: BTreeMap<StationId, CommandId>,
    /// Read once, until one has changed.
    tokens: Option<Vec<TokenRecord>>,
    /// Those that keep a list; likewise.
    keepers: Option<BTreeSet<StationId>>,
}

impl Keeper {
    pub fn new(house: House) -> Self {
        let (refusals, asked, at_work) = Default::default();
        Self { house, refusals, asked, at_work, tokens: None, keepers: None }
    }

    /// Until the server ends.
    pub async fn run(mut self) {
        let mut notices = self.house.stations.notices();
        let changed = Arc::clone(&self.house.changed);
        loop {
            let looked = tokio::select! {
                () = changed.notified() => {
                    (self.tokens, self.keepers) = (None, None);
                    self.look_at_all().await
                }
                notice = notices.recv() => match notice {
                    Ok(notice) => self.hear(&notice).await,
                    Err(broadcast::error::RecvError::Lagged(_)) => self.look_at_all().await,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            };
            if let Err(error) = looked {
                tracing::warn!(%error, "a local list could not be looked at; it is again when its station connects, or a token changes");
            }
        }
    }

    async fn hear(&mut self, notice: &Notice) -> StoreResult<()> {
        let Some(station) = &notice.station else { return Ok(()) };
        match notice.kind {
            "station.connected" => {
                self.refusals.remove(station);
                if self.keeps(station).await? { self.ask(station).await } else { Ok(()) }
            }
            "station.disconnected" => {
                self.refusals.remove(station);
                self.asked.remove(station);
                Ok(())
            }
            "command.ended" => self.ended(station, notice).await,
            _ => Ok(()),
        }
    }

    /// A command of ours has ended: refused, answered, or nobody knows.
    async fn ended(&mut self, station: &StationId, notice: &Notice) -> StoreResult<()> {
        let id = notice.data["command"].as_str().and_then(|id| id.parse::<CommandId>().ok());
        if id.is_none() || self.at_work.get(station).copied() != id {
            return Ok(());
        }
        self.at_work.remove(station);
        let exchange = match id {
            Some(id) => self.house.books.exchange(id).await?,
            None => None,
        };
        let verdict = exchange.as_ref().and_then(|exchange| exchange.answer.as_ref()).map(|answer| answer.verdict);
        let is_list = exchange.is_some_and(|exchange| matches!(exchange.command, Command::SendLocalList { .. }));
        match verdict {
            Some(Verdict::Refused) => {
                *self.refusals.entry(station.clone()).or_default() += 1;
                self.look_at(station).await
            }
            Some(_) => self.look_at(station).await,
            // It may have taken it: its own word says so.
            None if is_list && self.house.stations.is_connected(station) => self.ask(station).await,
            None => Ok(()),
        }
    }

    async fn look_at_all(&mut self) -> StoreResult<()> {
        // Ends may have been missed.
        let at_work: Vec<_> = self.at_work.iter().map(|(station, id)| (station.clone(), *id)).collect();
        for (station, id) in at_work {
            if self.house.books.exchange(id).await?.is_none_or(|exchange| !exchange.is_open()) {
                self.at_work.remove(&station);
            }
        }
        for station in self.keepers().await?.clone() {
            if self.house.stations.is_connected(&station) {
                self.look_at(&station).await?;
            }
        }
        Ok(())
    }

    async fn look_at(&mut self, station: &StationId) -> StoreResult<()> {
        let has_refused = self.refusals.get(station).copied().unwrap_or_default();
        if has_refused >= REFUSALS || !self.keeps(station).await? {
            return Ok(());
        }
        if self.at_work.contains_key(station) {
            // Its end is heard.
            return Ok(());
        }
        let held = match reading::told(&*self.house.books, station).await? {
            Told::List(held) => held,
            Told::NoList => return Ok(()),
            // A token has changed before its connection was heard of: its own word comes first here too.
            Told::Nothing if !self.asked.contains(station) => return self.ask(station).await,
            Told::Nothing => Held::default(),
        };
        let bounds = reading::bounds(&*self.house.books, station).await?;
        let now = self.house.clock.now();
        let room = self.house.stations.room(station);
        let wanted = plan::wanted(self.tokens().await?, room, bounds.entries, now);
        let Some(part) = plan::next(&wanted, &held, bounds) else { return Ok(()) };
        let plan::Part { version, is_full, entries } = part;
        self.order(station, Command::SendLocalList { version, is_full, entries }).await
    }

    async fn keeps(&mut self, station: &StationId) -> StoreResult<bool> {
        Ok(self.keepers().await?.contains(station))
    }

    async fn keepers(&mut self) -> StoreResult<&BTreeSet<StationId>> {
        let keepers = match self.keepers.take() {
            Some(known) => known,
            None => reading::keepers(&*self.house.books).await?.into_iter().collect(),
        };
        Ok(self.keepers.insert(keepers))
    }

    async fn tokens(&mut self) -> StoreResult<&[TokenRecord]> {
        if self.tokens.is_none() {
            self.tokens = Some(reading::tokens(&*self.house.books).await?);
        }
        Ok(self.tokens.as_deref().unwrap_or_default())
    }

    async fn ask(&mut self, station: &StationId) -> StoreResult<()> {
        self.asked.insert(station.clone());
        self.order(station, Command::LocalListVersion).await
    }

    async fn order(&mut self, station: &StationId, command: Command) -> StoreResult<()> {
        let now = self.house.clock.now();
        let expires_at = now.checked_add(EXPIRES).unwrap_or(now);
        match self.house.stations.order(station, command, expires_at).await {
            Ok(id) => drop(self.at_work.insert(station.clone(), id)),
            Err(why) => tracing::warn!(%station, "its local list is not told: {why}"),
        }
        Ok(())
    }
}
