//! Compressed frames that mean harm, and a server that goes on as if nothing were. What is agreed on and understood is
//! tested with the gateway, and with independent clients in `clients.rs`.

use amprule_tests::{TestServer, process};
use flate2::{Compress, Compression, FlushCompress};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::malformed::Dice;

const BEGIN: u8 = 0x41;
const MORE: u8 = 0x00;
const WHOLE: u8 = 0xc1;

/// A socket on which compression is agreed.
async fn connect(server: &TestServer, station: &str) -> TcpStream {
    let address = server.ocpp.trim_start_matches("ws://");
    let mut tcp = TcpStream::connect(address).await.expect("the server listens");
    let request = format!(
        "GET /{station} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    );
    tcp.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(tcp.read_u8().await.expect("the server answers"));
    }
    assert!(String::from_utf8_lossy(&answer).contains("permessage-deflate"));
    tcp
}

/// Under a mask of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, 0xff][..], &(payload.len() as u64).to_be_bytes(), &[0; 4], payload].concat()
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 100);
    let mut compress = Compress::new(Compression::default(), false);
    compress.compress_vec(text, &mut bytes, FlushCompress::Sync).expect("zlib compresses anything");
    bytes.truncate(bytes.len() - 4);
    bytes
}

/// Some frames of which one or more are wrong.
fn harm(dice: &mut Dice, bomb: &[u8]) -> Vec<u8> {
    let boot = br#"[2,"1","BootNotification",{"chargePointVendor":"Example","chargePointModel":"M"}]"#;
    let mut payload = packed(boot);
    match dice.roll(6) {
        0 => frame(WHOLE, bomb),
        1 => [frame(BEGIN, &[]), frame(MORE, &[0, 0, 0, 0xff, 0xff].repeat(1_000_000))].concat(),
        2 => frame(WHOLE, &payload[..dice.roll(payload.len())]),
        3 => [frame(BEGIN, &payload), frame(WHOLE, &payload)].concat(),
        _ => {
            for _ in 0..=dice.roll(3) {
                let at = dice.roll(payload.len());
                payload[at] ^= 1 << dice.roll(8);
            }
            let mut bytes = [frame(WHOLE, &packed(boot)), frame(WHOLE, &payload)].concat();
            let at = dice.roll(bytes.len());
            bytes[at] ^= 1 << dice.roll(8);
            bytes
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_frames_that_mean_harm_neither_crash_nor_grow_the_server() {
    let mut server = TestServer::start().await;
    let bomb = packed(&vec![b' '; 256 << 20]);
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for (part, count, most_kib) in [("first", 20, u64::MAX), ("second", 200, 48 * 1024)] {
        let before = process::resident_kib(server.pid());
        for number in 0..count {
            let mut tcp = connect(&server, &format!("{part}-{number}")).await;
            // The server may have closed before all of it was written.
            let _ = tcp.write_all(&harm(&mut dice, &bomb)).await;
            let _ = tcp.shutdown().await;
            let _ = tcp.read_to_end(&mut Vec::new()).await;
        }
        let grown = process::resident_kib(server.pid()).saturating_sub(before);
        assert!(grown < most_kib, "{grown} KiB are left behind");
    }
    assert!(server.is_running());
    server.station("cs-1", "ocpp1.6").await.call("Heartbeat", json!({})).await;
    let log = server.log();
    assert!(log.contains("what the station compresses cannot be read"), "{log}");
}
