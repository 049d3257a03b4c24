//! How severe an alert is: 2.1 says it with the alert, in 2.0.1 it is its monitor's.

use std::collections::BTreeMap;

use amprule_domain::StationId;
use amprule_domain::doors::Page;
use amprule_domain::holding::{Holding, HoldingFilter, Kind};
use serde_json::Value;

use crate::Api;
use crate::problem::Answer;

/// Stations whose monitors are looked up for one page.
const STATIONS_MAX: usize = 20;

pub(super) async fn fill_in(api: &Api, alerts: &mut [(StationId, Holding)]) -> Answer<()> {
    let mut known: BTreeMap<StationId, BTreeMap<String, Value>> = BTreeMap::new();
    for (station, alert) in alerts {
        let Some(monitor) = alert.body["monitor"].as_i64().filter(|_| alert.body["severity"].is_null()) else {
            continue;
        };
        if !known.contains_key(station) {
            if known.len() == STATIONS_MAX {
                continue;
            }
            known.insert(station.clone(), of_monitors(api, station).await?);
        }
        let severity = known.get(station).and_then(|monitors| monitors.get(&monitor.to_string()));
        if let Some(severity) = severity {
            alert.body["severity"] = severity.clone();
        }
    }
    Ok(())
}

/// By the ids of the station's monitors.
async fn of_monitors(api: &Api, station: &StationId) -> Answer<BTreeMap<String, Value>> {
    let filter = HoldingFilter { kind: Kind::Monitor, station: Some(station.clone()), find: None };
    let monitors = api.store.holdings(&filter, &Page { after: None, limit: 1_000 }).await?.items;
    Ok(monitors.into_iter().map(|(_, monitor)| (monitor.key, monitor.body["monitor"]["severity"].clone())).collect())
}
