//! Stations that share what their circuits bear: over the wire, by the real server.

mod foreign;
mod hardware;
mod leaving;
mod player;
mod sharing;
mod trouble;
mod watts;

use std::time::Duration;

use amprule_tests::wait::within;
use amprule_tests::{Management, TestServer, folders};
use serde_json::Value;

use player::Player;

/// A site of one circuit.
fn circuit(most: u32) -> String {
    format!("[[sites]]\nid = \"depot\"\n[[sites.circuits]]\nid = \"main\"\nmost_a = {most}\n")
}

fn evse(station: &str, more: &str) -> String {
    format!("[[sites.evses]]\nstation = \"{station}\"\n{more}\n")
}

fn of<'s>(site: &'s Value, id: &str) -> &'s Value {
    let evses = site["evses"].as_array().expect("EVSEs");
    evses.iter().find(|evse| evse["id"] == id).expect("the EVSE is of the site")
}

/// Until the site shows this.
async fn until_site(api: &Management, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    // A policy may wait for half a minute until a limit shows on the meter.
    within(Duration::from_secs(90), what, || {
        last = api.get("/api/v1/sites/depot").ok();
        is(&last).then(|| last.clone())
    })
    .await
}

/// Until the site has told this EVSE's session so many amperes, and it has accepted.
async fn until_limit(api: &Management, id: &str, amperes: &str) -> Value {
    until_site(api, &format!("{id} has {amperes} A"), |site| of(site, id)["limitA"] == amperes).await
}

/// The configuration is this from now on.
fn write(server: &TestServer, config: &str) {
    folders::save(&server.path("amprule.toml"), config);
}
