//! A WebSocket to a backend, as the station would open it: its id in the path, its subprotocol, its password.

use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;

use amprule_outbound::{DialFault, dial, resolve};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderValue;
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::pace::{HANDSHAKE, WRITE};
use crate::rule::Rule;

/// Why a backend does not hear a station now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// One of few, for counting.
    pub(crate) cause: &'static str,
    pub(crate) what: String,
}

impl Trouble {
    pub(crate) fn new(cause: &'static str, what: impl Into<String>) -> Self {
        Self { cause, what: what.into() }
    }
}

/// For one of several addresses of a name.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest message of a backend: a local list, or a profile of a whole day.
const MESSAGE_MOST: usize = 256 << 10;
const READ_BUFFER: usize = 2 << 10;
/// OCPP's passwords have 40 characters, or 64.
const PASSWORD_MOST: u64 = 1_024;

trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

pub(crate) struct Socket {
    web: WebSocketStream<Box<dyn Bytes>>,
}

pub(crate) enum Incoming {
    Text(Utf8Bytes),
    Binary,
    /// For the connection's sake.
    Sign,
}

impl Socket {
    pub(crate) async fn connect(rule: &Rule, station: &str, protocol: &str) -> Result<Self, Trouble> {
        let late = || Trouble::new("unreachable", format!("no connection within {} s", HANDSHAKE.as_secs()));
        timeout(HANDSHAKE, Box::pin(Self::shake(rule, station, protocol))).await.map_err(|_| late())?
    }

    async fn shake(rule: &Rule, station: &str, protocol: &str) -> Result<Self, Trouble> {
        let odd = |what: String| Trouble::new("request", what);
        let mut request = rule.address.url(station).into_client_request().map_err(|error| odd(error.to_string()))?;
        let subprotocol = HeaderValue::from_str(protocol).map_err(|error| odd(error.to_string()))?;
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
        if let Some(file) = rule.password_file(station) {
            request.headers_mut().insert(AUTHORIZATION, credentials(station, file).await?);
        }
        let bytes = reach(rule).await?;
        let bounds = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE_MOST))
            .max_frame_size(Some(MESSAGE_MOST));
        match client_async_with_config(request, bytes, Some(bounds)).await {
            Ok((web, response)) => match response.headers().get(SEC_WEBSOCKET_PROTOCOL) {
                Some(agreed) if agreed == protocol => Ok(Self { web }),
                _ => Err(Trouble::new("protocol", format!("it does not agree to {protocol}"))),
            },
            Err(Error::Http(response)) => Err(refusal(response.status().as_u16())),
            Err(error) => Err(Trouble::new("handshake", error.to_string())),
        }
    }

    /// Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Incoming, Trouble> {
        match self.web.next().await {
            Some(Ok(Message::Text(text))) => Ok(Incoming::Text(text)),
            Some(Ok(Message::Binary(_))) => Ok(Incoming::Binary),
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.map(|frame| format!(" ({} {})", frame.code, frame.reason)).unwrap_or_default();
                Err(Trouble::new("closed", format!("it has closed the connection{reason}")))
            }
            Some(Ok(_)) => Ok(Incoming::Sign),
            Some(Err(Error::Capacity(_))) => {
                Err(Trouble::new("too large", format!("its message is longer than {MESSAGE_MOST} bytes")))
            }
            Some(Err(error)) => Err(Trouble::new("broken", error.to_string())),
            None => Err(Trouble::new("closed", "it has closed the connection")),
        }
    }

    pub(crate) async fn say(&mut self, text: String) -> Result<(), Trouble> {
        self.send(Message::text(text)).await
    }

    pub(crate) async fn ping(&mut self) -> Result<(), Trouble> {
        self.send(Message::Ping(Vec::new().into())).await
    }

    /// In good order.
    pub(crate) async fn part(&mut self, reason: &'static str) {
        let frame = CloseFrame { code: CloseCode::Away, reason: reason.into() };
        let _ = self.send(Message::Close(Some(frame))).await;
    }

    async fn send(&mut self, message: Message) -> Result<(), Trouble> {
        let late = |_| Trouble::new("slow", format!("it took no message within {} s", WRITE.as_secs()));
        let sent = timeout(WRITE, self.web.send(message)).await.map_err(late)?;
        sent.map_err(|error| Trouble::new("broken", error.to_string()))
    }
}

async fn reach(rule: &Rule) -> Result<Box<dyn Bytes>, Trouble> {
    let unreachable = |what: String| Trouble::new("unreachable", what);
    let place = &rule.address.place;
    let found = resolve(place).await.map_err(unreachable)?;
    let tcp = dial(place, found, PATIENCE).await.map_err(|fault| match fault {
        DialFault::NotCalled(ip, _) => {
            unreachable(format!("the name {} stands for {ip}, which is not called", place.host))
        }
        DialFault::NoConnection(why) => unreachable(why),
    })?;
    if !place.is_tls() {
        return Ok(Box::new(tcp));
    }
    let secured = rule.tls.connect(&place.host, tcp).await;
    Ok(Box::new(secured.map_err(|fault| Trouble::new("tls", fault.to_string()))?))
}

/// Read each time: a password may change while we run.
async fn credentials(station: &str, file: PathBuf) -> Result<HeaderValue, Trouble> {
    let shown = file.display().to_string();
    let unreadable = |why: String| Trouble::new("password", format!("the password in {shown} cannot be used: {why}"));
    let read = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        std::fs::File::open(file)?.take(PASSWORD_MOST).read_to_string(&mut text).map(|_| text)
    });
    let read = read.await.map_err(|error| unreadable(error.to_string()))?;
    let password = read.map_err(|error| unreadable(error.to_string()))?;
    let basic =
        format!("Basic {}", BASE64_STANDARD.encode(format!("{station}:{}", password.trim_end_matches(['\r', '\n']))));
    let mut value = HeaderValue::from_str(&basic).map_err(|error| unreadable(error.to_string()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn refusal(status: u16) -> Trouble {
    match status {
        401 | 403 => Trouble::new("refused", format!("it refuses the station's password (status {status})")),
        404 => Trouble::new("unknown", "it does not know the station (status 404)"),
        _ => Trouble::new("handshake", format!("status {status} instead of a WebSocket")),
    }
}
