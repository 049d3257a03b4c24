//! What the API lists. Lists have connections of their own, and never stand in the way of a station.

use std::sync::Arc;

use amprule_domain::bill::Bill;
use amprule_domain::command::Exchange;
use amprule_domain::decision::Decision;
use amprule_domain::doors::{
    Catalogue, ExchangeFilter, Listed, Page, SessionFilter, SetAside, StoreFuture, StoredReading, StoredSigned,
};
use amprule_domain::effect::KeptMessage;
use amprule_domain::event::ConnectorStatus;
use amprule_domain::holding::{Holding, HoldingFilter, Like};
use amprule_domain::reported::Reported;
use amprule_domain::session::Session;
use amprule_domain::station::StationRecord;
use amprule_domain::token::TokenRecord;
use amprule_domain::{CommandId, SessionId, SessionNo, StationId};

use crate::store::SqliteStore;
use crate::{aside, read};

impl Catalogue for SqliteStore {
    fn stations(&self, page: &Page) -> StoreFuture<'_, Listed<StationRecord>> {
        let page = page.clone();
        self.readers.list("list the stations", move |reading| read::records::stations(reading, &page))
    }

    fn reported_of(&self, stations: Vec<StationId>) -> StoreFuture<'_, Vec<Reported>> {
        self.readers.list("read what the stations say of themselves", move |reading| {
            stations.iter().map(|station| read::records::reported(reading, station)).collect()
        })
    }

    fn connectors_of(&self, stations: Vec<StationId>) -> StoreFuture<'_, Vec<Vec<ConnectorStatus>>> {
        self.readers.list("read the stations' connectors", move |reading| {
            stations.iter().map(|station| read::records::connectors(reading, station)).collect()
        })
    }

    fn kept(&self, station: &StationId, page: &Page) -> StoreFuture<'_, Listed<KeptMessage>> {
        let (station, page) = (station.clone(), page.clone());
        self.readers.list("list a station's kept messages", move |reading| read::log::kept(reading, &station, &page))
    }

    fn holdings_like(
        &self,
        filter: &HoldingFilter,
        like: &Like,
        page: &Page,
    ) -> StoreFuture<'_, Listed<(StationId, Holding)>> {
        let (filter, like, page) = (filter.clone(), like.clone(), page.clone());
        self.readers
            .list("list what stations hold", move |reading| read::holdings::holdings(reading, &filter, &like, &page))
    }

    fn exchange(&self, id: CommandId) -> StoreFuture<'_, Option<Exchange>> {
        self.readers.at_once("read a command", |reading| read::exchanges::one(reading, id))
    }

    fn exchanges(&self, filter: &ExchangeFilter, page: &Page) -> StoreFuture<'_, Listed<Exchange>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.readers.list("list the commands", move |reading| read::exchanges::list(reading, &filter, &page))
    }

    fn sessions(&self, filter: &SessionFilter, page: &Page) -> StoreFuture<'_, Listed<Session>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.readers.list("list the sessions", move |reading| read::sessions::list(reading, &filter, &page))
    }

    fn readings(&self, session: SessionNo, page: &Page) -> StoreFuture<'_, Listed<StoredReading>> {
        let page = page.clone();
        self.readers.list("list a session's readings", move |reading| read::journal::readings(reading, session, &page))
    }

    fn signed(&self, session: SessionNo) -> StoreFuture<'_, Vec<StoredSigned>> {
        self.readers.list("list what was signed of a session", move |reading| read::signed::signed(reading, session))
    }

    fn bills<'a>(&'a self, session: &'a Session) -> StoreFuture<'a, Vec<Bill>> {
        self.readers.at_once("read a session's bills", |reading| read::sessions::bills(reading, session))
    }

    fn tokens(&self, page: &Page) -> StoreFuture<'_, Listed<TokenRecord>> {
        let page = page.clone();
        self.readers.list("list the tokens", move |reading| read::records::tokens(reading, &page))
    }

    fn decisions(&self, session: Option<SessionId>, page: &Page) -> StoreFuture<'_, Listed<Decision>> {
        let (page, segments) = (page.clone(), Arc::clone(&self.segments));
        self.readers
            .list("list the decisions", move |reading| read::decisions::newest(reading, &segments, session, &page))
    }

    fn set_aside(&self, page: &Page) -> StoreFuture<'_, Listed<SetAside>> {
        let page = page.clone();
        self.readers.list("list what is set aside", move |reading| aside::list(reading, &page))
    }
}
