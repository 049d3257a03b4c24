//! The bytes of a station that may compress, in plain. Nothing is kept between two messages.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use amprule_domain::StationId;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tracing::{info, warn};

use super::deflater::deflated;
pub(crate) use super::frames::Fault;
use super::frames::Frames;
use super::{Agreed, Compression};
use crate::stream::Stream;

/// Read from the socket at once.
const READ: usize = 4 * 1024;

pub(crate) struct Compressed {
    stream: Stream,
    frames: Frames,
    /// Read from the socket, and not looked at.
    sent: Vec<u8>,
    /// In plain; so many bytes of it are given on.
    plain: Vec<u8>,
    given: usize,
    /// Comes behind what is in plain.
    fault: Option<Fault>,
    is_heard: bool,
    agreed: Agreed,
    station: StationId,
    compression: Arc<Compression>,
}

impl Compressed {
    pub(crate) fn new(
        stream: Stream,
        tail: Vec<u8>,
        agreed: Agreed,
        station: StationId,
        compression: Arc<Compression>,
    ) -> Self {
        Self {
            stream,
            frames: Frames::new(compression.bound),
            is_heard: !tail.is_empty(),
            sent: tail,
            plain: Vec::new(),
            given: 0,
            fault: None,
            agreed,
            station,
            compression,
        }
    }

    /// The stream below, for when nothing that comes is looked at any more.
    pub(crate) fn below(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// A text as a frame that says that it is compressed; `None` for a station that has not compressed by itself: what
    /// stands between us and it may have taken our answer away.
    pub(crate) fn frame(&self, text: &str) -> Option<Frame> {
        self.frames.has_inflated().then(|| {
            let payload = deflated(text.as_bytes(), self.agreed.longest());
            let mut frame = Frame::message(payload, OpCode::Data(Data::Text), true);
            frame.header_mut().rsv1 = true;
            frame
        })
    }

    /// A station's close may say that it cannot do what it has offered.
    pub(crate) fn hear_close(&self, code: CloseCode) {
        if matches!(code, CloseCode::Protocol | CloseCode::Invalid | CloseCode::Extension) {
            let (station, code) = (&self.station, u16::from(code));
            warn!(%station, code, "the station closed its connection, perhaps over compression; it goes on without for a day");
            self.compression.doubts.add(station);
        }
    }

    fn pass(&mut self, mut sent: &[u8]) {
        self.is_heard = true;
        match self.frames.pass(&mut sent, &mut self.plain) {
            Ok(()) => self.sent = sent.to_vec(),
            Err(fault) => self.fail(fault),
        }
    }

    fn fail(&mut self, fault: Fault) {
        if fault == Fault::Broken {
            let station = &self.station;
            warn!(
                %station,
                "what the station compresses cannot be read, and its connection is closed; it goes on without compression for a day. \
                 Perhaps it refers to earlier messages, which it was told not to (client_no_context_takeover)"
            );
            self.compression.doubts.add(station);
        }
        self.fault = Some(fault);
    }

    /// False: there is nothing to give.
    fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let rest = &self.plain[self.given..];
        if rest.is_empty() {
            return false;
        }
        let length = rest.len().min(buf.remaining());
        buf.put_slice(&rest[..length]);
        self.given += length;
        if self.given == self.plain.len() {
            (self.plain, self.given) = (Vec::new(), 0);
        }
        true
    }
}

impl AsyncRead for Compressed {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.give(buf) {
                return Poll::Ready(Ok(()));
            }
            if let Some(fault) = this.fault {
                return Poll::Ready(Err(io::Error::other(fault)));
            }
            if this.frames.is_busy() || !this.sent.is_empty() {
                let sent = std::mem::take(&mut this.sent);
                this.pass(&sent);
                continue;
            }
            let mut bytes = [0; READ];
            let mut read = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.pass(read.filled());
        }
    }
}

/// Some clients refuse the answer to their offer, and are gone without a word.
impl Drop for Compressed {
    fn drop(&mut self) {
        if !self.is_heard {
            info!(station = %self.station, "gone before it said a word, perhaps over compression; it goes on without for a day");
            self.compression.doubts.add(&self.station);
        }
    }
}
