//! What sites have told stations is given back once no site shares them out any more: at once, or when they connect next.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::command::Exchange;
use amprule_domain::load::{Answered, Limited};
use amprule_domain::notice::Notice;
use amprule_domain::{StationId, Timestamp};
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::broadcast;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::interval;

use crate::gift::{Freed, Gift, is_of_operator};
use crate::heard::outcome;
use crate::house::House;
use crate::ledger::{Ledger, Place, place};

/// It is looked whose time has come so often.
const EVERY: Duration = Duration::from_secs(10);
/// So many are told at once.
const AT_ONCE: usize = 64;
/// After a try that came to nothing: doubled each time, up to the longest.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
const PAUSE_MAX: SignedDuration = SignedDuration::from_secs(300);
/// Who has refused so often is left as it is.
const REFUSALS: u32 = 8;

pub(crate) struct Freeing {
    house: Arc<House>,
    ledger: Arc<Ledger>,
    waiting: BTreeMap<Place, Waiting>,
    at_work: JoinSet<Freed>,
    told: BTreeMap<Id, Place>,
}

/// An EVSE that is to have back what it can draw.
struct Waiting {
    limited: Limited,
    is_told: bool,
    /// Since it connected.
    failures: u32,
    refusals: u32,
    again_at: Option<Timestamp>,
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
            let known = before.remove(&place).map(|known| Waiting { limited: limited.clone(), ..known });
            (place, known.unwrap_or_else(|| Waiting::new(limited)))
        };
        self.waiting = astray.into_iter().map(waiting).collect();
        true
    }

    fn tell(&mut self) {
        let now = self.house.clock.now();
        let can_be_told =
            |(place, waiting): &(&Place, &Waiting)| waiting.is_due(now) && self.house.stations.is_connected(&place.0);
        let room = AT_ONCE.saturating_sub(self.at_work.len());
        let due: Vec<Place> =
            self.waiting.iter().filter(can_be_told).map(|(place, _)| place.clone()).take(room).collect();
        for place in due {
            let is_alone = self.waiting.range(evses_of(&place.0)).count() == 1;
            let Some(waiting) = self.waiting.get_mut(&place) else { continue };
            waiting.is_told = true;
            let (house, ledger, limited) = (Arc::clone(&self.house), Arc::clone(&self.ledger), waiting.limited.clone());
            let gift = Gift { house, ledger, limited, is_alone };
            self.told.insert(self.at_work.spawn(gift.give()).id(), place);
        }
    }

    /// One has been told. True: others may have waited for their turn.
    async fn settle(&mut self, done: Result<(Id, Freed), JoinError>) -> bool {
        let (id, freed) = done.unwrap_or_else(|error| (error.id(), Freed::Nothing));
        let was_full = self.at_work.len() + 1 >= AT_ONCE;
        let Some(place) = self.told.remove(&id) else { return was_full };
        let Some(waiting) = self.waiting.get_mut(&place) else { return was_full };
        waiting.is_told = false;
        let (station, evse) = &place;
        match freed {
            Freed::Done => {
                tracing::info!(%station, evse, site = waiting.limited.site, "it may draw what it can again");
                self.forget(&place).await;
            }
            Freed::NotOurs => drop(self.waiting.remove(&place)),
            Freed::Refused if waiting.refusals + 1 >= REFUSALS => {
                tracing::warn!(
                    %station, evse, site = waiting.limited.site,
                    "it refuses to be told that it may draw what it can again, and may keep a limit of a site that it has left; \
                     POST /api/v1/stations/{station}/commands tells it another one"
                );
                self.forget(&place).await;
            }
            Freed::Refused | Freed::Nothing => {
                waiting.refusals += u32::from(freed == Freed::Refused);
                waiting.fails(self.house.clock.now());
            }
        }
        was_full
    }

    /// Nothing of a site stands there any more.
    async fn forget(&mut self, place: &Place) {
        match self.ledger.freed(place).await {
            Ok(()) => drop(self.waiting.remove(place)),
            Err(error) => {
                let (station, evse) = place;
                tracing::warn!(%station, evse, %error, "that its limit is given back could not be written down; it is told again");
                if let Some(waiting) = self.waiting.get_mut(place) {
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
                waiting.for_each(|(_, waiting)| waiting.connects());
                true
            }
            "command.ended" if waiting.peek().is_some() => {
                let places = waiting.map(|(place, _)| place.clone()).collect();
                self.command_ended(notice, places).await;
                false
            }
            _ => false,
        }
    }

    /// What an operator has told it stands.
    async fn command_ended(&mut self, notice: &Notice, waiting: Vec<Place>) {
        let id = notice.data.get("command").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let Some(id) = id else { return };
        let exchange = self.house.stations.exchange(id).await.ok().flatten();
        let is_accepted = |exchange: &Exchange| outcome(Some(exchange)) == Some(Answered::Accepted);
        let Some(exchange) = exchange.filter(is_accepted) else { return };
        for place in waiting.iter().filter(|place| is_of_operator(&exchange, place.1)) {
            self.forget(place).await;
        }
    }
}

fn evses_of(station: &StationId) -> RangeInclusive<Place> {
    (station.clone(), 0)..=(station.clone(), u32::MAX)
}

impl Waiting {
    fn new(limited: Limited) -> Self {
        Self { limited, is_told: false, failures: 0, refusals: 0, again_at: None }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        // A clock that was set back makes nobody wait for longer.
        let is_ready = |at: Timestamp| at <= now || at.duration_since(now) > PAUSE_MAX;
        !self.is_told && self.again_at.is_none_or(is_ready)
    }

    fn connects(&mut self) {
        (self.failures, self.again_at) = (0, None);
    }

    fn fails(&mut self, now: Timestamp) {
        let pause = PAUSE.saturating_mul(1 << self.failures.min(5)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        self.again_at = now.checked_add(pause).ok();
    }
}
