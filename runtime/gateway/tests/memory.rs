//! Large messages, measured: a connection that had one is as small afterwards as it was before.

#![cfg(target_os = "linux")]

#[cfg(test)]
#[path = "gateway/support.rs"]
#[expect(dead_code, reason = "only a part of it is needed")]
mod support;

use amprule_gateway::GatewaySettings;
use flate2::{Compress, Compression, FlushCompress};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use support::{open, serve, shaken, upgrade};

const STATIONS: usize = 30;
const LARGE: usize = 1 << 20;

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("this process has a status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("a number") * 1024
}

/// Sends a heartbeat of this length, compressed or not, and reads its answer.
async fn beat(tcp: &mut TcpStream, length: usize, is_compressed: bool) {
    let mut payload = format!(r#"[2,"1","Heartbeat",{{"x":"{}"}}]"#, "x".repeat(length)).into_bytes();
    if is_compressed {
        let mut bytes = Vec::with_capacity(payload.len() + 100);
        let mut compress = Compress::new(Compression::fast(), false);
        compress.compress_vec(&payload, &mut bytes, FlushCompress::Sync).expect("compressed");
        bytes.truncate(bytes.len() - 4);
        payload = bytes;
    }
    let size = u64::try_from(payload.len()).expect("a size").to_be_bytes();
    let first = if is_compressed { 0xc1 } else { 0x81 };
    let frame = [&[first, 0xff][..], &size, &[0; 4], &payload].concat();
    tcp.write_all(&frame).await.expect("sent");
    let mut head = [0; 2];
    tcp.read_exact(&mut head).await.expect("an answer");
    tcp.read_exact(&mut vec![0; head[1].into()]).await.expect("the whole answer");
}

#[tokio::test]
async fn a_large_message_leaves_nothing_behind() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    for is_compressed in [false, true] {
        let mut stations = Vec::new();
        for _ in 0..STATIONS {
            let headers = ["Sec-WebSocket-Protocol: ocpp1.6", "Sec-WebSocket-Extensions: permessage-deflate"];
            let headers = if is_compressed { &headers[..] } else { &headers[..1] };
            stations.push(shaken(addr, upgrade("/CS-001", headers).as_bytes()).await.0);
            tokio::spawn(serve(arrivals.recv().await.unwrap().1));
        }
        beat(&mut stations[0], LARGE, is_compressed).await;
        let before = resident();
        for tcp in &mut stations {
            beat(tcp, LARGE, is_compressed).await;
            beat(tcp, 10, is_compressed).await;
        }
        let grown = resident().saturating_sub(before);
        // An inflater has 43 KiB: none stays with its connection.
        let most = STATIONS * if is_compressed { 16 * 1024 } else { LARGE / 10 };
        assert!(grown < most, "{STATIONS} connections grew by {grown} bytes, compressed: {is_compressed}");
    }
}
