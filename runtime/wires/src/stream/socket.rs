//! Messages over a WebSocket (RFC 6455), of which each line of a text frame is one: some boxes put several into one frame.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::{Bytes, MOST_BYTES};
use crate::address::HttpAddress;
use crate::fault::WireFault;

/// Of a frame, or of several that are one.
const MOST_FRAME: usize = 256 << 10;
const READ_BUFFER: usize = 8 << 10;

pub(super) struct Socket {
    frames: WebSocketStream<Box<dyn Bytes>>,
    lines: VecDeque<String>,
    /// Nothing came since it was pinged.
    is_pinged: bool,
}

impl Socket {
    /// Then it is pinged, and after as long again it is gone.
    pub(super) const PATIENCE: Duration = Duration::from_secs(10);

    /// `shown` is what the place is called.
    pub(super) async fn shake(bytes: Box<dyn Bytes>, to: &HttpAddress, shown: &str) -> Result<Self, WireFault> {
        let unsayable = |_| WireFault::Unsayable(format!("{:?} is no path of a WebSocket", to.base));
        let scheme = if to.is_tls { "wss" } else { "ws" };
        let mut request = format!("{scheme}://{shown}{}", to.base).into_client_request().map_err(unsayable)?;
        let credentials = to.credentials.as_ref().map(|credentials| (AUTHORIZATION, credentials.header()));
        request.headers_mut().extend(credentials);
        let bounds = WebSocketConfig::default()
            .max_message_size(Some(MOST_FRAME))
            .max_frame_size(Some(MOST_FRAME))
            .read_buffer_size(READ_BUFFER);
        match client_async_with_config(request, bytes, Some(bounds)).await {
            Ok((frames, _)) => Ok(Self { frames, lines: VecDeque::new(), is_pinged: false }),
            Err(Error::Http(response)) => {
                let code = response.status().as_u16();
                let fault = WireFault::of_status(shown, "the WebSocket", code);
                let why = format!("status {code} instead of a WebSocket");
                Err(fault.unwrap_or_else(|| WireFault::Confused { to: shown.to_owned(), why }))
            }
            Err(error) => Err(WireFault::Confused { to: shown.to_owned(), why: error.to_string() }),
        }
    }

    pub(super) async fn next(&mut self) -> Result<String, String> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(line);
            }
            let frame = self.frames.next().await;
            self.is_pinged = false;
            match frame {
                Some(Ok(Message::Text(text))) => {
                    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && line.len() <= MOST_BYTES);
                    self.lines.extend(lines.map(str::to_owned));
                }
                Some(Ok(Message::Close(_))) | None => return Err("it has closed the connection".to_owned()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.to_string()),
            }
        }
    }

    pub(super) async fn say(&mut self, text: &str) -> Result<(), String> {
        self.frames.send(Message::text(text)).await.map_err(|error| error.to_string())
    }

    pub(super) async fn is_quiet(&mut self) -> Result<(), String> {
        if self.is_pinged {
            return Err(format!("it answers no ping within {} s", Self::PATIENCE.as_secs()));
        }
        self.is_pinged = true;
        self.frames.send(Message::Ping(Vec::new().into())).await.map_err(|error| error.to_string())
    }
}
