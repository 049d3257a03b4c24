//! What a station's dynamic profile says now, when it asks for that (OCPP 2.1, K28).

use amprule_domain::event::{Inbound, SmartChargingEvent, StationEvent};
use amprule_domain::holding::Kind;
use amprule_domain::reply::Reply;
use amprule_domain::smart_charging::schedule_update;
use serde_json::json;

use crate::station::StationTask;

impl StationTask {
    /// `None`: it does not ask, or holds no such profile as far as is known. What it says counts from now on anew (K28.FR.09).
    pub(crate) async fn pulled(&mut self, inbound: &Inbound) -> Option<Reply> {
        let StationEvent::SmartCharging(SmartChargingEvent::Pulled { profile }) = &inbound.event else { return None };
        let (station, key) = (&self.station.record.id, profile.to_string());
        let held = match self.ports.store.holding(station, Kind::Profile, &key).await {
            Ok(held) => held?,
            Err(error) => {
                self.trouble("what a dynamic profile says cannot be read; the station keeps what it has", &error);
                return None;
            }
        };
        let update = schedule_update(&held.body)?;
        let again = SmartChargingEvent::Adapted { profile: *profile, update: json!({}) };
        self.learn(Some(Box::new(StationEvent::SmartCharging(again)))).await;
        Some(Reply::Word { status: "Accepted".to_owned(), more: json!({ "scheduleUpdate": update }) })
    }
}
