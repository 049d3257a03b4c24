//! Large messages, measured: a connection that had one is as small afterwards as it was before.

#![cfg(target_os = "linux")]

#[cfg(test)]
#[path = "gateway/support.rs"]
#[expect(dead_code, reason = "only a part of it is needed")]
mod support;

use amprule_gateway::GatewaySettings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use support::{bare, open, serve};

const STATIONS: usize = 30;
const LARGE: usize = 1 << 20;

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("this process has a status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("a number") * 1024
}

/// Sends a heartbeat of this length and reads its answer.
async fn beat(tcp: &mut TcpStream, length: usize) {
    let payload = format!(r#"[2,"1","Heartbeat",{{"x":"{}"}}]"#, "x".repeat(length));
    let size = u64::try_from(payload.len()).expect("a size").to_be_bytes();
    let frame = [&[0x81, 0xff][..], &size, &[0; 4], payload.as_bytes()].concat();
    tcp.write_all(&frame).await.expect("sent");
    let mut head = [0; 2];
    tcp.read_exact(&mut head).await.expect("an answer");
    tcp.read_exact(&mut vec![0; head[1].into()]).await.expect("the whole answer");
}

#[tokio::test]
async fn a_large_message_leaves_nothing_behind() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let mut stations = Vec::new();
    for _ in 0..STATIONS {
        stations.push(bare(addr, "ocpp1.6").await);
        tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    }
    beat(&mut stations[0], LARGE).await;
    let before = resident();
    for tcp in &mut stations {
        beat(tcp, LARGE).await;
        beat(tcp, 10).await;
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < STATIONS * LARGE / 10, "{STATIONS} connections grew by {grown} bytes");
}
