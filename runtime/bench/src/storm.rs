//! A fleet that loses its connections at once and comes back within seconds: TLS, passwords and boots of all of them, against the
//! same fleet that makes its TLS handshakes with a server that does nothing else.
//!
//! The stations are in this process, each server in another: what the kernel says of that one is its own work.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, DEFAULT_VERSIONS, RootCertStore};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::figures::rounded;
use crate::hooks::Api;
use crate::load::at;
use crate::measured::Measured;
use crate::ratio::serve;
use crate::room;

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Storm {
    /// The server's binary, built in release.
    #[arg(long)]
    amprule: PathBuf,
    #[arg(long, default_value_t = 5_000)]
    stations: usize,
    /// They come back within so many seconds, each at another moment.
    #[arg(long, default_value_t = 10.0)]
    within: f64,
    /// One JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

const PASSWORD: &str = "a-password-of-16";
/// Handshakes at the same time, when the fleet connects for the first time.
const AT_ONCE: usize = 64;
/// A station that is refused or cut off tries again after so long, and gives up in the end.
const PAUSE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(120);

/// What it came to.
struct Outcome {
    back: usize,
    /// From the moment when all connections were cut.
    all_back_s: f64,
    /// Of one station, from its first try to the answer to its boot.
    p50_ms: f64,
    p99_ms: f64,
    failed_tries: usize,
    /// Of the server, for each station.
    cpu_ms: f64,
    before_kib: f64,
    after_kib: f64,
}

/// A station that is there, with what it holds on to.
enum Come {
    Secured { _held: Box<TlsStream<TcpStream>> },
    Booted { _held: Box<WebSocketStream<TlsStream<TcpStream>>> },
}

/// All that a station needs to come.
struct Fleet {
    connector: TlsConnector,
    address: String,
    /// It makes a handshake and is silent.
    only_secures: bool,
    failed: AtomicUsize,
}

impl Storm {
    pub(crate) fn run(self) -> Result<()> {
        room::make(2 * self.stations).map_err(anyhow::Error::msg)?;
        room::own_files()?;
        let folder = TempDir::with_prefix("amprule-storm-")?;
        let (chain, key) = certificate()?;
        std::fs::write(folder.path().join("server.pem"), chain.pem())?;
        std::fs::write(folder.path().join("server.key"), key.serialize_pem())?;
        let place = |name: &str| folder.path().join(name).display().to_string();
        let configuration = format!(
            "[ocpp.tls]\ncertificate = {:?}\nkey = {:?}\n[stations]\nunknown = \"reject\"\n",
            place("server.pem"),
            place("server.key")
        );
        std::fs::write(folder.path().join("amprule.toml"), configuration)?;
        let mut server = serve(&self.amprule, folder.path())?;
        let api = Api::new(server.address("api")?, &folder.path().join("data"))?;
        for number in 0..self.stations {
            api.put_station(&name(number), &json!({"securityProfile": 2, "password": PASSWORD}))?;
        }
        let connector = TlsConnector::from(client(&chain)?);
        let floor = floor(folder.path())?;
        let floor = self.weather(Fleet::of(&connector, &floor, true), &floor)?;
        let storm = self.weather(Fleet::of(&connector, &server, false), &server)?;
        storm.print(&floor, self.stations, self.json);
        Ok(())
    }

    fn weather(&self, fleet: Fleet, server: &Measured) -> Result<Outcome> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(self.breaks(Arc::new(fleet), server))
    }

    async fn breaks(&self, fleet: Arc<Fleet>, server: &Measured) -> Result<Outcome> {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let mut coming = JoinSet::new();
        for number in 0..self.stations {
            let (fleet, turns) = (Arc::clone(&fleet), Arc::clone(&turns));
            coming.spawn(async move {
                let _turn = turns.acquire_owned().await?;
                fleet.come(number).await.with_context(|| format!("connect station {number}"))
            });
        }
        let there: Vec<Come> = coming.join_all().await.into_iter().collect::<Result<_>>()?;
        let before_kib = settled_kib(server).await?;
        let cpu_before = server.cpu_seconds()?;
        // As a cut line: nobody says good-bye.
        drop(there);
        let cut = Instant::now();
        let mut coming = JoinSet::new();
        for number in 0..self.stations {
            let (fleet, share) = (Arc::clone(&fleet), number as f64 / self.stations as f64);
            let wait = Duration::from_secs_f64(self.within * share);
            coming.spawn(async move {
                tokio::time::sleep(wait).await;
                let begun = Instant::now();
                let come = fleet.come_back(number).await?;
                anyhow::Ok((come, begun.elapsed().as_secs_f64() * 1e3))
            });
        }
        let came: Vec<(Come, f64)> = coming.join_all().await.into_iter().filter_map(Result::ok).collect();
        let all_back_s = cut.elapsed().as_secs_f64();
        let cpu_ms = (server.cpu_seconds()? - cpu_before) * 1e3 / self.stations as f64;
        let after_kib = settled_kib(server).await?;
        let mut millis: Vec<f64> = came.iter().map(|(_, millis)| *millis).collect();
        millis.sort_by(f64::total_cmp);
        Ok(Outcome {
            back: came.len(),
            all_back_s,
            p50_ms: at(&millis, 0.5),
            p99_ms: at(&millis, 0.99),
            failed_tries: fleet.failed.load(Ordering::Relaxed),
            cpu_ms,
            before_kib,
            after_kib,
        })
    }
}

impl Fleet {
    fn of(connector: &TlsConnector, server: &Measured, only_secures: bool) -> Self {
        let address = server.url.trim_start_matches("wss://").to_owned();
        Self { connector: connector.clone(), address, only_secures, failed: AtomicUsize::default() }
    }

    async fn come_back(&self, number: usize) -> Result<Come> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.come(number).await {
                Ok(come) => return Ok(come),
                Err(error) if Instant::now() > until => return Err(error),
                Err(_) => {
                    self.failed.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// TCP, TLS, WebSocket with a password, and a boot that is accepted.
    async fn come(&self, number: usize) -> Result<Come> {
        let tcp = TcpStream::connect(&self.address).await?;
        tcp.set_nodelay(true)?;
        let secured = self.connector.connect(ServerName::try_from("localhost")?, tcp).await?;
        if self.only_secures {
            return Ok(Come::Secured { _held: Box::new(secured) });
        }
        let mut request = format!("wss://{}/{}", self.address, name(number)).into_client_request()?;
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{PASSWORD}", name(number))));
        request.headers_mut().insert("authorization", HeaderValue::from_str(&basic)?);
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("ocpp1.6"));
        let small = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
        let (mut socket, _) = client_async_with_config(request, secured, Some(small)).await?;
        let boot = r#"[2,"b","BootNotification",{"chargePointVendor":"Bench","chargePointModel":"Storm"}]"#;
        socket.send(Message::text(boot)).await?;
        loop {
            match socket.next().await.context("the connection closed")?? {
                Message::Text(answer) if answer.contains("\"Accepted\"") => {
                    return Ok(Come::Booted { _held: Box::new(socket) });
                }
                Message::Text(other) if !other.starts_with("[2,") => bail!("the boot was answered {other}"),
                _ => {}
            }
        }
    }
}

fn name(number: usize) -> String {
    format!("storm-{number}")
}

fn certificate() -> Result<(rcgen::Certificate, KeyPair)> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
    Ok((certificate, key))
}

fn client(chain: &rcgen::Certificate) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(chain.der().clone())?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(DEFAULT_VERSIONS)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // A station that was cut off has rarely a session to go on with: each handshake is a whole one.
    config.resumption = tokio_rustls::rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

/// A server that makes handshakes with the certificate in this folder.
fn floor(folder: &Path) -> Result<Measured> {
    let place = |name: &str| folder.join(name).display().to_string();
    let arguments = ["secured", "--certificate", &place("server.pem"), "--key", &place("server.key")];
    Measured::start(&std::env::current_exe()?, &arguments.map(str::to_owned))
}

/// Resident memory once it no longer changes.
async fn settled_kib(server: &Measured) -> Result<f64> {
    let mut last = server.resident_kib()?;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = server.resident_kib()?;
        if (now - last).abs() < 64.0 {
            return Ok(now);
        }
        last = now;
    }
    Ok(last)
}

impl Outcome {
    fn print(&self, floor: &Self, stations: usize, as_json: bool) {
        let Self { back, all_back_s, p50_ms, p99_ms, failed_tries, cpu_ms, .. } = self;
        let (before_mib, after_mib) = (self.before_kib / 1024.0, self.after_kib / 1024.0);
        let (handshake_ms, beyond_ms) = (floor.cpu_ms, cpu_ms - floor.cpu_ms);
        if as_json {
            let figures = json!({
                "stations": stations, "back": back, "allBackSeconds": rounded(*all_back_s), "p50Millis": rounded(*p50_ms),
                "p99Millis": rounded(*p99_ms), "failedTries": failed_tries, "cpuMillisPerStation": rounded(*cpu_ms),
                "handshakeMillis": rounded(handshake_ms), "beyondHandshakeMillis": rounded(beyond_ms),
                "residentMibBefore": rounded(before_mib), "residentMibAfter": rounded(after_mib),
            });
            println!("{figures}");
            return;
        }
        println!(
            "{back} of {stations} stations were back {all_back_s:.1} s after all connections were cut; {failed_tries} tries failed"
        );
        println!("one station: p50 {p50_ms:.0} ms, p99 {p99_ms:.0} ms from its first try to the answer to its boot");
        println!(
            "CPU of the server for each: {cpu_ms:.2} ms; of one that makes the same handshakes and does nothing else \
             {handshake_ms:.2} ms; beyond it {beyond_ms:.2} ms"
        );
        println!("resident memory: {before_mib:.1} MiB before, {after_mib:.1} MiB after");
    }
}
