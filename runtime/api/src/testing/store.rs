//! A store in memory: enough of the contract to try the API against it.

use std::collections::BTreeMap;

use amprule_domain::bill::Bill;
use amprule_domain::command::Exchange;
use amprule_domain::decision::Decision;
use amprule_domain::effect::{Answered, Effect, KeptMessage};
use amprule_domain::event::ConnectorStatus;
use amprule_domain::outbox::{OutboxRow, Subscriber};
use amprule_domain::ports::{
    BoxFuture, DecisionSpan, ExchangeFilter, Listed, Page, SessionFilter, SetAside, Store, StoreResult, StoredReading,
};
use amprule_domain::pricing::Pin;
use amprule_domain::session::Session;
use amprule_domain::station::StationRecord;
use amprule_domain::token::{IdToken, TokenRecord};
use amprule_domain::{
    CommandId, Currency, Decimal, DecisionId, Mark, SessionId, SessionNo, StationId, Timestamp, TransactionId,
};
use parking_lot::Mutex;

#[derive(Default)]
pub(crate) struct MemoryStore(Mutex<Shelves>);

#[derive(Default)]
struct Shelves {
    stations: BTreeMap<StationId, StationRecord>,
    connectors: Vec<(StationId, ConnectorStatus)>,
    sessions: BTreeMap<SessionNo, Session>,
    readings: Vec<(SessionNo, StoredReading)>,
    tokens: BTreeMap<String, TokenRecord>,
    decisions: Vec<Decision>,
    kept: Vec<KeptMessage>,
    bills: Vec<Bill>,
    exchanges: Vec<Exchange>,
}

impl MemoryStore {
    pub(crate) fn apply(&self, effects: impl IntoIterator<Item = Effect>) {
        let mut shelves = self.0.lock();
        effects.into_iter().for_each(|effect| shelves.put(effect));
    }

    fn page<T: Clone + Send + 'static>(
        &self,
        page: &Page,
        all: impl FnOnce(&Shelves) -> Vec<T>,
    ) -> BoxFuture<'_, StoreResult<Listed<T>>> {
        let all = all(&self.0.lock());
        let from = page.after.as_ref().map_or(0, |after| after.parse().expect("a cursor of ours"));
        let items: Vec<T> = all.iter().skip(from).take(page.limit).cloned().collect();
        let next = (from + items.len() < all.len()).then(|| (from + items.len()).to_string());
        Box::pin(async move { Ok(Listed { items, next }) })
    }
}

impl Shelves {
    fn put(&mut self, effect: Effect) {
        match effect {
            Effect::Station(record) => drop(self.stations.insert(record.id.clone(), *record)),
            Effect::StationGone(id) => drop(self.stations.remove(&id)),
            Effect::Connector { station, status } => self.connectors.push((station, status)),
            Effect::Session(session) => drop(self.sessions.insert(session.no, (*session).clone())),
            Effect::Readings(row) => self.readings.extend(row.readings.into_iter().map(|reading| {
                (
                    row.session,
                    StoredReading { received_at: row.received_at, message: Some(row.message.clone()), reading },
                )
            })),
            Effect::Kept(message) => self.kept.push(message),
            Effect::Decision(decision) => self.decisions.insert(0, *decision),
            Effect::Token(record) => drop(self.tokens.insert(IdToken::new(&*record.id_token, "").key(), *record)),
            Effect::TokenGone(key) => drop(self.tokens.remove(&key)),
            Effect::Bill(bill) => self.bills.push(*bill),
            Effect::Exchange(exchange) => {
                self.exchanges.retain(|known| known.id != exchange.id);
                self.exchanges.push(*exchange);
            }
            Effect::Answered { .. } | Effect::Outbox(_) | Effect::Subscriber(_) | Effect::SubscriberGone(_) => {
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

impl Store for MemoryStore {
    fn commit(&self, effects: Vec<Effect>) -> BoxFuture<'_, StoreResult<()>> {
        self.apply(effects);
        Box::pin(async { Ok(()) })
    }

    fn station(&self, id: &StationId) -> StoreResult<Option<StationRecord>> {
        // Known, but never listed: a station that is not there.
        let offline = || (id.as_str() == "offline").then(|| super::station("offline"));
        Ok(self.0.lock().stations.get(id).cloned().or_else(offline))
    }

    fn connectors(&self, id: &StationId) -> StoreResult<Vec<ConnectorStatus>> {
        let shelves = self.0.lock();
        Ok(shelves.connectors.iter().filter(|(station, _)| station == id).map(|(_, status)| status.clone()).collect())
    }

    fn stations(&self, page: &Page) -> BoxFuture<'_, StoreResult<Listed<StationRecord>>> {
        self.page(page, |shelves| shelves.stations.values().cloned().collect())
    }

    fn live_sessions(&self, _: &StationId, _: usize) -> StoreResult<Vec<Session>> {
        unimplemented!("for the engine")
    }

    fn open_exchanges(&self, _: &StationId) -> StoreResult<Vec<Exchange>> {
        unimplemented!("for the engine")
    }

    fn exchange(&self, id: CommandId) -> StoreResult<Option<Exchange>> {
        Ok(self.0.lock().exchanges.iter().find(|exchange| exchange.id == id).cloned())
    }

    fn exchanges(&self, filter: &ExchangeFilter, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Exchange>>> {
        let is_meant = |exchange: &&Exchange| {
            filter.station.as_ref().is_none_or(|station| *station == exchange.station)
                && (!filter.is_open || exchange.is_open())
        };
        self.page(page, |shelves| shelves.exchanges.iter().rev().filter(is_meant).cloned().collect())
    }

    fn outbox(&self, _: u64, _: usize) -> BoxFuture<'_, StoreResult<Vec<OutboxRow>>> {
        unimplemented!("for webhooks")
    }

    fn outbox_span(&self) -> BoxFuture<'_, StoreResult<Option<(u64, u64)>>> {
        unimplemented!("for webhooks")
    }

    fn set_aside(&self, page: &Page) -> BoxFuture<'_, StoreResult<Listed<SetAside>>> {
        let row = SetAside {
            table: "sessions".to_owned(),
            key: "7".to_owned(),
            found_at: super::samples::at("09:00"),
            why: "expected value at line 1 column 1".to_owned(),
            body: "broken".to_owned(),
        };
        self.page(page, |_| vec![row])
    }

    fn subscribers(&self) -> BoxFuture<'_, StoreResult<Vec<Subscriber>>> {
        unimplemented!("for webhooks")
    }

    fn live_stations(&self) -> StoreResult<Vec<StationId>> {
        unimplemented!("for the engine")
    }

    fn transaction(&self, _: &StationId, _: &TransactionId) -> StoreResult<Option<Session>> {
        unimplemented!("for the engine")
    }

    fn begun_at(&self, _: &StationId, _: Timestamp, _: usize) -> StoreResult<Vec<Session>> {
        unimplemented!("for the engine")
    }

    fn answered(&self, _: &StationId, _: usize) -> StoreResult<Vec<Answered>> {
        unimplemented!("for the engine")
    }

    fn session(&self, id: SessionId) -> StoreResult<Option<Session>> {
        Ok(self.0.lock().sessions.values().find(|session| session.id == id).cloned())
    }

    fn sessions(&self, filter: &SessionFilter, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Session>>> {
        self.page(page, |shelves| {
            shelves.sessions.values().rev().filter(|session| matches(filter, session)).cloned().collect()
        })
    }

    fn readings(&self, session: SessionNo, page: &Page) -> BoxFuture<'_, StoreResult<Listed<StoredReading>>> {
        self.page(page, |shelves| {
            shelves.readings.iter().filter(|(no, _)| *no == session).map(|(_, reading)| reading.clone()).collect()
        })
    }

    fn pinned_hashes(&self) -> StoreResult<Vec<Pin>> {
        unimplemented!("for the registry")
    }

    fn token(&self, key: &str) -> StoreResult<Option<TokenRecord>> {
        Ok(self.0.lock().tokens.get(key).cloned())
    }

    fn tokens(&self, page: &Page) -> BoxFuture<'_, StoreResult<Listed<TokenRecord>>> {
        self.page(page, |shelves| shelves.tokens.values().cloned().collect())
    }

    fn spent(&self, _: &str, _: Currency, _: Timestamp) -> StoreResult<Decimal> {
        unimplemented!("for the engine")
    }

    fn open_sessions(&self, _: &str) -> StoreResult<u32> {
        unimplemented!("for the engine")
    }

    fn decisions(&self, session: Option<SessionId>, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Decision>>> {
        self.page(page, |shelves| {
            let of = |decision: &&Decision| session.is_none() || decision.session == session;
            shelves.decisions.iter().filter(of).cloned().collect()
        })
    }

    fn decisions_between(&self, _: &DecisionSpan, _: &Page) -> BoxFuture<'_, StoreResult<Listed<Decision>>> {
        unimplemented!("for commands that read the data folder")
    }

    fn decision(&self, id: DecisionId) -> StoreResult<Option<Decision>> {
        Ok(self.0.lock().decisions.iter().find(|decision| decision.id == id).cloned())
    }

    fn kept(&self, station: &StationId, page: &Page) -> BoxFuture<'_, StoreResult<Listed<KeptMessage>>> {
        self.page(page, |shelves| shelves.kept.iter().filter(|message| message.station == *station).cloned().collect())
    }

    fn bills(&self, session: &Session) -> StoreResult<Vec<Bill>> {
        let kept: Vec<_> = self.0.lock().bills.iter().filter(|bill| bill.session == session.no).cloned().collect();
        Ok(if kept.is_empty() { Bill::of(session).into_iter().collect() } else { kept })
    }

    fn last_commit(&self) -> Option<Timestamp> {
        unimplemented!("for the engine")
    }

    fn last_session_no(&self) -> StoreResult<SessionNo> {
        unimplemented!("for the engine")
    }
}
