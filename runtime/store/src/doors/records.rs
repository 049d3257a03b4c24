//! What engine and API look up by its id.

use amprule_domain::contract::Contract;
use amprule_domain::doors::{Records, StoreFuture, StoreResult};
use amprule_domain::event::ConnectorStatus;
use amprule_domain::reported::Reported;
use amprule_domain::session::Session;
use amprule_domain::station::StationRecord;
use amprule_domain::token::TokenRecord;
use amprule_domain::{SessionId, StationId};

use crate::read::{self, ready};
use crate::store::SqliteStore;

impl Records for SqliteStore {
    fn station<'a>(&'a self, id: &'a StationId) -> StoreFuture<'a, Option<StationRecord>> {
        self.readers.at_once("read a station", |reading| read::records::station(reading, id))
    }

    fn reported<'a>(&'a self, station: &'a StationId) -> StoreFuture<'a, Reported> {
        self.readers.at_once("read what a station says of itself", |reading| read::records::reported(reading, station))
    }

    fn connectors<'a>(&'a self, station: &'a StationId) -> StoreFuture<'a, Vec<ConnectorStatus>> {
        self.readers.at_once("read a station's connectors", |reading| read::records::connectors(reading, station))
    }

    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<Session>> {
        self.readers.at_once("read a session", |reading| read::sessions::one(reading, id))
    }

    fn token<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<TokenRecord>> {
        ready(self.known_token(key))
    }

    fn entered<'a>(&'a self, id_token: &'a str) -> StoreFuture<'a, Option<TokenRecord>> {
        match self.known_token(id_token) {
            Ok(None) if !Contract::beginnings(id_token).is_empty() => {
                self.readers.at_once("read a contract's token", |reading| read::records::contract(reading, id_token))
            }
            known => ready(known),
        }
    }
}

impl SqliteStore {
    fn known_token(&self, key: &str) -> StoreResult<Option<TokenRecord>> {
        let key = &*key.to_uppercase();
        let unknown = match self.tokens.get(key) {
            Ok(token) => return Ok(token),
            Err(unknown) => unknown,
        };
        let read = self.readers.point("read a token", |reading| read::records::token(reading, key))?;
        self.tokens.keep(key, &read, &unknown);
        Ok(read)
    }
}
