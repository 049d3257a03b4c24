//! An open connection: one request at a time, HTTP/1.1.

use std::time::Duration;

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::answer::Answer;

const MAX_HEAD_BYTES: usize = 16 << 10;
const MAX_HEADERS: usize = 100;
/// Of an answer's body, for the log.
const MAX_BODY_BYTES: usize = 1 << 10;
/// For a body after its head: the head has said all that counts.
const BODY_PATIENCE: Duration = Duration::from_millis(250);
/// Kept for the next event only so long, since receivers close connections that are idle, the first of them after 5 s, and
/// one that is closed just then may swallow an event.
const MAX_IDLE: Duration = Duration::from_secs(4);
/// Then the name is resolved again: a receiver that has moved must not be held by an old address.
const MAX_AGE: Duration = Duration::from_secs(300);

pub(crate) type Outgoing = Request<Full<Bytes>>;

pub(crate) struct Line {
    sender: SendRequest<Full<Bytes>>,
    /// Ends with the line.
    _driver: JoinSet<()>,
    opened: Instant,
    used: Instant,
}

pub(crate) enum Broken {
    /// Nothing of it left.
    NotSent(Box<Outgoing>),
    /// It may have arrived.
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
            // Whoever sends hears of its end.
            let _ = connection.await;
        });
        Ok(Self { sender, _driver: driver, opened: Instant::now(), used: Instant::now() })
    }

    pub(crate) fn is_usable(&self) -> bool {
        let is_young = self.opened.elapsed() < MAX_AGE && self.used.elapsed() < MAX_IDLE;
        is_young && !self.sender.is_closed()
    }

    /// The line may be used again if the answer was read as a whole.
    pub(crate) async fn exchange(&mut self, outgoing: Outgoing, deadline: Instant) -> Result<Answer, Broken> {
        match timeout_at(deadline, self.send(outgoing)).await {
            Err(_) => Err(Broken::Late),
            Ok(Err(broken)) => Err(broken),
            Ok(Ok(response)) => Ok(self.read(response, deadline).await),
        }
    }

    async fn send(&mut self, outgoing: Outgoing) -> Result<Response<Incoming>, Broken> {
        if self.sender.ready().await.is_err() {
            return Err(Broken::NotSent(Box::new(outgoing)));
        }
        self.sender.try_send_request(outgoing).await.map_err(|mut error| match error.take_message() {
            Some(outgoing) => Broken::NotSent(Box::new(outgoing)),
            None => Broken::Lost(describe(error.error())),
        })
    }

    async fn read(&mut self, response: Response<Incoming>, deadline: Instant) -> Answer {
        let (head, mut body) = response.into_parts();
        let mut beginning = Vec::new();
        let until = deadline.min(Instant::now() + BODY_PATIENCE);
        let is_whole = timeout_at(until, take(&mut body, &mut beginning)).await.unwrap_or(false);
        self.used = Instant::now();
        Answer { status: head.status, headers: head.headers, beginning, is_whole }
    }
}

/// Whether that was all.
async fn take(body: &mut Incoming, beginning: &mut Vec<u8>) -> bool {
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        let data = frame.into_data().unwrap_or_default();
        let room = MAX_BODY_BYTES - beginning.len();
        beginning.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return false;
        }
    }
    true
}

/// What hyper says, and what is behind it.
fn describe(error: &hyper::Error) -> String {
    let source = std::error::Error::source(error).map(|source| format!(" ({source})"));
    format!("the connection broke before an answer: {error}{}", source.unwrap_or_default())
}
