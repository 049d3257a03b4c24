//! Bringing back what a message means and the station's task does not have at hand.

use amprule_domain::charging::{self, Recall, Station};
use amprule_domain::doors::StoreResult;
use amprule_domain::event::Inbound;
use amprule_domain::reply::{Refusal, RefusalCode};

use crate::station::StationTask;

impl StationTask {
    /// One indexed read, and only for a message that names a transaction nobody here knows. When it cannot be read the
    /// station has to send the message again: it must not begin a second session.
    pub(crate) async fn recall(&mut self, inbound: &Inbound) -> Result<(), Refusal> {
        let Some(recall) = charging::recall(&self.station, &inbound.event) else {
            return Ok(());
        };
        let found = self.look_for(&recall).await.map_err(|error| {
            self.trouble(
                "an earlier session could not be looked up; the station is told to send its message again",
                &error,
            );
            Refusal::new(RefusalCode::InternalError, "the transaction could not be looked up, send the message again")
        })?;
        if !found.is_empty() {
            self.station.bring_back(found);
        }
        Ok(())
    }

    async fn look_for(&mut self, recall: &Recall) -> StoreResult<Vec<amprule_domain::session::Session>> {
        let (store, station) = (&self.ports.store, &self.station.record.id);
        match recall {
            Recall::Transaction(name) => Ok(store.transaction(station, name).await?.into_iter().collect()),
            Recall::BegunAt(at) => store.begun_at(station, *at, Station::RECALLED_MAX).await,
        }
    }
}
