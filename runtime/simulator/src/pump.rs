//! The task behind a simulated station: sends one request at a time and answers the server in between.
//!
//! Requests come from whoever holds the station, and from the station itself when it has a will of its own.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::station::open;
use crate::{Answer, CallError, Handler, StationSettings};

/// What a close without a status counts as (RFC 6455, 7.1.5).
pub(crate) const NO_STATUS: u16 = 1006;
/// How long a station that reboots waits for the server's close.
const GOODBYE: Duration = Duration::from_millis(200);

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

/// What a station says by itself. It is never answered to anyone but [`Will::heard`].
pub(crate) enum Own {
    Call(&'static str, Value),
    /// Since 2.1: a message that nobody answers.
    Send(&'static str, Value),
    /// Cuts the connection, and opens another after a while.
    Reopen(Duration),
}

/// Hears what was said, and the server's answer unless it was an error or never came.
pub(crate) type Heard = Box<dyn Fn(Spoken<'_>, Option<&Value>) + Send + Sync>;

pub(crate) type NextConnection = Box<dyn Fn(u32) -> (StationSettings, Option<Vec<u8>>) + Send + Sync>;

/// A call that was made.
pub(crate) struct Spoken<'a> {
    pub(crate) action: &'a str,
    pub(crate) payload: &'a Value,
    /// The station made it by itself.
    pub(crate) is_own: bool,
}

/// The station's own part in what it says.
pub(crate) struct Will {
    /// Where the next connection leads, and its password: both may change. Gets how many attempts have failed.
    pub(crate) settings: NextConnection,
    pub(crate) own: mpsc::UnboundedReceiver<Own>,
    pub(crate) heard: Heard,
    pub(crate) patience: Duration,
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
    /// `None`: the station asked by itself.
    reply: Option<oneshot::Sender<Result<Reply, CallError>>>,
    /// Kept for a station that listens.
    said: Option<(String, Value)>,
}

struct Pump {
    socket: WebSocketStream<TcpStream>,
    handler: Handler,
    will: Option<Will>,
    pending: Option<Pending>,
    calls: u64,
    status: u16,
}

/// Runs until the connection ends or its station is dropped.
pub(crate) async fn run(
    socket: WebSocketStream<TcpStream>,
    inbox: mpsc::Receiver<Request>,
    handler: Handler,
    will: Option<Will>,
    gone: watch::Sender<Option<u16>>,
) {
    let mut pump = Pump { socket, handler, will, pending: None, calls: 0, status: NO_STATUS };
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
                own = next(self.will.as_mut()), if until.is_none() => self.say(own).await?,
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
        let (id, message, said) = match say {
            Say::Call { id, action, payload } => {
                let id = id.unwrap_or_else(|| self.fresh_id());
                let text = json!([2, id, action, payload]).to_string();
                (Some(id), Message::text(text), self.will.is_some().then_some((action, payload)))
            }
            Say::Text(text) => (None, Message::text(text), None),
            Say::Close => (None, Message::Close(None), None),
        };
        self.pending = Some(Pending { id, patience, until: Instant::now() + patience, reply: Some(reply), said });
        self.send(message).await
    }

    async fn say(&mut self, own: Own) -> Result<(), Ended> {
        let id = self.fresh_id();
        match own {
            Own::Call(action, payload) => {
                let text = json!([2, id, action, payload]).to_string();
                let patience = self.will.as_ref().map_or(Duration::ZERO, |will| will.patience);
                let said = Some((action.to_owned(), payload));
                self.pending =
                    Some(Pending { id: Some(id), patience, until: Instant::now() + patience, reply: None, said });
                self.send(Message::text(text)).await
            }
            Own::Send(action, payload) => self.send(Message::text(json!([6, id, action, payload]).to_string())).await,
            Own::Reopen(pause) => self.reopen(pause).await,
        }
    }

    /// Goes away in good order and comes back, as a station that reboots.
    async fn reopen(&mut self, pause: Duration) -> Result<(), Ended> {
        let Some(will) = &self.will else { return Ok(()) };
        let patience = will.patience;
        // Whether the server saw the end of it does not matter: a new connection replaces the old one.
        let _ = self.socket.close(None).await;
        let drained = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _ = tokio::time::timeout(GOODBYE, drained).await;
        let until = Instant::now() + patience;
        let mut failed = 0;
        loop {
            tokio::time::sleep(pause).await;
            let (settings, secret) = (will.settings)(failed);
            failed += 1;
            let opened = Box::pin(open(&settings, secret.as_deref()));
            match tokio::time::timeout_at(until, opened).await {
                Ok(Ok(socket)) => {
                    self.socket = socket;
                    return Ok(());
                }
                Ok(Err(_)) if Instant::now() < until => {}
                Ok(Err(_)) | Err(_) => return Err(Ended),
            }
        }
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

    fn match_up(&mut self, mut pending: Pending, mut frame: Value, text: &str) -> Result<(), Ended> {
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
        if let Reply::Answer(answer) = &reply {
            self.tell(&mut pending, answer.as_ref().ok());
        }
        pending.settle(Ok(reply));
        Ok(())
    }

    /// A station with a will hears what became of its calls.
    fn tell(&self, pending: &mut Pending, answer: Option<&Value>) {
        if let (Some(will), Some((action, payload))) = (&self.will, pending.said.take()) {
            let spoken = Spoken { action: &action, payload: &payload, is_own: pending.reply.is_none() };
            (will.heard)(spoken, answer);
        }
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
        if let Some(mut pending) = self.pending.take() {
            self.tell(&mut pending, None);
            let silence = CallError::Silence(pending.patience);
            pending.settle(Err(silence));
        }
    }
}

impl Pending {
    fn settle(self, reply: Result<Reply, CallError>) {
        if let Some(whoever) = self.reply {
            // They may have stopped waiting.
            let _ = whoever.send(reply);
        }
    }
}

/// What the station wants to say by itself; for ever nothing when it has no will.
async fn next(will: Option<&mut Will>) -> Own {
    let said = match will {
        Some(will) => will.own.recv().await,
        None => None,
    };
    match said {
        Some(own) => own,
        None => std::future::pending().await,
    }
}
