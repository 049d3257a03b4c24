//! Stations that wait to be accepted: what they may say meanwhile.

use amprule_domain::event::{ChargingEvent, Inbound, ProvisioningEvent, StationEvent, TransactionEvent};
use amprule_domain::reply::{Refusal, RefusalCode};
use amprule_domain::station::Provisioning;

use crate::settings::PendingStations;
use crate::station::StationTask;

impl StationTask {
    /// OCPP 2.0.1 B02.FR.09: a pending station says that it has booted, and what it was asked for.
    pub(crate) fn refuse_unasked(&self, inbound: &Inbound) -> Result<(), Refusal> {
        if self.station.record.provisioning != Provisioning::Pending || !self.is_strict() || self.may_say(inbound) {
            return Ok(());
        }
        let why = "this station is pending: until the operator accepts it, it may boot and send what it is asked for";
        Err(Refusal::new(RefusalCode::SecurityError, why))
    }

    fn is_strict(&self) -> bool {
        self.settings.pending_stations == PendingStations::Strict
            && self.link.as_ref().is_some_and(|link| link.is_strict_about_pending())
    }

    fn may_say(&self, inbound: &Inbound) -> bool {
        match &inbound.event {
            StationEvent::Provisioning(ProvisioningEvent::Boot(_)) => true,
            StationEvent::Charging(ChargingEvent::Transaction(event)) if self.is_under_way(event) => true,
            _ => self.asked.has(inbound.action),
        }
    }

    /// It began when the station was accepted; its end must not be lost.
    fn is_under_way(&self, event: &TransactionEvent) -> bool {
        let mut open = self.station.sessions.iter().filter(|session| session.is_open());
        event.transaction.as_ref().is_some_and(|name| open.any(|session| session.transaction == *name))
    }
}
