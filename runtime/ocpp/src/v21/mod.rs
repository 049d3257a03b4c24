//! OCPP 2.1: what it adds to the requests of a 2.0.1 station.

use crate::message::Message;

/// They follow those of 2.0.1.
pub(crate) const MESSAGES: &[Message] = &[
    Message::kept("BatterySwap"),
    Message::kept("ClosePeriodicEventStream"),
    Message::refused("GetCertificateChainStatus"),
    Message::kept("NotifyDERAlarm"),
    Message::kept("NotifyDERStartStop"),
    Message::kept("NotifyPriorityCharging"),
    Message::kept("NotifySettlement"),
    Message::refused("OpenPeriodicEventStream"),
    Message::refused("PullDynamicScheduleUpdate"),
    Message::kept("ReportDERControl"),
    Message::refused("VatNumberValidation"),
];
