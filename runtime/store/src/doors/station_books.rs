//! What the engine's tasks read. A station waits for it, so all of it is indexed and known at once.

use amprule_domain::command::Exchange;
use amprule_domain::doors::{StationBooks, StoreFuture, StoreResult};
use amprule_domain::effect::Answered;
use amprule_domain::holding::{Holding, Kind};
use amprule_domain::ports::BoxFuture;
use amprule_domain::session::Session;
use amprule_domain::{Currency, Decimal, StationId, Timestamp, TransactionId};

use crate::read::{self, ready};
use crate::store::SqliteStore;

impl StationBooks for SqliteStore {
    fn live_stations(&self) -> StoreFuture<'_, Vec<StationId>> {
        self.readers.at_once("read which stations have sessions", |reading| read::sessions::live_stations(reading))
    }

    fn live_sessions<'a>(&'a self, station: &'a StationId, ended: usize) -> StoreFuture<'a, Vec<Session>> {
        self.readers.at_once("read a station's sessions", |reading| read::sessions::live(reading, station, ended))
    }

    fn open_exchanges<'a>(&'a self, station: &'a StationId) -> StoreFuture<'a, Vec<Exchange>> {
        self.readers.at_once("read a station's commands", |reading| read::exchanges::open(reading, station))
    }

    fn holding<'a>(&'a self, station: &'a StationId, kind: Kind, key: &'a str) -> StoreFuture<'a, Option<Holding>> {
        self.readers.at_once("read what a station holds", |reading| read::holdings::one(reading, station, kind, key))
    }

    fn latest_exchanges<'a>(&'a self, station: &'a StationId, most: usize) -> StoreFuture<'a, Vec<Exchange>> {
        self.readers
            .at_once("read a station's latest commands", |reading| read::exchanges::latest(reading, station, most))
    }

    fn answered<'a>(&'a self, station: &'a StationId, latest: usize) -> StoreFuture<'a, Vec<Answered>> {
        self.readers.at_once("read a station's answers", |reading| read::journal::answered(reading, station, latest))
    }

    fn transaction<'a>(
        &'a self,
        station: &'a StationId,
        transaction: &'a TransactionId,
    ) -> StoreFuture<'a, Option<Session>> {
        self.readers.at_once("read a transaction", |reading| read::sessions::transaction(reading, station, transaction))
    }

    fn begun_at<'a>(&'a self, station: &'a StationId, at: Timestamp, most: usize) -> StoreFuture<'a, Vec<Session>> {
        self.readers.at_once("read a station's sessions of a moment", |reading| {
            read::sessions::begun_at(reading, station, at, most)
        })
    }

    fn spent<'a>(&'a self, key: &'a str, currency: Currency, since: Timestamp) -> StoreFuture<'a, Decimal> {
        self.readers.at_once("add up a token's totals", |reading| read::sessions::spent(reading, key, currency, since))
    }

    fn open_sessions<'a>(&'a self, key: &'a str) -> StoreFuture<'a, u32> {
        ready(self.count_open(&key.to_uppercase()))
    }

    fn last_received(&self) -> BoxFuture<'_, Option<Timestamp>> {
        let what = "read when something was last received";
        let read = self.readers.point(what, |reading| read::journal::last_received(reading));
        ready(read.ok().flatten())
    }
}

impl SqliteStore {
    fn count_open(&self, key: &str) -> StoreResult<u32> {
        let uncounted = match self.open_sessions.get(key) {
            Ok(count) => return Ok(count),
            Err(uncounted) => uncounted,
        };
        let what = "count a token's sessions";
        let count = self.readers.point(what, |reading| read::sessions::open_count(reading, key))?;
        self.open_sessions.keep(key, count, &uncounted);
        Ok(count)
    }
}
