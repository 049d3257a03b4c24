//! Frames as data, in pieces of any size; then messages, bytes and bits at random.

use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;

use super::*;

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// A frame under a mask.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x00, 0x3d];
    let length = payload.len();
    let mut frame = match length {
        0..126 => vec![first, MASKED | length as u8],
        126..65_536 => [&[first, MASKED | 126][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[first, MASKED | 127][..], &(length as u64).to_be_bytes()].concat(),
    };
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// As zlib compresses a message.
fn packed(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 1_000);
    Compress::new(Compression::default(), false).compress_vec(text, &mut bytes, FlushCompress::Sync).unwrap();
    assert!(bytes.ends_with(&[0, 0, 0xff, 0xff]));
    bytes.truncate(bytes.len() - 4);
    bytes
}

/// A compressed message in one frame.
fn message(text: &[u8]) -> Vec<u8> {
    frame(LAST | COMPRESSED | TEXT, &packed(text))
}

/// What the bytes are in plain when so many of them come at once. However much a message becomes, no more than two
/// pieces are made at once.
fn in_plain(bytes: &[u8], step: usize, bound: usize) -> (Vec<u8>, Result<(), Fault>) {
    let mut frames = Frames::new(bound);
    let mut whole = Vec::new();
    for mut sent in bytes.chunks(step) {
        while !sent.is_empty() || frames.is_busy() {
            let mut plain = Vec::new();
            let passed = frames.pass(&mut sent, &mut plain);
            assert!(plain.len() <= 2 * PIECE + step, "{} bytes at once", plain.len());
            whole.extend(plain);
            if passed.is_err() {
                return (whole, passed);
            }
        }
    }
    (whole, Ok(()))
}

/// Messages and control frames in their order: opcode and content.
fn read(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open: Option<(u8, Vec<u8>)> = None;
    while !bytes.is_empty() {
        let (first, length) = (bytes[0], usize::try_from(frame_position::payload(bytes).unwrap()).unwrap());
        let head = frame_position::head_length(bytes[1]);
        let (mask, payload) = bytes[head..head + 4 + length].split_at(4);
        let payload: Vec<u8> = payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        bytes = &bytes[head + 4 + length..];
        let opcode = first & 0x7f;
        if opcode & CONTROL != 0 {
            found.push((opcode, payload));
            continue;
        }
        assert_eq!(open.is_some(), opcode == CONTINUED, "a message is continued, and nothing else is");
        let (opcode, mut content) = open.take().unwrap_or((opcode, Vec::new()));
        content.extend(payload);
        if first & LAST == 0 {
            open = Some((opcode, content));
        } else {
            found.push((opcode, content));
        }
    }
    assert_eq!(open, None);
    found
}

const STEPS: [usize; 6] = [1, 2, 3, 100, 4_096, usize::MAX >> 8];

fn check(frames: &[Vec<u8>], expect: &[(u8, &[u8])]) {
    let bytes = frames.concat();
    for step in STEPS {
        let (plain, passed) = in_plain(&bytes, step, 1 << 20);
        assert_eq!(passed, Ok(()), "in steps of {step}");
        let found = read(&plain);
        let found: Vec<(u8, &[u8])> = found.iter().map(|(opcode, content)| (*opcode, content.as_slice())).collect();
        assert!(found == expect, "in steps of {step}: {found:02x?}");
    }
}

fn check_fault(frames: &[Vec<u8>], bound: usize, expect: Fault) {
    for step in STEPS {
        assert_eq!(in_plain(&frames.concat(), step, bound).1, Err(expect), "in steps of {step}");
    }
}

const BEAT: &[u8] = br#"[2,"1","Heartbeat",{}]"#;

#[test]
fn messages_are_inflated_and_all_else_goes_on() {
    let long = br#"{"sampledValue":[{"value":"1000"}]},"#.repeat(1_000);
    check(&[message(BEAT)], &[(TEXT, BEAT)]);
    check(&[message(BEAT), frame(LAST | TEXT, BEAT), message(BEAT)], &[(TEXT, BEAT), (TEXT, BEAT), (TEXT, BEAT)]);
    check(&[frame(LAST | COMPRESSED | BINARY, &packed(b"\x00\xff"))], &[(BINARY, b"\x00\xff")]);
    check(&[message(&long), message(BEAT)], &[(TEXT, &long), (TEXT, BEAT)]);
    check(
        &[frame(TEXT, b"[2,"), frame(LAST | PING, b"x"), frame(LAST, b"1]"), message(BEAT)],
        &[(PING, b"x"), (TEXT, b"[2,1]"), (TEXT, BEAT)],
    );
    check(&[message(BEAT), frame(LAST | CLOSE, &[3, 232])], &[(TEXT, BEAT), (CLOSE, &[3, 232])]);
    check(&[frame(LAST | TEXT, &long), frame(LAST | TEXT, b"")], &[(TEXT, &long), (TEXT, b"")]);
}

#[test]
fn a_compressed_message_may_come_in_fragments_with_others_between() {
    let bytes = packed(BEAT);
    let (one, rest) = bytes.split_at(5);
    let (two, three) = rest.split_at(1);
    let begin = frame(COMPRESSED | TEXT, one);
    check(&[begin.clone(), frame(0, two), frame(LAST, three)], &[(TEXT, BEAT)]);
    check(
        &[begin.clone(), frame(LAST | PING, b""), frame(0, two), frame(LAST | PING, b"y"), frame(LAST, three)],
        &[(PING, b""), (PING, b"y"), (TEXT, BEAT)],
    );
    // Fragments with nothing in them: the first, one between, the last.
    check(&[frame(COMPRESSED | TEXT, b""), frame(0, &bytes), frame(0, b""), frame(LAST, b"")], &[(TEXT, BEAT)]);
    // Each fragment ends with a flush of its own.
    let halves = [&BEAT[..10], &BEAT[10..]].map(|half| [&packed(half)[..], &[0, 0, 0xff, 0xff]].concat());
    let last = &halves[1][..halves[1].len() - 4];
    check(&[frame(COMPRESSED | TEXT, &halves[0]), frame(LAST, last)], &[(TEXT, BEAT)]);
}

#[test]
fn an_empty_message_is_empty() {
    check(&[message(b""), message(BEAT)], &[(TEXT, b""), (TEXT, BEAT)]);
    check(&[frame(LAST | COMPRESSED | TEXT, &[0]), message(BEAT)], &[(TEXT, b""), (TEXT, BEAT)]);
    check(&[frame(LAST | COMPRESSED | TEXT, &[]), message(BEAT)], &[(TEXT, b""), (TEXT, BEAT)]);
    check(&[frame(COMPRESSED | TEXT, &[]), frame(LAST, &[])], &[(TEXT, b"")]);
}

#[test]
fn pieces_end_where_they_must() {
    for length in [PIECE - 1, PIECE, PIECE + 1, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW, 125, 126] {
        let text = vec![b'x'; length];
        check(&[message(&text), message(BEAT)], &[(TEXT, &text), (TEXT, BEAT)]);
    }
}

#[test]
fn wrong_marks_go_on_as_they_came() {
    let unmasked = [&[LAST | COMPRESSED | TEXT, 5][..], &packed(BEAT)[..5]].concat();
    let wrong = [
        frame(LAST | 0x20 | TEXT, BEAT),
        frame(LAST | 0x10 | TEXT, BEAT),
        frame(LAST | 0x60 | TEXT, &packed(BEAT)),
        frame(LAST | COMPRESSED | PING, b"x"),
        frame(LAST | COMPRESSED, &packed(BEAT)),
        frame(LAST | COMPRESSED | 3, BEAT),
        [frame(TEXT, b"a"), frame(LAST | COMPRESSED | TEXT, &packed(BEAT))].concat(),
        [frame(TEXT, b"a"), frame(LAST | COMPRESSED, &packed(BEAT))].concat(),
        unmasked,
    ];
    for bytes in wrong {
        for step in STEPS {
            assert_eq!(in_plain(&bytes, step, 1 << 20), (bytes.clone(), Ok(())));
        }
    }
    let (begin, ping) = (frame(COMPRESSED | TEXT, &packed(BEAT)), frame(LAST | COMPRESSED | PING, b"x"));
    assert_eq!(in_plain(&[begin, ping.clone()].concat(), 1, 1 << 20), (ping, Ok(())));
}

#[test]
fn a_compressed_message_is_not_interrupted() {
    let begin = frame(COMPRESSED | TEXT, &packed(BEAT)[..3]);
    let unmasked = vec![LAST, 1, 0];
    for next in
        [message(BEAT), frame(LAST | TEXT, BEAT), frame(LAST | COMPRESSED, b"x"), frame(LAST | 0x20, b"x"), unmasked]
    {
        check_fault(&[begin.clone(), next], 1 << 20, Fault::Interrupted);
    }
}

#[test]
fn what_cannot_be_inflated_is_broken_and_what_came_before_is_not() {
    let whole = packed(BEAT);
    for length in 1..whole.len() {
        check_fault(&[frame(LAST | COMPRESSED | TEXT, &whole[..length])], 1 << 20, Fault::Broken);
    }
    check_fault(&[frame(LAST | COMPRESSED | TEXT, BEAT)], 1 << 20, Fault::Broken);
    check_fault(&[message(BEAT), frame(LAST | COMPRESSED | TEXT, &[0xff; 10])], 1 << 20, Fault::Broken);
    let (plain, passed) =
        in_plain(&[message(BEAT), frame(LAST | COMPRESSED | TEXT, BEAT)].concat(), usize::MAX >> 8, 1 << 20);
    assert_eq!((read(&plain), passed), (vec![(TEXT, BEAT.to_vec())], Err(Fault::Broken)));
}

#[test]
fn compressed_bytes_have_a_bound_of_their_own() {
    let noise: Vec<u8> = (0..900u64).map(|n| ((n * n + 41).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 47) as u8).collect();
    check_fault(&[message(&noise)], 800, Fault::TooLarge);
    check_fault(&[frame(COMPRESSED | TEXT, &packed(&noise)[..500]), frame(0, &[0; 301])], 800, Fault::TooLarge);
    check_fault(
        &[vec![LAST | COMPRESSED | TEXT, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]],
        800,
        Fault::TooLarge,
    );
    // Blocks of nothing, without end: much is sent, and nothing comes of it.
    let nothing = [0, 0, 0, 0xff, 0xff].repeat(100);
    check_fault(&[frame(COMPRESSED | TEXT, &nothing), frame(0, &nothing)], 800, Fault::TooLarge);
}

/// A message of a station: its text, whether it is compressed, and where it is cut into fragments.
fn messages() -> impl Strategy<Value = Vec<(Vec<u8>, bool, Vec<usize>)>> {
    let text = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        (any::<[u8; 8]>(), 0..12_000usize).prop_map(|(word, times)| word.repeat(times)),
    ];
    prop::collection::vec((text, any::<bool>(), prop::collection::vec(0..20_000usize, 0..4)), 1..6)
}

fn fragments(payload: &[u8], first: u8, cuts: &[usize]) -> Vec<u8> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (payload.len() + 1)).collect();
    cuts.sort_unstable();
    let begins = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([payload.len()]);
    let count = cuts.len();
    let each = begins.zip(ends).enumerate().map(|(at, (begin, end))| {
        let first = if at == 0 { first } else { CONTINUED };
        let ping = if at > 0 { frame(LAST | PING, b"") } else { Vec::new() };
        [ping, frame(first | if at == count { LAST } else { 0 }, &payload[begin..end])].concat()
    });
    each.collect::<Vec<_>>().concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// However messages are compressed, fragmented and cut on their way, they are the same.
    #[test]
    fn messages_stay_what_they_are(messages in messages(), step in 1..5_000usize) {
        let bytes: Vec<Vec<u8>> = messages.iter().map(|(text, is_compressed, cuts)| {
            if *is_compressed { fragments(&packed(text), COMPRESSED | TEXT, cuts) } else { fragments(text, TEXT, cuts) }
        }).collect();
        let (plain, passed) = in_plain(&bytes.concat(), step, 1 << 20);
        prop_assert_eq!(passed, Ok(()));
        let found: Vec<Vec<u8>> = read(&plain).into_iter().filter(|(opcode, _)| *opcode == TEXT).map(|(_, text)| text).collect();
        let expect: Vec<Vec<u8>> = messages.into_iter().map(|(text, _, _)| text).collect();
        prop_assert!(found == expect);
    }

    /// Whatever comes, it ends, and within bounds; how it is cut changes nothing.
    #[test]
    fn anything_may_come(bytes in prop::collection::vec(any::<u8>(), 0..2_000), is_framed in any::<bool>(), step in 1..500usize) {
        let bytes = if is_framed { frame(LAST | COMPRESSED | TEXT, &bytes) } else { [message(BEAT), bytes].concat() };
        let (whole, pieces) = (in_plain(&bytes, usize::MAX >> 8, 1 << 20), in_plain(&bytes, step, 1 << 20));
        prop_assert_eq!(whole.1, pieces.1);
        prop_assert!(whole.1.is_err() || whole.0 == pieces.0);
    }

    /// A message of which one bit is another is broken, or some message; the next one is never touched.
    #[test]
    fn a_wrong_bit_ends_in_its_message(bit in 0..400usize, step in 1..100usize) {
        let mut payload = packed(&BEAT.repeat(3));
        let at = bit % (payload.len() * 8);
        payload[at / 8] ^= 1 << (at % 8);
        let bytes = [frame(LAST | COMPRESSED | TEXT, &payload), message(BEAT)].concat();
        let (plain, passed) = in_plain(&bytes, step, 1 << 20);
        match passed {
            Ok(()) => prop_assert_eq!(read(&plain).pop(), Some((TEXT, BEAT.to_vec()))),
            Err(fault) => prop_assert_eq!(fault, Fault::Broken),
        }
    }
}
