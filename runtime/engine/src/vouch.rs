//! Questions of a station that somebody else answers: is this certificate still good, has this car a contract (OCPP 2.0.1, M).

use amprule_domain::Timestamp;
use amprule_domain::cost::CostEvent;
use amprule_domain::event::{Inbound, SecurityEvent, StationEvent};
use amprule_domain::holding::body;
use amprule_domain::proof::StatusRequest;
use amprule_domain::reply::Reply;
use serde_json::{Value, json};

use crate::station::StationTask;

impl StationTask {
    /// `None`: it is no such question. The answer has no effect of ours that could be lost.
    pub(crate) async fn vouch(&mut self, inbound: &Inbound) -> Option<Reply> {
        let event = match &inbound.event {
            StationEvent::Security(event) => event,
            StationEvent::Cost(CostEvent::VatNumber { number, evse }) => {
                return Some(self.company(number, *evse).await);
            }
            _ => return None,
        };
        match event {
            SecurityEvent::StatusWanted { certificate } => {
                let said = self.ports.vouchers.ocsp(certificate).await.and_then(|result| self.fitting(result));
                Some(self.told(inbound, said.map(|result| json!({ "ocspResult": result })), json!({})))
            }
            SecurityEvent::ContractWanted { request } => {
                let said = self.ports.vouchers.contract(&self.station.record.id, request).await;
                Some(self.told(inbound, said, json!({ "exiResponse": "" })))
            }
            SecurityEvent::ChainStatusWanted { certificates } => Some(self.chain(certificates).await),
            _ => None,
        }
    }

    /// ocspResult has room for so many characters, in 1.6 and 2.0.1 for less than in 2.1.
    fn fitting(&self, result: String) -> Result<String, String> {
        let most = if self.protocol() == "ocpp2.1" { 18_000 } else { 5_500 };
        match result.len() {
            length if length > most => {
                Err(format!("the responder's answer has {length} characters; {most} can be told"))
            }
            _ => Ok(result),
        }
    }

    /// Why is the operator's to know. `wanting`: what the standard wants beside a failure.
    fn told(&self, inbound: &Inbound, said: Result<Value, String>, mut wanting: Value) -> Reply {
        match said {
            Ok(more) => Reply::Word { status: "Accepted".to_owned(), more },
            Err(why) => {
                let station = &self.station.record.id;
                tracing::warn!(%station, "{} is answered Failed: {why}", inbound.action);
                wanting["statusInfo"] = json!({ "reasonCode": "Unavailable" });
                Reply::Word { status: "Failed".to_owned(), more: wanting }
            }
        }
    }

    /// Whose number it is (2.1, C24 and I).
    async fn company(&mut self, number: &str, evse: Option<u32>) -> Reply {
        let station = &self.station.record.id;
        let said = self.ports.vouchers.company(station, number).await;
        let repeated = json!({ "vatNumber": number, "evseId": evse });
        let (status, more) = match said {
            Ok(company) => ("Accepted", json!({ "company": company, "vatNumber": number, "evseId": evse })),
            Err(why) => {
                tracing::warn!(%station, "a VAT number is answered Rejected: {why}");
                ("Rejected", repeated)
            }
        };
        Reply::Word { status: status.to_owned(), more: body(more) }
    }

    async fn chain(&mut self, certificates: &[StatusRequest]) -> Reply {
        let now = self.ports.clock.now();
        let mut told = Vec::with_capacity(certificates.len());
        let standings = self.ports.vouchers.standings(certificates).await;
        for (wanted, said) in certificates.iter().zip(standings) {
            let (status, next) = match &said {
                Ok(standing) => (standing.state.as_str(), standing.next_update.unwrap_or(now)),
                Err(why) => {
                    tracing::warn!(station = %self.station.record.id, "nobody says how a certificate stands: {why}");
                    ("Failed", now)
                }
            };
            told.push(json!({
                "certificateHashData": wanted.hash, "source": wanted.source,
                "status": status, "nextUpdate": seconds(next),
            }));
        }
        Reply::ChainStatus { certificates: told }
    }
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
