//! Certificates that stations want to be signed: by a program of the operator's, or by the server's own authority.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_authority::Authority;
use amprule_domain::StationId;
use amprule_domain::command::{Command, SignedCertificate};
use amprule_domain::notice::Notice;
use amprule_domain::ports::Clock;
use amprule_engine::Engine;
use jiff::SignedDuration;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::{JoinHandle, JoinSet};

use crate::config::Certificates;
use crate::environment::SystemClock;
use crate::{program, secrets};

/// A station that is away gets its certificate when it is back; one that wants it still asks again.
const EXPIRES: SignedDuration = SignedDuration::from_hours(24);
const PROGRAM_MAX: Duration = Duration::from_secs(60);

/// Stations whose requests are signed at the same time.
const AT_ONCE: usize = 8;

/// Where the server's own authority is, below the data folder.
const FOLDER: &str = "certificates";

pub(crate) struct Signing {
    engine: Arc<Engine>,
    wanted: Certificates,
    folder: PathBuf,
    installation: String,
}

/// Requests that were signed just now: some stations do not wait for their certificate before they ask again (CertSigningWaitMinimum
/// is often 0).
#[derive(Default)]
struct Lately(VecDeque<(Request, Instant)>);

impl Lately {
    /// The oldest is forgotten when there are more.
    const MAX: usize = 256;
    const FOR: Duration = Duration::from_secs(60);

    fn has(&mut self, request: &Request) -> bool {
        self.0.retain(|(_, at)| at.elapsed() < Self::FOR);
        self.0.iter().any(|(known, _)| known == request)
    }

    fn signed(&mut self, request: Request) {
        if self.0.len() == Self::MAX {
            self.0.pop_front();
        }
        self.0.push_back((request, Instant::now()));
    }
}

/// Requests that wait for their turn, the oldest first: one of each station is signed at a time.
#[derive(Default)]
struct Waiting(VecDeque<Request>);

impl Waiting {
    const MAX: usize = 4_096;
    /// Of one station.
    const EACH: usize = 8;

    /// A station waits for one certificate of each kind: a newer request takes the place of the one before.
    fn push(&mut self, request: Request) {
        let of_station = || self.0.iter().filter(|waiting| waiting.station == request.station);
        let is_full = self.0.len() >= Self::MAX || of_station().count() >= Self::EACH;
        match self.0.iter_mut().find(|waiting| waiting.is_replaced_by(&request)) {
            Some(waiting) => *waiting = request,
            None if is_full => tracing::warn!(
                station = %request.station,
                "too many certificates wait to be signed, and the one that the station wants is not among them; it will ask again"
            ),
            None => self.0.push_back(request),
        }
    }

    fn next(&mut self, busy: &BTreeMap<StationId, Request>) -> Option<Request> {
        let at = self.0.iter().position(|waiting| !busy.contains_key(&waiting.station))?;
        self.0.remove(at)
    }
}

/// What a station asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Request {
    station: StationId,
    csr: String,
    usage: Option<String>,
    number: Option<i64>,
    /// The hashes of the root that it wants to be below, as JSON.
    root: Option<String>,
}

impl Signing {
    pub(crate) fn begin(engine: Arc<Engine>, wanted: Certificates, data: &Path) -> anyhow::Result<JoinHandle<()>> {
        let installation = secrets::installation(data)?;
        let signing = Self { engine, wanted, folder: data.join(FOLDER), installation };
        Ok(tokio::spawn(signing.run()))
    }

    async fn run(self) {
        let mut notices = self.engine.subscribe();
        let signing = Arc::new(self);
        let mut at_work: JoinSet<(Request, bool)> = JoinSet::new();
        let mut busy: BTreeMap<StationId, Request> = BTreeMap::new();
        let (mut waiting, mut lately) = (Waiting::default(), Lately::default());
        loop {
            tokio::select! {
                Some(done) = at_work.join_next() => match done {
                    Ok((request, is_signed)) => {
                        busy.remove(&request.station);
                        if is_signed {
                            lately.signed(request);
                        }
                    }
                    Err(_) => busy.clear(),
                },
                notice = notices.recv() => match notice {
                    Ok(notice) => {
                        let Some(request) = Request::of(&notice) else { continue };
                        // A station repeats what was not answered.
                        if !lately.has(&request) && busy.get(&request.station) != Some(&request) {
                            waiting.push(request);
                        }
                    }
                    // Those that were missed are asked for again.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
            }
            while at_work.len() < AT_ONCE
                && let Some(request) = waiting.next(&busy)
            {
                busy.insert(request.station.clone(), request.clone());
                at_work.spawn(Arc::clone(&signing).serve(request));
            }
        }
    }

    /// With whether it was signed.
    async fn serve(self: Arc<Self>, request: Request) -> (Request, bool) {
        let answered = self.answer(&request).await;
        if let Err(error) = &answered {
            tracing::error!(
                station = %request.station,
                "the certificate that the station wants could not be signed: {error:#}; it will ask again"
            );
        }
        let is_signed = answered.is_ok();
        (request, is_signed)
    }

    async fn answer(&self, request: &Request) -> anyhow::Result<()> {
        let chain = match &*self.wanted.sign_with {
            [] => self.own(&request.csr)?,
            program => by_program(program, request).await?,
        };
        let chain = amprule_authority::without_roots(&chain);
        let now = SystemClock.now();
        let expires_at = now.checked_add(EXPIRES)?;
        let signed = amprule_authority::read_certificate(&chain).map(|read| SignedCertificate {
            serial: read.serial,
            valid_from: read.valid_from,
            expires_at: read.expires_at,
        });
        let command =
            Command::CertificateSigned { chain, usage: request.usage.clone(), request: request.number, signed };
        self.engine.order_own(&request.station, command, expires_at).await?;
        tracing::info!(station = %request.station, "a certificate was signed for the station");
        Ok(())
    }

    fn own(&self, csr: &str) -> anyhow::Result<String> {
        let now = SystemClock.now();
        let authority = open(&self.folder, &self.installation)?;
        let mut serial = [0; 16];
        serial.copy_from_slice(&secrets::random()?[..16]);
        let valid = SignedDuration::from_hours(24 * i64::from(self.wanted.valid_days));
        Ok(authority.sign(csr, serial, valid, now)?)
    }
}

/// Makes the server's own authority, unless a program signs: its certificate may be named as `station_roots`.
pub(crate) fn prepare(wanted: &Certificates, data: &Path) -> anyhow::Result<()> {
    if wanted.sign_with.is_empty() {
        open(&data.join(FOLDER), &secrets::installation(data)?)?;
    }
    Ok(())
}

fn open(folder: &Path, installation: &str) -> anyhow::Result<Authority> {
    Ok(Authority::open(folder, &format!("Amprule stations {installation}"), SystemClock.now())?)
}

async fn by_program(program: &[String], request: &Request) -> anyhow::Result<String> {
    let usage = request.usage.as_deref().unwrap_or_default();
    let root = request.root.as_deref().unwrap_or_default();
    let env = [("AMPRULE_STATION", request.station.as_str()), ("AMPRULE_USAGE", usage), ("AMPRULE_ROOT", root)];
    let chain = program::ask(program, &env, request.csr.as_bytes(), PROGRAM_MAX).await?;
    anyhow::ensure!(chain.contains("BEGIN CERTIFICATE"), "{} gave no certificate", program.join(" "));
    Ok(chain)
}

impl Request {
    fn of(notice: &Notice) -> Option<Self> {
        let station = notice.station.clone().filter(|_| notice.kind == "station.signing-request")?;
        let text = |name: &str| notice.data[name].as_str().map(str::to_owned);
        let (number, root) = (notice.data["request"].as_i64(), &notice.data["root"]);
        let root = root.is_object().then(|| root.to_string());
        Some(Self { station, csr: text("csr")?, usage: text("usage"), number, root })
    }

    fn is_replaced_by(&self, newer: &Self) -> bool {
        (&self.station, &self.usage) == (&newer.station, &newer.usage)
    }
}

/// Kinds of certificates that the server's own authority signs: of the station towards us. Those of the vehicle's side need an
/// authority that vehicles trust.
const OWN: [&str; 2] = ["ChargingStationCertificate", "ChargePointCertificate"];

/// Whether a request is one that can be signed. A program of the operator's judges by itself.
pub(crate) fn check(wanted: &Certificates, csr: &str, usage: Option<&str>, names: &[String]) -> Result<(), String> {
    if !wanted.sign_with.is_empty() {
        return Ok(());
    }
    if let Some(usage) = usage.filter(|usage| !OWN.contains(usage)) {
        return Err(format!(
            "a {usage} needs an authority that vehicles trust: `sign_with` below [certificates] names a program"
        ));
    }
    amprule_authority::check(csr, names).map_err(|why| why.to_string())
}

/// Every kind that InstallCertificate has is one of roots, in all versions: a leaf is refused before it is sent. The error is the
/// member of the payload that is wrong, and why.
pub(crate) fn check_install(action: &str, payload: &str) -> Result<(), (&'static str, String)> {
    if action != "InstallCertificate" {
        return Ok(());
    }
    let asked: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
    let pem = asked["certificate"].as_str().unwrap_or_default();
    amprule_authority::check_root(pem).map_err(|why| ("/certificate", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(station: &str, usage: &str, csr: &str) -> Request {
        let (station, csr, usage) = (StationId::from(station), csr.to_owned(), Some(usage.to_owned()));
        Request { station, csr, usage, number: None, root: None }
    }

    #[test]
    fn each_station_waits_for_one_of_each_kind_and_nobody_behind_another() {
        let mut waiting = Waiting::default();
        for (station, usage, csr) in [
            ("a", "ChargingStationCertificate", "1"),
            ("a", "V2GCertificate", "2"),
            ("b", "ChargingStationCertificate", "3"),
            ("a", "ChargingStationCertificate", "4"),
        ] {
            waiting.push(request(station, usage, csr));
        }
        let mut busy = BTreeMap::new();
        let next = |waiting: &mut Waiting, busy: &_| waiting.next(busy).map(|request| request.csr);
        assert_eq!(next(&mut waiting, &busy).as_deref(), Some("4"), "the newer one, in the place of the first");
        busy.insert(StationId::from("a"), request("a", "ChargingStationCertificate", "4"));
        assert_eq!(next(&mut waiting, &busy).as_deref(), Some("3"));
        assert_eq!(next(&mut waiting, &busy), None, "one of a station at a time");
        busy.clear();
        assert_eq!(next(&mut waiting, &busy).as_deref(), Some("2"), "it was not dropped");
        (0..20).for_each(|kind| waiting.push(request("a", &format!("Kind{kind}"), "5")));
        assert_eq!(waiting.0.len(), Waiting::EACH);
    }
}
