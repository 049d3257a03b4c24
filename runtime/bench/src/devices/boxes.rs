//! Boxes that answer at once: enough of Modbus TCP that a driver sees a car that charges.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, clap::Args)]
pub(crate) struct Boxes {
    count: usize,
}

const INPUT: u8 = 4;
const READS: [u8; 2] = [3, INPUT];
/// Of all boxes, in W.
const POWER: f64 = 11_000.0;

impl Boxes {
    pub(crate) async fn run(self) -> Result<()> {
        let asked = Arc::new(AtomicU64::new(0));
        let began = Instant::now();
        let mut ports = Vec::new();
        for _ in 0..self.count {
            let listener = TcpListener::bind("127.0.0.1:0").await.context("listen")?;
            ports.push(listener.local_addr()?.port().to_string());
            let asked = Arc::clone(&asked);
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&asked), began));
                }
            });
        }
        let counter = TcpListener::bind("127.0.0.1:0").await.context("listen")?;
        println!("count {}", counter.local_addr()?);
        println!("ports {}", ports.join(" "));
        loop {
            let (mut stream, _) = counter.accept().await.context("accept")?;
            stream.write_all(asked.load(Ordering::Relaxed).to_string().as_bytes()).await?;
        }
    }
}

async fn serve(stream: TcpStream, asked: Arc<AtomicU64>, began: Instant) {
    // A connection that breaks ends this task and no other.
    let _ = converse(stream, &asked, began).await;
}

async fn converse(mut stream: TcpStream, asked: &AtomicU64, began: Instant) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut head, mut body) = ([0; 7], [0; 256]);
    loop {
        stream.read_exact(&mut head).await?;
        let length = usize::from(u16::from_be_bytes([head[4], head[5]])).saturating_sub(1);
        let body = body.get_mut(..length).context("no request is so long")?;
        stream.read_exact(body).await?;
        asked.fetch_add(1, Ordering::Relaxed);
        let answer = answer(body, began.elapsed().as_secs_f64());
        let mut frame = head[..4].to_vec();
        frame.extend_from_slice(&u16::try_from(answer.len() + 1)?.to_be_bytes());
        frame.push(head[6]);
        frame.extend_from_slice(&answer);
        stream.write_all(&frame).await?;
    }
}

fn answer(asked: &[u8], seconds: f64) -> Vec<u8> {
    let [function, high, low, ..] = *asked else { return vec![0x80, 1] };
    let address = u16::from_be_bytes([high, low]);
    match asked {
        [_, _, _, count_high, count_low] if READS.contains(&function) => {
            let count = u16::from_be_bytes([*count_high, *count_low]);
            let words = (0..count).map(|at| word(function, address.wrapping_add(at), seconds));
            let bytes: Vec<u8> = words.flat_map(u16::to_be_bytes).collect();
            [&[function, u8::try_from(bytes.len()).unwrap_or(u8::MAX)], bytes.as_slice()].concat()
        }
        // What was written, or where and how much of it.
        _ => asked[..5.min(asked.len())].to_vec(),
    }
}

/// Of a KEBA in its holding registers, and of an Amperfied in its input registers.
fn word(function: u8, address: u16, seconds: f64) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few Wh, never below zero")]
    let wh = (POWER * seconds / 3600.0) as u32;
    let [high, low] = [(wh >> 16) as u16, wh as u16];
    let [high_tenths, low_tenths] = [((wh * 10) >> 16) as u16, (wh * 10) as u16];
    match (function, address) {
        (3, 1001) => 3,
        (3, 1005) => 7,
        (3, 1019) => 31_200,
        (3, 1036) => high_tenths,
        (3, 1037) => low_tenths,
        (3, 261) => 160,
        (INPUT, 5) => 7,
        (INPUT, 6..=8) => 160,
        (INPUT, 14) => 11_000,
        (INPUT, 17) => high,
        (INPUT, 18) => low,
        (INPUT, 5001) => 3,
        _ => 0,
    }
}
