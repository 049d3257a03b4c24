//! What comes of a car's needs, found out before they are answered: a car that is promised a profile waits for it, a minute at most
//! (OCPP 2.0.1, K15; 2.1, K18, K19 and Q01).

use amprule_domain::doors::StoreResult;
use amprule_domain::event::{Inbound, Needs, SmartChargingEvent, StationEvent};
use amprule_domain::holding::Kind;
use amprule_domain::smart_charging::{Follows, Plan, is_default_at};

use crate::station::StationTask;

impl StationTask {
    /// The same message with that in it, or with how a car's plan stands to what it may draw. `None`: it tells neither.
    pub(crate) async fn foreseen(&mut self, inbound: &Inbound) -> Option<Inbound> {
        let StationEvent::SmartCharging(event) = &inbound.event else { return None };
        let found = match event {
            SmartChargingEvent::Needs(needs) => {
                let follows = self.follows(needs).await;
                follows.map(|follows| SmartChargingEvent::Needs(Needs { follows, ..needs.clone() }))
            }
            SmartChargingEvent::Schedule(plan) => {
                let standing = self.standing(plan).await;
                standing.map(|standing| SmartChargingEvent::Schedule(Plan { standing, ..plan.clone() }))
            }
            _ => return None,
        };
        match found {
            Ok(event) => Some(Inbound { event: StationEvent::SmartCharging(event), ..inbound.clone() }),
            Err(error) => {
                self.trouble("what a car may draw cannot be read; it is answered as if all was well", &error);
                None
            }
        }
    }

    async fn follows(&mut self, needs: &Needs) -> StoreResult<Follows> {
        if self.protocol() == "ocpp2.1" && !self.may_pass(needs).await? {
            return Ok(Follows::Refusal);
        }
        let station = &self.station.record.id;
        if (self.ports.is_shared)(station, needs.evse) {
            return Ok(Follows::Profile);
        }
        let held = self.ports.store.held(station, Kind::Profile, "").await?;
        let has_default = held.iter().any(|held| is_default_at(&held.body, needs.evse));
        let of_evse = self.station.record.power_of(needs.evse).or(self.station.reported.powers.of(needs.evse));
        let is_known = of_evse.is_some() || needs.most().is_some();
        Ok(if is_known && !has_default { Follows::Profile } else { Follows::Nothing })
    }

    /// Whether the token of the session there allows what the car wants. Before there is one nobody knows whose car it is.
    async fn may_pass(&mut self, needs: &Needs) -> StoreResult<bool> {
        let mut there = self.station.sessions.iter().filter(|session| session.is_open() && session.evse == needs.evse);
        let Some(token) = there.find_map(|session| session.token.clone()) else { return Ok(true) };
        let record = self.record_of(&token).await?;
        Ok(record.is_none_or(|record| needs.is_allowed(&record.energy_transfer)))
    }
}
