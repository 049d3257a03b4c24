//! DEFLATE, one message after the other (RFC 1951; RFC 7692, 7.2.2).
//!
//! The window is the buffer that is written to. While it is filled for the first time, a distance that reaches back before
//! the message is refused; after that, all that stands in it is the message's. So nothing of an earlier message, another
//! station's perhaps, is ever read.

use std::cell::RefCell;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

/// As far as DEFLATE can refer back.
pub(crate) const WINDOW: usize = 32 * 1024;
/// The four bytes that each sender leaves out, then an empty block that says it is the last: only where the message was
/// complete does the stream end with it.
const TAIL: [u8; 9] = [0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff];
/// Inflaters that wait for the next message; each has 43 KiB.
const IDLE_MAX: usize = 4;

thread_local! {
    static IDLE: RefCell<Vec<Box<Inflater>>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

pub(crate) struct Inflater {
    state: DecompressorOxide,
    window: [u8; WINDOW],
    written: usize,
    taken: usize,
    /// All of the window is this message's.
    is_round: bool,
    /// No block is open: none has begun, or the last of a stream has ended.
    is_closed: bool,
    /// What is fed of the tail.
    tail: usize,
}

impl Inflater {
    /// For a new message.
    pub(crate) fn take_up() -> Box<Self> {
        let mut inflater = IDLE.with_borrow_mut(Vec::pop).unwrap_or_else(|| {
            Box::new(Self {
                state: DecompressorOxide::new(),
                window: [0; WINDOW],
                written: 0,
                taken: 0,
                is_round: false,
                is_closed: true,
                tail: 0,
            })
        });
        inflater.state.init();
        (inflater.written, inflater.taken, inflater.tail) = (0, 0, 0);
        (inflater.is_round, inflater.is_closed) = (false, true);
        inflater
    }

    pub(crate) fn put_down(self: Box<Self>) {
        IDLE.with_borrow_mut(|idle| {
            if idle.len() < IDLE_MAX {
                idle.push(self);
            }
        });
    }

    /// Inflates until the bytes or the window are used up, and says how many of the bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        if self.is_full() {
            if self.taken < WINDOW {
                return Ok(0);
            }
            (self.written, self.taken, self.is_round) = (0, 0, true);
        }
        let mut flags = inflate_flags::TINFL_FLAG_HAS_MORE_INPUT | inflate_flags::TINFL_FLAG_IGNORE_ADLER32;
        if !self.is_round {
            flags |= inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        }
        let (status, read, written) = decompress(&mut self.state, bytes, &mut self.window, self.written, flags);
        self.written += written;
        self.is_closed &= read == 0;
        match status {
            // More may follow, as if it were one stream (RFC 7692, 7.2.1).
            TINFLStatus::Done => {
                self.state.init();
                self.is_closed = true;
            }
            TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => {}
            _ => return Err(Broken),
        }
        Ok(read)
    }

    /// The message's bytes are all fed. True once all of it stands in the window; until then, something must be taken.
    pub(crate) fn finish(&mut self) -> Result<bool, Broken> {
        // Who ends his stream may leave out what RFC 7692 puts behind it (7.2.3.4), and an empty message may have no bytes.
        if self.tail == 0 && self.is_closed {
            return Ok(true);
        }
        self.tail += self.feed(&TAIL[self.tail..])?;
        let is_over = self.tail == TAIL.len() && self.is_closed;
        if is_over || self.tail < TAIL.len() || self.is_full() { Ok(is_over) } else { Err(Broken) }
    }

    /// What is inflated and not taken.
    pub(crate) fn ready(&self) -> &[u8] {
        &self.window[self.taken..self.written]
    }

    pub(crate) fn take(&mut self, bytes: usize) {
        self.taken += bytes;
    }

    fn is_full(&self) -> bool {
        self.written == WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::super::deflater::deflated;
    use super::*;

    /// A message that comes in pieces of this size, and leaves in others.
    fn inflated(bytes: &[u8], step: usize) -> Result<Vec<u8>, Broken> {
        let mut inflater = Inflater::take_up();
        let mut found = Vec::new();
        let take = |inflater: &mut Inflater, found: &mut Vec<u8>| {
            found.extend(inflater.ready());
            inflater.take(inflater.ready().len());
        };
        for mut piece in bytes.chunks(step.max(1)) {
            while !piece.is_empty() {
                piece = &piece[inflater.feed(piece)?..];
                take(&mut inflater, &mut found);
            }
        }
        while !inflater.finish()? {
            take(&mut inflater, &mut found);
        }
        take(&mut inflater, &mut found);
        inflater.put_down();
        Ok(found)
    }

    fn check(bytes: &[u8], expect: Result<&[u8], Broken>) {
        for step in [1, 2, 3, 7, 1_000, bytes.len()] {
            assert_eq!(inflated(bytes, step).as_deref(), expect.as_ref().copied(), "{bytes:02x?} in steps of {step}");
        }
    }

    #[test]
    fn the_examples_of_the_standard() {
        let hello = Ok(&b"Hello"[..]);
        // RFC 7692, 7.2.3.1 to 7.2.3.6.
        check(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], hello);
        check(&[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00], hello);
        check(&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00], hello);
        check(&[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00], hello);
        check(&[0x00], Ok(b""));
    }

    #[test]
    fn ends_that_the_field_knows() {
        // A whole stream without the byte behind it, two streams in a message, and no byte at all.
        check(&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], Ok(b"Hello"));
        check(
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
            Ok(b"HelloHello"),
        );
        check(&[], Ok(b""));
    }

    #[test]
    fn what_is_no_whole_message_is_broken() {
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        for length in 1..hello.len() {
            check(&hello[..length], Err(Broken));
        }
        // A block of the fourth kind; lengths that are not each other's opposite; the four bytes not left out.
        check(&[0x06], Err(Broken));
        check(&[0x00, 0x05, 0x00, 0xfa, 0xfe, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00], Err(Broken));
        check(&[&hello[..], &[0x00, 0x00, 0xff, 0xff]].concat(), Err(Broken));
        check(br#"[2,"1","Heartbeat",{}]"#, Err(Broken));
    }

    #[test]
    fn nothing_of_the_message_before_is_read() {
        // What a client says that compresses with a context, though it was told not to: "Hello" again is a distance of 5.
        check(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], Ok(b"Hello"));
        check(&[0xf2, 0x00, 0x11, 0x00, 0x00], Err(Broken));
    }

    #[test]
    fn messages_longer_than_the_window_come_out_whole() {
        let text: Vec<u8> =
            (0..200_000u32).flat_map(|n| format!("{},", n.wrapping_mul(2_654_435_761) >> 20).into_bytes()).collect();
        for length in [WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW, 100_000, text.len()] {
            let text = &text[..length];
            let bytes = deflated(text, usize::MAX);
            for step in [4_096, 700, bytes.len()] {
                assert!(inflated(&bytes, step).as_deref() == Ok(text), "{length} bytes in steps of {step}");
            }
        }
    }
}
