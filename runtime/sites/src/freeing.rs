//! What sites have told stations is given back once no site shares them out any more: at once, or when they connect next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::TransactionId;
use amprule_domain::command::{Command, Origin};
use amprule_domain::load::{Allowed, Answered, Limited};
use amprule_domain::notice::Notice;
use serde_json::Value;
use tokio::sync::broadcast;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::interval;

use crate::gift::{Freed, Gift};
use crate::heard::outcome;
use crate::house::House;
use crate::ledger::{Ledger, Place, evses_of, place};
use crate::waiting::Waiting;

/// It is looked whose time has come so often.
const EVERY: Duration = Duration::from_secs(10);
/// So many are told at once.
const AT_ONCE: usize = 64;
/// Who has refused so often is left as it is.
const REFUSALS: u32 = 8;

pub(crate) struct Freeing {
    house: Arc<House>,
    ledger: Arc<Ledger>,
    waiting: BTreeMap<Place, Waiting>,
    at_work: JoinSet<Freed>,
    /// What each of them gives back.
    told: BTreeMap<Id, Limited>,
}

impl Freeing {
    pub(crate) fn new(house: Arc<House>, ledger: Arc<Ledger>) -> Self {
        Self { house, ledger, waiting: BTreeMap::new(), at_work: JoinSet::new(), told: BTreeMap::new() }
    }

    pub(crate) async fn run(mut self) {
        let mut notices = self.house.stations.notices();
        // Before the first configuration everybody is in no site.
        self.ledger.moved.notified().await;
        let mut every = interval(EVERY);
        loop {
            let is_news = tokio::select! {
                () = self.ledger.moved.notified() => self.review().await,
                _ = every.tick() => self.review().await,
                Some(done) = self.at_work.join_next_with_id() => self.settle(done).await,
                notice = notices.recv() => match notice {
                    Ok(notice) => self.hear(&notice).await,
                    Err(broadcast::error::RecvError::Lagged(_)) => true,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            };
            if is_news {
                self.tell();
            }
        }
    }

    /// Who waits, by the books.
    async fn review(&mut self) -> bool {
        let astray = match self.ledger.astray(self.house.clock.now()).await {
            Ok(astray) => astray,
            Err(error) => {
                tracing::warn!(%error, "which stations keep limits of sites that they have left could not be written down");
                return false;
            }
        };
        let mut before = std::mem::take(&mut self.waiting);
        let waiting = |limited: Limited| {
            let place = place(&limited);
            let known = before.remove(&place).filter(|known| known.limited == limited);
            (place, known.unwrap_or_else(|| Waiting::new(limited)))
        };
        self.waiting = astray.into_iter().map(waiting).collect();
        true
    }

    fn tell(&mut self) {
        let now = self.house.clock.now();
        let at_work: BTreeSet<Place> = self.told.values().map(place).collect();
        let can_be_told = |(place, waiting): &(&Place, &Waiting)| {
            waiting.is_due(now) && !at_work.contains(place) && self.house.stations.is_connected(&place.0)
        };
        let room = AT_ONCE.saturating_sub(self.at_work.len());
        let gifts: Vec<Gift> =
            self.waiting.iter().filter(can_be_told).take(room).map(|(_, waiting)| self.gift(waiting)).collect();
        for gift in gifts {
            let limited = gift.limited.clone();
            self.told.insert(self.at_work.spawn(gift.give()).id(), limited);
        }
    }

    fn gift(&self, waiting: &Waiting) -> Gift {
        let Waiting { limited, is_standing_given, .. } = waiting;
        let station = &limited.station;
        let is_alone = self.waiting.range(evses_of(station)).count() == 1 && !self.ledger.has_seat(station);
        Gift {
            house: Arc::clone(&self.house),
            ledger: Arc::clone(&self.ledger),
            limited: limited.clone(),
            is_alone,
            is_standing_given: *is_standing_given,
        }
    }

    /// One has been told. True: others may have waited for their turn, or it is told something else.
    async fn settle(&mut self, done: Result<(Id, Freed), JoinError>) -> bool {
        let (id, freed) = done.unwrap_or_else(|error| (error.id(), Freed::Nothing));
        let was_full = self.at_work.len() + 1 >= AT_ONCE;
        let Some(limited) = self.told.remove(&id) else { return was_full };
        let Some(waiting) = self.waiting.get_mut(&place(&limited)) else { return was_full };
        if waiting.limited != limited {
            return true;
        }
        match freed {
            Freed::Done => {
                let Limited { station, evse, site, .. } = &limited;
                tracing::info!(%station, evse, site, "it may draw what it can again");
                self.forget(&limited).await;
            }
            Freed::NotOurs => {
                self.waiting.remove(&place(&limited));
                return self.review().await || was_full;
            }
            Freed::Refused | Freed::SessionRefused if waiting.refusals + 1 >= REFUSALS => {
                tell_given_up(&limited, freed);
                self.forget(&limited).await;
            }
            Freed::Refused | Freed::SessionRefused | Freed::Nothing => {
                waiting.refusals += u32::from(freed != Freed::Nothing);
                waiting.is_standing_given |= freed == Freed::SessionRefused;
                waiting.fails(self.house.clock.now());
            }
        }
        was_full
    }

    /// Nothing of a site stands there any more.
    async fn forget(&mut self, limited: &Limited) {
        let place = place(limited);
        match self.ledger.freed(limited).await {
            Ok(()) => drop(self.waiting.remove(&place)),
            Err(error) => {
                let (station, evse) = &place;
                tracing::warn!(%station, evse, %error, "that its limit is given back could not be written down; it is told again");
                if let Some(waiting) = self.waiting.get_mut(&place) {
                    waiting.fails(self.house.clock.now());
                }
            }
        }
    }

    /// True: somebody can be told something.
    async fn hear(&mut self, notice: &Notice) -> bool {
        let Some(station) = notice.station.as_ref().filter(|_| !self.waiting.is_empty()) else { return false };
        let mut waiting = self.waiting.range_mut(evses_of(station)).peekable();
        match notice.kind {
            "station.connected" if waiting.peek().is_some() => {
                waiting.for_each(|(_, waiting)| waiting.begins_anew());
                true
            }
            "command.ended" if waiting.peek().is_some() => {
                let places = waiting.map(|(place, _)| place.clone()).collect();
                self.command_ended(notice, places).await
            }
            _ => false,
        }
    }

    /// What an operator has told it stands. True: it was one, and may have been waited for.
    async fn command_ended(&mut self, notice: &Notice, waiting: Vec<Place>) -> bool {
        let id = notice.data.get("command").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let Some(id) = id else { return false };
        let exchange = self.house.stations.exchange(id).await.ok().flatten();
        let Some(exchange) = exchange.filter(|exchange| exchange.origin == Origin::Operator) else { return false };
        let is_accepted = outcome(Some(&exchange)) == Some(Answered::Accepted);
        let Command::Limit { evse, transaction, most, phases, .. } = exchange.command else { return false };
        let Some(place) = waiting.into_iter().find(|place| place.1 == evse) else { return false };
        if is_accepted {
            self.owned(&place, transaction, Allowed { most, phases }).await;
        }
        if let Some(waiting) = self.waiting.get_mut(&place) {
            waiting.begins_anew();
        }
        true
    }

    async fn owned(&mut self, place: &Place, transaction: Option<TransactionId>, own: Allowed) {
        match self.ledger.owned(place, transaction, own).await {
            Ok(Some(limited)) => drop(self.waiting.insert(place.clone(), Waiting::new(limited))),
            Ok(None) => drop(self.waiting.remove(place)),
            Err(error) => {
                let (station, evse) = place;
                tracing::warn!(%station, evse, %error, "that an operator has limited it could not be written down; it may be undone");
            }
        }
    }
}

fn tell_given_up(limited: &Limited, freed: Freed) {
    let Limited { station, evse, site, .. } = limited;
    let who = if freed == Freed::SessionRefused { "its session" } else { "it" };
    tracing::warn!(
        %station, evse, site,
        "{who} refuses to be told that it may draw what it can again, and may keep a limit of a site that it has left; \
         POST /api/v1/stations/{station}/commands tells it another one"
    );
}
