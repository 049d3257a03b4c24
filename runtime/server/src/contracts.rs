//! Cars with contracts: whether their certificates are good, and where they get new ones.

use std::time::Duration;

use amprule_domain::StationId;
use amprule_domain::ports::{BoxFuture, Clock, Vouchers};
use amprule_domain::proof::{CertificateId, CertificateStatus, ContractShown, Standing, StatusRequest};
use amprule_revocation::{Revocation, Trust};
use anyhow::Context;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::config::{Contracts, Vat};
use crate::environment::SystemClock;
use crate::program;

/// A car waits for its certificate for 5 s (ISO 15118-2, V2G_EVCC_Msg_Timeout).
const PROGRAM_MAX: Duration = Duration::from_millis(4_500);

/// Cars that get contracts at the same time.
const AT_ONCE: usize = 16;

pub(crate) struct Certifiers {
    revocation: Revocation,
    provider: Vec<String>,
    vat: Vec<String>,
    /// For its program, which is started for each car.
    room: Semaphore,
}

impl Certifiers {
    pub(crate) fn open(wanted: &Contracts, vat: &Vat) -> anyhow::Result<Self> {
        let trust = Trust::read(&wanted.trust).context("[contracts] trust")?;
        let revocation = Revocation::new(trust, wanted.revocation_settings())?;
        Ok(Self {
            revocation,
            provider: wanted.provide_with.clone(),
            vat: vat.ask.clone(),
            room: Semaphore::new(AT_ONCE),
        })
    }

    async fn judged(&self, station: &StationId, shown: ContractShown) -> CertificateStatus {
        let (status, why) = self.revocation.judge(&shown, SystemClock.now()).await;
        let Some(why) = why else { return status };
        let (emaid, word) = (&shown.token.id_token, status.as_str());
        if status == CertificateStatus::Accepted {
            tracing::warn!(
                %station, emaid,
                "a contract's certificate is taken, though nobody could be heard about it: {why}; the station has verified it, and `when_unknown` below [contracts] says so"
            );
        } else {
            tracing::warn!(%station, emaid, "a contract's certificate is not good ({word}): {why}");
        }
        status
    }

    async fn company_of(&self, station: &StationId, number: &str) -> Result<Value, String> {
        if self.vat.is_empty() {
            return Err("nobody is configured who knows VAT numbers (ask below [vat])".to_owned());
        }
        let _room = self.room.try_acquire().map_err(|_| format!("{AT_ONCE} programs are asked already"))?;
        let env = [("AMPRULE_STATION", station.as_str())];
        let asked = json!({ "vatNumber": number }).to_string();
        let said = program::ask(&self.vat, &env, asked.as_bytes(), PROGRAM_MAX).await;
        let said = said.map_err(|error| format!("{error:#}"))?;
        company(&said)
    }

    async fn provided(&self, station: &StationId, request: &Value) -> Result<Value, String> {
        if self.provider.is_empty() {
            return Err(
                "no provider of contract certificates is configured (provide_with below [contracts])".to_owned()
            );
        }
        let _room = self.room.try_acquire().map_err(|_| format!("{AT_ONCE} cars are waiting for contracts already"))?;
        let env = [("AMPRULE_STATION", station.as_str())];
        let asked = program::ask(&self.provider, &env, request.to_string().as_bytes(), PROGRAM_MAX).await;
        let said = asked.map_err(|error| format!("{error:#}"))?;
        let answer: Value = serde_json::from_str(&said)
            .map_err(|error| format!("the provider of contract certificates answers no JSON: {error}"))?;
        accepted(answer)
    }
}

/// AddressType of 2.1: a company without its name, street or city is none that a receipt could be made out to.
fn company(said: &str) -> Result<Value, String> {
    let answer: Value = serde_json::from_str(said)
        .map_err(|error| format!("who is asked about VAT numbers answers no JSON: {error}"))?;
    if answer["status"] != "Accepted" {
        return Err("who is asked about VAT numbers does not know it".to_owned());
    }
    let mut company = serde_json::Map::new();
    let members =
        [("name", 50), ("address1", 100), ("address2", 100), ("city", 100), ("postalCode", 20), ("country", 50)];
    for (member, most) in members {
        let text = answer["company"][member].as_str().map(str::trim).filter(|text| !text.is_empty());
        match text {
            Some(text) => {
                company.insert(member.to_owned(), json!(text.chars().take(most).collect::<String>()));
            }
            None if ["address2", "postalCode"].contains(&member) => {}
            None => return Err(format!("who is asked about VAT numbers does not say the company's {member}")),
        }
    }
    Ok(Value::Object(company))
}

/// The payload of an answer that says Accepted, without that word.
fn accepted(answer: Value) -> Result<Value, String> {
    let exi = answer["exiResponse"].as_str().unwrap_or_default();
    if answer["status"] != "Accepted" || exi.is_empty() {
        let more = answer["statusInfo"]["additionalInfo"].as_str().unwrap_or("it does not say why");
        return Err(format!("the provider of contract certificates has none for the car: {more}"));
    }
    let mut told = json!({ "exiResponse": exi });
    if let Some(remaining) = answer["remainingContracts"].as_u64() {
        told["remainingContracts"] = json!(remaining);
    }
    Ok(told)
}

impl Vouchers for Certifiers {
    fn judge<'a>(&'a self, station: &'a StationId, shown: ContractShown) -> BoxFuture<'a, CertificateStatus> {
        Box::pin(self.judged(station, shown))
    }

    fn ocsp<'a>(&'a self, certificate: &'a CertificateId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move { self.revocation.ocsp(certificate, SystemClock.now()).await })
    }

    fn standings<'a>(&'a self, wanted: &'a [StatusRequest]) -> BoxFuture<'a, Vec<Result<Standing, String>>> {
        Box::pin(async move { self.revocation.standings(wanted, SystemClock.now()).await })
    }

    fn company<'a>(&'a self, station: &'a StationId, number: &'a str) -> BoxFuture<'a, Result<Value, String>> {
        Box::pin(self.company_of(station, number))
    }

    fn contract<'a>(&'a self, station: &'a StationId, request: &'a Value) -> BoxFuture<'a, Result<Value, String>> {
        Box::pin(self.provided(station, request))
    }
}
