//! An open connection: one question at a time, HTTP/1.1.

use std::time::Duration;

use amprule_outbound::is_alert;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

const MAX_HEAD_BYTES: usize = 16 << 10;
const MAX_HEADERS: usize = 100;
/// Kept for the next question only so long. What stands between may forget a connection without a word, the first of them
/// after a minute or so, and a question over such a one is lost with its deadline.
const MAX_IDLE: Duration = Duration::from_secs(20);
/// Then the name is resolved again: a system that has moved must not be held by an old address.
const MAX_AGE: Duration = Duration::from_secs(300);
/// A connection that nobody takes up any more is closed so long after it was opened: longer than the longest deadline
/// beyond its age.
const MAX_LIFE: Duration = Duration::from_secs(330);

pub(crate) type Question = Request<Empty<Bytes>>;

pub(crate) struct Line {
    sender: SendRequest<Empty<Bytes>>,
    /// Ends with the line.
    _driver: JoinSet<()>,
    opened: Instant,
    used: Instant,
}

pub(crate) enum Broken {
    /// There is no connection any more. Why, for people.
    Lost(String),
    Late,
}

impl Line {
    pub(crate) async fn open(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<Self, String> {
        let mut builder = Builder::new();
        builder.max_buf_size(MAX_HEAD_BYTES).max_headers(MAX_HEADERS);
        let opened = builder.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = opened.map_err(|error| format!("the connection cannot be used: {error}"))?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // Whoever asks hears of its end.
            let _ = timeout(MAX_LIFE, connection).await;
        });
        Ok(Self { sender, _driver: driver, opened: Instant::now(), used: Instant::now() })
    }

    pub(crate) fn is_usable(&self) -> bool {
        let is_young = self.opened.elapsed() < MAX_AGE && self.used.elapsed() < MAX_IDLE;
        is_young && !self.sender.is_closed()
    }

    /// The line may be used again when the answer's body has been read to its end.
    pub(crate) async fn ask(&mut self, question: Question, deadline: Instant) -> Result<Response<Incoming>, Broken> {
        match timeout_at(deadline, self.send(question)).await {
            Err(_) => Err(Broken::Late),
            Ok(answer) => answer.map_err(|error| Broken::Lost(described(&error))),
        }
    }

    async fn send(&mut self, question: Question) -> hyper::Result<Response<Incoming>> {
        self.sender.ready().await?;
        self.sender.send_request(question).await
    }

    pub(crate) fn rest(mut self) -> Self {
        self.used = Instant::now();
        self
    }
}

/// What hyper says, and what is behind it.
fn described(error: &hyper::Error) -> String {
    if is_alert(error) {
        return "it closed the TLS connection instead of answering: it refuses us; look at client_certificate"
            .to_owned();
    }
    if error.is_parse() {
        return format!("what it answers is no HTTP: {error}");
    }
    let source = std::error::Error::source(error).map(|source| format!(" ({source})"));
    format!("the connection broke before an answer: {error}{}", source.unwrap_or_default())
}
