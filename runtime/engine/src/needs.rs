//! What comes of a car's needs, found out before they are answered: a car that is promised a profile waits for it, a minute at most
//! (OCPP 2.0.1, K15; 2.1, K18, K19 and Q01).

use amprule_domain::doors::StoreResult;
use amprule_domain::event::{Inbound, Needs, SmartChargingEvent, StationEvent};
use amprule_domain::holding::Kind;
use amprule_domain::smart_charging::{Follows, is_default_at};

use crate::station::StationTask;

impl StationTask {
    /// The same message with that in it. `None`: it tells no needs.
    pub(crate) async fn foreseen(&mut self, inbound: &Inbound) -> Option<Inbound> {
        let StationEvent::SmartCharging(SmartChargingEvent::Needs(needs)) = &inbound.event else { return None };
        let follows = match self.follows(needs).await {
            Ok(follows) => follows,
            Err(error) => {
                self.trouble("what a car that tells its needs may draw cannot be read; it waits for a profile", &error);
                return None;
            }
        };
        let needs = Needs { follows, ..needs.clone() };
        Some(Inbound { event: StationEvent::SmartCharging(SmartChargingEvent::Needs(needs)), ..inbound.clone() })
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
