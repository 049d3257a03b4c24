//! Stations that wait to be accepted: what they may say meanwhile.

use amprule_domain::event::{ChargingEvent, Inbound, ProvisioningEvent, StationEvent, TransactionEvent};
use amprule_domain::reply::{Refusal, RefusalCode};
use amprule_domain::station::Provisioning;

use crate::PendingStations;
use crate::station::StationTask;

/// The actions that a station was asked for on its present connection. When it is full the oldest is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Asked(Vec<&'static str>);

impl Asked {
    const MAX: usize = 32;

    pub(crate) fn remember(&mut self, action: &'static str) {
        if self.0.contains(&action) {
            return;
        }
        if self.0.len() == Self::MAX {
            self.0.remove(0);
        }
        self.0.push(action);
    }

    /// With its memory: most stations are never asked.
    pub(crate) fn forget(&mut self) {
        self.0 = Vec::new();
    }
}

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
            _ => self.asked.0.contains(&inbound.action),
        }
    }

    /// It began when the station was accepted; its end must not be lost.
    fn is_under_way(&self, event: &TransactionEvent) -> bool {
        let mut open = self.station.sessions.iter().filter(|session| session.is_open());
        event.transaction.as_ref().is_some_and(|name| open.any(|session| session.transaction == *name))
    }
}
