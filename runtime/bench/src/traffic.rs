//! What the stations say: OCPP 1.6, written as a station writes it.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// A kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Traffic {
    Heartbeat,
    /// Readings of a session that runs.
    MeterValues,
    /// StartTransaction, readings, StopTransaction, again and again.
    Transaction,
    /// Nothing after the boot.
    Idle,
}

/// Readings within one transaction of [`Traffic::Transaction`].
pub(crate) const READINGS: u32 = 2;

/// 50 kW: a register that no plausibility rule doubts, however quickly messages follow each other.
const WH_PER_S: f64 = 50_000.0 / 3600.0;

/// One station's pen.
pub(crate) struct Station {
    traffic: Traffic,
    next_id: u64,
    /// Where [`Traffic::Transaction`] stands: 0 is the start, then the readings, then the stop.
    step: u32,
    pub(crate) transaction: i64,
    begun: Instant,
    began_at: Timestamp,
}

impl Station {
    #[expect(clippy::disallowed_methods, reason = "a load generator lives in real time")]
    pub(crate) fn new(traffic: Traffic) -> Self {
        Self { traffic, next_id: 0, step: 0, transaction: 1, begun: Instant::now(), began_at: Timestamp::now() }
    }

    pub(crate) fn boot(&mut self) -> String {
        self.call("BootNotification", r#"{"chargePointVendor":"Bench","chargePointModel":"Load"}"#)
    }

    pub(crate) fn start(&mut self) -> String {
        let (at, wh) = self.present();
        let payload = format!(r#"{{"connectorId":1,"idTag":"BENCH","meterStart":{wh:.0},"timestamp":"{at}"}}"#);
        self.call("StartTransaction", &payload)
    }

    /// The next message of the load, and whether its answer names a transaction.
    pub(crate) fn next(&mut self) -> (String, bool) {
        match self.traffic {
            Traffic::Heartbeat | Traffic::Idle => (self.call("Heartbeat", "{}"), false),
            Traffic::MeterValues => (self.meter_values(), false),
            Traffic::Transaction => self.next_of_transaction(),
        }
    }

    fn next_of_transaction(&mut self) -> (String, bool) {
        let step = self.step;
        self.step = (step + 1) % (READINGS + 2);
        match step {
            0 => (self.start(), true),
            step if step <= READINGS => (self.meter_values(), false),
            _ => (self.stop(), false),
        }
    }

    fn meter_values(&mut self) -> String {
        let (at, wh) = self.present();
        let transaction = self.transaction;
        let payload = format!(
            r#"{{"connectorId":1,"transactionId":{transaction},"meterValue":[{{"timestamp":"{at}","sampledValue":[{{"value":"{wh:.3}","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"}},{{"value":"50000.0","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"}},{{"value":"72.5","context":"Sample.Periodic","measurand":"Current.Import","phase":"L1","unit":"A"}}]}}]}}"#
        );
        self.call("MeterValues", &payload)
    }

    fn stop(&mut self) -> String {
        let (at, wh) = self.present();
        let transaction = self.transaction;
        let wh = wh.ceil();
        let payload = format!(
            r#"{{"transactionId":{transaction},"meterStop":{wh:.0},"timestamp":"{at}","idTag":"BENCH","reason":"Local"}}"#
        );
        self.call("StopTransaction", &payload)
    }

    fn present(&self) -> (Timestamp, f64) {
        let passed = self.begun.elapsed();
        let milliseconds = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
        let at = self.began_at + SignedDuration::from_millis(milliseconds);
        (at.round(jiff::Unit::Millisecond).unwrap_or(at), passed.as_secs_f64() * WH_PER_S)
    }

    fn call(&mut self, action: &str, payload: &str) -> String {
        self.next_id += 1;
        format!(r#"[2,"{}","{action}",{payload}]"#, self.next_id)
    }
}
