//! What is said over HTTP/1.1: one request at a time, over one connection that is kept as long as the box keeps it.

mod digest;
mod path;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use ::http::{Method, Request, Response, StatusCode, Uri};
use amprule_outbound::Tls;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout};

use crate::address::HttpAddress;
use crate::bus::Buses;
use crate::dialler::Dialler;
use crate::fault::WireFault;
use crate::tls::shake;
use crate::turnstile::{Turnstile, Urgency};

use self::digest::Digest;

/// Of an answer, and of its head.
const MOST_BYTES: usize = 256 << 10;
const MOST_HEAD_BYTES: usize = 16 << 10;
const MOST_HEADERS: usize = 100;
/// A connection that rested longer may be gone without a word.
const MOST_IDLE: Duration = Duration::from_secs(30);

/// To one box.
#[derive(Clone)]
pub struct HttpWire {
    line: Arc<HttpLine>,
    to: HttpAddress,
}

/// The one connection to a place, shared by all wires that lead there and believe the same.
pub(crate) struct HttpLine {
    to: String,
    gate: Turnstile,
    state: tokio::sync::Mutex<State>,
}

struct State {
    dialler: Dialler,
    open: Option<Open>,
    tls: Option<Tls>,
    digest: Digest,
    /// The last answer asked for it.
    is_asked: bool,
    last_said: Option<Instant>,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// Ends with it.
    _driver: JoinSet<()>,
    used: Instant,
}

type Said = Request<Full<Bytes>>;

impl HttpLine {
    pub(crate) fn new(to: &HttpAddress) -> Self {
        let dialler = Dialler::new(&to.host, to.port);
        let state =
            State { dialler, open: None, tls: None, digest: Digest::default(), is_asked: false, last_said: None };
        Self { to: to.to_string(), gate: Turnstile::default(), state: tokio::sync::Mutex::new(state) }
    }
}

impl HttpWire {
    pub fn new(buses: &Buses, to: HttpAddress) -> Self {
        Self { line: buses.line(&to), to }
    }

    /// The text of the answer to one request below what was granted.
    ///
    /// # Errors
    /// See [`WireFault`].
    pub async fn ask(
        &self,
        urgency: Urgency,
        method: Method,
        path: &str,
        body: Option<&str>,
    ) -> Result<String, WireFault> {
        let what = format!("{method} {}{}", self.to.base, path::shown(path));
        let request = self.request(method, path, body)?;
        let body = body.unwrap_or_default();
        let _turn = self.line.gate.enter(urgency).await;
        let mut state = self.line.state.lock().await;
        if let Some(last) = state.last_said {
            sleep_until((last + self.to.pause).into()).await;
        }
        let said = timeout(self.to.timeout, self.let_in(&mut state, request, body)).await;
        state.last_said = Some(Instant::now());
        let answered =
            said.unwrap_or_else(|_| Err(WireFault::Silent { to: self.line.to.clone(), within: self.to.timeout }));
        let (status, text) = answered.inspect_err(|_| state.open = None)?;
        self.judged(status, text, &what)
    }

    fn request(&self, method: Method, path: &str, body: Option<&str>) -> Result<Said, WireFault> {
        let unsayable = |why: &str| WireFault::Unsayable(format!("{:?} is no path: {why}", path::shown(path)));
        if !path.starts_with('/') {
            return Err(unsayable("it begins with no /"));
        }
        if path::leads_out(path) {
            return Err(unsayable("it leads out of what was granted"));
        }
        let whole = format!("{}{path}", self.to.base);
        let uri: Uri = whole.parse().map_err(|_| unsayable("a blank or another letter must be written as %20"))?;
        let mut request = Request::new(Full::new(Bytes::from(body.unwrap_or_default().to_owned())));
        (*request.method_mut(), *request.uri_mut()) = (method, uri);
        let headers = request.headers_mut();
        let host = HeaderValue::from_str(&self.line.to).map_err(|_| unsayable("the host is none"))?;
        headers.insert(HOST, host);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*"));
        headers.extend(body.map(|_| (CONTENT_TYPE, HeaderValue::from_static("application/json"))));
        let basic = self.to.credentials.as_ref().filter(|_| !self.to.is_digest);
        headers.extend(basic.map(|credentials| (AUTHORIZATION, credentials.header())));
        Ok(request)
    }

    /// Who is asked for more than basic is asked once: the second time what was answered is wrong.
    async fn let_in(&self, state: &mut State, request: Said, body: &str) -> Result<(StatusCode, String), WireFault> {
        let credentials = self.to.credentials.as_ref().filter(|_| self.to.is_digest);
        let Some(credentials) = credentials else { return self.say(state, request).await };
        let answered = |state: &mut State| {
            let mut answered = request.clone();
            let answer = state.digest.answer(&request, body, credentials);
            answered.headers_mut().extend(answer.map(|answer| (AUTHORIZATION, answer)));
            answered
        };
        let first = answered(state);
        let said = self.say(state, first).await?;
        if said.0 != StatusCode::UNAUTHORIZED || !state.is_asked {
            return Ok(said);
        }
        let second = answered(state);
        sleep(self.to.pause).await;
        self.say(state, second).await
    }

    /// A box may close what is kept; then nothing was heard, and it is said once more over a new connection.
    async fn say(&self, state: &mut State, mut request: Said) -> Result<(StatusCode, String), WireFault> {
        // Taken out, so that a question that is given up half way leaves no connection with half an answer in it.
        if let Some(mut open) = state.open.take().filter(Open::is_usable) {
            match open.sender.try_send_request(request).await {
                Ok(response) => return self.heard(state, open, response).await,
                Err(mut error) => match error.take_message() {
                    Some(unsaid) => request = unsaid,
                    None => return Err(self.confused(&error.into_error())),
                },
            }
        }
        let mut open = self.open(state).await?;
        let response = open.sender.send_request(request).await.map_err(|error| self.confused(&error))?;
        self.heard(state, open, response).await
    }

    async fn heard(
        &self,
        state: &mut State,
        mut open: Open,
        response: Response<Incoming>,
    ) -> Result<(StatusCode, String), WireFault> {
        let (head, body) = response.into_parts();
        let read = Limited::new(body, MOST_BYTES).collect().await.map_err(|error| {
            let is_long = error.is::<LengthLimitError>();
            let why = if is_long { format!("more than {} KiB", MOST_BYTES >> 10) } else { error.to_string() };
            WireFault::Confused { to: self.line.to.clone(), why }
        })?;
        let text = String::from_utf8_lossy(&read.to_bytes()).into_owned();
        state.is_asked = head.status == StatusCode::UNAUTHORIZED && state.digest.is_asked(&head.headers);
        open.used = Instant::now();
        state.open = Some(open);
        Ok((head.status, text))
    }

    async fn open(&self, state: &mut State) -> Result<Open, WireFault> {
        let stream = state.dialler.dial(&self.line.to, self.to.timeout).await?;
        if !self.to.is_tls {
            return self.opened(stream).await;
        }
        match shake(&mut state.tls, self.to.ca.as_deref(), &self.to.host, stream).await {
            Ok(shaken) => self.opened(shaken).await,
            Err(why) => Err(WireFault::NotReached { to: self.line.to.clone(), why }),
        }
    }

    async fn opened(&self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<Open, WireFault> {
        let mut builder = Builder::new();
        builder.max_buf_size(MOST_HEAD_BYTES).max_headers(MOST_HEADERS);
        let opened = builder.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = opened.map_err(|error| self.confused(&error))?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // Whoever asks hears of its end.
            let _ = connection.await;
        });
        Ok(Open { sender, _driver: driver, used: Instant::now() })
    }

    fn confused(&self, error: &hyper::Error) -> WireFault {
        let source = std::error::Error::source(error).map(|source| format!(" ({source})"));
        WireFault::Confused { to: self.line.to.clone(), why: format!("{error}{}", source.unwrap_or_default()) }
    }

    fn judged(&self, status: StatusCode, text: String, what: &str) -> Result<String, WireFault> {
        WireFault::of_status(&self.line.to, what, status.as_u16()).map_or(Ok(text), Err)
    }
}

impl Open {
    fn is_usable(&self) -> bool {
        !self.sender.is_closed() && self.used.elapsed() < MOST_IDLE
    }
}
