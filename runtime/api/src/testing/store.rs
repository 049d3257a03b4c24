//! A store in memory: enough of the contract to try the API against it.

use std::collections::BTreeMap;

use amprule_domain::bill::Bill;
use amprule_domain::command::Exchange;
use amprule_domain::contract::Contract;
use amprule_domain::decision::Decision;
use amprule_domain::doors::{
    Archive, Catalogue, DecisionSpan, ExchangeFilter, Listed, Page, Records, SessionFilter, SetAside, StoreFuture,
    StoredReading, StoredSigned, Writer,
};
use amprule_domain::effect::{Effect, KeptMessage};
use amprule_domain::event::ConnectorStatus;
use amprule_domain::holding::{Change, Holding, HoldingFilter, Like};
use amprule_domain::reported::Reported;
use amprule_domain::session::Session;
use amprule_domain::station::StationRecord;
use amprule_domain::token::{IdToken, TokenRecord};
use amprule_domain::{CommandId, DecisionId, Mark, SessionId, SessionNo, StationId};
use parking_lot::Mutex;

#[derive(Default)]
pub(crate) struct MemoryStore(Mutex<Shelves>);

#[derive(Default)]
struct Shelves {
    stations: BTreeMap<StationId, StationRecord>,
    reported: BTreeMap<StationId, Reported>,
    connectors: Vec<(StationId, ConnectorStatus)>,
    sessions: BTreeMap<SessionNo, Session>,
    readings: Vec<(SessionNo, StoredReading)>,
    signed: Vec<(SessionNo, StoredSigned)>,
    tokens: BTreeMap<String, TokenRecord>,
    decisions: Vec<Decision>,
    kept: Vec<KeptMessage>,
    bills: Vec<Bill>,
    exchanges: Vec<Exchange>,
    holdings: Vec<(StationId, Holding)>,
}

impl MemoryStore {
    pub(crate) fn apply(&self, effects: impl IntoIterator<Item = Effect>) {
        let mut shelves = self.0.lock();
        effects.into_iter().for_each(|effect| shelves.put(effect));
    }

    pub(crate) fn known_station(&self, id: &StationId) -> Option<StationRecord> {
        self.0.lock().stations.get(id).cloned()
    }

    pub(crate) fn known_exchange(&self, id: CommandId) -> Option<Exchange> {
        self.0.lock().exchanges.iter().find(|exchange| exchange.id == id).cloned()
    }

    fn page<T: Clone + Send + 'static>(
        &self,
        page: &Page,
        all: impl FnOnce(&Shelves) -> Vec<T>,
    ) -> StoreFuture<'_, Listed<T>> {
        let all = all(&self.0.lock());
        let from = page.after.as_ref().map_or(0, |after| after.parse().expect("a cursor of ours"));
        let items: Vec<T> = all.iter().skip(from).take(page.limit).cloned().collect();
        let next = (from + items.len() < all.len()).then(|| (from + items.len()).to_string());
        read(Listed { items, next })
    }
}

impl Shelves {
    fn reported(&self, station: &StationId) -> Reported {
        self.reported.get(station).cloned().unwrap_or_default()
    }

    fn connectors(&self, station: &StationId) -> Vec<ConnectorStatus> {
        self.connectors.iter().filter(|(of, _)| of == station).map(|(_, status)| status.clone()).collect()
    }

    fn put(&mut self, effect: Effect) {
        match effect {
            Effect::Station(record) => drop(self.stations.insert(record.id.clone(), *record)),
            Effect::StationGone(id) => drop(self.stations.remove(&id)),
            Effect::Reported { station, report } => self.reported.entry(station).or_default().take(*report),
            Effect::Connector { station, status } => self.connectors.push((station, status)),
            Effect::Session(session) => drop(self.sessions.insert(session.no, (*session).clone())),
            Effect::Readings(row) => self.readings.extend(row.readings.into_iter().map(|reading| {
                (
                    row.session,
                    StoredReading { received_at: row.received_at, message: Some(row.message.clone()), reading },
                )
            })),
            Effect::Signed(row) => self.signed.extend(row.values.into_iter().map(|value| {
                (row.session, StoredSigned { received_at: row.received_at, is_behind_gap: false, value })
            })),
            Effect::Kept(message) => self.kept.push(message),
            Effect::Decision(decision) => self.decisions.insert(0, *decision),
            Effect::Token(record) => drop(self.tokens.insert(IdToken::new(&*record.id_token, "").key(), *record)),
            Effect::TokenGone(key) => drop(self.tokens.remove(&key)),
            Effect::Holding { station, at, change } => match *change {
                Change::Put { kind, key, body } => self.holdings.push((station, Holding { kind, key, at, body })),
                _ => unimplemented!("the store's own tests have the others"),
            },
            Effect::Bill(bill) => self.bills.push(*bill),
            Effect::Exchange(exchange) => {
                self.exchanges.retain(|known| known.id != exchange.id);
                self.exchanges.push(*exchange);
            }
            Effect::Answered { .. }
            | Effect::Limited(_)
            | Effect::LimitedGone { .. }
            | Effect::Outbox(_)
            | Effect::Subscriber(_)
            | Effect::SubscriberGone(_) => {
                unimplemented!("the API never asks for them")
            }
        }
    }
}

fn matches(filter: &SessionFilter, session: &Session) -> bool {
    let SessionFilter { station, state, transaction, token, location, from, until, mark } = filter;
    let key = session.token.as_ref().map(IdToken::key);
    station.as_ref().is_none_or(|station| *station == session.station)
        && state.is_none_or(|state| state == session.state)
        && transaction.as_deref().is_none_or(|transaction| transaction == session.transaction.as_str())
        && token.as_ref().is_none_or(|token| key.as_ref() == Some(token))
        && location.as_ref().is_none_or(|location| session.location.as_ref() == Some(location))
        && from.is_none_or(|from| session.started_at >= from)
        && until.is_none_or(|until| session.started_at < until)
        && mark.as_ref().is_none_or(|mark| session.marks.has(&Mark::new(mark.clone())))
}

fn read<'a, T: Send + 'a>(found: T) -> StoreFuture<'a, T> {
    Box::pin(async { Ok(found) })
}

impl Writer for MemoryStore {
    fn commit(&self, effects: Vec<Effect>) -> StoreFuture<'_, ()> {
        self.apply(effects);
        read(())
    }
}

impl Records for MemoryStore {
    fn station<'a>(&'a self, id: &'a StationId) -> StoreFuture<'a, Option<StationRecord>> {
        // Known, but never listed: a station that is not there.
        let offline = || (id.as_str() == "offline").then(|| super::station("offline"));
        read(self.0.lock().stations.get(id).cloned().or_else(offline))
    }

    fn reported<'a>(&'a self, station: &'a StationId) -> StoreFuture<'a, Reported> {
        read(self.0.lock().reported(station))
    }

    fn connectors<'a>(&'a self, station: &'a StationId) -> StoreFuture<'a, Vec<ConnectorStatus>> {
        read(self.0.lock().connectors(station))
    }

    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<Session>> {
        read(self.0.lock().sessions.values().find(|session| session.id == id).cloned())
    }

    fn token<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<TokenRecord>> {
        read(self.0.lock().tokens.get(key).cloned())
    }

    fn entered<'a>(&'a self, id_token: &'a str) -> StoreFuture<'a, Option<TokenRecord>> {
        let tokens = &self.0.lock().tokens;
        let same = || tokens.values().find(|token| Contract::is_same(&token.id_token, id_token));
        read(tokens.get(&IdToken::new(id_token, "").key()).or_else(same).cloned())
    }
}

impl Catalogue for MemoryStore {
    fn stations(&self, page: &Page) -> StoreFuture<'_, Listed<StationRecord>> {
        self.page(page, |shelves| shelves.stations.values().cloned().collect())
    }

    fn reported_of(&self, stations: Vec<StationId>) -> StoreFuture<'_, Vec<Reported>> {
        let shelves = self.0.lock();
        read(stations.iter().map(|station| shelves.reported(station)).collect())
    }

    fn connectors_of(&self, stations: Vec<StationId>) -> StoreFuture<'_, Vec<Vec<ConnectorStatus>>> {
        let shelves = self.0.lock();
        read(stations.iter().map(|station| shelves.connectors(station)).collect())
    }

    fn kept(&self, station: &StationId, page: &Page) -> StoreFuture<'_, Listed<KeptMessage>> {
        self.page(page, |shelves| shelves.kept.iter().filter(|message| message.station == *station).cloned().collect())
    }

    fn holdings_like(
        &self,
        filter: &HoldingFilter,
        like: &Like,
        page: &Page,
    ) -> StoreFuture<'_, Listed<(StationId, Holding)>> {
        let is_meant = |(station, holding): &&(StationId, Holding)| {
            filter.station.as_ref().is_none_or(|meant| meant == station)
                && holding.kind == filter.kind
                && filter.find.as_ref().is_none_or(|find| holding.key.contains(find))
                && like.members.iter().all(|(member, of)| of.contains(&holding.body[*member]))
        };
        self.page(page, |shelves| shelves.holdings.iter().rev().filter(is_meant).cloned().collect())
    }

    fn exchange(&self, id: CommandId) -> StoreFuture<'_, Option<Exchange>> {
        read(self.known_exchange(id))
    }

    fn exchanges(&self, filter: &ExchangeFilter, page: &Page) -> StoreFuture<'_, Listed<Exchange>> {
        let is_meant = |exchange: &&Exchange| {
            filter.station.as_ref().is_none_or(|station| *station == exchange.station)
                && (!filter.is_open || exchange.is_open())
        };
        self.page(page, |shelves| shelves.exchanges.iter().rev().filter(is_meant).cloned().collect())
    }

    fn sessions(&self, filter: &SessionFilter, page: &Page) -> StoreFuture<'_, Listed<Session>> {
        self.page(page, |shelves| {
            shelves.sessions.values().rev().filter(|session| matches(filter, session)).cloned().collect()
        })
    }

    fn readings(&self, session: SessionNo, page: &Page) -> StoreFuture<'_, Listed<StoredReading>> {
        self.page(page, |shelves| {
            shelves.readings.iter().filter(|(no, _)| *no == session).map(|(_, reading)| reading.clone()).collect()
        })
    }

    fn signed(&self, session: SessionNo) -> StoreFuture<'_, Vec<StoredSigned>> {
        let shelves = self.0.lock();
        read(shelves.signed.iter().filter(|(no, _)| *no == session).map(|(_, signed)| signed.clone()).collect())
    }

    fn bills<'a>(&'a self, session: &'a Session) -> StoreFuture<'a, Vec<Bill>> {
        let kept: Vec<_> = self.0.lock().bills.iter().filter(|bill| bill.session == session.no).cloned().collect();
        read(if kept.is_empty() { Bill::of(session).into_iter().collect() } else { kept })
    }

    fn tokens(&self, page: &Page) -> StoreFuture<'_, Listed<TokenRecord>> {
        self.page(page, |shelves| shelves.tokens.values().cloned().collect())
    }

    fn decisions(&self, session: Option<SessionId>, page: &Page) -> StoreFuture<'_, Listed<Decision>> {
        self.page(page, |shelves| {
            let of = |decision: &&Decision| session.is_none() || decision.session == session;
            shelves.decisions.iter().filter(of).cloned().collect()
        })
    }

    fn set_aside(&self, page: &Page) -> StoreFuture<'_, Listed<SetAside>> {
        let row = SetAside {
            table: "sessions".to_owned(),
            key: "7".to_owned(),
            found_at: super::samples::at("09:00"),
            why: "expected value at line 1 column 1".to_owned(),
            body: "broken".to_owned(),
        };
        self.page(page, |_| vec![row])
    }
}

impl Archive for MemoryStore {
    fn decision(&self, id: DecisionId) -> StoreFuture<'_, Option<Decision>> {
        read(self.0.lock().decisions.iter().find(|decision| decision.id == id).cloned())
    }

    fn decisions_between(&self, span: &DecisionSpan, page: &Page) -> StoreFuture<'_, Listed<Decision>> {
        let is_meant = |decision: &&Decision| span.has(decision);
        self.page(page, |shelves| shelves.decisions.iter().rev().filter(is_meant).cloned().collect())
    }
}
