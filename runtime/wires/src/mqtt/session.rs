//! One connection to a broker, kept: it is reached, listened to, spoken to, and reached anew.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rumqttc::mqttbytes::v4::{
    ConnAck, Connect, ConnectReturnCode, Packet, PingReq, PubAck, Publish, SubAck, Subscribe, SubscribeFilter,
    SubscribeReasonCode, Unsubscribe,
};
use rumqttc::mqttbytes::{Error, QoS};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, sleep_until, timeout};

use super::desk::{Desk, Standing};
use super::frames::{Frames, Incoming};
use crate::address::Credentials;
use crate::backoff::Backoff;
use crate::dialler::Dialler;
use crate::fault::WireFault;
use crate::tls::{believing, unshaken};

/// What the broker is told, and how often we show that we are there.
const KEEP_ALIVE_S: u16 = 30;
const PING: Duration = Duration::from_secs(10);
/// A broker of which nothing is heard for so long is gone.
const SILENCE: Duration = Duration::from_secs(25);
/// A connection that stood so long was a good one.
const STOOD: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Without the broker's word yet. At the bound further ones wait.
const MOST_PENDING: usize = 64;
/// At the bound, how often is looked whether somebody gave up.
const ROOM: Duration = Duration::from_millis(500);
/// Of one packet.
const MOST_FILTERS: usize = 32;

pub(super) enum Order {
    Publish { topic: String, body: String, retain: bool, done: oneshot::Sender<()> },
    Listen { topics: Vec<String>, done: oneshot::Sender<()> },
    Leave(Vec<String>),
}

/// What the broker is to confirm, by the number of its packet.
enum Pending {
    Published(oneshot::Sender<()>),
    Listening { topics: Vec<String>, done: Option<oneshot::Sender<()>>, since: Instant },
}

pub(super) async fn keep(desk: Arc<Desk>, mut orders: mpsc::Receiver<Order>) {
    let mut dialler = Dialler::new(&desk.broker.host, desk.broker.port);
    let mut backoff = Backoff::new(LONGEST_PAUSE);
    let to = desk.broker.to_string();
    loop {
        let fault = match backoff.begin(&to) {
            Err(WireFault::Waits { next, .. }) => {
                away(Instant::now() + next, &mut orders).await;
                continue;
            }
            Err(fault) => fault,
            Ok(()) => match timeout(desk.timeout, open(&desk, &mut dialler)).await {
                Ok(Ok(session)) => {
                    let since = Instant::now();
                    let fault = session.talk(&mut orders).await;
                    if since.elapsed() > STOOD {
                        backoff.reached();
                    }
                    fault
                }
                Ok(Err(WireFault::Waits { next, .. })) => {
                    away(Instant::now() + next, &mut orders).await;
                    continue;
                }
                Ok(Err(fault)) => fault,
                Err(_) => WireFault::Silent { to: to.clone(), within: desk.timeout },
            },
        };
        desk.stands(Standing::Down(fault));
    }
}

/// What is wanted meanwhile cannot be done; who wants it hears so.
async fn away(until: Instant, orders: &mut mpsc::Receiver<Order>) {
    loop {
        tokio::select! {
            () = sleep_until(until.into()) => return,
            Some(order) = orders.recv() => drop(order),
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

struct Session<'d> {
    desk: &'d Desk,
    to: String,
    frames: Frames<ReadHalf<Box<dyn Stream>>>,
    out: WriteHalf<Box<dyn Stream>>,
    pending: HashMap<u16, Pending>,
    /// Of the packet before.
    number: u16,
    heard_at: Instant,
}

async fn open<'d>(desk: &'d Desk, dialler: &mut Dialler) -> Result<Session<'d>, WireFault> {
    let (broker, to) = (&desk.broker, desk.broker.to_string());
    let not_reached = |why: String| WireFault::NotReached { to: to.clone(), why };
    let stream = dialler.dial(&to, desk.timeout).await?;
    let stream: Box<dyn Stream> = if broker.is_tls {
        let tls = believing(broker.ca.as_deref()).map_err(not_reached)?;
        Box::new(tls.connect(&broker.host, stream).await.map_err(|fault| not_reached(unshaken(&fault)))?)
    } else {
        Box::new(stream)
    };
    let (read, out) = split(stream);
    let frames = Frames::new(read);
    let mut session =
        Session { desk, to: to.clone(), frames, out, pending: HashMap::new(), number: 0, heard_at: Instant::now() };
    session.greet().await?;
    Ok(session)
}

impl Session<'_> {
    async fn greet(&mut self) -> Result<(), WireFault> {
        let broker = &self.desk.broker;
        let mut connect = Connect::new(broker.client.clone());
        connect.keep_alive = KEEP_ALIVE_S;
        if let Some((user, password)) = broker.credentials.as_ref().map(Credentials::user_and_password) {
            connect.set_login(user, password);
        }
        self.say(|out| connect.write(out)).await?;
        match self.frames.next().await {
            Ok(Incoming::Packet(Packet::ConnAck(ConnAck { code, .. }))) => self.welcomed(code),
            Ok(_) => Err(self.confused("it greets with something else than MQTT's word".to_owned())),
            Err(why) => Err(self.confused(why)),
        }
    }

    fn welcomed(&self, code: ConnectReturnCode) -> Result<(), WireFault> {
        let (to, what) = (self.to.clone(), "MQTT".to_owned());
        match code {
            ConnectReturnCode::Success => Ok(()),
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
                Err(WireFault::Locked { to, what, code: code as u16 })
            }
            ConnectReturnCode::BadClientId => {
                let why = "it wants another name of us: write ?client=NAME behind the wire's address".to_owned();
                Err(WireFault::NotReached { to, why })
            }
            ConnectReturnCode::RefusedProtocolVersion | ConnectReturnCode::ServiceUnavailable => {
                Err(WireFault::NotReached { to, why: format!("it refuses us (code {})", code as u8) })
            }
        }
    }

    /// Until the connection is lost, and why.
    async fn talk(mut self, orders: &mut mpsc::Receiver<Order>) -> WireFault {
        match self.go_on(orders).await {
            Ok(never) => never,
            Err(fault) => fault,
        }
    }

    async fn go_on(&mut self, orders: &mut mpsc::Receiver<Order>) -> Result<WireFault, WireFault> {
        for topics in self.desk.all().chunks(MOST_FILTERS) {
            self.listen(topics.to_vec(), None).await?;
        }
        self.desk.stands(Standing::Up);
        let mut ping = Instant::now() + PING;
        loop {
            self.give_up();
            let is_full = self.pending.len() >= MOST_PENDING;
            tokio::select! {
                heard = self.frames.next() => {
                    self.heard_at = Instant::now();
                    let heard = heard.map_err(|why| self.lost(why))?;
                    self.hear(heard).await?;
                }
                Some(order) = orders.recv(), if !is_full => self.order(order).await?,
                () = sleep(ROOM), if is_full => {}
                () = sleep_until(ping.into()) => {
                    if self.heard_at.elapsed() > SILENCE {
                        return Err(WireFault::Silent { to: self.to.clone(), within: SILENCE });
                    }
                    ping = Instant::now() + PING;
                    self.say(|out| PingReq.write(out)).await?;
                }
            }
        }
    }

    async fn hear(&mut self, heard: Incoming) -> Result<(), WireFault> {
        match heard {
            Incoming::TooLong { topic } => self.desk.heard(&topic, None, false),
            Incoming::Packet(Packet::Publish(Publish { topic, payload, qos, pkid, retain, .. })) => {
                self.desk.heard(&topic, Some(&payload), retain);
                if qos == QoS::AtLeastOnce {
                    self.say(|out| PubAck::new(pkid).write(out)).await?;
                }
            }
            Incoming::Packet(Packet::PubAck(PubAck { pkid })) => {
                if let Some(Pending::Published(done)) = self.pending.remove(&pkid) {
                    // Who asked may have given up.
                    let _ = done.send(());
                }
            }
            Incoming::Packet(Packet::SubAck(SubAck { pkid, return_codes })) => {
                if let Some(Pending::Listening { topics, done, .. }) = self.pending.remove(&pkid) {
                    for (topic, code) in topics.iter().zip(return_codes) {
                        self.desk.listens(topic, code != SubscribeReasonCode::Failure);
                    }
                    let _ = done.map(|done| done.send(()));
                }
            }
            Incoming::Packet(_) => {}
        }
        Ok(())
    }

    async fn order(&mut self, order: Order) -> Result<(), WireFault> {
        match order {
            Order::Listen { topics, done } => self.listen(topics, Some(done)).await,
            Order::Leave(topics) if topics.is_empty() => Ok(()),
            Order::Leave(topics) => {
                let unsubscribe = Unsubscribe { pkid: self.next_number(), topics };
                self.say(|out| unsubscribe.write(out)).await
            }
            // Who asked has given up: what was wanted then is not said now.
            Order::Publish { done, .. } if done.is_closed() => Ok(()),
            Order::Publish { topic, body, retain, done } => {
                let pkid = self.next_number();
                let mut publish = Publish::new(topic, QoS::AtLeastOnce, body);
                (publish.pkid, publish.retain) = (pkid, retain);
                self.pending.insert(pkid, Pending::Published(done));
                self.say(|out| publish.write(out)).await
            }
        }
    }

    async fn listen(&mut self, topics: Vec<String>, done: Option<oneshot::Sender<()>>) -> Result<(), WireFault> {
        let filter = |topic: &String| SubscribeFilter::new(topic.clone(), QoS::AtMostOnce);
        let pkid = self.next_number();
        let subscribe = Subscribe { pkid, filters: topics.iter().map(filter).collect() };
        self.pending.insert(pkid, Pending::Listening { topics, done, since: Instant::now() });
        self.say(|out| subscribe.write(out)).await
    }

    /// What the broker did not confirm in time makes room for others.
    fn give_up(&mut self) {
        self.pending.retain(|_, pending| match pending {
            Pending::Published(done) => !done.is_closed(),
            Pending::Listening { since, .. } => since.elapsed() <= SILENCE,
        });
    }

    /// One that waits for nothing, or for what comes no more.
    fn next_number(&mut self) -> u16 {
        self.number = self.number.checked_add(1).unwrap_or(1);
        self.number
    }

    async fn say(&mut self, write: impl FnOnce(&mut BytesMut) -> Result<usize, Error>) -> Result<(), WireFault> {
        let mut bytes = BytesMut::new();
        write(&mut bytes).map_err(|error| self.confused(error.to_string()))?;
        let said = async {
            self.out.write_all(&bytes).await?;
            self.out.flush().await
        };
        match timeout(self.desk.timeout, said).await {
            Ok(said) => said.map_err(|error| self.lost(error.to_string())),
            Err(_) => Err(WireFault::Silent { to: self.to.clone(), within: self.desk.timeout }),
        }
    }

    fn confused(&self, why: String) -> WireFault {
        WireFault::Confused { to: self.to.clone(), why }
    }

    fn lost(&self, why: String) -> WireFault {
        WireFault::NotReached { to: self.to.clone(), why: format!("the connection is lost: {why}") }
    }
}
