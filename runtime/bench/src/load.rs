//! Many stations in a process of their own, each with one message outstanding.
//!
//! With a bound on messages in flight, stations take turns, in the order in which they asked for one: however many are
//! connected, the server has the same number of messages at a time.
//!
//! It prints `ready` when all are connected and booted, waits for a line, works for the given time, and prints one
//! JSON object. With idle traffic it holds the connections until its input ends.

use std::io::BufRead;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::traffic::{self, Station, Traffic};

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Load {
    #[arg(long)]
    pub(crate) url: String,
    #[arg(long, value_enum)]
    pub(crate) traffic: Traffic,
    #[arg(long, default_value_t = 200)]
    pub(crate) connections: usize,
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,
    /// Begins the stations' names.
    #[arg(long, default_value = "bench")]
    pub(crate) prefix: String,
    /// Messages of all stations together that wait for their answer; without it each station has one.
    #[arg(long)]
    pub(crate) in_flight: Option<usize>,
    /// The token of all stations, whatever their traffic.
    #[arg(long)]
    pub(crate) token: Option<String>,
    /// Of each station, however long they take; without it the time is the bound.
    #[arg(long)]
    pub(crate) visits: Option<u32>,
    /// By the stations' clocks, visits begin so many days ago.
    #[arg(long, default_value_t = traffic::DAYS_AGO)]
    pub(crate) days_ago: u32,
}

/// What a run came to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    pub(crate) messages: u64,
    pub(crate) seconds: f64,
    pub(crate) answer_bytes: usize,
    pub(crate) p50_micros: u32,
    pub(crate) p99_micros: u32,
    /// Only of a load that has a minute between both.
    pub(crate) first_minute: Option<Stretch>,
    pub(crate) last_minute: Option<Stretch>,
}

/// A part of a run.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stretch {
    pub(crate) messages: u64,
    pub(crate) p99_micros: u32,
}

/// Handshakes at the same time; more would only fill the listener's backlog.
const HANDSHAKES: usize = 64;

impl Load {
    /// The command line of a process that is this load.
    pub(crate) fn arguments(&self) -> Result<Vec<String>> {
        let Self { url, traffic, connections, seconds, prefix, in_flight, token, visits, days_ago } = self;
        let traffic = clap::ValueEnum::to_possible_value(traffic).context("a traffic has a name")?;
        let mut arguments: Vec<String> =
            ["load", "--url", url, "--traffic", traffic.get_name(), "--prefix", prefix].map(str::to_owned).into();
        arguments.extend([format!("--connections={connections}"), format!("--seconds={seconds}")]);
        arguments.push(format!("--days-ago={days_ago}"));
        arguments.extend(in_flight.map(|count| format!("--in-flight={count}")));
        arguments.extend(visits.map(|count| format!("--visits={count}")));
        arguments.extend(token.as_ref().map(|token| format!("--token={token}")));
        Ok(arguments)
    }

    pub(crate) async fn run(self) -> Result<()> {
        let connected = Arc::new(Barrier::new(self.connections + 1));
        let go = Arc::new(Barrier::new(self.connections + 1));
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
        let turns = Arc::new(Semaphore::new(self.in_flight.unwrap_or(self.connections)));
        let mut stations = JoinSet::new();
        for number in 0..self.connections {
            let (load, handshakes, turns) = (self.clone(), Arc::clone(&handshakes), Arc::clone(&turns));
            let (connected, go) = (Arc::clone(&connected), Arc::clone(&go));
            stations.spawn(async move {
                let permit = handshakes.acquire_owned().await?;
                let mut line = Line::open(&load, number).await.with_context(|| format!("open connection {number}"))?;
                drop(permit);
                connected.wait().await;
                go.wait().await;
                line.work(&load, &turns).await
            });
        }
        tokio::select! {
            _ = connected.wait() => {}
            Some(early) = stations.join_next() => { early??; bail!("a station ended before the run") }
        }
        println!("ready");
        hear().await?;
        if self.traffic == Traffic::Idle {
            return Ok(());
        }
        let begun = Instant::now();
        go.wait().await;
        let worked = stations.join_all().await.into_iter().collect::<Result<Vec<Worked>>>()?;
        let outcome = sum_up(&worked, begun.elapsed(), has_minutes(self.seconds));
        println!("{}", serde_json::to_string(&outcome)?);
        Ok(())
    }
}

/// Waits for a line, or for the end of our input.
async fn hear() -> Result<()> {
    tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new())).await??;
    Ok(())
}

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// Whether a run is so long that its first and its last minute are told.
pub(crate) fn has_minutes(seconds: f64) -> bool {
    seconds > 2.0 * MINUTE.as_secs_f64()
}

/// What one station has seen.
#[derive(Default)]
struct Worked {
    /// For each message in turn, how long its answer took.
    micros: Vec<u32>,
    in_first_minute: usize,
    before_last_minute: usize,
    answer_bytes: usize,
}

fn sum_up(worked: &[Worked], took: Duration, has_minutes: bool) -> Outcome {
    let all = sorted(worked, |worked| &worked.micros);
    let first = || stretch(&sorted(worked, |worked| &worked.micros[..worked.in_first_minute]));
    let last = || stretch(&sorted(worked, |worked| &worked.micros[worked.before_last_minute..]));
    Outcome {
        messages: all.len() as u64,
        seconds: took.as_secs_f64(),
        answer_bytes: worked.first().map_or(0, |worked| worked.answer_bytes),
        p50_micros: at(&all, 0.5),
        p99_micros: at(&all, 0.99),
        first_minute: has_minutes.then(first),
        last_minute: has_minutes.then(last),
    }
}

fn sorted(worked: &[Worked], part: impl Fn(&Worked) -> &[u32]) -> Vec<u32> {
    let mut micros: Vec<u32> = worked.iter().flat_map(|worked| part(worked).iter().copied()).collect();
    micros.sort_unstable();
    micros
}

fn stretch(sorted: &[u32]) -> Stretch {
    Stretch { messages: sorted.len() as u64, p99_micros: at(sorted, 0.99) }
}

/// What so large a share is below.
pub(crate) fn at<T: Copy + Default>(sorted: &[T], share: f64) -> T {
    sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or_default()
}

/// One station's connection.
struct Line {
    socket: WebSocketStream<TcpStream>,
    station: Station,
}

impl Line {
    async fn open(load: &Load, number: usize) -> Result<Self> {
        let mut request = format!("{}/{}-{number}", load.url, load.prefix).into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("ocpp1.6"));
        let stream = TcpStream::connect(load.url.trim_start_matches("ws://")).await?;
        stream.set_nodelay(true)?;
        let config =
            WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0).max_write_buffer_size(64 * 1024);
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        let token = load.token.clone().unwrap_or_else(|| load.traffic.token(number));
        let mut line = Self { socket, station: Station::new(load.traffic, token, load.days_ago) };
        let boot = line.station.boot();
        line.exchange(boot).await?;
        if load.traffic == Traffic::MeterValues {
            let start = line.station.start();
            let answer = line.exchange(start).await?;
            line.remember(&answer);
        }
        if load.in_flight.is_some() {
            line.begin_at(load, number).await?;
        }
        Ok(line)
    }

    /// Stations that take turns would else all say the same at the same time. With each at another place of its visit, a
    /// run has equally many messages of each kind, though it may be too short for a whole visit of every station.
    async fn begin_at(&mut self, load: &Load, number: usize) -> Result<()> {
        for _ in 0..number % load.traffic.visit() as usize {
            self.converse().await?;
        }
        Ok(())
    }

    async fn work(&mut self, load: &Load, turns: &Semaphore) -> Result<Worked> {
        let (begun, time) = (Instant::now(), Duration::from_secs_f64(load.seconds));
        let messages = load.visits.map(|visits| (visits * load.traffic.visit()) as usize);
        let mut worked = Worked::default();
        loop {
            let turn = turns.acquire().await?;
            let (at, sent) = (begun.elapsed(), Instant::now());
            if messages.map_or(at >= time, |messages| worked.micros.len() >= messages) {
                return Ok(worked);
            }
            worked.answer_bytes = self.converse().await?;
            drop(turn);
            worked.micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
            worked.in_first_minute += usize::from(at < MINUTE);
            worked.before_last_minute += usize::from(at + MINUTE < time);
        }
    }

    /// Says what the station has to say next, and tells how long the answer is.
    async fn converse(&mut self) -> Result<usize> {
        let (message, names_transaction) = self.station.next();
        let answer = self.exchange(message).await?;
        if names_transaction {
            self.remember(&answer);
        }
        Ok(answer.len())
    }

    async fn exchange(&mut self, message: String) -> Result<Utf8Bytes> {
        self.socket.send(Message::text(message)).await?;
        loop {
            match self.socket.next().await.context("the connection closed")?? {
                Message::Text(answer) if answer.starts_with("[3,") => return Ok(answer),
                Message::Text(other) if !other.starts_with("[2,") => bail!("the answer was {other}"),
                _ => {}
            }
        }
    }

    /// The echo's canned answer names none; then any number will do.
    fn remember(&mut self, answer: &str) {
        let number = answer.split(r#""transactionId":"#).nth(1).unwrap_or_default();
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        self.station.transaction = digits.parse().unwrap_or(1);
    }
}
