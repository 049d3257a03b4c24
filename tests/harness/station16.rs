//! An OCPP 1.6 station's sentences.

use serde_json::{Value, json};

use crate::{TestServer, Wire, ago, until};

#[derive(Debug)]
pub struct Station16 {
    pub wire: Wire,
}

impl Station16 {
    /// Connects and boots.
    pub async fn boot(server: &TestServer, id: &str) -> Self {
        let mut station = Self::connect(server, id).await;
        let answer = station.wire.call("BootNotification", boot()).await;
        assert_eq!(answer["status"], "Accepted", "{id} was not accepted: {answer}");
        station
    }

    pub async fn connect(server: &TestServer, id: &str) -> Self {
        Self { wire: server.station(id, "ocpp1.6").await }
    }

    /// Answers the transaction's id.
    pub async fn start(&mut self, connector: u32, token: &str, meter_wh: i64, at: &str) -> i64 {
        let answer = self.wire.call("StartTransaction", start(connector, token, meter_wh, at)).await;
        assert_eq!(answer["idTagInfo"]["status"], "Accepted", "{token} was not accepted: {answer}");
        answer["transactionId"].as_i64().expect("a transaction's id is a number")
    }

    pub async fn meter(&mut self, connector: u32, transaction: i64, wh: i64, at: &str) {
        let answer = self.wire.call("MeterValues", meter_values(connector, transaction, wh, at)).await;
        assert_eq!(answer, json!({}));
    }

    pub async fn stop(&mut self, transaction: i64, meter_wh: i64, at: &str) -> Value {
        self.wire.call("StopTransaction", stop(transaction, meter_wh, at)).await
    }

    /// Sessions of 10 kWh each, one after the other.
    pub async fn charge(&mut self, sessions: usize) {
        for left in (1..=sessions).rev() {
            // Equal starts are one start that is told again.
            let end = 100 * left as i64;
            let transaction = self.start(1, "CARD-1", 0, &ago(end + 60)).await;
            self.meter(1, transaction, 5_000, &ago(end + 30)).await;
            self.stop(transaction, 10_000, &ago(end)).await;
        }
    }
}

/// The same by a station that comes for it and stays until the sessions are in the books.
pub async fn charge(server: &TestServer, station: &str, sessions: usize) {
    Station16::boot(server, station).await.charge(sessions).await;
    let ended = || server.api().sessions(station).iter().filter(|session| session["state"] == "ended").count();
    until("the sessions end", || (ended() == sessions).then_some(())).await;
}

pub fn boot() -> Value {
    json!({"chargePointVendor": "Example", "chargePointModel": "Wall 11", "chargePointSerialNumber": "S-1", "firmwareVersion": "1.0"})
}

pub fn start(connector: u32, token: &str, meter_wh: i64, at: &str) -> Value {
    json!({"connectorId": connector, "idTag": token, "meterStart": meter_wh, "timestamp": at})
}

pub fn stop(transaction: i64, meter_wh: i64, at: &str) -> Value {
    json!({"transactionId": transaction, "meterStop": meter_wh, "timestamp": at, "reason": "Local"})
}

pub fn meter_values(connector: u32, transaction: i64, wh: i64, at: &str) -> Value {
    json!({
        "connectorId": connector,
        "transactionId": transaction,
        "meterValue": [{"timestamp": at, "sampledValue": [
            {"value": wh.to_string(), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": "11040.0", "measurand": "Power.Active.Import", "unit": "W"},
        ]}],
    })
}
