//! What a station does while cars charge, in one vocabulary for all versions.

use jiff::Timestamp;
use serde_json::Value;

use crate::words::{self, Said};
use crate::{CallError, Charge, Flow, Meter, SimStation, Version};

/// What the server said about a token and about money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// `Accepted` or another word of the standard; `None` when the answer has none.
    pub status: Option<String>,
    /// 2.0.1 only, as the server wrote it.
    pub total_cost: Option<String>,
}

impl Outcome {
    pub fn accepted(&self) -> bool {
        self.status.as_deref() == Some("Accepted")
    }

    fn read(answer: &Value) -> Self {
        let about = ["idTagInfo", "idTokenInfo"].into_iter().find_map(|name| answer.get(name));
        Self {
            status: about.and_then(|about| about["status"].as_str()).map(str::to_owned),
            total_cost: answer.get("totalCost").map(ToString::to_string),
        }
    }
}

/// Every verb fails as [`SimStation::call`] does.
impl SimStation {
    /// Returns the registration status: `Accepted`, `Pending` or `Rejected`.
    pub async fn boot(&self) -> Result<String, CallError> {
        let answer = self.tell(words::boot(self.version(), self.id())).await?;
        let garbled = || CallError::Garbled(answer.to_string());
        answer["status"].as_str().map(str::to_owned).ok_or_else(garbled)
    }

    /// Returns the server's time.
    pub async fn heartbeat(&self) -> Result<Timestamp, CallError> {
        let answer = self.tell(("Heartbeat", Value::Object(serde_json::Map::new()))).await?;
        let garbled = || CallError::Garbled(answer.to_string());
        answer["currentTime"].as_str().and_then(|time| time.parse().ok()).ok_or_else(garbled)
    }

    /// Tells whether a cable is plugged in.
    pub async fn status(&self, connector: u32, occupied: bool, at: Timestamp) -> Result<(), CallError> {
        self.tell(words::status(self.version(), connector, occupied, at)).await.map(drop)
    }

    pub async fn authorize(&self, token: &str) -> Result<Outcome, CallError> {
        self.tell(words::authorize(self.version(), token)).await.map(|answer| Outcome::read(&answer))
    }

    /// Begins a transaction. It is begun even when the outcome refuses the token: the station must then stop it.
    pub async fn start(&self, connector: u32, token: &str, meter: Meter) -> Result<(Charge, Outcome), CallError> {
        let transaction = format!("{:x}-{connector}", meter.at.as_millisecond());
        let mut charge = Charge { transaction, connector, token: token.to_owned(), seq_no: 0 };
        let answer = self.tell(words::start(self.version(), &charge, meter)).await?;
        if self.version() == Version::Ocpp16 {
            let number = answer["transactionId"].as_i64();
            charge.transaction = number.ok_or_else(|| CallError::Garbled(answer.to_string()))?.to_string();
        }
        charge.seq_no = 1;
        Ok((charge, Outcome::read(&answer)))
    }

    pub async fn meter(&self, charge: &mut Charge, meter: Meter) -> Result<Outcome, CallError> {
        let said = words::meter(self.version(), charge, meter);
        self.report(charge, said).await
    }

    /// Tells that energy flows or does not.
    pub async fn flow(&self, charge: &mut Charge, flow: Flow, meter: Meter) -> Result<Outcome, CallError> {
        let said = words::flow(self.version(), charge, flow, meter);
        self.report(charge, said).await
    }

    /// Ends a transaction. `reason` is a word of the standard: `EVDisconnected`, `Local`, `Remote`, …
    pub async fn stop(&self, charge: &mut Charge, meter: Meter, reason: &str) -> Result<Outcome, CallError> {
        let said = words::stop(self.version(), charge, meter, reason);
        self.report(charge, said).await
    }

    async fn report(&self, charge: &mut Charge, said: Said) -> Result<Outcome, CallError> {
        let answer = self.tell(said).await?;
        charge.seq_no += 1;
        Ok(Outcome::read(&answer))
    }

    async fn tell(&self, (action, payload): Said) -> Result<Value, CallError> {
        self.call(action, payload).await
    }
}
