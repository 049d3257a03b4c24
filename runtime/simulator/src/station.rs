//! One simulated station: a WebSocket client that speaks OCPP-J.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::pump::{self, Reply, Request, Say, Will};
use crate::{CallError, ConnectError, Handler, Version, Whole, accepting};

/// Requests that may wait for their turn; a caller beyond waits itself.
const QUEUE: usize = 16;

#[derive(Debug, Clone)]
pub struct StationSettings {
    /// The server's address without the station: `ws://127.0.0.1:9000` or `ws://127.0.0.1:9000/ocpp`.
    pub url: String,
    pub id: String,
    pub version: Version,
    /// Sent as HTTP basic authentication with the station's id as user.
    pub password: Option<String>,
    /// How long to wait for the handshake, and for each answer.
    pub patience: Duration,
}

impl StationSettings {
    pub fn new(url: impl Into<String>, id: impl Into<String>, version: Version) -> Self {
        Self { url: url.into(), id: id.into(), version, password: None, patience: Duration::from_secs(30) }
    }

    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }
}

/// A connected station. Dropping it cuts the connection without a word, as a power failure does.
#[derive(Debug)]
pub struct SimStation {
    settings: StationSettings,
    requests: mpsc::Sender<Request>,
    closed: watch::Receiver<Option<u16>>,
    tasks: Vec<AbortHandle>,
}

impl Drop for SimStation {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl SimStation {
    /// Connects a station that agrees to whatever the server asks of it.
    ///
    /// # Errors
    /// [`ConnectError::Refused`] carries the HTTP status of a refusal.
    pub async fn connect(settings: StationSettings) -> Result<Self, ConnectError> {
        let handler = accepting(settings.version);
        Self::connect_with(settings, handler).await
    }

    /// Connects a station whose answers to the server's calls are up to `handler`.
    ///
    /// # Errors
    /// As [`SimStation::connect`].
    pub async fn connect_with(settings: StationSettings, handler: Handler) -> Result<Self, ConnectError> {
        let socket = connected(&settings).await?;
        Ok(Self::over(socket, settings, handler, None))
    }

    /// Connects a station that has a state of its own: it behaves as the standard says, also by itself.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
    /// use amprule_simulator::{SimStation, StationSettings, Version};
    ///
    /// let settings = StationSettings::new("ws://127.0.0.1:9000", "CS-1", Version::Ocpp201);
    /// let (station, whole) = SimStation::connect_whole(settings).await?;
    /// station.boot().await?;
    /// // … the server sends SetChargingProfile …
    /// assert_eq!(whole.profiles().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`SimStation::connect`].
    pub async fn connect_whole(settings: StationSettings) -> Result<(Self, Arc<Whole>), ConnectError> {
        let whole = Whole::new(settings.version);
        let station = Self::connect_as(settings, &whole).await?;
        Ok((station, whole))
    }

    /// Connects a station whose state is there already: it was made with other habits, or was connected before.
    ///
    /// # Errors
    /// As [`SimStation::connect`].
    pub async fn connect_as(settings: StationSettings, whole: &Arc<Whole>) -> Result<Self, ConnectError> {
        let socket = connected(&settings).await?;
        let (say, own) = mpsc::unbounded_channel();
        let will = whole.will(&settings, own);
        let mut station = Self::over(socket, settings, whole.handler(), Some(will));
        station.tasks.push(tokio::spawn(Arc::clone(whole).follow(say)).abort_handle());
        Ok(station)
    }

    fn over(
        socket: WebSocketStream<TcpStream>,
        settings: StationSettings,
        handler: Handler,
        will: Option<Will>,
    ) -> Self {
        let (requests, inbox) = mpsc::channel(QUEUE);
        let (gone, closed) = watch::channel(None);
        let task = tokio::spawn(pump::run(socket, inbox, handler, will, gone)).abort_handle();
        Self { settings, requests, closed, tasks: vec![task] }
    }

    pub fn id(&self) -> &str {
        &self.settings.id
    }

    pub fn version(&self) -> Version {
        self.settings.version
    }

    /// Sends a CALL under a fresh id and waits for its answer. Calls at the same time wait for each other.
    ///
    /// # Errors
    /// [`CallError::Refused`] is the server's CALLERROR.
    pub async fn call(&self, action: &str, payload: Value) -> Result<Value, CallError> {
        self.ask(None, action, payload).await
    }

    /// The same under a given id, to repeat a message.
    ///
    /// # Errors
    /// As [`SimStation::call`].
    pub async fn call_as(&self, id: &str, action: &str, payload: Value) -> Result<Value, CallError> {
        self.ask(Some(id.to_owned()), action, payload).await
    }

    /// Sends any text and returns the next text that is not a call of the server.
    ///
    /// # Errors
    /// [`CallError::Silence`] when nothing comes, [`CallError::Closed`] when the server closes.
    pub async fn say(&self, text: impl Into<String>) -> Result<String, CallError> {
        match self.request(Say::Text(text.into())).await? {
            Reply::Text(text) => Ok(text),
            Reply::Answer(answer) => Err(CallError::Garbled(format!("{answer:?}"))),
        }
    }

    /// Closes in good order and waits for the server's close.
    pub async fn close(&self) {
        // A connection that is closed already has nobody to take the request.
        let _ = self.request(Say::Close).await;
        self.closed().await;
    }

    /// Waits until the connection is closed. Returns the server's status, or 1006 when it gave none.
    pub async fn closed(&self) -> u16 {
        let mut closed = self.closed.clone();
        let status = closed.wait_for(Option::is_some).await.ok().and_then(|status| *status);
        status.unwrap_or(pump::NO_STATUS)
    }

    pub fn is_closed(&self) -> bool {
        self.closed.borrow().is_some()
    }

    async fn ask(&self, id: Option<String>, action: &str, payload: Value) -> Result<Value, CallError> {
        match self.request(Say::Call { id, action: action.to_owned(), payload }).await? {
            Reply::Answer(answer) => answer,
            Reply::Text(text) => Err(CallError::Garbled(text)),
        }
    }

    async fn request(&self, say: Say) -> Result<Reply, CallError> {
        let (reply, answer) = oneshot::channel();
        let request = Request { say, patience: self.settings.patience, reply };
        self.requests.send(request).await.map_err(|_| CallError::Closed)?;
        answer.await.map_err(|_| CallError::Closed)?
    }
}

async fn connected(settings: &StationSettings) -> Result<WebSocketStream<TcpStream>, ConnectError> {
    let open = Box::pin(open(settings, None));
    tokio::time::timeout(settings.patience, open).await.map_err(|_| ConnectError::Slow(settings.patience))?
}

/// `secret` stands in for the password of the settings.
pub(crate) async fn open(
    settings: &StationSettings,
    secret: Option<&[u8]>,
) -> Result<WebSocketStream<TcpStream>, ConnectError> {
    let (uri, address) = locate(settings)?;
    let unreachable = |source| ConnectError::Unreachable { address: address.clone(), source };
    let tcp = TcpStream::connect(&address).await.map_err(unreachable)?;
    tcp.set_nodelay(true).map_err(unreachable)?;
    let version = settings.version.subprotocol();
    let mut request = ClientRequestBuilder::new(uri).with_sub_protocol(version);
    if let Some(password) = secret.or(settings.password.as_deref().map(str::as_bytes)) {
        let credentials = STANDARD.encode([settings.id.as_bytes(), b":", password].concat());
        request = request.with_header("Authorization", format!("Basic {credentials}"));
    }
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    match client_async_with_config(request, tcp, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            let text = response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            Err(ConnectError::Refused { status: response.status().as_u16(), text: text.trim().to_owned() })
        }
        Err(Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(_))) => Err(ConnectError::NoVersion(version)),
        Err(error) => Err(ConnectError::Handshake(Box::new(error))),
    }
}

/// The whole address, and host and port of it.
fn locate(settings: &StationSettings) -> Result<(Uri, String), ConnectError> {
    let wrong = || ConnectError::Address(settings.url.clone());
    let whole = format!("{}/{}", settings.url.trim_end_matches('/'), percent_encoded(&settings.id));
    let uri: Uri = whole.parse().map_err(|_| wrong())?;
    if uri.scheme_str() != Some("ws") {
        return Err(wrong());
    }
    let host = uri.host().ok_or_else(wrong)?;
    let address = format!("{host}:{}", uri.port_u16().unwrap_or(80));
    Ok((uri, address))
}

fn percent_encoded(id: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte);
    id.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(url: &str, id: &str) -> Result<(String, String), String> {
        locate(&StationSettings::new(url, id, Version::Ocpp16))
            .map(|(uri, address)| (uri.to_string(), address))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_station_s_id_ends_the_path() {
        let expect = |uri: &str, address: &str| Ok((uri.to_owned(), address.to_owned()));
        assert_eq!(located("ws://h:9000", "CS-1"), expect("ws://h:9000/CS-1", "h:9000"));
        assert_eq!(located("ws://h/ocpp/", "a b|c"), expect("ws://h/ocpp/a%20b%7Cc", "h:80"));
        assert_eq!(located("ws://[::1]:9000", "x"), expect("ws://[::1]:9000/x", "[::1]:9000"));
        assert_eq!(located("http://h", "x"), Err("`http://h` is not a ws:// address".to_owned()));
        assert!(located("nowhere", "x").is_err());
    }
}
