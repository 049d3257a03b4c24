//! Enters the fleet's tokens and stations through the server's API, as an operator would.

use std::path::Path;

use amprule_simulator::{FleetSettings, Keba};
use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::secrets;

/// The stations stand in two places, so that local hours differ.
const PLACES: [(&str, &str); 2] = [("Harbour car park", "Europe/Berlin"), ("Airport P3", "Europe/Lisbon")];

pub(crate) fn enter(data: &Path, api: &str, fleet: &FleetSettings, boxes: &[Keba]) -> Result<()> {
    let server = Server::new(data, api)?;
    for (number, token) in fleet.tokens.iter().enumerate() {
        let budget = (number == 0).then(|| json!({ "amount": "25.00", "currency": "EUR", "period": "day" }));
        server
            .put(&format!("tokens/{token}"), &json!({ "type": "ISO14443", "status": "accepted", "budget": budget }))?;
    }
    for number in 1..=fleet.stations {
        let (location, zone) = PLACES[number as usize % PLACES.len()];
        let id = fleet.station(number).id;
        server.put(
            &format!("stations/{id}"),
            &json!({ "provisioning": "accepted", "location": location, "timeZone": zone }),
        )?;
    }
    let drivers = fleet.tokens.iter().rev().cycle();
    for ((number, keba), token) in (1..).zip(boxes).zip(drivers) {
        let wire = format!("modbus-tcp://127.0.0.1:{}?unit=255", keba.port());
        let device = json!({ "unit": "keba-p30", "defaultToken": token, "meterS": 5, "wires": { "main": wire } });
        server.put(&format!("devices/BOX-{number:03}"), &device)?;
    }
    Ok(())
}

pub(super) struct Server<'a> {
    api: &'a str,
    token: String,
}

impl<'a> Server<'a> {
    pub(super) fn new(data: &Path, api: &'a str) -> Result<Self> {
        Ok(Self { api: api.trim_end_matches('/'), token: secrets::api_token(data)? })
    }

    fn put(&self, what: &str, body: &Value) -> Result<()> {
        let url = self.url(what);
        let request = ureq::put(&url).header("authorization", self.bearer());
        request.send_json(body).with_context(|| format!("enter {what} through {url}"))?;
        Ok(())
    }

    pub(super) fn put_bytes(&self, what: &str, bytes: &[u8]) -> Result<()> {
        let url = self.url(what);
        let request = ureq::put(&url).header("authorization", self.bearer());
        request.send(bytes).with_context(|| format!("store {what} through {url}"))?;
        Ok(())
    }

    pub(super) fn post(&self, what: &str, body: &Value) -> Result<()> {
        let url = self.url(what);
        let request = ureq::post(&url).header("authorization", self.bearer());
        request.send_json(body).with_context(|| format!("order {what} through {url}"))?;
        Ok(())
    }

    fn url(&self, what: &str) -> String {
        format!("{}/api/v1/{what}", self.api)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}
