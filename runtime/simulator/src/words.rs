//! How each version says what a station does. Payloads only; pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Charge, Flow, Meter, Version};

/// An action and its payload.
pub(crate) type Said = (&'static str, Value);

pub(crate) fn boot(version: Version, id: &str) -> Said {
    let payload = match version {
        Version::Ocpp16 => json!({
            "chargePointVendor": "Amprule", "chargePointModel": "Simulator",
            "chargePointSerialNumber": serial(id), "firmwareVersion": "1.0",
        }),
        Version::Ocpp201 | Version::Ocpp21 => json!({
            "reason": "PowerUp",
            "chargingStation": {
                "vendorName": "Amprule", "model": "Simulator", "serialNumber": serial(id), "firmwareVersion": "1.0",
            },
        }),
    };
    ("BootNotification", payload)
}

/// 25 characters are allowed.
fn serial(id: &str) -> String {
    id.chars().take(25).collect()
}

pub(crate) fn status(version: Version, connector: u32, occupied: bool, at: Timestamp) -> Said {
    let payload = match version {
        Version::Ocpp16 => {
            let word = if occupied { "Preparing" } else { "Available" };
            json!({"connectorId": connector, "errorCode": "NoError", "status": word, "timestamp": time(at)})
        }
        Version::Ocpp201 | Version::Ocpp21 => {
            let word = if occupied { "Occupied" } else { "Available" };
            json!({"evseId": connector, "connectorId": 1, "connectorStatus": word, "timestamp": time(at)})
        }
    };
    ("StatusNotification", payload)
}

pub(crate) fn authorize(version: Version, token: &str) -> Said {
    let payload = match version {
        Version::Ocpp16 => json!({"idTag": token}),
        Version::Ocpp201 | Version::Ocpp21 => json!({"idToken": id_token(token)}),
    };
    ("Authorize", payload)
}

pub(crate) fn start(version: Version, charge: &Charge, meter: Meter) -> Said {
    match version {
        Version::Ocpp16 => {
            let payload = json!({
                "connectorId": charge.connector, "idTag": charge.token,
                "meterStart": meter.register_wh, "timestamp": time(meter.at),
            });
            ("StartTransaction", payload)
        }
        Version::Ocpp201 | Version::Ocpp21 => {
            let mut event = event(charge, "Started", "Authorized", meter, "Transaction.Begin");
            event["transactionInfo"]["chargingState"] = json!("Charging");
            event["evse"] = json!({"id": charge.connector, "connectorId": 1});
            event["idToken"] = id_token(&charge.token);
            ("TransactionEvent", event)
        }
    }
}

pub(crate) fn meter(version: Version, charge: &Charge, meter: Meter) -> Said {
    match version {
        Version::Ocpp16 => {
            let payload = json!({
                "connectorId": charge.connector, "transactionId": number(charge),
                "meterValue": [sampled(version, meter, "Sample.Periodic")],
            });
            ("MeterValues", payload)
        }
        Version::Ocpp201 | Version::Ocpp21 => {
            ("TransactionEvent", event(charge, "Updated", "MeterValuePeriodic", meter, "Sample.Periodic"))
        }
    }
}

pub(crate) fn flow(version: Version, charge: &Charge, flow: Flow, meter: Meter) -> Said {
    match version {
        Version::Ocpp16 => {
            let word = match flow {
                Flow::Charging => "Charging",
                Flow::Suspended => "SuspendedEVSE",
                Flow::Idle => "SuspendedEV",
            };
            let payload = json!({
                "connectorId": charge.connector, "errorCode": "NoError", "status": word, "timestamp": time(meter.at),
            });
            ("StatusNotification", payload)
        }
        Version::Ocpp201 | Version::Ocpp21 => {
            let word = match flow {
                Flow::Charging => "Charging",
                Flow::Suspended => "SuspendedEVSE",
                Flow::Idle => "SuspendedEV",
            };
            let mut event = event(charge, "Updated", "ChargingStateChanged", meter, "Sample.Periodic");
            event["transactionInfo"]["chargingState"] = json!(word);
            ("TransactionEvent", event)
        }
    }
}

pub(crate) fn stop(version: Version, charge: &Charge, meter: Meter, reason: &str) -> Said {
    match version {
        Version::Ocpp16 => {
            let payload = json!({
                "transactionId": number(charge), "idTag": charge.token, "meterStop": meter.register_wh,
                "timestamp": time(meter.at), "reason": reason,
            });
            ("StopTransaction", payload)
        }
        Version::Ocpp201 | Version::Ocpp21 => {
            let trigger = if reason == "Remote" { "RemoteStop" } else { "EVDeparted" };
            let mut event = event(charge, "Ended", trigger, meter, "Transaction.End");
            event["transactionInfo"]["stoppedReason"] = json!(reason);
            ("TransactionEvent", event)
        }
    }
}

fn event(charge: &Charge, kind: &str, trigger: &str, meter: Meter, context: &str) -> Value {
    json!({
        "eventType": kind, "timestamp": time(meter.at), "triggerReason": trigger, "seqNo": charge.seq_no,
        "transactionInfo": {"transactionId": charge.transaction},
        "meterValue": [sampled(Version::Ocpp201, meter, context)],
    })
}

fn sampled(version: Version, meter: Meter, context: &str) -> Value {
    let mut samples = vec![sample(version, "Energy.Active.Import.Register", meter.register_wh, "Wh", context)];
    if let Some(power_w) = meter.power_w {
        samples.push(sample(version, "Power.Active.Import", power_w.into(), "W", context));
    }
    json!({"timestamp": time(meter.at), "sampledValue": samples})
}

fn sample(version: Version, measurand: &str, value: i64, unit: &str, context: &str) -> Value {
    match version {
        Version::Ocpp16 => {
            json!({"value": value.to_string(), "context": context, "measurand": measurand, "unit": unit})
        }
        Version::Ocpp201 | Version::Ocpp21 => {
            json!({"value": value, "context": context, "measurand": measurand, "unitOfMeasure": {"unit": unit}})
        }
    }
}

fn id_token(token: &str) -> Value {
    json!({"idToken": token, "type": "ISO14443"})
}

/// 1.6 transactions are numbers.
fn number(charge: &Charge) -> Value {
    charge.transaction.parse::<i64>().map_or_else(|_| json!(charge.transaction), |number| json!(number))
}

fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}
