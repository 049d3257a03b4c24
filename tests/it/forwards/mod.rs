//! A second backend hears what stations say, may ask what it was allowed, and disturbs nobody.

mod absent;
mod asking;
mod backend;
mod both;
mod choosing;
mod field;
mod hostile;

use amprule_tests::{TestServer, until};
use serde_json::Value;

/// How a station's only line stands.
fn line(server: &TestServer, station: &str) -> Value {
    let lines = server.api().all(&format!("/api/v1/stations/{station}/forwards"));
    lines.into_iter().next().unwrap_or_default()
}

async fn until_line(server: &TestServer, station: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    until(&format!("the line of {station} {what}"), || Some(line(server, station)).filter(&is_so)).await
}

async fn until_state(server: &TestServer, station: &str, state: &str) -> Value {
    until_line(server, station, &format!("is {state}"), |line| line["state"] == state).await
}
