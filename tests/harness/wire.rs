//! A station as raw OCPP-J: it sends what it is told, well formed or not, and shows what came back.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::wait::soon;

#[derive(Debug)]
pub struct Wire {
    pub station: String,
    socket: WebSocketStream<Line>,
    next_id: u64,
    calls: VecDeque<(String, String, Value)>,
}

/// What a connection goes through: TCP, or TLS over it.
trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Bytes for S {}

struct Line(Box<dyn Bytes>);

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(cx)
    }
}

/// How a CALL was answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Result(Value),
    Error { code: String, description: String },
}

impl Answer {
    pub fn result(self) -> Value {
        match self {
            Self::Result(payload) => payload,
            Self::Error { code, description } => panic!("the server refused with {code}: {description}"),
        }
    }

    pub fn code(self) -> String {
        match self {
            Self::Error { code, .. } => code,
            Self::Result(payload) => panic!("the server answered {payload} instead of refusing"),
        }
    }
}

impl Wire {
    pub async fn connect(ocpp: &str, station: &str, protocol: &str) -> Self {
        let socket = Self::try_connect(ocpp, station, &[protocol]).await;
        socket.unwrap_or_else(|error| panic!("{station} could not connect with {protocol}: {error}"))
    }

    pub async fn try_connect(ocpp: &str, station: &str, protocols: &[&str]) -> Result<Self, Error> {
        Self::try_connect_as(ocpp, station, protocols, None).await
    }

    /// With HTTP basic authentication: the station's id and this password.
    pub async fn try_connect_as(
        ocpp: &str,
        station: &str,
        protocols: &[&str],
        password: Option<&str>,
    ) -> Result<Self, Error> {
        let stream = TcpStream::connect(ocpp.trim_start_matches("ws://")).await?;
        stream.set_nodelay(true)?;
        Self::try_connect_over(stream, ocpp, station, protocols, password).await
    }

    /// The same over what somebody has connected already: `wss://127.0.0.1:PORT` is only a name then.
    pub async fn try_connect_over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        ocpp: &str,
        station: &str,
        protocols: &[&str],
        password: Option<&str>,
    ) -> Result<Self, Error> {
        let mut request = format!("{ocpp}/{station}").into_client_request()?;
        if let Some(password) = password {
            let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{station}:{password}")));
            let value = HeaderValue::from_str(&value).expect("base64 is plain");
            request.headers_mut().insert("authorization", value);
        }
        if !protocols.is_empty() {
            let value = HeaderValue::from_str(&protocols.join(", ")).expect("protocols are plain words");
            request.headers_mut().insert("sec-websocket-protocol", value);
        }
        let (socket, _) = soon("a handshake", client_async(request, Line(Box::new(stream)))).await?;
        Ok(Self { station: station.to_owned(), socket, next_id: 0, calls: VecDeque::new() })
    }

    /// Sends a CALL that has to be answered with a CALLRESULT.
    pub async fn call(&mut self, action: &str, payload: Value) -> Value {
        self.request(action, payload).await.result()
    }

    pub async fn request(&mut self, action: &str, payload: Value) -> Answer {
        self.next_id += 1;
        let id = format!("{}-{}", self.station, self.next_id);
        self.request_as(&id, action, payload).await
    }

    /// With a message id of one's own, to repeat a message for instance.
    pub async fn request_as(&mut self, id: &str, action: &str, payload: Value) -> Answer {
        let answer = self.try_request_as(id, action, payload).await;
        answer.unwrap_or_else(|| panic!("the connection of {} closed while {action} waited", self.station))
    }

    /// `None` when the connection ends before the answer.
    pub async fn try_request_as(&mut self, id: &str, action: &str, payload: Value) -> Option<Answer> {
        if !self.try_send(&json!([2, id, action, payload]).to_string()).await {
            return None;
        }
        loop {
            let frame = self.frame().await?;
            match frame[0].as_u64() {
                Some(2) => self.keep(&frame),
                Some(3) if frame[1] == id => return Some(Answer::Result(frame[2].clone())),
                Some(4) if frame[1] == id => return Some(refusal(&frame)),
                _ => panic!("{} did not expect {frame} as the answer to {id}", self.station),
            }
        }
    }

    /// Sends a CALL and gives the payload of its CALLRESULT as it was written.
    pub async fn call_raw(&mut self, action: &str, payload: Value) -> String {
        self.next_id += 1;
        let id = format!("{}-{}", self.station, self.next_id);
        self.send(&json!([2, id, action, payload]).to_string()).await;
        let text = self.text().await.expect("an answer");
        let payload = text.strip_prefix(&format!("[3,\"{id}\",")).and_then(|rest| rest.strip_suffix(']'));
        payload.unwrap_or_else(|| panic!("{action} was answered with {text}")).to_owned()
    }

    /// Sends a text as it is.
    pub async fn send(&mut self, text: &str) {
        assert!(self.try_send(text).await, "the connection of {} is closed", self.station);
    }

    pub async fn try_send(&mut self, text: &str) -> bool {
        self.try_send_message(Message::text(text)).await
    }

    pub async fn try_send_message(&mut self, message: Message) -> bool {
        soon("sending", self.socket.send(message)).await.is_ok()
    }

    /// The next frame, or `None` when the connection is closed.
    pub async fn frame(&mut self) -> Option<Value> {
        let text = self.text().await?;
        Some(
            serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("the server sent {text}, which is not JSON: {error}")),
        )
    }

    pub async fn text(&mut self) -> Option<String> {
        loop {
            match soon("a frame", self.socket.next()).await? {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next CALL of the server: id, action, payload.
    pub async fn next_call(&mut self) -> (String, String, Value) {
        while self.calls.is_empty() {
            let frame = self.frame().await.expect("the connection lives while a call is awaited");
            self.keep(&frame);
        }
        self.calls.pop_front().expect("a call was kept just now")
    }

    pub async fn reply(&mut self, id: &str, payload: Value) {
        self.send(&json!([3, id, payload]).to_string()).await;
    }

    pub async fn refuse(&mut self, id: &str, code: &str, description: &str) {
        self.send(&json!([4, id, code, description, {}]).to_string()).await;
    }

    /// Waits for the server's close.
    pub async fn closed(&mut self) {
        while self.text().await.is_some() {}
    }

    pub async fn close(mut self) {
        let _ = soon("closing", self.socket.close(None)).await;
    }

    fn keep(&mut self, frame: &Value) {
        assert_eq!(frame[0], 2, "{} expected a call, not {frame}", self.station);
        let word = |at: usize| frame[at].as_str().expect("ids and actions are texts").to_owned();
        self.calls.push_back((word(1), word(2), frame[3].clone()));
    }
}

fn refusal(frame: &Value) -> Answer {
    let word = |at: usize| frame[at].as_str().unwrap_or_default().to_owned();
    Answer::Error { code: word(2), description: word(3) }
}
