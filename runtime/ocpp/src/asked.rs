//! What a station may say while it waits to be accepted: in 2.x its boot, and what it was asked for.

use serde::Deserialize;

use crate::dialect::Dialect;
use crate::version::Version;

/// A request to a station, and the station's own request by which it then reports.
const REPORTS: &[(&str, &str)] = &[
    ("CustomerInformation", "NotifyCustomerInformation"),
    ("GetBaseReport", "NotifyReport"),
    ("GetChargingProfiles", "ReportChargingProfiles"),
    ("GetDisplayMessages", "NotifyDisplayMessages"),
    ("GetLog", "LogStatusNotification"),
    ("GetMonitoringReport", "NotifyMonitoringReport"),
    ("GetReport", "NotifyReport"),
    ("PublishFirmware", "PublishFirmwareStatusNotification"),
    ("UpdateFirmware", "FirmwareStatusNotification"),
];

/// A word of MessageTriggerEnumType, and the request that it names.
const TRIGGERS: &[(&str, &str)] = &[
    ("BootNotification", "BootNotification"),
    ("FirmwareStatusNotification", "FirmwareStatusNotification"),
    ("Heartbeat", "Heartbeat"),
    ("LogStatusNotification", "LogStatusNotification"),
    ("MeterValues", "MeterValues"),
    ("PublishFirmwareStatusNotification", "PublishFirmwareStatusNotification"),
    ("SignChargingStationCertificate", "SignCertificate"),
    ("SignCombinedCertificate", "SignCertificate"),
    ("SignV2G20Certificate", "SignCertificate"),
    ("SignV2GCertificate", "SignCertificate"),
    ("StatusNotification", "StatusNotification"),
    ("TransactionEvent", "TransactionEvent"),
];

#[derive(Deserialize)]
struct TriggerMessage {
    #[serde(rename = "requestedMessage")]
    requested_message: String,
}

impl Dialect {
    /// OCPP 2.0.1 B02.FR.09: a message of a pending station that was not asked for is answered with SecurityError. 1.6 has
    /// no such clause.
    pub const fn is_strict_about_pending(self) -> bool {
        !matches!(self.version, Version::V16)
    }

    /// The action of a station by which it reports on this request. `None`: its answer is all that it says.
    pub fn asks_for(self, action: &str, payload: &str) -> Option<&'static str> {
        match action {
            "TriggerMessage" => {
                let trigger: TriggerMessage = serde_json::from_str(payload).ok()?;
                named(TRIGGERS, &trigger.requested_message)
            }
            action => named(REPORTS, action),
        }
    }
}

fn named(table: &[(&str, &'static str)], word: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == word).map(|(_, action)| *action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes;

    #[test]
    fn a_request_asks_for_the_report_that_the_standard_names() {
        let cases = [
            ("TriggerMessage", r#"{"requestedMessage":"Heartbeat"}"#, Some("Heartbeat")),
            ("TriggerMessage", r#"{"evse":{"id":1},"requestedMessage":"SignV2GCertificate"}"#, Some("SignCertificate")),
            ("TriggerMessage", r#"{"requestedMessage":"Weather"}"#, None),
            ("TriggerMessage", "{", None),
            ("GetBaseReport", r#"{"requestId":1,"reportBase":"FullInventory"}"#, Some("NotifyReport")),
            ("Reset", r#"{"type":"OnIdle"}"#, None),
        ];
        for (action, payload, expect) in cases {
            assert_eq!(Dialect::V201.asks_for(action, payload), expect, "{action} {payload}");
        }
    }

    #[test]
    fn every_request_of_the_table_is_one_that_can_be_sent() {
        for (action, _) in REPORTS {
            assert!(shapes::has(Version::V201, action), "{action}");
        }
    }
}
