//! What a site's task does: it keeps what it heard, asks the policy, and tells stations.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::CommandId;
use amprule_domain::command::{Command, Most};
use amprule_domain::load::{Answered, Balance, Granted, LoadInput, Order, Shares, Site, SiteEvse, Steering};
use jiff::SignedDuration;
use parking_lot::Mutex;

use crate::decided::Decided;
use crate::heard;
use crate::house::House;
use crate::ledger::{Ledger, Place};
use crate::status::Board;

/// A limit that was not sent by then is not needed any more.
pub(crate) const EXPIRES: SignedDuration = SignedDuration::from_secs(45);

pub(crate) struct Rounds {
    pub(crate) house: Arc<House>,
    ledger: Arc<Ledger>,
    pub(crate) steering: Steering,
    /// Limits that were ordered, and whose outcome is not known.
    pub(crate) open: BTreeMap<CommandId, Order>,
    /// Where what others left is being cleared.
    clears: Mutex<BTreeMap<CommandId, Place>>,
    board: Arc<Board>,
    decided: Decided,
}

impl Rounds {
    pub(crate) fn begin(house: Arc<House>, ledger: Arc<Ledger>, site: Arc<Site>, board: Arc<Board>) -> Self {
        let steering = Steering::new(site);
        Self {
            house,
            ledger,
            steering,
            open: BTreeMap::new(),
            clears: Mutex::default(),
            board,
            decided: Decided::default(),
        }
    }

    /// What is known of its stations already.
    pub(crate) async fn look_around(&mut self) {
        self.tell_strangers(|_| true).await;
        self.refresh_all().await;
    }

    /// The site is described otherwise.
    pub(crate) async fn change(&mut self, site: Arc<Site>) {
        let before = Arc::clone(self.steering.site());
        self.open.retain(|_, order| {
            let place = site.place_of(&before.evses[order.evse]);
            order.evse = place.unwrap_or_default();
            place.is_some()
        });
        self.board.write(|status| status.unit.clone_from(&site.unit));
        self.steering = self.steering.changed(site);
        self.tell_strangers(|evse| before.place_of(evse).is_none()).await;
        self.refresh_all().await;
    }

    /// A station that never came may be one whose name is misspelt, and so may an EVSE that it never told of.
    async fn tell_strangers(&self, is_new: impl Fn(&SiteEvse) -> bool) {
        let site = self.steering.site();
        let (mut strangers, mut odd) = (Vec::new(), Vec::new());
        for (station, places) in site.stations() {
            let named = places.into_iter().map(|place| &site.evses[place]);
            let new: Vec<&SiteEvse> = named.filter(|evse| is_new(evse)).collect();
            if new.is_empty() {
                continue;
            }
            match self.house.stations.evses(station).await {
                Ok(None) => strangers.push(station.as_str()),
                Ok(Some(told)) if !told.is_empty() => {
                    odd.extend(new.iter().filter(|evse| !told.contains(&evse.evse)).map(|evse| evse.name()));
                }
                Ok(Some(_)) | Err(_) => {}
            }
        }
        if !strangers.is_empty() {
            tracing::warn!(
                site = site.id,
                "the site names stations that have never connected: {}; each counts with all that its cable bears until it does",
                strangers.join(", ")
            );
        }
        if !odd.is_empty() {
            tracing::warn!(
                site = site.id,
                "the site names EVSEs that their stations have not told of: {}; a device has one, and its number is 1",
                odd.join(", ")
            );
        }
    }

    /// Looks at the site once. Gives when its policy would answer otherwise.
    pub(crate) async fn round(&mut self) -> Option<Duration> {
        self.settle_open().await;
        let now = self.house.clock.now();
        let blind = self.read_meters();
        let balance = self.steering.balance(now);
        let asked = self.ask(&balance).await;
        let shares = asked.as_ref().ok().and_then(Option::as_ref);
        for order in self.steering.orders(&balance, shares) {
            match self.order(&order).await {
                Ok(id) => drop(self.open.insert(id, order)),
                Err(why) => {
                    tracing::warn!(site = self.steering.site().id, station = %self.station(&order), "no limit is told: {why}");
                    self.steering.answered(&order, Answered::Unsent, now);
                }
            }
        }
        let change = shares.and_then(|shares| shares.next_change_at);
        self.show(&balance, asked.err().or(blind));
        change.and_then(|at| Duration::try_from(at.duration_since(now)).ok())
    }

    /// The error says what is wrong with the policy.
    async fn ask(&mut self, balance: &Balance) -> Result<Option<Shares>, String> {
        let site = Arc::clone(self.steering.site());
        let question = self.steering.question(balance);
        let Some(unit) = &site.unit else { return Ok(question.as_ref().map(equal)) };
        // That it cannot be asked is told before the first car comes.
        let Some(question) = question else { return self.house.hooks.may_share(unit).map(|()| None) };
        let answer = self.house.hooks.share(unit, question).await;
        if let Some(decision) = answer.decision.and_then(|decision| self.decided.news(decision))
            && let Err(error) = self.house.books.commit(vec![decision]).await
        {
            tracing::warn!(site = site.id, %error, "a decision of the load policy could not be written down");
        }
        let shares = answer.shares?;
        self.steering.agreed(shares.clone(), balance.now);
        self.board.write(|status| status.answered_at = Some(balance.now));
        Ok(Some(shares))
    }

    /// The error says which of them says nothing.
    fn read_meters(&mut self) -> Option<String> {
        let site = Arc::clone(self.steering.site());
        let mut troubles = Vec::new();
        for meter in site.meters() {
            match self.house.meters.read(meter) {
                Ok(reading) => self.steering.metered(meter, reading),
                Err(why) => troubles.push(format!("the meter {meter}: {why}")),
            }
        }
        (!troubles.is_empty()).then(|| troubles.join("; "))
    }

    async fn order(&self, order: &Order) -> Result<CommandId, String> {
        let site = self.steering.site();
        let evse = &site.evses[order.evse];
        let mut limited = site.limited(order.evse);
        limited.phases_w = limited.phases_w.filter(|_| !self.house.stations.is_device(&evse.station));
        let phases = limited.phases_w.filter(|_| matches!(order.most, Most::Watts(_)));
        let command = Command::Limit {
            evse: evse.evse,
            transaction: order.transaction.clone(),
            most: order.most,
            phases,
            above: 0,
        };
        let turn = self.ledger.limits(limited).await?;
        let expires_at = self.house.clock.now().checked_add(EXPIRES).map_err(|error| error.to_string())?;
        let is_cleared = turn.as_ref().is_some_and(|limited| limited.is_cleared);
        let place = (evse.station.clone(), evse.evse);
        if !is_cleared && !self.clears.lock().values().any(|clearing| *clearing == place) {
            // What another system left there at a higher level would go before ours.
            let clear = Command::ClearLimits { evse: evse.evse };
            let id = self.house.stations.order(&evse.station, clear, &site.id, expires_at).await?;
            self.clears.lock().insert(id, place);
        }
        tracing::debug!(site = site.id, evse = evse.name(), limit = %order.limit, "a limit is told");
        self.house.stations.order(&evse.station, command, &site.id, expires_at).await
    }

    /// What became of limits whose end was not heard.
    async fn settle_open(&mut self) {
        for id in self.open.keys().copied().collect::<Vec<_>>() {
            self.settle(id).await;
        }
        let clearing: Vec<CommandId> = self.clears.lock().keys().copied().collect();
        for id in clearing {
            self.settle_clearing(id).await;
        }
    }

    /// True: it is over.
    pub(crate) async fn settle(&mut self, id: CommandId) -> bool {
        let exchange = match self.house.stations.exchange(id).await {
            Ok(Some(exchange)) => Some(exchange),
            Ok(None) => None,
            Err(_) => return false,
        };
        let Some(answered) = heard::outcome(exchange.as_ref()) else { return false };
        if let Some(order) = self.open.remove(&id) {
            self.steering.answered(&order, answered, self.house.clock.now());
        }
        true
    }

    /// A clearing has ended: the station has answered it, or it is tried with the next limit.
    pub(crate) async fn settle_clearing(&self, id: CommandId) {
        let Ok(exchange) = self.house.stations.exchange(id).await else { return };
        let Some(answered) = heard::outcome(exchange.as_ref()) else { return };
        let Some(place) = self.clears.lock().remove(&id) else { return };
        // A station that knows no profiles there says so, and a device has none.
        let is_done = matches!(answered, Answered::Accepted | Answered::Refused);
        if is_done && let Err(error) = self.ledger.cleared(&place).await {
            tracing::warn!(station = %place.0, %error, "that a station's foreign limits are cleared could not be written down");
        }
    }

    fn station(&self, order: &Order) -> String {
        self.steering.site().evses[order.evse].name()
    }

    fn show(&self, balance: &Balance, trouble: Option<String>) {
        let (circuits, evses) = (self.steering.circuits(balance), self.steering.evses());
        self.board.write(|status| {
            // Told when it begins: how it goes on is shown.
            match (&status.trouble, &trouble) {
                (None, Some(why)) => {
                    tracing::warn!(site = status.id, "the site is not shared out as it should be: {why}");
                }
                (Some(_), None) => tracing::info!(site = status.id, "the site is shared out as it should be again"),
                _ => {}
            }
            (status.circuits, status.evses, status.trouble) = (circuits, evses, trouble);
            status.seen_at = Some(balance.now);
        });
    }
}

/// Without a policy all rise together, in the configuration's order.
fn equal(question: &LoadInput) -> Shares {
    let all = question.evses.iter().map(|evse| Granted { evse: evse.id.clone(), most_a: evse.most_a });
    Shares { shares: all.collect(), next_change_at: None }
}
