//! Where devices stand: the location of each that has one is put into its station's record, which rules, prices and reports read.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_engine::Engine;
use tokio::sync::watch;

/// Of each device that has one.
pub(super) type Locations = BTreeMap<StationId, String>;

/// Puts into the books what has changed, one after the other, so that the last word counts. What could not be stored is tried with
/// the next change.
pub(super) async fn keep(engine: Arc<Engine>, mut wanted: watch::Receiver<Locations>) {
    let mut stored = Locations::new();
    while wanted.changed().await.is_ok() {
        let locations = wanted.borrow_and_update().clone();
        stored.retain(|station, location| locations.get(station) == Some(location));
        for (station, location) in locations {
            if stored.contains_key(&station) {
                continue;
            }
            match engine.place_station(&station, &location).await {
                Ok(()) => drop(stored.insert(station, location)),
                Err(why) => {
                    tracing::error!(%station, "the device's location {location:?} could not be stored: {why}; save the configuration again");
                }
            }
        }
    }
}
