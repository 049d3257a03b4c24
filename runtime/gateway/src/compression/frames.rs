//! A station's frames, some of them compressed, as the same frames in plain (RFC 7692, 6.2). No I/O.
//!
//! What is not compressed goes on as it came, mistakes too: whoever reads it next refuses them. A compressed message
//! goes on in pieces of a few KiB, each a frame with a mask of zeros: however large it becomes, nothing here grows.

use std::io;

use super::inflater::{Broken, Inflater, WINDOW};
use crate::frame_position;

/// So much of a message makes a frame, and so much is made at once. A whole number of them fills the window.
pub(crate) const PIECE: usize = 4 * 1024;
const _: () = assert!(WINDOW.is_multiple_of(PIECE));
/// Unmasked at once.
const CHUNK: usize = 1_024;

const LAST: u8 = 0x80;
const RESERVED: u8 = 0x70;
const COMPRESSED: u8 = 0x40;
const CONTROL: u8 = 0x08;
const MASKED: u8 = 0x80;
const CONTINUED: u8 = 0;

/// Why a stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("a compressed message is too large")]
    TooLarge,
    #[error("a compressed message cannot be inflated")]
    Broken,
    #[error("a compressed message is interrupted by another")]
    Interrupted,
}

impl Fault {
    /// Where that is why nothing could be read.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl From<Broken> for Fault {
    fn from(Broken: Broken) -> Self {
        Self::Broken
    }
}

pub(crate) struct Frames {
    /// A frame's head: two bytes, up to eight of a longer length, and the mask.
    head: [u8; 14],
    seen: usize,
    place: Place,
    /// Of a message in plain, more frames are to come.
    is_open: bool,
    message: Option<Message>,
    has_inflated: bool,
    /// Of one message, compressed.
    bound: u64,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Head,
    /// In a frame that goes on as it is.
    Plain {
        left: u64,
    },
    /// In one that is compressed.
    Compressed {
        left: u64,
        mask: [u8; 4],
        is_last: bool,
    },
    /// Behind a compressed message's last frame.
    Behind,
}

/// A compressed message.
struct Message {
    inflater: Box<Inflater>,
    /// Text or binary, then that it is continued.
    opcode: u8,
    length: u64,
}

impl Frames {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            head: [0; 14],
            seen: 0,
            place: Place::Head,
            is_open: false,
            message: None,
            has_inflated: false,
            bound: bound as u64,
        }
    }

    /// The station has sent a compressed message, so it knows that it may.
    pub(crate) fn has_inflated(&self) -> bool {
        self.has_inflated
    }

    /// Something is ready to be passed on without anything new.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.place, Place::Behind) || self.ready() >= PIECE
    }

    /// Takes of what was sent, and adds what that is in plain, until nothing is left or a piece is full.
    pub(crate) fn pass(&mut self, sent: &mut &[u8], plain: &mut Vec<u8>) -> Result<(), Fault> {
        while plain.len() < PIECE && (self.is_busy() || !sent.is_empty()) {
            match self.place {
                _ if self.ready() >= PIECE => self.put(plain, PIECE, false),
                Place::Head => self.take_head(sent, plain)?,
                Place::Plain { left } => self.hand_on(left, sent, plain),
                Place::Compressed { left, mask, is_last } => self.inflate(left, mask, is_last, sent)?,
                Place::Behind => self.finish(plain)?,
            }
        }
        Ok(())
    }

    fn ready(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.inflater.ready().len())
    }

    fn take_head(&mut self, sent: &mut &[u8], plain: &mut Vec<u8>) -> Result<(), Fault> {
        while let Some((byte, rest)) = sent.split_first() {
            *sent = rest;
            self.head[self.seen] = *byte;
            self.seen += 1;
            let head = &self.head[..self.seen];
            let Some(length) = frame_position::payload(head) else { continue };
            let is_masked = head[1] & MASKED != 0;
            if self.seen == frame_position::head_length(head[1]) + if is_masked { 4 } else { 0 } {
                self.begin(length, plain)?;
                self.seen = 0;
                break;
            }
        }
        Ok(())
    }

    /// RSV1 is for the first frame of a message, text or binary, and for no other (RFC 7692, 6).
    fn begin(&mut self, length: u64, plain: &mut Vec<u8>) -> Result<(), Fault> {
        let [first, second, ..] = self.head;
        let (opcode, reserved) = (first & 0x0f, first & RESERVED);
        let (is_control, is_masked) = (opcode & CONTROL != 0, second & MASKED != 0);
        let is_begun = reserved == COMPRESSED && matches!(opcode, 1 | 2) && is_masked && !self.is_open;
        if is_control || (self.message.is_none() && !is_begun) {
            plain.extend(&self.head[..self.seen]);
            self.is_open = if is_control { self.is_open } else { first & LAST == 0 };
            self.enter(Place::Plain { left: length });
            return Ok(());
        }
        if self.message.is_some() && !(opcode == CONTINUED && reserved == 0 && is_masked) {
            return Err(Fault::Interrupted);
        }
        let message = self.message.get_or_insert_with(|| Message { inflater: Inflater::take_up(), opcode, length: 0 });
        message.length = message.length.saturating_add(length);
        if message.length > self.bound {
            return Err(Fault::TooLarge);
        }
        let mut mask = [0; 4];
        mask.copy_from_slice(&self.head[self.seen - 4..self.seen]);
        self.enter(Place::Compressed { left: length, mask, is_last: first & LAST != 0 });
        Ok(())
    }

    /// Where nothing is left of a frame, the next one comes.
    fn enter(&mut self, place: Place) {
        self.place = match place {
            Place::Compressed { left: 0, is_last: true, .. } => Place::Behind,
            Place::Plain { left: 0 } | Place::Compressed { left: 0, .. } => Place::Head,
            place => place,
        };
    }

    fn hand_on(&mut self, left: u64, sent: &mut &[u8], plain: &mut Vec<u8>) {
        let (here, rest) = sent.split_at(within(left, sent.len()));
        plain.extend(here);
        *sent = rest;
        self.enter(Place::Plain { left: left - here.len() as u64 });
    }

    fn inflate(&mut self, left: u64, mut mask: [u8; 4], is_last: bool, sent: &mut &[u8]) -> Result<(), Fault> {
        let Some(message) = &mut self.message else { return Ok(()) };
        let length = within(left, sent.len()).min(CHUNK);
        let mut chunk = [0; CHUNK];
        for ((to, from), key) in chunk.iter_mut().zip(&sent[..length]).zip(mask.iter().cycle()) {
            *to = from ^ key;
        }
        let read = message.inflater.feed(&chunk[..length])?;
        *sent = &sent[read..];
        mask.rotate_left(read % 4);
        self.enter(Place::Compressed { left: left - read as u64, mask, is_last });
        Ok(())
    }

    fn finish(&mut self, plain: &mut Vec<u8>) -> Result<(), Fault> {
        let Some(message) = &mut self.message else { return Ok(()) };
        let is_whole = message.inflater.finish()?;
        let ready = self.ready();
        if is_whole && ready < PIECE {
            self.put(plain, ready, true);
            self.message.take().into_iter().for_each(|message| message.inflater.put_down());
            self.has_inflated = true;
            self.place = Place::Head;
        }
        Ok(())
    }

    /// A frame of what is inflated.
    fn put(&mut self, plain: &mut Vec<u8>, length: usize, is_last: bool) {
        let Some(message) = &mut self.message else { return };
        plain.push(message.opcode | if is_last { LAST } else { 0 });
        match u8::try_from(length) {
            Ok(length @ 0..126) => plain.push(MASKED | length),
            _ => plain.extend([MASKED | 126, (length >> 8) as u8, length as u8]),
        }
        plain.extend([0; 4]);
        plain.extend(&message.inflater.ready()[..length]);
        message.inflater.take(length);
        message.opcode = CONTINUED;
    }
}

/// At most so much of a frame.
fn within(left: u64, most: usize) -> usize {
    usize::try_from(left).map_or(most, |left| left.min(most))
}

#[cfg(test)]
mod tests;
