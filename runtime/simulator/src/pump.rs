//! The task behind a simulated station: sends one request at a time and answers the server in between.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::{Answer, CallError, Handler};

/// What a close without a status counts as (RFC 6455, 7.1.5).
pub(crate) const NO_STATUS: u16 = 1006;

pub(crate) struct Request {
    pub(crate) say: Say,
    pub(crate) patience: Duration,
    pub(crate) reply: oneshot::Sender<Result<Reply, CallError>>,
}

pub(crate) enum Say {
    Call { id: Option<String>, action: String, payload: Value },
    Text(String),
    Close,
}

#[derive(Debug)]
pub(crate) enum Reply {
    Answer(Result<Value, CallError>),
    Text(String),
}

/// The request whose answer is waited for.
struct Pending {
    /// `None`: any text will do.
    id: Option<String>,
    patience: Duration,
    until: Instant,
    reply: oneshot::Sender<Result<Reply, CallError>>,
}

struct Pump {
    socket: WebSocketStream<TcpStream>,
    handler: Handler,
    pending: Option<Pending>,
    calls: u64,
    status: u16,
}

/// Runs until the connection ends or its station is dropped.
pub(crate) async fn run(
    socket: WebSocketStream<TcpStream>,
    inbox: mpsc::Receiver<Request>,
    handler: Handler,
    gone: watch::Sender<Option<u16>>,
) {
    let mut pump = Pump { socket, handler, pending: None, calls: 0, status: NO_STATUS };
    // The end of the connection is the same whatever brought it about.
    let _ = pump.pump(inbox).await;
    gone.send_replace(Some(pump.status));
}

/// The connection cannot be used any more.
struct Ended;

impl Pump {
    async fn pump(&mut self, mut inbox: mpsc::Receiver<Request>) -> Result<(), Ended> {
        loop {
            let until = self.pending.as_ref().map(|pending| pending.until);
            tokio::select! {
                request = inbox.recv(), if until.is_none() => match request {
                    Some(request) => self.start(request).await?,
                    None => return Ok(()),
                },
                message = self.socket.next() => match message {
                    Some(Ok(message)) => self.take(message).await?,
                    Some(Err(_)) | None => return Err(Ended),
                },
                () = tokio::time::sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => self.give_up(),
            }
        }
    }

    async fn start(&mut self, request: Request) -> Result<(), Ended> {
        let Request { say, patience, reply } = request;
        let (id, message) = match say {
            Say::Call { id, action, payload } => {
                let id = id.unwrap_or_else(|| self.fresh_id());
                let text = json!([2, id, action, payload]).to_string();
                (Some(id), Message::text(text))
            }
            Say::Text(text) => (None, Message::text(text)),
            Say::Close => (None, Message::Close(None)),
        };
        self.pending = Some(Pending { id, patience, until: Instant::now() + patience, reply });
        self.send(message).await
    }

    fn fresh_id(&mut self) -> String {
        self.calls += 1;
        format!("s{}", self.calls)
    }

    async fn take(&mut self, message: Message) -> Result<(), Ended> {
        match message {
            Message::Text(text) => self.read(&text).await,
            Message::Close(frame) => {
                self.status = frame.map_or(NO_STATUS, |frame| frame.code.into());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn read(&mut self, text: &str) -> Result<(), Ended> {
        let frame: Value = serde_json::from_str(text).unwrap_or_default();
        if frame[0] == 2 {
            return self.answer(&frame).await;
        }
        match self.pending.take() {
            Some(pending) => self.match_up(pending, frame, text),
            None => Ok(()),
        }
    }

    fn match_up(&mut self, pending: Pending, mut frame: Value, text: &str) -> Result<(), Ended> {
        let reply = match &pending.id {
            None => Reply::Text(text.to_owned()),
            Some(id) if frame[1] != id.as_str() => {
                self.pending = Some(pending);
                return Ok(());
            }
            Some(_) if frame[0] == 3 => Reply::Answer(Ok(frame[2].take())),
            Some(_) => Reply::Answer(Err(CallError::Refused {
                code: frame[2].as_str().unwrap_or_default().to_owned(),
                description: frame[3].as_str().unwrap_or_default().to_owned(),
                details: frame[4].take(),
            })),
        };
        // Whoever asked may have stopped waiting.
        let _ = pending.reply.send(Ok(reply));
        Ok(())
    }

    async fn answer(&mut self, call: &Value) -> Result<(), Ended> {
        let id = &call[1];
        let frame = match (self.handler)(call[2].as_str().unwrap_or_default(), &call[3]) {
            Answer::Result(payload) => json!([3, id, payload]),
            Answer::Error { code, description } => json!([4, id, code, description, {}]),
            Answer::Silence => return Ok(()),
        };
        self.send(Message::text(frame.to_string())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Ended> {
        self.socket.send(message).await.map_err(|_| Ended)
    }

    fn give_up(&mut self) {
        if let Some(pending) = self.pending.take() {
            // Whoever asked may have stopped waiting.
            let _ = pending.reply.send(Err(CallError::Silence(pending.patience)));
        }
    }
}
