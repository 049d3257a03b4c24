//! Charging boxes that speak no OCPP: the registers of a KEBA P30 over Modbus TCP, as far as a driver asks for them.
//!
//! What they give is their meter's word and no more: one car after another, each for a few minutes of a real clock, with no more
//! current than they were told.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const INPUT: u8 = 4;
const READS: [u8; 2] = [3, INPUT];
/// KEBA: 1 charging is allowed.
const ENABLE: u16 = 5014;
/// KEBA: what it may draw of each phase, in mA.
const LIMIT: u16 = 5004;
/// What a car takes of three phases with what its cable bears.
const POWER_W: u32 = 11_000;
const CURRENT_MA: u32 = 16_000;
/// No request is longer (Modbus Application Protocol 1.1b3, 4.1).
const MOST: usize = 253;

/// When a car stands at a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cars {
    /// One that never leaves, and charges whatever it is told: for measurements.
    Always,
    /// One after another: so long each, and so long nobody between them.
    Come { stays: Duration, pause: Duration },
}

/// One box, as long as its runtime lives.
#[derive(Debug, Clone)]
pub struct Keba {
    port: u16,
    asked: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Inside {
    cars: Cars,
    began: Instant,
    is_on: AtomicBool,
    /// Of each phase: what the cable bears, or less where it was told.
    limit_ma: AtomicU32,
    /// In thousandths of a Wh, and the millisecond up to which it was counted.
    milliwatthours: AtomicU64,
    counted_ms: AtomicU64,
    asked: Arc<AtomicU64>,
}

impl Keba {
    /// On a port of the loopback interface; 0 is any.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn listen(port: u16, cars: Cars) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let (port, asked) = (listener.local_addr()?.port(), Arc::new(AtomicU64::new(0)));
        let inside = Arc::new(Inside {
            cars,
            began: Instant::now(),
            is_on: AtomicBool::new(cars == Cars::Always),
            limit_ma: AtomicU32::new(CURRENT_MA),
            milliwatthours: AtomicU64::new(0),
            counted_ms: AtomicU64::new(0),
            asked: Arc::clone(&asked),
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inside = Arc::clone(&inside);
                // A connection that breaks ends this task and no other.
                tokio::spawn(async move { inside.converse(stream).await });
            }
        });
        Ok(Self { port, asked })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Requests so far.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Inside {
    async fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut head, mut body) = ([0; 7], [0; MOST]);
        loop {
            stream.read_exact(&mut head).await?;
            let length = usize::from(u16::from_be_bytes([head[4], head[5]])).saturating_sub(1);
            let body = body.get_mut(..length).ok_or(io::ErrorKind::InvalidData)?;
            stream.read_exact(body).await?;
            self.asked.fetch_add(1, Ordering::Relaxed);
            let answer = self.answer(body);
            let mut frame = head[..4].to_vec();
            frame.extend_from_slice(&u16::try_from(answer.len() + 1).unwrap_or(u16::MAX).to_be_bytes());
            frame.push(head[6]);
            frame.extend_from_slice(&answer);
            stream.write_all(&frame).await?;
        }
    }

    fn answer(&self, asked: &[u8]) -> Vec<u8> {
        let (is_plugged, charges) = self.count();
        match *asked {
            [function, high, low, count_high, count_low] if READS.contains(&function) => {
                let (first, count) = (u16::from_be_bytes([high, low]), u16::from_be_bytes([count_high, count_low]));
                let word = |at: u16| self.word(function, first.wrapping_add(at), is_plugged, charges);
                let bytes: Vec<u8> = (0..count.min(125)).map(word).flat_map(u16::to_be_bytes).collect();
                [&[function, u8::try_from(bytes.len()).unwrap_or(u8::MAX)], bytes.as_slice()].concat()
            }
            [function, high, low, value_high, value_low, ..] => {
                if self.cars != Cars::Always {
                    self.write(u16::from_be_bytes([high, low]), u16::from_be_bytes([value_high, value_low]));
                }
                // What was written, or where and how much of it.
                vec![function, high, low, value_high, value_low]
            }
            _ => vec![0x80, 1],
        }
    }

    fn write(&self, register: u16, value: u16) {
        match register {
            ENABLE => self.is_on.store(value == 1, Ordering::Relaxed),
            LIMIT => self.limit_ma.store(u32::from(value).min(CURRENT_MA), Ordering::Relaxed),
            _ => {}
        }
    }

    /// While it charges.
    fn watts(&self) -> u32 {
        POWER_W * self.limit_ma.load(Ordering::Relaxed) / CURRENT_MA
    }

    /// What has flowed since the last look is on the meter. Whether a car is there, and charges.
    fn count(&self) -> (bool, bool) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let since = now - self.counted_ms.swap(now, Ordering::Relaxed).min(now);
        let is_plugged = match self.cars {
            Cars::Always => true,
            Cars::Come { stays, pause } => {
                let (stays, pause) = (stays.as_millis(), pause.as_millis());
                u128::from(now) % (stays + pause).max(1) >= pause
            }
        };
        let charges = is_plugged && self.is_on.load(Ordering::Relaxed);
        if charges {
            self.milliwatthours.fetch_add(u64::from(self.watts()) * since / 3_600, Ordering::Relaxed);
        }
        (is_plugged, charges)
    }

    /// Of a KEBA P30 in its holding registers, and of an Amperfied connect in its input registers.
    fn word(&self, function: u8, address: u16, is_plugged: bool, charges: bool) -> u16 {
        let wh = u32::try_from(self.milliwatthours.load(Ordering::Relaxed) / 1_000).unwrap_or(u32::MAX);
        let milliwatts = self.watts() * 1_000;
        let half = |number: u32, is_high: bool| if is_high { (number >> 16) as u16 } else { number as u16 };
        match (function, address) {
            (3, 1001) if charges => 3,
            (3, 1001) => 1,
            (3, 1005) if is_plugged => 7,
            (3, 1005) => 1,
            (3, 1009 | 1011 | 1013) if charges => half(self.limit_ma.load(Ordering::Relaxed), false),
            (3, 1019) => 31_200,
            (3, 1020) if charges => half(milliwatts, true),
            (3, 1021) if charges => half(milliwatts, false),
            (3, 1036) => half(wh.saturating_mul(10), true),
            (3, 1037) => half(wh.saturating_mul(10), false),
            (3, 261) => 160,
            (INPUT, 5) => 7,
            (INPUT, 6..=8) => 160,
            (INPUT, 14) => 11_000,
            (INPUT, 17) => half(wh, true),
            (INPUT, 18) => half(wh, false),
            (INPUT, 5001) => 3,
            _ => 0,
        }
    }
}
