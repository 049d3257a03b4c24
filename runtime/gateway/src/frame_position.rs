//! Where in its frames a stream is, told from the bytes as they pass (RFC 6455, 5.2). Content is not looked at.

const MASK: u64 = 4;
/// The end of a longer frame is read by itself, so that nothing of the next one comes with it.
const HEAVY: u64 = 16 * 1024;

#[derive(Debug, Default)]
pub(crate) struct FramePosition {
    /// A frame's head without its mask: two bytes, and up to eight of a longer length.
    head: [u8; 10],
    seen: u8,
    is_data: bool,
    is_heavy: bool,
    /// No message is under way.
    is_between: bool,
    /// Mask and payload of the present frame that are still to come.
    left: u64,
    /// Payload of the present message so far.
    message: u64,
}

impl FramePosition {
    pub(crate) fn pass(&mut self, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            if self.left == 0 {
                self.take_head(*first);
                bytes = rest;
            } else {
                let here = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
                self.take_body(here as u64);
                bytes = &bytes[here..];
            }
        }
    }

    fn take_head(&mut self, byte: u8) {
        self.head[usize::from(self.seen)] = byte;
        self.seen += 1;
        if let Some(payload) = payload(&self.head[..usize::from(self.seen)]) {
            self.begin(payload);
        }
    }

    fn begin(&mut self, payload: u64) {
        let [first, second, ..] = self.head;
        let is_continued = first & 0x0f == 0;
        self.seen = 0;
        self.is_data = first & 0x08 == 0;
        self.is_heavy = payload > HEAVY;
        self.left = payload.saturating_add(if second & 0x80 == 0 { 0 } else { MASK });
        if self.is_data {
            self.is_between = false;
            self.message = if is_continued { self.message } else { 0 };
        }
        self.take_body(0);
    }

    fn take_body(&mut self, bytes: u64) {
        self.left -= bytes;
        if self.is_data {
            self.message += bytes;
            let is_last = self.head[0] & 0x80 != 0;
            self.is_between |= is_last && self.left == 0;
        }
    }

    /// How much may be read at once.
    pub(crate) fn most(&self) -> usize {
        if self.is_heavy && self.left > 0 { usize::try_from(self.left).unwrap_or(usize::MAX) } else { usize::MAX }
    }

    /// What has come of a message that is not complete.
    pub(crate) fn partial(&self) -> u64 {
        if self.is_between { 0 } else { self.message }
    }

    /// What was read ends where a long frame ends: nothing of the next one is in a buffer.
    pub(crate) fn is_behind_heavy(&self) -> bool {
        self.is_heavy && self.left == 0 && self.seen == 0
    }
}

/// A head's length without its mask, which its second byte tells.
pub(crate) fn head_length(second: u8) -> usize {
    match second & 0x7f {
        126 => 4,
        127 => 10,
        _ => 2,
    }
}

/// The length of a frame's payload, once its head is there.
pub(crate) fn payload(head: &[u8]) -> Option<u64> {
    match head.get(1)? & 0x7f {
        126 => Some(u16::from_be_bytes(head.get(2..4)?.try_into().ok()?).into()),
        127 => Some(u64::from_be_bytes(head.get(2..10)?.try_into().ok()?)),
        length => Some(length.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame under a mask.
    fn frame(first: u8, length: usize) -> Vec<u8> {
        let mut frame = match length {
            0..126 => vec![first, 0x80 | u8::try_from(length).unwrap()],
            126..65_536 => [&[first, 0xfe][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
            _ => [&[first, 0xff][..], &u64::try_from(length).unwrap().to_be_bytes()].concat(),
        };
        frame.resize(frame.len() + 4 + length, 0xff);
        frame
    }

    const TEXT: u8 = 0x81;
    const BEGIN: u8 = 0x01;
    const MORE: u8 = 0x00;
    const LAST: u8 = 0x80;
    const PING: u8 = 0x89;

    /// However the bytes are cut, afterwards so much of a message is there.
    fn check(frames: &[Vec<u8>], cut_off: usize, partial: u64, behind_heavy: bool) {
        let bytes = frames.concat();
        for step in [1, 3, 7, 1_000, bytes.len().max(1)] {
            let mut position = FramePosition::default();
            bytes[..bytes.len() - cut_off].chunks(step).for_each(|piece| position.pass(piece));
            let found = (position.partial(), position.is_behind_heavy());
            assert_eq!(found, (partial, behind_heavy), "in steps of {step}");
        }
    }

    #[test]
    fn messages_are_followed_through_their_frames() {
        check(&[], 0, 0, false);
        check(&[frame(TEXT, 0), frame(TEXT, 125), frame(TEXT, 126), frame(TEXT, 16_384)], 0, 0, false);
        check(&[frame(TEXT, 100)], 1, 103, false);
        check(&[frame(TEXT, 70_000)], 70_001, 3, false);
        check(&[frame(TEXT, 70_000)], 1, 70_003, false);
        check(&[frame(TEXT, 70_000)], 0, 0, true);
        check(&[frame(TEXT, 70_000), frame(TEXT, 1)], 6, 0, false);
        check(&[frame(BEGIN, 1_000), frame(MORE, 1_000)], 0, 2_008, false);
        check(&[frame(BEGIN, 1_000), frame(PING, 5), frame(MORE, 1_000)], 0, 2_008, false);
        check(&[frame(BEGIN, 1_000), frame(PING, 5), frame(LAST, 0), frame(PING, 5)], 0, 0, false);
        check(&[frame(BEGIN, 20_000), frame(LAST, 20_000)], 0, 0, true);
    }

    #[test]
    fn a_long_frame_is_read_to_its_end_and_not_beyond() {
        let mut position = FramePosition::default();
        let frame = frame(TEXT, 20_000);
        position.pass(&frame[..1_000]);
        assert_eq!(position.most(), frame.len() - 1_000);
        position.pass(&frame[1_000..]);
        assert_eq!(position.most(), usize::MAX);
    }

    #[test]
    fn lengths_that_cannot_be_do_no_harm() {
        let mut position = FramePosition::default();
        position.pass(&[0xff; 64]);
        assert!(position.most() > 1 << 32);
    }
}
