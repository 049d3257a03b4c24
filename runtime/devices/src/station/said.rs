//! A message of the virtual station, before it has an id.

use amprule_domain::Timestamp;
use amprule_domain::event::{
    ChargingEvent, ConnectorStatus, Inbound, Phase, Repetition, StationEvent, TransactionEvent,
};

use amprule_hooks::driver::Observed;

#[derive(Debug, Clone)]
pub(crate) struct Said {
    action: &'static str,
    pub(crate) event: StationEvent,
}

impl Said {
    pub(crate) fn of(action: &'static str, event: StationEvent) -> Self {
        Self { action, event }
    }

    pub(crate) fn status(seen: &Observed, is_operative: bool, now: Timestamp) -> Self {
        let status = ConnectorStatus {
            evse: 1,
            connector: 1,
            status: seen.word(is_operative).to_owned(),
            error: seen.error.clone(),
            vendor: None,
            at: Some(now),
            charging: None,
        };
        Self::of("StatusNotification", StationEvent::Availability(status))
    }

    /// How it stands and who it is, not what happened.
    pub(crate) fn is_standing(&self) -> bool {
        matches!(self.event, StationEvent::Provisioning(_) | StationEvent::Availability(_))
    }

    pub(crate) fn is_reading(&self) -> bool {
        matches!(
            &self.event,
            StationEvent::Charging(ChargingEvent::Transaction(TransactionEvent { phase: Phase::Updated, .. }))
        )
    }

    /// As it comes to the engine. Said again, it is the same message.
    pub(crate) fn inbound(&self, id: String) -> Inbound {
        let raw = serde_json::to_string(&self.event).unwrap_or_default();
        Inbound {
            id: id.into(),
            action: self.action,
            event: self.event.clone(),
            repetition: match self.event {
                StationEvent::Charging(_) => Repetition::Same,
                _ => Repetition::Anew,
            },
            tells_cost: false,
            marks: Vec::new(),
            signed: Vec::new(),
            raw: raw.into(),
        }
    }
}
