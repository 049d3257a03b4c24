//! Stations that compress (RFC 7692): what is agreed on, what is understood, and those that cannot do what they offer.

use std::net::SocketAddr;
use std::time::Duration;

use amprule_domain::ports::{Link, Received};
use amprule_gateway::GatewaySettings;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Arrivals, open, serve, shaken, upgrade};

const OFFER: &str = "permessage-deflate; client_max_window_bits";
const AGREED: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
const HEARTBEAT: &str = r#"[2,"beat","Heartbeat",{}]"#;
const BEATEN: &str = r#"[3,"beat",{"currentTime":"1970-01-01T00:00:00.000Z"}]"#;

const TEXT: u8 = 0x81;
const COMPRESSED: u8 = 0xc1;

fn request(station: &str, version: &str, offers: &[&str]) -> String {
    let offers = offers.iter().map(|offer| format!("Sec-WebSocket-Extensions: {offer}"));
    let headers: Vec<String> = offers.chain([format!("Sec-WebSocket-Protocol: {version}")]).collect();
    upgrade(&format!("/{station}"), &headers.iter().map(String::as_str).collect::<Vec<_>>())
}

fn agreed(answer: &str) -> Option<&str> {
    answer.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "))
}

/// Connects, and says whether compression was agreed on.
async fn visit(addr: SocketAddr, station: &str) -> (TcpStream, bool) {
    let (tcp, answer) = shaken(addr, request(station, "ocpp2.0.1", &[OFFER]).as_bytes()).await;
    (tcp, agreed(&answer).is_some())
}

/// A connected station that may compress, served until it is gone.
async fn served(settings: GatewaySettings) -> (SocketAddr, Arrivals, TcpStream) {
    let (addr, mut arrivals) = open(settings);
    let (tcp, is_agreed) = visit(addr, "CS-001").await;
    assert!(is_agreed);
    tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    (addr, arrivals, tcp)
}

/// A frame under a mask.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u64::try_from(payload.len()).unwrap().to_be_bytes();
    let mask = [1, 2, 3, 4];
    let masked = payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key);
    [&[first, 0xff][..], &length, &mask].concat().into_iter().chain(masked).collect()
}

/// What zlib makes of one message after the other, with its context or without.
struct Packer(Compress);

impl Packer {
    fn new() -> Self {
        Self(Compress::new(Compression::default(), false))
    }

    fn pack(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() + 100);
        self.0.compress_vec(text.as_bytes(), &mut bytes, FlushCompress::Sync).unwrap();
        bytes.truncate(bytes.len() - 4);
        bytes
    }
}

fn packed(text: &str) -> Vec<u8> {
    Packer::new().pack(text)
}

fn compressed(text: &str) -> Vec<u8> {
    frame(COMPRESSED, &packed(text))
}

/// The next frame from the server: its first byte and its payload.
async fn next(tcp: &mut TcpStream) -> (u8, Vec<u8>) {
    let (first, length) = (tcp.read_u8().await.unwrap(), tcp.read_u8().await.unwrap());
    let length = match length {
        126 => usize::from(tcp.read_u16().await.unwrap()),
        127 => usize::try_from(tcp.read_u64().await.unwrap()).unwrap(),
        length => usize::from(length),
    };
    let mut payload = vec![0; length];
    tcp.read_exact(&mut payload).await.unwrap();
    (first, payload)
}

fn unpacked(payload: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(1 << 20);
    let whole = [payload, &[0, 0, 0xff, 0xff]].concat();
    Decompress::new(false).decompress_vec(&whole, &mut bytes, FlushDecompress::Sync).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The next text, which is marked as compressed.
async fn hear(tcp: &mut TcpStream) -> String {
    let (first, payload) = next(tcp).await;
    assert_eq!(first, COMPRESSED);
    unpacked(&payload)
}

/// The status with which the server closes, whatever it says before.
async fn closed(tcp: &mut TcpStream) -> u16 {
    loop {
        if let (0x88, payload) = next(tcp).await {
            return u16::from_be_bytes([payload[0], payload[1]]);
        }
    }
}

#[tokio::test]
async fn what_is_offered_is_agreed_on_or_passed_over() {
    let (addr, _arrivals) = open(GatewaySettings::default());
    let cases: [(&[&str], Option<&str>); 7] = [
        (&[], None),
        (&[OFFER], Some(AGREED)),
        (&["permessage-bzip2", "permessage-deflate"], Some(AGREED)),
        (&["permessage-deflate; server_max_window_bits=99"], None),
        (&["permessage-deflate; level=9, permessage-deflate"], Some(AGREED)),
        (&["x-webkit-deflate-frame"], None),
        (&["\""], None),
    ];
    for (number, (offers, expect)) in cases.into_iter().enumerate() {
        let (_tcp, answer) = shaken(addr, request(&format!("CS-{number}"), "ocpp1.6", offers).as_bytes()).await;
        assert_eq!(agreed(&answer), expect, "{offers:?}");
    }
    let (addr, _arrivals) = open(GatewaySettings { compression: false, ..GatewaySettings::default() });
    assert!(!visit(addr, "CS-001").await.1);
}

#[tokio::test]
async fn compressed_messages_are_answered_by_such_and_plain_ones_go_between() {
    let (_, _arrivals, mut tcp) = served(GatewaySettings::default()).await;
    tcp.write_all(&frame(TEXT, HEARTBEAT.as_bytes())).await.unwrap();
    assert_eq!(
        next(&mut tcp).await,
        (TEXT, BEATEN.into()),
        "it has not compressed yet, and might not know that it may"
    );
    let both = [compressed(HEARTBEAT), frame(TEXT, HEARTBEAT.as_bytes()), compressed("nonsense")].concat();
    tcp.write_all(&both).await.unwrap();
    assert_eq!(hear(&mut tcp).await, BEATEN);
    assert_eq!(hear(&mut tcp).await, BEATEN);
    assert!(hear(&mut tcp).await.starts_with(r#"[4,"-1","#));
    // In two fragments, and a ping between.
    let bytes = packed(HEARTBEAT);
    let parts = [frame(0x41, &bytes[..4]), frame(0x89, b"x"), frame(0x80, &bytes[4..])].concat();
    for byte in parts {
        tcp.write_all(&[byte]).await.unwrap();
    }
    assert_eq!(next(&mut tcp).await, (0x8a, b"x".to_vec()));
    assert_eq!(hear(&mut tcp).await, BEATEN);
    tcp.write_all(&frame(0x88, &1000u16.to_be_bytes())).await.unwrap();
    assert_eq!(closed(&mut tcp).await, 1000);
}

#[tokio::test]
async fn a_large_command_is_compressed_for_a_station_that_compresses() {
    let data = r#"{\"idTag\":\"CARD-1\",\"status\":\"Accepted\"},"#.repeat(100);
    let payload = format!(r#"{{"vendorId":"x","data":"{data}"}}"#);
    for (offer, most) in [(OFFER, 600), ("permessage-deflate; server_max_window_bits=10", payload.len() + 60)] {
        let (addr, mut arrivals) = open(GatewaySettings::default());
        let (mut tcp, _) = shaken(addr, request("CS-001", "ocpp2.0.1", &[offer]).as_bytes()).await;
        let mut link = arrivals.recv().await.unwrap().1;
        tcp.write_all(&compressed(HEARTBEAT)).await.unwrap();
        assert!(matches!(link.receive().await, Received::Event(_)));
        link.raw().expect("a wire").call("7", "DataTransfer", &payload).await.unwrap();
        let (first, bytes) = next(&mut tcp).await;
        assert_eq!(first, COMPRESSED);
        assert_eq!(unpacked(&bytes), format!(r#"[2,"7","DataTransfer",{payload}]"#));
        assert!(bytes.len() <= most, "{} bytes for {}", bytes.len(), payload.len());
    }
}

#[tokio::test]
async fn a_compressed_message_that_comes_with_the_handshake_is_not_lost() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let early = [request("CS-001", "ocpp1.6", &[OFFER]).into_bytes(), compressed(HEARTBEAT)].concat();
    let (mut tcp, _) = shaken(addr, &early).await;
    tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    assert_eq!(hear(&mut tcp).await, BEATEN);
}

#[tokio::test]
async fn giving_up_on_receive_loses_nothing_of_a_compressed_message() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let (mut tcp, _) = visit(addr, "CS-001").await;
    let mut link = arrivals.recv().await.unwrap().1;
    for number in 0..10 {
        let call = format!(r#"[2,"{number}","Heartbeat",{{"x":"{}"}}]"#, "x".repeat(number * 2_000));
        let mut seen = None;
        for byte in compressed(&call) {
            tcp.write_all(&[byte]).await.unwrap();
            seen = seen.or(glance(&mut *link));
            tokio::task::yield_now().await;
        }
        while seen.is_none() {
            seen = glance(&mut *link);
            tokio::task::yield_now().await;
        }
        assert_eq!(seen, Some(number.to_string()));
    }
}

/// Polls once and drops the future, as a select does whose other side is ready.
fn glance(link: &mut dyn Link) -> Option<String> {
    match link.receive().now_or_never()? {
        Received::Event(event) => Some(event.id.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_a_message_becomes_has_the_same_bound_as_a_plain_one() {
    let beat = |length: usize| {
        let frame = r#"[2,"beat","Heartbeat",{"x":""}]"#;
        frame.replace(r#""""#, &format!(r#""{}""#, "x".repeat(length - frame.len())))
    };
    let (_, _arrivals, mut tcp) = served(GatewaySettings::default()).await;
    for length in [1_000, 650_000, 4 << 20, 1_000] {
        tcp.write_all(&compressed(&beat(length))).await.unwrap();
        assert_eq!(hear(&mut tcp).await, BEATEN, "{length} bytes");
    }
    tcp.write_all(&compressed(&beat((4 << 20) + 1))).await.unwrap();
    let heard = hear(&mut tcp).await;
    assert!(heard.starts_with(r#"[4,"-1","#) && heard.contains("4194304 bytes"), "{heard}");
    assert_eq!(closed(&mut tcp).await, 1009);

    // One block of zeros after the other: a thousand times what it is, and the connection ends at the bound.
    let (_, _arrivals, mut tcp) = served(GatewaySettings::default()).await;
    let bomb = packed(&"\0".repeat(256 << 20));
    assert!(bomb.len() < 300 << 10);
    tcp.write_all(&frame(COMPRESSED, &bomb)).await.unwrap();
    assert_eq!(closed(&mut tcp).await, 1009);

    // What it is on the wire is bound as well, though nothing ever comes of it.
    let (_, _arrivals, mut tcp) = served(GatewaySettings { max_frame_bytes: 10_000, ..Default::default() }).await;
    let nothing = frame(0, &[0, 0, 0, 0xff, 0xff].repeat(1_000));
    tcp.write_all(&[frame(0x41, &[]), nothing.clone(), nothing.clone(), nothing].concat()).await.unwrap();
    assert_eq!(closed(&mut tcp).await, 1009);
}

#[tokio::test]
async fn what_a_message_becomes_takes_the_room_of_a_plain_one() {
    let patience = Duration::from_millis(100);
    let (max_frame_bytes, max_frames_bytes) = (200_000, 200_000);
    let (addr, mut arrivals) =
        open(GatewaySettings { room_timeout: patience, max_frame_bytes, max_frames_bytes, ..Default::default() });
    let ((mut first, _), (mut second, _)) = (visit(addr, "CS-001").await, visit(addr, "CS-002").await);
    for _ in 0..2 {
        tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    }
    let large = format!(r#"[2,"beat","Heartbeat",{{"x":"{}"}}]"#, "x".repeat(190_000));
    let bytes = packed(&large);
    let (most, rest) = bytes.split_at(bytes.len() - 1);
    first.write_all(&[frame(0x41, most), frame(0x89, b"")].concat()).await.unwrap();
    assert_eq!(next(&mut first).await, (0x8a, Vec::new()), "by now it is read");
    second.write_all(&compressed(&large)).await.unwrap();
    assert_eq!(closed(&mut second).await, 1013);
    first.write_all(&frame(0x80, rest)).await.unwrap();
    assert_eq!(hear(&mut first).await, BEATEN);
}

#[tokio::test]
async fn marks_that_cannot_be_break_the_protocol() {
    let begin = frame(0x41, &packed(HEARTBEAT)[..4]);
    let wrong = [
        frame(0xa1, HEARTBEAT.as_bytes()),
        frame(0x91, HEARTBEAT.as_bytes()),
        frame(0xe1, &packed(HEARTBEAT)),
        frame(0xc9, b"x"),
        frame(0xc0, b"x"),
        [&[0xc1, 7][..], &packed(HEARTBEAT)[..7]].concat(),
        [begin.clone(), frame(0xc0, b"x")].concat(),
        [begin.clone(), compressed(HEARTBEAT)].concat(),
        [begin, frame(TEXT, HEARTBEAT.as_bytes())].concat(),
    ];
    for bytes in wrong {
        let (addr, _arrivals, mut tcp) = served(GatewaySettings::default()).await;
        tcp.write_all(&bytes).await.unwrap();
        assert_eq!(closed(&mut tcp).await, 1002, "{bytes:02x?}");
        assert!(visit(addr, "CS-001").await.1);
    }
    // And where nothing was agreed on.
    let (addr, mut arrivals) = open(GatewaySettings { compression: false, ..Default::default() });
    let (mut tcp, _) = visit(addr, "CS-001").await;
    tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    tcp.write_all(&compressed(HEARTBEAT)).await.unwrap();
    assert_eq!(closed(&mut tcp).await, 1002);
}

#[tokio::test]
async fn a_station_that_cannot_compress_goes_on_without() {
    let whole = packed(HEARTBEAT);
    let unlike: [&[u8]; 4] =
        [&whole[..whole.len() - 2], b"[2,", &[0xff; 20], &[&whole[..], &[0, 0, 0xff, 0xff]].concat()];
    for payload in unlike {
        let (addr, _arrivals, mut tcp) = served(GatewaySettings::default()).await;
        tcp.write_all(&[compressed(HEARTBEAT), frame(COMPRESSED, payload)].concat()).await.unwrap();
        assert_eq!(hear(&mut tcp).await, BEATEN, "what came before is answered");
        assert_eq!(closed(&mut tcp).await, 1007, "{payload:02x?}");
        assert!(!visit(addr, "CS-001").await.1);
        assert!(visit(addr, "CS-002").await.1, "another station may");
    }
}

/// Java's most used library did so for years: it says the second message with the first as its context.
#[tokio::test]
async fn a_station_that_refers_to_earlier_messages_goes_on_without() {
    let (addr, mut arrivals, mut tcp) = served(GatewaySettings::default()).await;
    let mut packer = Packer::new();
    tcp.write_all(&frame(COMPRESSED, &packer.pack(HEARTBEAT))).await.unwrap();
    assert_eq!(hear(&mut tcp).await, BEATEN);
    tcp.write_all(&frame(COMPRESSED, &packer.pack(HEARTBEAT))).await.unwrap();
    assert_eq!(closed(&mut tcp).await, 1007);
    let (mut tcp, is_agreed) = visit(addr, "CS-001").await;
    assert!(!is_agreed);
    tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    tcp.write_all(&frame(TEXT, HEARTBEAT.as_bytes())).await.unwrap();
    assert_eq!(next(&mut tcp).await, (TEXT, BEATEN.into()));
}

/// Some clients do not take an answer with parameters that they have not offered.
#[tokio::test]
async fn a_station_that_is_gone_after_the_answer_goes_on_without() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let (tcp, is_agreed) = visit(addr, "CS-001").await;
    assert!(is_agreed);
    drop(tcp);
    let mut link = arrivals.recv().await.unwrap().1;
    assert!(matches!(link.receive().await, Received::Closed));
    drop(link);
    assert!(!visit(addr, "CS-001").await.1);
}

/// Some clients refuse messages that are not compressed, or cannot inflate what is: they say so by their close.
#[tokio::test]
async fn a_station_that_closes_over_compression_goes_on_without() {
    for (status, is_agreed) in [(1000, true), (1001, true), (1002, false), (1007, false), (1010, false)] {
        let (addr, _arrivals, mut tcp) = served(GatewaySettings::default()).await;
        tcp.write_all(&frame(0x88, &u16::to_be_bytes(status))).await.unwrap();
        assert_eq!(closed(&mut tcp).await, status);
        assert_eq!(visit(addr, "CS-001").await.1, is_agreed, "{status}");
    }
}
