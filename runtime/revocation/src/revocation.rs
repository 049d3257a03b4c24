//! Who asks, and what is made of the answers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::proof::{CertificateId, CertificateStatus, ContractShown, Standing, State, StatusRequest};
use amprule_outbound::{Roots, RootsFault, Tls};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use der::Encode;
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;
use tokio::time::timeout;
use x509_ocsp::{CertId, OcspRequest, Request, TbsRequest, Version};

use crate::answer::Answer;
use crate::cache::{Cache, Heard};
use crate::http::{self, Question};
use crate::trust::{Held, Trust};
use crate::{chain, crl, name};

/// Of an answer: OCPP 2.1 has room for 18,000 characters of one.
const MAX_ANSWER: usize = 13_500;
const MAX_CRL: usize = 2 << 20;
/// Lists that are read at the same time.
const LISTS_AT_ONCE: usize = 2;
/// Questions at the same time.
const AT_ONCE: usize = 64;
/// Addresses of one list that are tried.
const MAX_URLS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenUnknown {
    /// The station has verified the car's certificate, and the operator has its contract: it charges.
    Accept,
    Refuse,
}

#[derive(Debug, Clone)]
pub struct Settings {
    /// For all of the answers about one car; it waits for 5 s or so (ISO 15118).
    pub deadline: Duration,
    /// What a contract is worth whose certificates nobody can be heard about.
    pub when_unknown: WhenUnknown,
    /// Hosts that are asked though their addresses are private: stations and cars say who is to be asked.
    pub private_responders: BTreeSet<String>,
}

/// A handle; its copies are the same.
#[derive(Clone)]
pub struct Revocation(Arc<Inner>);

struct Inner {
    settings: Settings,
    trust: Trust,
    tls: Tls,
    cache: Cache,
    room: Semaphore,
    lists: Semaphore,
}

impl Revocation {
    pub fn new(trust: Trust, settings: Settings) -> Result<Self, RootsFault> {
        let tls = Tls::new(Roots::System.read()?);
        let (cache, room, lists) = (Cache::default(), Semaphore::new(AT_ONCE), Semaphore::new(LISTS_AT_ONCE));
        Ok(Self(Arc::new(Inner { settings, trust, tls, cache, room, lists })))
    }

    /// Whether a car's contract certificate is good, with the reason where it is not, for the operator.
    pub async fn judge(&self, shown: &ContractShown, now: Timestamp) -> (CertificateStatus, Option<String>) {
        let heard = match &shown.proof.chain {
            None => match shown.proof.certificates.iter().find_map(unaskable) {
                Some(why) => return (CertificateStatus::CertChainError, Some(why)),
                None => self.ask_named(&shown.proof.certificates, now).await,
            },
            Some(pem) => match self.verified(pem, shown, now) {
                Ok(chain) => self.ask_chain(chain, now).await,
                Err((status, why)) => return (status, Some(why)),
            },
        };
        // One that was revoked says more than one that is not known, and that more than one that is good.
        let verdicts = heard.into_iter().map(|heard| self.verdict(heard));
        let worst = verdicts.max_by_key(|(status, why)| {
            (*status == CertificateStatus::CertificateRevoked, *status != CertificateStatus::Accepted, why.is_some())
        });
        worst.unwrap_or((CertificateStatus::Accepted, None))
    }

    /// The signed answer of the certificate's responder, base64 of DER. Whether it is believed is for the station to decide.
    pub async fn ocsp(&self, certificate: &CertificateId, now: Timestamp) -> Result<String, String> {
        Ok(self.heard_of(certificate, now).await?.signed)
    }

    /// Of each, all asked at once and within the deadline.
    pub async fn standings(&self, wanted: &[StatusRequest], now: Timestamp) -> Vec<Result<Standing, String>> {
        let mut asked = JoinSet::new();
        for (at, one) in wanted.iter().enumerate() {
            let (own, one, deadline) = (self.clone(), one.clone(), self.0.settings.deadline);
            asked.spawn(async move {
                let standing = timeout(deadline, own.standing(&one, now)).await;
                (at, standing.unwrap_or_else(|_| Err(format!("there was no answer within {deadline:?}"))))
            });
        }
        let mut told = asked.join_all().await;
        told.sort_by_key(|(at, _)| *at);
        told.into_iter().map(|(_, standing)| standing).collect()
    }

    async fn standing(&self, wanted: &StatusRequest, now: Timestamp) -> Result<Standing, String> {
        if wanted.source == "CRL" {
            return self.by_list(wanted, now).await;
        }
        let mut why = "it names no responder".to_owned();
        for url in wanted.urls.iter().take(MAX_URLS) {
            let certificate = CertificateId { responder: Some(url.clone()), ..wanted.certificate.clone() };
            match self.heard_of(&certificate, now).await {
                Ok(Heard { standing, is_proven: Ok(()), .. }) => return Ok(standing),
                Ok(Heard { is_proven: Err(unproven), .. }) => why = unproven,
                Err(unheard) => why = unheard,
            }
        }
        Err(why)
    }

    fn verified(
        &self,
        pem: &str,
        shown: &ContractShown,
        now: Timestamp,
    ) -> Result<Vec<Held>, (CertificateStatus, String)> {
        let unreadable = || (CertificateStatus::CertChainError, "its certificates cannot be read".to_owned());
        let chain = chain::read(pem).ok_or_else(unreadable)?;
        chain::verify(&chain, &shown.token, &self.0.trust, now)
    }

    /// About all of them at once.
    async fn ask_named(&self, named: &[CertificateId], now: Timestamp) -> Vec<Result<Heard, String>> {
        let mut asked = JoinSet::new();
        for certificate in named {
            let (own, certificate) = (self.clone(), certificate.clone());
            asked.spawn(async move { own.heard_of(&certificate, now).await });
        }
        asked.join_all().await
    }

    async fn ask_chain(&self, chain: Vec<Held>, now: Timestamp) -> Vec<Result<Heard, String>> {
        let mut asked = JoinSet::new();
        for (held, above, responder) in chain::to_ask(&chain, &self.0.trust) {
            let id = name::of(&held.read, &above.read).map_err(|error| error.to_string());
            let (own, between) = (self.clone(), chain.clone());
            asked.spawn(async move { own.heard(&responder, id?, &between, now).await });
        }
        asked.join_all().await
    }

    fn verdict(&self, heard: Result<Heard, String>) -> (CertificateStatus, Option<String>) {
        let unknown = match self.0.settings.when_unknown {
            WhenUnknown::Accept => CertificateStatus::Accepted,
            WhenUnknown::Refuse => CertificateStatus::CertChainError,
        };
        match heard {
            Err(why) => (unknown, Some(why)),
            Ok(Heard { standing, is_proven, .. }) => match (standing.state, is_proven) {
                (State::Good, Ok(())) => (CertificateStatus::Accepted, None),
                (State::Good, Err(why)) => (unknown, Some(why)),
                // Nobody gains by saying this falsely but whoever could stop the car otherwise.
                (State::Revoked, _) => (CertificateStatus::CertificateRevoked, Some("it was revoked".to_owned())),
                (State::Unknown, _) => {
                    (CertificateStatus::CertChainError, Some("its responder does not know it".to_owned()))
                }
            },
        }
    }

    async fn heard_of(&self, certificate: &CertificateId, now: Timestamp) -> Result<Heard, String> {
        let id = name::of_station(certificate)?;
        let responder = certificate.responder.as_deref().filter(|url| !url.is_empty());
        self.heard(responder.ok_or("it names no responder")?, id, &[], now).await
    }

    /// What is known of it, or else its responder's answer.
    async fn heard(&self, responder: &str, id: CertId, between: &[Held], now: Timestamp) -> Result<Heard, String> {
        let cache = &self.0.cache;
        let key = id.to_der().map_err(|error| error.to_string())?;
        if let Some(heard) = cache.heard(&key, now) {
            return Ok(heard);
        }
        if let Some(why) = cache.is_silent(responder, now) {
            return Err(why);
        }
        let told = |why: String| format!("{responder}: {why}");
        let _room = self.room().await?;
        let der =
            self.ask(responder, &id).await.map_err(told).inspect_err(|why| cache.was_silent(responder, why, now))?;
        let answer = Answer::read(&der, &id, now).map_err(told)?;
        let is_proven = answer.verify(&id, &self.0.trust, between, now).map_err(told);
        let heard = Heard { standing: answer.standing, signed: BASE64_STANDARD.encode(&der), is_proven };
        // Who asks says whom to ask: what others shall hear is what somebody is trusted to say.
        if heard.is_proven.is_ok() {
            cache.keep(key, heard.clone(), now);
        }
        Ok(heard)
    }

    async fn ask(&self, responder: &str, id: &CertId) -> Result<Vec<u8>, String> {
        let one = Request { req_cert: id.clone(), single_request_extensions: None };
        let asked = TbsRequest {
            version: Version::V1,
            requestor_name: None,
            request_list: vec![one],
            request_extensions: None,
        };
        let asked = OcspRequest { tbs_request: asked, optional_signature: None };
        let question = Question {
            body: asked.to_der().map_err(|error| error.to_string())?,
            is_of: "application/ocsp-request",
            wants: "application/ocsp-response",
            most: MAX_ANSWER,
        };
        self.fetch(responder, question).await
    }

    async fn by_list(&self, wanted: &StatusRequest, now: Timestamp) -> Result<Standing, String> {
        let id = name::of_station(&wanted.certificate)?;
        let mut why = "it names no address of a list".to_owned();
        for url in wanted.urls.iter().take(MAX_URLS) {
            let (is_of, wants) = ("application/octet-stream", "application/pkix-crl");
            let question = Question { body: Vec::new(), is_of, wants, most: MAX_CRL };
            let _room = self.0.lists.acquire().await.map_err(|error| error.to_string())?;
            match self.fetch(url, question).await {
                Ok(der) => match self.read_list(der, id.clone(), now).await {
                    Ok(standing) => return Ok(standing),
                    Err(unread) => why = format!("{url}: {unread}"),
                },
                Err(unheard) => why = format!("{url}: {unheard}"),
            }
        }
        Err(why)
    }

    /// A list may be long: it is read where it holds nobody up.
    async fn read_list(&self, der: Vec<u8>, id: CertId, now: Timestamp) -> Result<Standing, String> {
        let own = self.clone();
        let read = tokio::task::spawn_blocking(move || crl::standing(&der, &id, &own.0.trust, now));
        read.await.map_err(|error| error.to_string())?
    }

    /// That we ask too many at once is no responder's fault.
    async fn room(&self) -> Result<SemaphorePermit<'_>, String> {
        let room = timeout(self.0.settings.deadline, self.0.room.acquire()).await;
        room.ok().and_then(Result::ok).ok_or_else(|| "too many are asked at this moment".to_owned())
    }

    async fn fetch(&self, url: &str, question: Question) -> Result<Vec<u8>, String> {
        let asked = http::ask(url, question, &self.0.tls, &self.0.settings.private_responders);
        let deadline = self.0.settings.deadline;
        timeout(deadline, asked).await.unwrap_or_else(|_| Err(format!("there was no answer within {deadline:?}")))
    }
}

/// What names no certificate, or nobody who could be asked, is not the same as a responder that is not heard.
fn unaskable(named: &CertificateId) -> Option<String> {
    let responder = named.responder.as_deref().filter(|url| !url.is_empty());
    name::of_station(named).err().or_else(|| responder.and_then(http::no_address))
}
