//! The standard's functional blocks from end to end: a command goes out, a station that has a state of its own does what the
//! standard says, and the API knows it.

mod contracts;
mod cost;
mod diagnostics;
mod files;
mod firmware;
mod forbidden;
mod freedoms;
mod limits;
mod lists;
mod model;
mod moving;
mod plug_and_charge;
mod profiles;
mod records;
mod reservations;
mod resets;
mod rounds;
mod security;
mod signed;
mod tariffs;
mod transactions;
mod v2g;

use std::sync::Arc;

use amprule_simulator::{SimStation, StationSettings, Version, Whole};
use amprule_tests::{Management, Response, TestServer, until};
use serde_json::{Value, json};

/// A server and a station that has booted.
struct Flow {
    server: TestServer,
    api: Management,
    station: SimStation,
    whole: Arc<Whole>,
}

/// What every station here is called.
const ID: &str = "cs-1";

impl Flow {
    async fn of(version: Version) -> Self {
        Self::at(TestServer::start().await, version).await
    }

    async fn at(server: TestServer, version: Version) -> Self {
        let api = server.api();
        let settings = StationSettings::new(&server.ocpp, ID, version);
        let (station, whole) = SimStation::connect_whole(settings).await.expect("the station connects");
        station.boot().await.expect("the station boots");
        Self { server, api, station, whole }
    }

    /// As the API answers it.
    async fn ordered(&self, body: Value) -> Response {
        let api = self.api.clone();
        let path = format!("/api/v1/stations/{ID}/commands");
        tokio::task::spawn_blocking(move || api.post(&path, &body)).await.expect("the API answers")
    }

    /// A request by its name, and the station's answer to it.
    async fn ask(&self, action: &str, payload: Value) -> Value {
        let body = json!({"command": "request", "action": action, "payload": payload, "waitS": 20});
        let command = self.ordered(body).await.ok();
        assert_eq!(command["state"], "answered", "{command}");
        assert_eq!(command["answer"]["odd"], Value::Null, "{command}");
        command["answer"].clone()
    }

    /// The same, which the station must accept.
    async fn accepted(&self, action: &str, payload: Value) -> Value {
        let answer = self.ask(action, payload).await;
        assert_eq!(answer["verdict"], "accepted", "{action}: {answer}");
        answer
    }

    fn held(&self, noun: &str) -> Vec<Value> {
        self.api.all(&format!("/api/v1/stations/{ID}/{noun}"))
    }

    /// When it is as it should be.
    async fn until_held(&self, noun: &str, what: &str, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        until(what, || Some(self.held(noun)).filter(|held| is_so(held))).await
    }
}

/// Of one of them.
fn by_id<'v>(held: &'v [Value], id: &str) -> &'v Value {
    held.iter().find(|holding| holding["id"] == id).unwrap_or_else(|| panic!("{id} is not among {held:?}"))
}
