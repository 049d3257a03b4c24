//! What those ask who tell other backends what stations say.

use amprule_domain::StationId;
use amprule_domain::doors::{ForwardBooks, StoreFuture};
use amprule_domain::holding::{Holding, Kind};

use crate::read;
use crate::store::SqliteStore;

impl ForwardBooks for SqliteStore {
    fn held_from<'a>(
        &'a self,
        station: &'a StationId,
        kind: Kind,
        prefix: &'a str,
        most: usize,
    ) -> StoreFuture<'a, Vec<Holding>> {
        let (station, prefix) = (station.clone(), prefix.to_owned());
        self.readers.list("read what another backend is to hear", move |reading| {
            read::holdings::held_from(reading, &station, kind, &prefix, most)
        })
    }

    fn held_span<'a>(
        &'a self,
        station: &'a StationId,
        kind: Kind,
        prefix: &'a str,
    ) -> StoreFuture<'a, Option<(usize, String)>> {
        let (station, prefix) = (station.clone(), prefix.to_owned());
        self.readers.list("count what another backend is to hear", move |reading| {
            read::holdings::held_span(reading, &station, kind, &prefix)
        })
    }

    fn held_names<'a>(&'a self, station: &'a StationId, kind: Kind) -> StoreFuture<'a, Vec<String>> {
        let station = station.clone();
        self.readers.list("read which other backends are to hear of a station", move |reading| {
            read::holdings::held_names(reading, &station, kind)
        })
    }

    fn holders(&self, kind: Kind) -> StoreFuture<'_, Vec<StationId>> {
        self.readers.list("read which stations another backend is to hear of", move |reading| {
            read::holdings::holders(reading, kind)
        })
    }
}
