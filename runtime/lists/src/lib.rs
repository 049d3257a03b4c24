//! Local authorization lists that are kept in step with the operator's tokens (OCPP 2.0.1, block D).
//!
//! One task looks at a station when it connects, when it has answered, and when a token has changed. What it is told next is the
//! domain's (`domain/src/local_list/plan.rs`); here is what is read and ordered.
//!
//! This crate must never know what OCPP looks like on the wire.

mod manner;
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amprule_domain::command::{Command, CommandAnswer, Verdict, Wanted};
use amprule_domain::doors::{Catalogue, StoreResult};
use amprule_domain::holding::Holding;
use amprule_domain::local_list::plan::{self, Bounds, Held, Part, Room};
use amprule_domain::notice::Notice;
use amprule_domain::ports::{BoxFuture, Clock};
use amprule_domain::token::TokenRecord;
use amprule_domain::variable::Place;
use amprule_domain::{CommandId, StationId, Timestamp};
use jiff::SignedDuration;
use tokio::sync::{Notify, broadcast};

use crate::manner::{Manner, fitted};
use crate::reading::Told;

/// A message that has not come so long after it was ordered is thought of anew.
const EXPIRES: SignedDuration = SignedDuration::from_mins(10);

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
    /// Where it says what it can be told at once, in that version; nowhere, where it is none of OCPP.
    fn bounds_at(&self, station: &StationId) -> Vec<Place>;
    /// Bytes of the message that tells it this.
    fn size(&self, station: &StationId, command: &Command) -> usize;
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
    /// Of those that have been told something.
    manners: BTreeMap<StationId, Manner>,
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
        let (manners, asked, at_work) = Default::default();
        Self { house, manners, asked, at_work, tokens: None, keepers: None }
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
                self.manners.entry(station.clone()).and_modify(Manner::connected);
                if self.keeps(station).await? { self.ask(station).await } else { Ok(()) }
            }
            "station.disconnected" => {
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
        let Some(exchange) = exchange else { return Ok(()) };
        let is_here = self.house.stations.is_connected(station);
        match (&exchange.command, &exchange.answer) {
            (Command::SendLocalList { entries, .. }, Some(answer)) => {
                self.answered(station, entries.len(), answer);
                self.look_at(station).await
            }
            // It may have taken it: its own word says so.
            (Command::SendLocalList { .. }, None) if is_here => self.ask(station).await,
            // What it does not say of its bounds is not waited for.
            (Command::GetVariables { .. }, None) if is_here => self.look_at(station).await,
            (_, Some(_)) => self.look_at(station).await,
            (_, None) => Ok(()),
        }
    }

    /// A part of so many entries.
    fn answered(&mut self, station: &StationId, entries: usize, answer: &CommandAnswer) {
        let manner = self.manners.entry(station.clone()).or_default();
        if answer.verdict != Verdict::Refused {
            return manner.has_taken(entries);
        }
        manner.has_refused(entries, &answer.status);
        if manner.is_over() {
            tracing::warn!(
                %station, status = answer.status, reason = answer.reason, entries,
                "the station refuses its local list, however little it is told at once; it is told again when it connects anew"
            );
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
        let is_over = self.manners.get(station).is_some_and(Manner::is_over);
        if is_over || !self.keeps(station).await? {
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
        let told = reading::told_bounds(&*self.house.books, station).await?;
        let bounds = Bounds::told(&told);
        let now = self.house.clock.now();
        let room = self.house.stations.room(station);
        let wanted = plan::wanted(self.tokens().await?, room, bounds.entries, now);
        let most = self.manners.entry(station.clone()).or_default().most(bounds.items);
        let Some(part) = plan::next(&wanted, &held, most) else { return Ok(()) };
        if let Some(place) = self.unasked(station, &told) {
            let variables = vec![Wanted { place, attribute: None }];
            return self.order(station, Command::GetVariables { variables }).await;
        }
        let part = match bounds.bytes {
            usize::MAX => part,
            bytes => fitted(part, bytes, |part| self.house.stations.size(station, &list(part.clone()))),
        };
        self.order(station, list(part)).await
    }

    /// A bound that the station has not told, and was not asked for since it connected: one at a time, as every station can be asked.
    fn unasked(&mut self, station: &StationId, told: &[Holding]) -> Option<Place> {
        let manner = self.manners.entry(station.clone()).or_default();
        let is_told = |place: &Place| told.iter().any(|holding| holding.key == place.key());
        let mut places = self.house.stations.bounds_at(station).into_iter().filter(|place| !is_told(place));
        places.find(|place| manner.asked.insert(place.key()))
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

fn list(part: Part) -> Command {
    let Part { version, is_full, entries } = part;
    Command::SendLocalList { version, is_full, entries }
}
