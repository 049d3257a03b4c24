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
    /// All that a driver's visit brings, again and again: each station with a token of its own, and minutes between its
    /// messages by its own clock.
    Session,
    /// Four long visits a day, with a reading a minute, as a year is full of.
    Day,
    /// Nothing after the boot.
    Idle,
}

/// Readings within one transaction of [`Traffic::Transaction`].
pub(crate) const READINGS: u32 = 2;

/// Messages of one visit in [`Traffic::Session`].
pub(crate) const VISIT: u32 = 10;
/// Readings of one visit in [`Traffic::Day`], one a minute.
pub(crate) const MINUTES: u32 = 120;
/// Visits of one day in [`Traffic::Day`].
pub(crate) const DAILY: u32 = 4;

/// Between two of them, by the station's clock.
const PACE: SignedDuration = SignedDuration::from_secs(20);
/// The visits begin so long ago that none of them is ahead of the server's clock.
pub(crate) const DAYS_AGO: u32 = 300;

/// 50 kW: a register that no plausibility rule doubts, however quickly messages follow each other.
const WH_PER_S: f64 = 50_000.0 / 3600.0;

/// Of a visit in [`Traffic::Day`].
const DAY_WATTS: f64 = 11_000.0;

/// The token of all stations, but those of [`Traffic::Session`].
pub(crate) const TOKEN: &str = "BENCH";

/// A station's own token.
pub(crate) fn token(number: usize) -> String {
    format!("{TOKEN}{number}")
}

impl Traffic {
    /// What a station of this traffic shows, when nobody says otherwise.
    pub(crate) fn token(self, number: usize) -> String {
        match self {
            Self::Session | Self::Day => token(number),
            _ => TOKEN.to_owned(),
        }
    }

    /// Of one visit.
    const fn readings(self) -> u32 {
        match self {
            Self::Day => MINUTES,
            _ => 3,
        }
    }

    /// Messages of one visit.
    pub(crate) const fn visit(self) -> u32 {
        match self {
            Self::Day => MINUTES + 6,
            _ => VISIT,
        }
    }
}

/// One station's pen.
pub(crate) struct Station {
    traffic: Traffic,
    next_id: u64,
    token: String,
    /// Where [`Traffic::Transaction`] or [`Traffic::Session`] stands in its round.
    step: u32,
    pub(crate) transaction: i64,
    begun: Instant,
    began_at: Timestamp,
}

impl Station {
    #[expect(clippy::disallowed_methods, reason = "a load generator lives in real time")]
    pub(crate) fn new(traffic: Traffic, token: String, days_ago: u32) -> Self {
        let began_at = match traffic {
            Traffic::Session | Traffic::Day => Timestamp::now() - SignedDuration::from_hours(24 * i64::from(days_ago)),
            _ => Timestamp::now(),
        };
        Self { traffic, next_id: 0, token, step: 0, transaction: 1, begun: Instant::now(), began_at }
    }

    pub(crate) fn boot(&mut self) -> String {
        self.call("BootNotification", r#"{"chargePointVendor":"Bench","chargePointModel":"Load"}"#)
    }

    pub(crate) fn start(&mut self) -> String {
        let (at, wh) = self.present();
        let token = &self.token;
        let payload = format!(r#"{{"connectorId":1,"idTag":"{token}","meterStart":{wh:.0},"timestamp":"{at}"}}"#);
        self.call("StartTransaction", &payload)
    }

    /// The next message of the load, and whether its answer names a transaction.
    pub(crate) fn next(&mut self) -> (String, bool) {
        match self.traffic {
            Traffic::Heartbeat | Traffic::Idle => (self.call("Heartbeat", "{}"), false),
            Traffic::MeterValues => (self.meter_values(), false),
            Traffic::Transaction => self.next_of_transaction(),
            Traffic::Session | Traffic::Day => self.next_of_visit(),
        }
    }

    /// A heartbeat stands between the readings and the stop, where the visit has room for it.
    fn next_of_visit(&mut self) -> (String, bool) {
        let (visit, readings) = (self.traffic.visit(), self.traffic.readings());
        let step = self.step % visit;
        self.step += 1;
        match step {
            0 => (self.status("Preparing"), false),
            1 => (self.authorize(), false),
            2 => (self.start(), true),
            3 => (self.status("Charging"), false),
            step if step < readings + 4 => (self.meter_values(), false),
            step if step == visit - 2 => (self.stop(), false),
            step if step == visit - 1 => (self.status("Available"), false),
            _ => (self.call("Heartbeat", "{}"), false),
        }
    }

    fn status(&mut self, status: &str) -> String {
        let (at, _) = self.present();
        let payload = format!(r#"{{"connectorId":1,"errorCode":"NoError","status":"{status}","timestamp":"{at}"}}"#);
        self.call("StatusNotification", &payload)
    }

    fn authorize(&mut self) -> String {
        let payload = format!(r#"{{"idTag":"{}"}}"#, self.token);
        self.call("Authorize", &payload)
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
        let (transaction, watts) = (self.transaction, if self.traffic == Traffic::Day { DAY_WATTS } else { 50_000.0 });
        let payload = format!(
            r#"{{"connectorId":1,"transactionId":{transaction},"meterValue":[{{"timestamp":"{at}","sampledValue":[{{"value":"{wh:.3}","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"}},{{"value":"{watts:.1}","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"}},{{"value":"72.5","context":"Sample.Periodic","measurand":"Current.Import","phase":"L1","unit":"A"}}]}}]}}"#
        );
        self.call("MeterValues", &payload)
    }

    fn stop(&mut self) -> String {
        let (at, wh) = self.present();
        let transaction = self.transaction;
        let (wh, token) = (wh.ceil(), &self.token);
        let payload = format!(
            r#"{{"transactionId":{transaction},"meterStop":{wh:.0},"timestamp":"{at}","idTag":"{token}","reason":"Local"}}"#
        );
        self.call("StopTransaction", &payload)
    }

    fn present(&self) -> (Timestamp, f64) {
        let passed = match self.traffic {
            Traffic::Session => PACE * i32::try_from(self.step).unwrap_or(i32::MAX),
            Traffic::Day => return self.present_of_day(),
            _ => SignedDuration::try_from(self.begun.elapsed()).unwrap_or(SignedDuration::MAX),
        };
        let at = self.began_at + SignedDuration::from_millis(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX));
        (at.round(jiff::Unit::Millisecond).unwrap_or(at), passed.as_secs_f64() * WH_PER_S)
    }

    /// A reading a minute, at 11 kW, and hours between two visits.
    fn present_of_day(&self) -> (Timestamp, f64) {
        let (visits, step) = (i64::from(self.step / self.traffic.visit()), i64::from(self.step % self.traffic.visit()));
        let at = self.began_at + SignedDuration::from_secs(visits * 86_400 / i64::from(DAILY) + step * 60);
        let minutes = visits * i64::from(self.traffic.visit()) + step;
        (at.round(jiff::Unit::Millisecond).unwrap_or(at), minutes as f64 * DAY_WATTS / 60.0)
    }

    fn call(&mut self, action: &str, payload: &str) -> String {
        self.next_id += 1;
        format!(r#"[2,"{}","{action}",{payload}]"#, self.next_id)
    }
}
