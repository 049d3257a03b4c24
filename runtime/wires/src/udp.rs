//! What is said with datagrams: a question, and the next datagram from there that fits it.
//!
//! Some boxes answer to one port, whoever asks: so all devices with the same local port share one socket ([`Ear`]), and what
//! comes is told apart by the address that it comes from. What comes from any other host is passed over.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use amprule_outbound::{Complaint, Place, Way, resolve};
use parking_lot::Mutex;
use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{sleep, sleep_until, timeout, timeout_at};

use crate::address::UdpAddress;
use crate::bus::Buses;
use crate::fault::WireFault;
use crate::turnstile::{Turnstile, Urgency};

/// Of one datagram. Longer ones are passed over.
const MOST_BYTES: usize = 8 << 10;
/// That wait from one box. At the bound the oldest goes.
const MOST_WAITING: usize = 16;
const TRIES: u32 = 2;

/// To one box.
#[derive(Clone)]
pub struct UdpWire {
    line: Arc<UdpLine>,
    to: UdpAddress,
}

/// Of all wires to one box.
pub(crate) struct UdpLine {
    to: String,
    ear: Arc<Ear>,
    gate: Turnstile,
    /// When it was asked last, or answered. Only whose turn it is touches it.
    last_said: Mutex<Option<Instant>>,
}

/// The socket of one local port.
pub(crate) struct Ear {
    local: u16,
    open: tokio::sync::Mutex<Option<Open>>,
    boxes: Arc<Mutex<Boxes>>,
}

type Boxes = HashMap<SocketAddr, Weak<Inbox>>;

struct Open {
    socket: Arc<UdpSocket>,
    listener: AbortHandle,
}

#[derive(Default)]
struct Inbox {
    waiting: Mutex<VecDeque<String>>,
    arrived: Notify,
}

impl UdpWire {
    pub fn new(buses: &Buses, to: UdpAddress) -> Self {
        Self { line: buses.datagrams(&to), to }
    }

    /// What the box answers: the next datagram from it that contains `fits`.
    ///
    /// # Errors
    /// See [`WireFault`]. A box that is silent is asked a second time before it counts as such.
    pub async fn ask(&self, urgency: Urgency, text: &str, fits: &str) -> Result<String, WireFault> {
        let _turn = self.line.gate.enter(urgency).await;
        let (socket, addr, inbox) = self.open().await?;
        for _ in 0..TRIES {
            inbox.waiting.lock().clear();
            self.send(&socket, addr, text).await?;
            let until = Instant::now() + self.to.timeout / TRIES;
            while let Some(answer) = inbox.next(until).await {
                if answer.contains(fits) {
                    // A box that came to a late question has its pause all the same.
                    self.line.said();
                    return Ok(answer);
                }
            }
        }
        Err(WireFault::Silent { to: self.line.to.clone(), within: self.to.timeout })
    }

    /// Without waiting for an answer.
    ///
    /// # Errors
    /// See [`WireFault`].
    pub async fn send_only(&self, urgency: Urgency, text: &str) -> Result<(), WireFault> {
        let _turn = self.line.gate.enter(urgency).await;
        let (socket, addr, _) = self.open().await?;
        self.send(&socket, addr, text).await
    }

    async fn open(&self) -> Result<(Arc<UdpSocket>, SocketAddr, Arc<Inbox>), WireFault> {
        let not_reached = |why: String| WireFault::NotReached { to: self.line.to.clone(), why };
        let addr = timeout(self.to.timeout, self.addr()).await;
        let addr = addr.unwrap_or_else(|_| Err("its name is not resolved in time".to_owned())).map_err(not_reached)?;
        let (socket, inbox) = self.line.ear.open(addr).await.map_err(not_reached)?;
        Ok((socket, addr, inbox))
    }

    /// As the operator wrote it, or what the name stands for.
    async fn addr(&self) -> Result<SocketAddr, String> {
        if let Ok(ip) = self.to.host.parse::<IpAddr>() {
            return match ip {
                IpAddr::V4(_) => Ok((ip, self.to.port).into()),
                IpAddr::V6(_) => Err("datagrams go over IPv4 only".to_owned()),
            };
        }
        let place = Place { host: self.to.host.clone(), port: self.to.port, way: Way::Plain };
        let found = resolve(&place).await?;
        let usable = found.into_iter().find(|addr| addr.is_ipv4() && Complaint::about(addr.ip(), false).is_none());
        usable.ok_or_else(|| "the name has no IPv4 address where a device may be".to_owned())
    }

    async fn send(&self, socket: &UdpSocket, addr: SocketAddr, text: &str) -> Result<(), WireFault> {
        if text.len() > MOST_BYTES {
            return Err(WireFault::Unsayable(format!("a datagram has {} KiB at most", MOST_BYTES >> 10)));
        }
        let last_said = *self.line.last_said.lock();
        if let Some(last) = last_said {
            sleep_until((last + self.to.pause).into()).await;
        }
        self.line.said();
        let sent = socket.send_to(text.as_bytes(), addr).await;
        sent.map(drop).map_err(|error| WireFault::NotReached { to: self.line.to.clone(), why: error.to_string() })
    }
}

impl UdpLine {
    pub(crate) fn new(to: &UdpAddress, ear: Arc<Ear>) -> Self {
        Self { to: to.to_string(), ear, gate: Turnstile::default(), last_said: Mutex::default() }
    }

    fn said(&self) {
        *self.last_said.lock() = Some(Instant::now());
    }
}

impl Ear {
    pub(crate) fn new(local: u16) -> Self {
        Self { local, open: tokio::sync::Mutex::default(), boxes: Arc::default() }
    }

    /// The socket, and where what this box says arrives from now on.
    async fn open(&self, from: SocketAddr) -> Result<(Arc<UdpSocket>, Arc<Inbox>), String> {
        let mut open = self.open.lock().await;
        let socket = match &*open {
            Some(open) if !open.listener.is_finished() => Arc::clone(&open.socket),
            _ => {
                let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, self.local)).await.map_err(|error| {
                    let local = self.local;
                    format!(
                        "our port {local} cannot be opened: {error}; look whether something else on this machine has it"
                    )
                })?;
                let socket = Arc::new(socket);
                let listener = tokio::spawn(listen(Arc::clone(&socket), Arc::clone(&self.boxes))).abort_handle();
                *open = Some(Open { socket: Arc::clone(&socket), listener });
                socket
            }
        };
        let mut boxes = self.boxes.lock();
        boxes.retain(|_, inbox| inbox.strong_count() > 0);
        let inbox = boxes.get(&from).and_then(Weak::upgrade).unwrap_or_default();
        boxes.insert(from, Arc::downgrade(&inbox));
        Ok((socket, inbox))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn listen(socket: Arc<UdpSocket>, boxes: Arc<Mutex<Boxes>>) {
    let mut bytes = vec![0; MOST_BYTES + 1];
    loop {
        match socket.recv_from(&mut bytes).await {
            Ok((length, from)) if length <= MOST_BYTES => {
                if let Some(inbox) = whose(&boxes.lock(), from) {
                    inbox.put(String::from_utf8_lossy(&bytes[..length]).trim().to_owned());
                }
            }
            Ok(_) => {}
            // Somebody's refusal of what was sent earlier; whoever waits for an answer hears of its silence.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Of the box there, or of the one that is at that host and says this from another of its ports.
fn whose(boxes: &Boxes, from: SocketAddr) -> Option<Arc<Inbox>> {
    let mut there = boxes.iter().filter(|(addr, _)| addr.ip() == from.ip());
    let inbox = boxes.get(&from).or_else(|| there.next().filter(|_| there.next().is_none()).map(|(_, inbox)| inbox));
    inbox.and_then(Weak::upgrade)
}

impl Inbox {
    fn put(&self, text: String) {
        let mut waiting = self.waiting.lock();
        if waiting.len() >= MOST_WAITING {
            waiting.pop_front();
        }
        waiting.push_back(text);
        drop(waiting);
        self.arrived.notify_one();
    }

    async fn next(&self, until: Instant) -> Option<String> {
        loop {
            if let Some(text) = self.waiting.lock().pop_front() {
                return Some(text);
            }
            timeout_at(until.into(), self.arrived.notified()).await.ok()?;
        }
    }
}
