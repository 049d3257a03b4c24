//! What is said to a station that compresses.
//!
//! All of it is marked as compressed: there are libraries that hang on a plain message, or refuse it, once the extension
//! is agreed on. What is short is in blocks that compress nothing (RFC 7692, 7.2.3.3), and costs six bytes.

use miniz_oxide::deflate::core::CompressorOxide;
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::{DataFormat, MZFlush};

/// Less is not worth the compressor's 300 KiB, which are there only for as long as it works.
const WORTH: usize = 1_024;
/// As zlib's own.
const LEVEL: u8 = 6;
/// What a flush ends with, and a message leaves out (RFC 7692, 7.2.1).
const LEFT_OUT: [u8; 4] = [0, 0, 0xff, 0xff];

/// As a message's payload. One that is longer than `longest` might refer back too far for the station.
pub(crate) fn deflated(text: &[u8], longest: usize) -> Vec<u8> {
    let is_worth = (WORTH..=longest).contains(&text.len());
    is_worth.then(|| compressed(text)).flatten().unwrap_or_else(|| stored(text))
}

/// `None` where it would not be shorter.
fn compressed(text: &[u8]) -> Option<Vec<u8>> {
    let mut compressor = Box::<CompressorOxide>::default();
    compressor.set_format_and_level(DataFormat::Raw, LEVEL);
    let mut bytes = vec![0; text.len()];
    let done = deflate(&mut compressor, text, &mut bytes, MZFlush::Sync);
    // With room left, the flush is complete.
    if done.status.is_err() || done.bytes_consumed < text.len() || done.bytes_written == bytes.len() {
        return None;
    }
    bytes.truncate(done.bytes_written);
    bytes.ends_with(&LEFT_OUT).then(|| {
        bytes.truncate(bytes.len() - LEFT_OUT.len());
        bytes.shrink_to_fit();
        bytes
    })
}

fn stored(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 6);
    for piece in text.chunks(usize::from(u16::MAX)) {
        let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        bytes.push(0);
        bytes.extend(length.to_le_bytes());
        bytes.extend((!length).to_le_bytes());
        bytes.extend(piece);
    }
    bytes.push(0);
    bytes
}

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::*;

    /// By the implementation that others use.
    fn check(text: &[u8], longest: usize, most: usize) {
        let bytes = deflated(text, longest);
        assert!(bytes.len() <= most, "{} bytes from {}", bytes.len(), text.len());
        let mut found = Vec::with_capacity(text.len() + 1);
        let whole = [&bytes, &LEFT_OUT[..]].concat();
        Decompress::new(false).decompress_vec(&whole, &mut found, FlushDecompress::Sync).expect("it is DEFLATE");
        assert!(found == text, "{} bytes", text.len());
    }

    #[test]
    fn what_is_said_can_be_inflated_by_others() {
        let list: String = (0..2_000).map(|n| format!(r#"{{"idToken":"CARD-{n}","status":"Accepted"}},"#)).collect();
        check(b"", usize::MAX, 1);
        check(br#"[3,"1",{"currentTime":"2026-11-30T16:00:00Z"}]"#, usize::MAX, 60);
        check(&list.as_bytes()[..WORTH], usize::MAX, 400);
        check(list.as_bytes(), usize::MAX, list.len() / 5);
        // A window of 256 bytes; noise; both longer than a block.
        check(list.as_bytes(), 256, list.len() + 11);
        let noise: Vec<u8> = (0..70_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        check(&noise, usize::MAX, noise.len() + 11);
    }
}
