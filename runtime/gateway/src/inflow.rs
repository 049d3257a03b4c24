//! What comes in on one connection. A small message pays nothing; a longer one takes room, which all connections share.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::compression::Compressed;
use crate::frame_position::FramePosition;
use crate::stream::Stream;

/// Of a message so much is free, and so much each permit is for.
const PORTION: u64 = 64 * 1024;

/// Room for messages beyond what is free, shared by all connections.
pub(crate) fn room(bytes: usize) -> Arc<Semaphore> {
    let portions = bytes / usize::try_from(PORTION).expect("a small number");
    Arc::new(Semaphore::new(portions.min(Semaphore::MAX_PERMITS)))
}

pub(crate) struct Inflow {
    stream: Stream,
    position: FramePosition,
    room: Arc<Semaphore>,
    large: Option<Box<Large>>,
}

/// What a connection has only while its message is large.
#[derive(Default)]
struct Large {
    portions: Option<OwnedSemaphorePermit>,
    wish: Option<Wish>,
    has_grown: bool,
}

/// A further portion that is waited for.
struct Wish {
    since: Instant,
    portion: Pin<Box<dyn Future<Output = OwnedSemaphorePermit> + Send>>,
}

impl Inflow {
    /// `tail` was read with the handshake.
    pub(crate) fn new(stream: Stream, tail: &[u8], room: Arc<Semaphore>) -> Self {
        let mut position = FramePosition::default();
        position.pass(tail);
        Self { stream, position, room, large: None }
    }

    /// Nothing of what comes next has been read: the reader's buffer is empty, and larger than it has to be.
    pub(crate) fn is_behind_heavy(&self) -> bool {
        self.position.is_behind_heavy()
    }

    /// For a reader with a buffer of its own size. This one is at its end.
    pub(crate) fn take(&mut self) -> Self {
        let stream = std::mem::replace(&mut self.stream, Stream::Taken);
        Self::new(stream, &[], Arc::clone(&self.room))
    }

    /// The message is dealt with, and others may have its room.
    pub(crate) fn leave_room(&mut self) {
        if self.position.partial() < PORTION {
            self.large = None;
        }
    }

    /// The raw stream, for when nothing that comes is kept any more.
    pub(crate) fn drained(&mut self) -> &mut Stream {
        self.large = None;
        self.stream.raw()
    }

    pub(crate) fn compressed(&self) -> Option<&Compressed> {
        self.stream.compressed()
    }

    /// A further portion has come since this was asked last.
    pub(crate) fn has_grown(&mut self) -> bool {
        self.large.as_mut().is_some_and(|large| std::mem::take(&mut large.has_grown))
    }

    pub(crate) fn waits_for_room_since(&self) -> Option<Instant> {
        Some(self.large.as_ref()?.wish.as_ref()?.since)
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let partial = self.position.partial();
        if partial < PORTION {
            return Poll::Ready(());
        }
        let large = self.large.get_or_insert_default();
        while large.bytes() <= partial {
            ready!(large.poll_portion(&self.room, cx));
        }
        Poll::Ready(())
    }
}

impl Large {
    fn bytes(&self) -> u64 {
        let portions = self.portions.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        PORTION * (portions as u64 + 1)
    }

    fn poll_portion(&mut self, room: &Arc<Semaphore>, cx: &mut Context<'_>) -> Poll<()> {
        let wish = self.wish.get_or_insert_with(|| Wish::new(Arc::clone(room)));
        let portion = ready!(wish.portion.as_mut().poll(cx));
        self.wish = None;
        self.has_grown = true;
        match &mut self.portions {
            Some(portions) => portions.merge(portion),
            None => self.portions = Some(portion),
        }
        Poll::Ready(())
    }
}

impl Wish {
    fn new(room: Arc<Semaphore>) -> Self {
        let portion = async { room.acquire_owned().await.expect("the semaphore is never closed") };
        Self { since: Instant::now(), portion: Box::pin(portion) }
    }
}

impl AsyncRead for Inflow {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_room(cx));
        let most = this.position.most().min(buf.remaining());
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(most));
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut part))?;
        this.position.pass(part.filled());
        let read = part.filled().len();
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Inflow {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
