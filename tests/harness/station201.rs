//! An OCPP 2.0.1 station's sentences.

use serde_json::{Value, json};

use crate::{TestServer, Wire};

#[derive(Debug)]
pub struct Station201 {
    pub wire: Wire,
}

impl Station201 {
    /// Connects and boots.
    pub async fn boot(server: &TestServer, id: &str) -> Self {
        let mut station = Self::connect(server, id).await;
        let answer = station.wire.call("BootNotification", boot()).await;
        assert_eq!(answer["status"], "Accepted", "{id} was not accepted: {answer}");
        station
    }

    pub async fn connect(server: &TestServer, id: &str) -> Self {
        Self { wire: server.station(id, "ocpp2.0.1").await }
    }

    pub async fn send(&mut self, event: &Event<'_>) -> Value {
        self.wire.call("TransactionEvent", event.payload()).await
    }
}

pub fn boot() -> Value {
    json!({"reason": "PowerUp", "chargingStation": {"vendorName": "Example", "model": "Pillar 22", "firmwareVersion": "1.0"}})
}

/// One TransactionEvent.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    pub kind: &'a str,
    pub transaction: &'a str,
    pub seq: u32,
    pub at: &'a str,
    pub wh: i64,
    pub token: Option<&'a str>,
    pub charging: &'a str,
}

impl<'a> Event<'a> {
    pub fn started(transaction: &'a str, token: &'a str, wh: i64, at: &'a str) -> Self {
        Self { kind: "Started", transaction, seq: 0, at, wh, token: Some(token), charging: "Charging" }
    }

    pub fn updated(transaction: &'a str, seq: u32, wh: i64, at: &'a str) -> Self {
        Self { kind: "Updated", transaction, seq, at, wh, token: None, charging: "Charging" }
    }

    pub fn ended(transaction: &'a str, seq: u32, wh: i64, at: &'a str) -> Self {
        Self { kind: "Ended", transaction, seq, at, wh, token: None, charging: "Idle" }
    }

    #[must_use]
    pub fn charging(self, charging: &'a str) -> Self {
        Self { charging, ..self }
    }

    pub fn payload(&self) -> Value {
        let (trigger, context) = match self.kind {
            "Started" => ("Authorized", "Transaction.Begin"),
            "Ended" => ("EVDeparted", "Transaction.End"),
            _ => ("MeterValuePeriodic", "Sample.Periodic"),
        };
        let mut payload = json!({
            "eventType": self.kind,
            "timestamp": self.at,
            "triggerReason": trigger,
            "seqNo": self.seq,
            "transactionInfo": {"transactionId": self.transaction, "chargingState": self.charging},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": self.at, "sampledValue": [{
                "value": self.wh,
                "context": context,
                "measurand": "Energy.Active.Import.Register",
                "unitOfMeasure": {"unit": "Wh"},
            }]}],
        });
        if let Some(token) = self.token {
            payload["idToken"] = json!({"idToken": token, "type": "ISO14443"});
        }
        payload
    }
}
