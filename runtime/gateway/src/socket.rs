//! One WebSocket: messages in and out, pings, idle time, and an orderly end.
//!
//! All state stands in the struct and none in futures, so that waiting for a message can be given up at any moment
//! and nothing is lost. One timer serves every deadline; it is moved only when it fires or when an earlier deadline
//! appears, so a message costs it nothing.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use amprule_domain::StationId;
use amprule_domain::ports::Closed;
use futures_util::{FutureExt, Sink, SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};
use tracing::warn;

use crate::GatewaySettings;
use crate::compression::Fault;
use crate::inflow::Inflow;
use crate::stream::Stream;

/// A status of RFC 6455, 7.4.1, and the words that go with it.
pub(crate) type Farewell = (CloseCode, &'static str);

pub(crate) const NO_COMMON_VERSION: Farewell = (CloseCode::Protocol, "no common OCPP version");
pub(crate) const TOO_LARGE: Farewell = (CloseCode::Size, "message too large");
pub(crate) const TOO_MANY_MALFORMED: Farewell = (CloseCode::Policy, "too many unreadable messages in a row");
const NOT_TEXT: Farewell = (CloseCode::Invalid, "text is not UTF-8");
const NO_ROOM: Farewell = (CloseCode::Again, "no room for so large a message now, send it again later");
const BROKEN: Farewell = (CloseCode::Protocol, "WebSocket protocol error");
const NOT_DEFLATED: Farewell = (CloseCode::Invalid, "a compressed message cannot be inflated");

/// Even when heartbeats are rarer than that.
const LONGEST_SILENCE: Duration = Duration::from_secs(7 * 24 * 3_600);

#[derive(Debug)]
pub(crate) enum Incoming {
    Text(Utf8Bytes),
    Binary,
    /// The message was not read. The caller answers, then parts.
    TooLarge,
    Closed,
}

pub(crate) struct Socket {
    station: StationId,
    web: WebSocketStream<Inflow>,
    settings: Arc<GatewaySettings>,
    timer: Pin<Box<Sleep>>,
    heard: Instant,
    pinged: Instant,
    answers_pings: bool,
    /// A message was handed out, and is dealt with once the next is asked for.
    handed_out: bool,
    /// Something was written and is not on its way yet, since then.
    unsent: Option<Instant>,
    state: State,
    _seat: OwnedSemaphorePermit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Our close is written, and the station's own is waited for until then.
    Parting(Instant),
    /// As above, but nothing that comes can be understood any more.
    Draining(Instant),
    Gone,
}

impl Socket {
    /// Takes over after the handshake; `tail` came behind its request.
    pub(crate) fn new(
        station: &StationId,
        stream: Stream,
        tail: Vec<u8>,
        settings: Arc<GatewaySettings>,
        room: Arc<Semaphore>,
        seat: OwnedSemaphorePermit,
    ) -> Self {
        let web = web(Inflow::new(stream, &tail, room), tail, &settings);
        let now = Instant::now();
        let timer = Box::pin(tokio::time::sleep(settings.ping_interval));
        Self {
            station: station.clone(),
            web,
            settings,
            timer,
            heard: now,
            pinged: now,
            answers_pings: false,
            handed_out: false,
            unsent: None,
            state: State::Open,
            _seat: seat,
        }
    }

    pub(crate) fn settings(&self) -> &GatewaySettings {
        &self.settings
    }

    /// The next message. After [`Incoming::Closed`] there is nothing more.
    pub(crate) fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        if std::mem::take(&mut self.handed_out) {
            self.put_away(cx);
        }
        loop {
            if self.state != State::Open {
                ready!(self.poll_parted(cx));
                return Poll::Ready(Incoming::Closed);
            }
            if let Some(since) = self.unsent
                && self.poll_sent(cx).is_pending()
            {
                // A station that does not take our answers is not listened to either.
                self.arm(since + self.settings.write_timeout);
                ready!(self.poll_deadline(cx));
                continue;
            }
            match self.web.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(message))) => {
                    self.heard = Instant::now();
                    if let Some(incoming) = self.sort(message) {
                        return Poll::Ready(incoming);
                    }
                }
                Poll::Ready(Some(Err(Error::Capacity(_)))) => return Poll::Ready(Incoming::TooLarge),
                Poll::Ready(Some(Err(Error::Utf8(_)))) => self.begin_draining(NOT_TEXT),
                Poll::Ready(Some(Err(Error::Protocol(fault)))) => self.break_off(&fault),
                Poll::Ready(Some(Err(Error::Io(error)))) => match Fault::of(&error) {
                    Some(Fault::TooLarge) => return Poll::Ready(Incoming::TooLarge),
                    Some(Fault::Broken) => self.begin_draining(NOT_DEFLATED),
                    Some(Fault::Interrupted) => self.begin_draining(BROKEN),
                    None => self.state = State::Gone,
                },
                Poll::Ready(Some(Err(_)) | None) => self.state = State::Gone,
                Poll::Pending => {
                    self.follow_large();
                    ready!(self.poll_deadline(cx));
                }
            }
        }
    }

    /// `None`: it was for the connection's sake alone.
    fn sort(&mut self, message: Message) -> Option<Incoming> {
        let incoming = match message {
            Message::Text(text) => Incoming::Text(text),
            Message::Binary(_) => Incoming::Binary,
            Message::Pong(_) => {
                self.answers_pings = true;
                return None;
            }
            Message::Close(Some(frame)) => {
                if let Some(compressed) = self.web.get_ref().compressed() {
                    compressed.hear_close(frame.code);
                }
                return None;
            }
            _ => return None,
        };
        self.handed_out = true;
        Some(incoming)
    }

    fn break_off(&mut self, fault: &ProtocolError) {
        if *fault == ProtocolError::NonZeroReservedBits {
            let (station, compression) = (&self.station, self.web.get_ref().compressed().is_some());
            warn!(
                %station,
                compression,
                "the station sent a frame marked as an extension would have it, compressed perhaps, that was not agreed to; its connection \
                 is closed. Look whether something on the way changes Sec-WebSocket-Extensions"
            );
        }
        self.begin_draining(BROKEN);
    }

    /// The message before is dealt with: a large one leaves its room, and the buffer that it needed goes.
    fn put_away(&mut self, cx: &mut Context<'_>) {
        if self.web.get_ref().is_behind_heavy() && self.poll_sent(cx).is_ready() && self.state == State::Open {
            let inflow = self.web.get_mut().take();
            self.web = web(inflow, Vec::new(), &self.settings);
        }
        self.web.get_mut().leave_room();
    }

    /// A large message is a sign of life while it goes on coming, and has a deadline while it waits for room.
    fn follow_large(&mut self) {
        if self.web.get_mut().has_grown() {
            self.heard = Instant::now();
        }
        if let Some(since) = self.web.get_ref().waits_for_room_since() {
            self.arm(since + self.settings.room_timeout);
        }
    }

    /// Writes without waiting; what the socket does not take at once leaves with the next poll.
    pub(crate) fn queue(&mut self, text: String) {
        let compressed = self.web.get_ref().compressed().and_then(|compressed| compressed.frame(&text));
        self.write(compressed.map_or_else(|| Message::text(text), Message::Frame));
    }

    /// Sends, and waits until the socket has taken it.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), Closed> {
        if self.state != State::Open {
            return Err(Closed);
        }
        self.queue(text);
        // Nearly always the kernel takes it at once and no timer is needed.
        if poll_fn(|cx| Poll::Ready(self.poll_sent(cx).is_pending())).await {
            let patience = self.settings.write_timeout;
            let sent = tokio::time::timeout(patience, poll_fn(|cx| self.poll_sent(cx)));
            if Box::pin(sent).await.is_err() {
                self.state = State::Gone;
            }
        }
        if self.state == State::Open { Ok(()) } else { Err(Closed) }
    }

    /// Closes in good order; polling for messages then ends with [`Incoming::Closed`].
    pub(crate) fn begin_parting(&mut self, farewell: Farewell) {
        self.say(farewell, State::Parting);
    }

    /// The same when the stream of messages cannot be read on.
    pub(crate) fn begin_draining(&mut self, farewell: Farewell) {
        self.say(farewell, State::Draining);
    }

    /// Closes and waits for the station to do so, within the close timeout.
    pub(crate) async fn part(&mut self, farewell: Farewell) {
        if self.state == State::Open {
            self.begin_parting(farewell);
        }
        poll_fn(|cx| self.poll_parted(cx)).await;
    }

    fn say(&mut self, (code, reason): Farewell, next: impl FnOnce(Instant) -> State) {
        let until = Instant::now() + self.settings.close_timeout;
        self.write(Message::Close(Some(CloseFrame { code, reason: reason.into() })));
        if self.state == State::Open {
            self.state = next(until);
        }
    }

    fn write(&mut self, message: Message) {
        match Pin::new(&mut self.web).start_send(message) {
            Ok(()) => {
                self.unsent.get_or_insert_with(Instant::now);
            }
            Err(_) => self.state = State::Gone,
        }
    }

    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match ready!(self.web.poll_flush_unpin(cx)) {
            Ok(()) => self.unsent = None,
            Err(_) => self.state = State::Gone,
        }
        Poll::Ready(())
    }

    fn poll_parted(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let (State::Parting(until) | State::Draining(until)) = self.state else {
                self.state = State::Gone;
                return Poll::Ready(());
            };
            if self.unsent.is_some() && self.poll_sent(cx).is_ready() {
                continue;
            }
            let waiting = self.unsent.is_some() || self.poll_rest(cx).is_pending();
            if waiting && Instant::now() < until {
                if self.timer.deadline() != until {
                    self.timer.as_mut().reset(until);
                }
                ready!(self.timer.poll_unpin(cx));
            } else {
                self.state = State::Gone;
            }
        }
    }

    /// Reads to the end without looking at anything.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if matches!(self.state, State::Parting(_)) {
            while let Some(Ok(_)) = ready!(self.web.poll_next_unpin(cx)) {}
            return Poll::Ready(());
        }
        let stream = self.web.get_mut().drained();
        if ready!(Pin::new(&mut *stream).poll_shutdown(cx)).is_err() {
            return Poll::Ready(());
        }
        let mut bytes = [0; 4096];
        loop {
            let mut rest = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut *stream).poll_read(cx, &mut rest));
            if read.is_err() || rest.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }

    /// Ready when a deadline has passed and was acted upon.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.poll_unpin(cx));
            let now = Instant::now();
            let stuck = self.unsent.is_some_and(|since| now >= since + self.settings.write_timeout);
            if stuck || now >= self.heard + self.patience() {
                self.state = State::Gone;
                return Poll::Ready(());
            }
            if self.web.get_ref().waits_for_room_since().is_some_and(|since| now >= since + self.settings.room_timeout)
            {
                warn!(
                    station = %self.station,
                    "a large message found no room and its connection is closed; raise max_frames_mib if this goes on"
                );
                self.begin_draining(NO_ROOM);
                return Poll::Ready(());
            }
            let ping = now >= self.ping_due();
            if ping {
                self.pinged = now;
                self.write(Message::Ping(Bytes::new()));
            }
            let next = self.next_deadline();
            self.timer.as_mut().reset(next);
            if ping {
                return Poll::Ready(());
            }
        }
    }

    fn ping_due(&self) -> Instant {
        self.heard.max(self.pinged) + self.settings.ping_interval
    }

    /// Who never answered a ping may still send a Heartbeat, and that comes more rarely than pings.
    fn patience(&self) -> Duration {
        let GatewaySettings { idle_timeout, ping_interval, heartbeat, .. } = *self.settings;
        let two_heartbeats = heartbeat.saturating_mul(2).saturating_add(ping_interval);
        if self.answers_pings { idle_timeout } else { idle_timeout.max(two_heartbeats.min(LONGEST_SILENCE)) }
    }

    fn next_deadline(&self) -> Instant {
        let quiet = self.ping_due().min(self.heard + self.patience());
        let sent = self.unsent.map(|since| since + self.settings.write_timeout);
        let room = self.web.get_ref().waits_for_room_since().map(|since| since + self.settings.room_timeout);
        [sent, room].into_iter().flatten().fold(quiet, Instant::min)
    }

    fn arm(&mut self, deadline: Instant) {
        if deadline < self.timer.deadline() {
            self.timer.as_mut().reset(deadline);
        }
    }
}

/// The empty case has its own constructor because only that one keeps the read buffer at its size.
fn web(inflow: Inflow, tail: Vec<u8>, settings: &GatewaySettings) -> WebSocketStream<Inflow> {
    let config = Some(config(settings));
    let web = if tail.is_empty() {
        WebSocketStream::from_raw_socket(inflow, Role::Server, config).now_or_never()
    } else {
        WebSocketStream::from_partially_read(inflow, tail, Role::Server, config).now_or_never()
    };
    web.expect("without a handshake there is nothing to wait for")
}

/// `write_buffer_size` 0: a message goes to the kernel at once and no buffer is kept for later.
fn config(settings: &GatewaySettings) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(settings.read_buffer_bytes)
        .write_buffer_size(0)
        .max_message_size(Some(settings.max_frame_bytes))
        .max_frame_size(Some(settings.max_frame_bytes))
}
