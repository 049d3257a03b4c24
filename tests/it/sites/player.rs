//! A station that is played in the background: it accepts every limit, or does with it what the test says, and says what it is told
//! to say.

use std::sync::{Arc, Mutex};

use amprule_tests::station201::Event;
use amprule_tests::{TestServer, Wire, ago, station16, station201, until};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

/// What it does with a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limits {
    Accepts,
    RefusesAmperes,
    /// For one transaction.
    RefusesSessions,
    RefusesAll,
    /// It says nothing.
    Keeps,
    /// Of what is for all that begins there.
    KeepsStanding,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    pub(super) purpose: String,
    pub(super) unit: String,
    pub(super) limit: f64,
    pub(super) payload: Value,
}

pub(super) struct Player {
    says: mpsc::Sender<(String, Value, oneshot::Sender<Value>)>,
    told: Arc<Mutex<Vec<Told>>>,
    limits: Arc<Mutex<Limits>>,
    task: tokio::task::JoinHandle<()>,
}

impl Player {
    pub(super) async fn old(server: &TestServer, id: &str, limits: Limits) -> Self {
        Self::boot(server.station(id, "ocpp1.6").await, station16::boot(), limits).await
    }

    pub(super) async fn new(server: &TestServer, id: &str, limits: Limits) -> Self {
        Self::boot(server.station(id, "ocpp2.0.1").await, station201::boot(), limits).await
    }

    async fn boot(mut wire: Wire, boot: Value, limits: Limits) -> Self {
        wire.call("BootNotification", boot).await;
        let (says, heard) = mpsc::channel(8);
        let (told, limits) = (Arc::<Mutex<Vec<Told>>>::default(), Arc::new(Mutex::new(limits)));
        let task = tokio::spawn(play(wire, heard, Arc::clone(&told), Arc::clone(&limits)));
        Self { says, told, limits, task }
    }

    /// What the server answers.
    pub(super) async fn say(&self, action: &str, payload: Value) -> Value {
        let (answer, answered) = oneshot::channel();
        self.says.send((action.to_owned(), payload, answer)).await.expect("the station is there");
        answered.await.expect("the station hears the answer")
    }

    pub(super) async fn send(&self, event: &Event<'_>) {
        self.say("TransactionEvent", event.payload()).await;
    }

    /// Of OCPP 1.6. Answers the transaction's id.
    pub(super) async fn start(&self, token: &str) -> i64 {
        let answer = self.say("StartTransaction", station16::start(1, token, 0, &ago(1))).await;
        answer["transactionId"].as_i64().expect("a transaction's id is a number")
    }

    pub(super) fn does(&self, limits: Limits) {
        *self.limits.lock().expect("no test fails with it") = limits;
    }

    /// With what it has kept, too.
    pub(super) async fn does_at_once(&self, limits: Limits) {
        self.does(limits);
        self.say("Heartbeat", json!({})).await;
    }

    pub(super) fn told(&self) -> Vec<Told> {
        self.told.lock().expect("no test fails with it").clone()
    }

    /// Until it was told this, as the latest of its purpose.
    pub(super) async fn until_told(&self, purpose: &str, limit: f64) -> Told {
        let latest = || self.told().into_iter().rfind(|told| told.purpose == purpose);
        let is_it = || latest().filter(|told| told.limit == limit);
        until(&format!("{purpose} {limit}"), is_it).await
    }

    /// Its connection breaks.
    pub(super) fn goes(self) {
        self.task.abort();
    }
}

async fn play(
    mut wire: Wire,
    mut heard: mpsc::Receiver<(String, Value, oneshot::Sender<Value>)>,
    told: Arc<Mutex<Vec<Told>>>,
    limits: Arc<Mutex<Limits>>,
) {
    let mut unanswered = Vec::new();
    loop {
        tokio::select! {
            Some((action, payload, answer)) = heard.recv() => {
                let _ = answer.send(wire.call(&action, payload).await);
            }
            (id, action, payload) = wire.next_call() => {
                if action == "ClearChargingProfile" {
                    // Nobody has left anything there.
                    wire.reply(&id, json!({"status": "Unknown"})).await;
                    continue;
                }
                assert_eq!(action, "SetChargingProfile", "{payload}");
                let is_new = read(&payload);
                told.lock().expect("no test fails with it").push(is_new.clone());
                unanswered.push((id, is_new));
            }
        }
        let does = *limits.lock().expect("no test fails with it");
        for (id, told) in std::mem::take(&mut unanswered) {
            match does.answer(&told) {
                Some(status) => wire.reply(&id, json!({"status": status})).await,
                None => unanswered.push((id, told)),
            }
        }
    }
}

impl Limits {
    fn answer(self, told: &Told) -> Option<&'static str> {
        let is_of_session = told.purpose == "TxProfile";
        let refuses = match self {
            Self::Keeps => return None,
            Self::KeepsStanding if !is_of_session => return None,
            Self::Accepts | Self::KeepsStanding => false,
            Self::RefusesAmperes => told.unit == "A",
            Self::RefusesSessions => is_of_session,
            Self::RefusesAll => true,
        };
        Some(if refuses { "Rejected" } else { "Accepted" })
    }
}

fn read(payload: &Value) -> Told {
    let profile = payload.get("csChargingProfiles").unwrap_or(&payload["chargingProfile"]);
    let schedule = if profile["chargingSchedule"].is_array() {
        &profile["chargingSchedule"][0]
    } else {
        &profile["chargingSchedule"]
    };
    let text = |value: &Value| value.as_str().expect("a word").to_owned();
    Told {
        purpose: text(&profile["chargingProfilePurpose"]),
        unit: text(&schedule["chargingRateUnit"]),
        limit: schedule["chargingSchedulePeriod"][0]["limit"].as_f64().expect("a limit"),
        payload: payload.clone(),
    }
}
