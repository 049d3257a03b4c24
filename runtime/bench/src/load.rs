//! Many stations in a process of their own, each with one message outstanding.
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

use crate::traffic::{Station, Traffic};

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Load {
    #[arg(long)]
    url: String,
    #[arg(long, value_enum)]
    traffic: Traffic,
    #[arg(long, default_value_t = 200)]
    connections: usize,
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Begins the stations' names.
    #[arg(long, default_value = "bench")]
    prefix: String,
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
}

/// Handshakes at the same time; more would only fill the listener's backlog.
const HANDSHAKES: usize = 64;

impl Load {
    pub(crate) async fn run(self) -> Result<()> {
        let connected = Arc::new(Barrier::new(self.connections + 1));
        let go = Arc::new(Barrier::new(self.connections + 1));
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
        let mut stations = JoinSet::new();
        for number in 0..self.connections {
            let (load, handshakes) = (self.clone(), Arc::clone(&handshakes));
            let (connected, go) = (Arc::clone(&connected), Arc::clone(&go));
            stations.spawn(async move {
                let permit = handshakes.acquire_owned().await?;
                let mut line = Line::open(&load, number).await.with_context(|| format!("open connection {number}"))?;
                drop(permit);
                connected.wait().await;
                go.wait().await;
                line.work(Duration::from_secs_f64(load.seconds)).await
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
        println!("{}", serde_json::to_string(&sum_up(&worked, begun.elapsed()))?);
        Ok(())
    }
}

/// Waits for a line, or for the end of our input.
async fn hear() -> Result<()> {
    tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new())).await??;
    Ok(())
}

struct Worked {
    micros: Vec<u32>,
    answer_bytes: usize,
}

fn sum_up(worked: &[Worked], took: Duration) -> Outcome {
    let mut micros: Vec<u32> = worked.iter().flat_map(|worked| worked.micros.iter().copied()).collect();
    micros.sort_unstable();
    let at = |share: f64| micros.get((micros.len() as f64 * share) as usize).copied().unwrap_or_default();
    Outcome {
        messages: micros.len() as u64,
        seconds: took.as_secs_f64(),
        answer_bytes: worked.first().map_or(0, |worked| worked.answer_bytes),
        p50_micros: at(0.5),
        p99_micros: at(0.99),
    }
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
        let mut line = Self { socket, station: Station::new(load.traffic, number) };
        let boot = line.station.boot();
        line.exchange(boot).await?;
        if load.traffic == Traffic::MeterValues {
            let start = line.station.start();
            let answer = line.exchange(start).await?;
            line.remember(&answer);
        }
        Ok(line)
    }

    async fn work(&mut self, time: Duration) -> Result<Worked> {
        let deadline = Instant::now() + time;
        let mut worked = Worked { micros: Vec::with_capacity(16 * 1024), answer_bytes: 0 };
        while Instant::now() < deadline {
            let (message, names_transaction) = self.station.next();
            let sent = Instant::now();
            let answer = self.exchange(message).await?;
            worked.micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
            worked.answer_bytes = answer.len();
            if names_transaction {
                self.remember(&answer);
            }
        }
        Ok(worked)
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
