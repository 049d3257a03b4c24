//! Where devices stand: the location of each that has one is put into its station's record, which rules, prices and reports read.

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::doors::Records as _;
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_engine::Engine;
use amprule_store::SqliteStore;

pub(crate) struct Places {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<SqliteStore>,
}

impl Places {
    /// One after the other, so that the last word counts.
    pub(super) async fn settle(&self, places: Vec<(StationId, String)>) {
        for (station, location) in places {
            if let Err(why) = self.put(&station, &location).await {
                tracing::error!(%station, "the device's location {location:?} could not be stored: {why}; save the configuration again");
            }
        }
    }

    async fn put(&self, station: &StationId, location: &str) -> Result<(), amprule_domain::doors::StoreError> {
        let known = self.store.station(station).await?;
        let mut record = known.unwrap_or_else(|| StationRecord::new(station.clone(), Provisioning::Accepted));
        if record.location.as_deref() == Some(location) {
            return Ok(());
        }
        record.location = Some(location.to_owned());
        self.engine.put_station(record).await
    }
}
