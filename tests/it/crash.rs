//! `kill -9` under load: what was acknowledged is there, once, and open sessions go on.

use std::collections::HashMap;

use amprule_tests::station16::meter_values;
use amprule_tests::station201::Event;
use amprule_tests::{Setup, TestServer, Wire, ago, folders, units, until, wait};
use serde_json::Value;
use tokio::task::JoinSet;

const STATIONS: usize = 12;
const CRASHES: usize = 10;
/// Acknowledged messages between two crashes, at least.
const LOAD: usize = 200;
const WH_A_MESSAGE: i64 = 10;

/// A station that remembers what it was promised, over all crashes.
struct Station {
    id: String,
    version: Version,
    /// The number of the last message, acknowledged or not.
    sent: i64,
    /// The last message, while it has no answer: it is sent again as it was.
    open: Option<Value>,
    acknowledged: Vec<String>,
}

#[derive(Clone, Copy)]
enum Version {
    Ocpp16 { transaction: i64 },
    Ocpp201,
}

impl Station {
    async fn begin(server: &TestServer, number: usize) -> Self {
        let id = format!("crash-{number}");
        let version = if number.is_multiple_of(2) {
            let mut station = amprule_tests::station16::Station16::boot(server, &id).await;
            Version::Ocpp16 { transaction: station.start(1, "CARD-1", 0, &ago(60)).await }
        } else {
            let mut station = amprule_tests::station201::Station201::boot(server, &id).await;
            station.send(&Event::started(&id, "CARD-1", 0, &ago(60))).await;
            Version::Ocpp201
        };
        Self { id, version, sent: 0, open: None, acknowledged: Vec::new() }
    }

    async fn connect(&self, ocpp: &str) -> Wire {
        match self.version {
            Version::Ocpp16 { .. } => Wire::connect(ocpp, &self.id, "ocpp1.6").await,
            Version::Ocpp201 => Wire::connect(ocpp, &self.id, "ocpp2.0.1").await,
        }
    }

    /// Sends until the server dies. What had no answer is sent again first, as stations do.
    async fn send_until_the_crash(
        mut self,
        mut wire: Wire,
        acknowledged: tokio::sync::mpsc::UnboundedSender<()>,
    ) -> Self {
        loop {
            let payload = self.open.take().unwrap_or_else(|| {
                self.sent += 1;
                self.message()
            });
            self.open = Some(payload.clone());
            let id = format!("{}-m{}", self.id, self.sent);
            let Some(answer) = wire.try_request_as(&id, self.action(), payload).await else {
                return self;
            };
            answer.result();
            self.open = None;
            self.acknowledged.push(id);
            // Nobody listens any more once the crash is near.
            let _ = acknowledged.send(());
        }
    }

    fn action(&self) -> &'static str {
        match self.version {
            Version::Ocpp16 { .. } => "MeterValues",
            Version::Ocpp201 => "TransactionEvent",
        }
    }

    fn message(&self) -> Value {
        let (wh, at) = (self.sent * WH_A_MESSAGE, ago(30));
        match self.version {
            Version::Ocpp16 { transaction } => meter_values(1, transaction, wh, &at),
            Version::Ocpp201 => {
                let seq = u32::try_from(self.sent).expect("few messages");
                Event::updated(&self.id, seq, wh, &at).payload()
            }
        }
    }

    async fn stop(&self, server: &TestServer) -> i64 {
        let wh = (self.sent + 1) * WH_A_MESSAGE;
        let mut wire = self.connect(&server.ocpp).await;
        match self.version {
            Version::Ocpp16 { transaction } => {
                wire.call("StopTransaction", amprule_tests::station16::stop(transaction, wh, &ago(0))).await;
            }
            Version::Ocpp201 => {
                let seq = u32::try_from(self.sent + 1).expect("few messages");
                wire.call("TransactionEvent", Event::ended(&self.id, seq, wh, &ago(0)).payload()).await;
            }
        }
        wh
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_crashes_every_acknowledged_message_is_there_once_and_sessions_keep_their_price() {
    let mut server = Setup::default().tariff("0.40").alone().start().await;
    server.api().accept(&["CARD-1"]);
    let mut stations = Vec::new();
    for number in 0..STATIONS {
        stations.push(Station::begin(&server, number).await);
    }
    // Whoever starts from now on pays more; those who charge already do not.
    folders::save(&server.path("scripts/tariff/main.rhai"), units::tariff("0.90"));
    for _ in 0..CRASHES {
        stations = crash_under_load(&mut server, stations).await;
        server.restart();
    }
    for station in &stations {
        let wh = station.stop(&server).await;
        check(&server, station, wh).await;
    }
}

async fn crash_under_load(server: &mut TestServer, stations: Vec<Station>) -> Vec<Station> {
    let (sender, mut acknowledged) = tokio::sync::mpsc::unbounded_channel();
    let mut senders = JoinSet::new();
    for station in stations {
        let wire = station.connect(&server.ocpp).await;
        senders.spawn(station.send_until_the_crash(wire, sender.clone()));
    }
    for _ in 0..LOAD {
        wait::soon("an acknowledgement", acknowledged.recv()).await;
    }
    server.kill();
    let mut stations = wait::soon("the stations see the crash", senders.join_all()).await;
    stations.sort_by(|a, b| a.id.cmp(&b.id));
    stations
}

async fn check(server: &TestServer, station: &Station, wh: i64) {
    let api = server.api();
    let session = until("the session ends", || {
        let sessions = api.sessions(&station.id);
        assert!(sessions.len() <= 1, "{} has {} sessions", station.id, sessions.len());
        sessions.into_iter().find(|session| session["state"] == "ended")
    })
    .await;
    assert_eq!(session["energyWh"], wh, "{session}");
    let cents = (wh * 40 + 500) / 1000;
    assert_eq!(session["total"], format!("{}.{:02}", cents / 100, cents % 100), "the pinned price: {session}");
    assert_eq!(session["pricedBy"]["fallback"], false, "{session}");

    let mut seen: HashMap<String, usize> = HashMap::new();
    let id = session["id"].as_str().expect("a session has an id");
    for reading in api.all(&format!("/api/v1/sessions/{id}/readings?limit=1000")) {
        *seen.entry(reading["message"].as_str().expect("a reading names its message").to_owned()).or_default() += 1;
    }
    for message in &station.acknowledged {
        assert_eq!(seen.get(message), Some(&1), "{message} was acknowledged; it has to be there, once");
    }
    let twice: Vec<&String> = seen.iter().filter(|(_, times)| **times > 1).map(|(message, _)| message).collect();
    assert!(twice.is_empty(), "these are there twice: {twice:?}");
}
