//! What is said over MQTT 3.1.1: topics below one that was granted. The last message of each is kept, with its time.
//!
//! All wires to one broker share its connection ([`Connection`]), which [`session`] keeps, and reaches anew when it is lost.
//! What was published and not confirmed by then counts as not said, and is not said later: a limit that comes a minute late is
//! another's.

mod desk;
mod frames;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{timeout, timeout_at};

use crate::address::MqttAddress;
use crate::bus::Buses;
use crate::fault::WireFault;
use crate::topic;

use self::desk::{Desk, Found, Standing};
use self::frames::MOST_BYTES;
use self::session::{Order, keep};

/// Of one wire.
const MOST_TOPICS: usize = 32;
/// That wait for the connection. Who finds no room waits, as long as for an answer.
const MOST_ORDERS: usize = 64;
/// How long a topic is waited for that nobody has said anything of since it is listened to, and how long all of a wire are.
const FIRST_WORD: Duration = Duration::from_secs(1);
const FIRST_WORDS: Duration = Duration::from_secs(2);

pub use self::desk::Heard;

/// To one device at a broker.
#[derive(Clone)]
pub struct MqttWire(Arc<Granted>);

struct Granted {
    connection: Arc<Connection>,
    to: MqttAddress,
    topics: Mutex<BTreeSet<String>>,
    began: OnceLock<Instant>,
}

/// Ends with its last wire.
pub(crate) struct Connection {
    desk: Arc<Desk>,
    keeper: Mutex<Option<Keeper>>,
}

struct Keeper {
    orders: mpsc::Sender<Order>,
    task: AbortHandle,
}

impl MqttWire {
    pub fn new(buses: &Buses, to: MqttAddress) -> Self {
        let connection = buses.connection(&to);
        Self(Arc::new(Granted { connection, to, topics: Mutex::default(), began: OnceLock::new() }))
    }

    /// From now on what is said there is kept, and what is said elsewhere is not.
    ///
    /// # Errors
    /// See [`WireFault`].
    pub async fn listen(&self, topics: &[&str]) -> Result<(), WireFault> {
        let whole = topics.iter().map(|topic| self.whole(topic)).collect::<Result<Vec<_>, _>>()?;
        self.0.leave(|topic| !whole.contains(topic));
        self.listen_to(whole).await
    }

    /// What was said there last, if anything was since we listen.
    ///
    /// # Errors
    /// See [`WireFault`].
    pub async fn last(&self, topic: &str) -> Result<Option<Heard>, WireFault> {
        let whole = self.whole(topic)?;
        self.listen_to(vec![whole.clone()]).await?;
        self.is_up().await?;
        let Granted { connection, to, began, .. } = &*self.0;
        let at_most = *began.get_or_init(Instant::now) + FIRST_WORDS;
        loop {
            let word = connection.desk.word.notified();
            let since = match connection.desk.find(&whole) {
                Found::Last(heard) => return Ok(Some(heard)),
                Found::TooLong => {
                    let why = format!("a message of more than {} KiB at {topic}", MOST_BYTES >> 10);
                    return Err(WireFault::Confused { to: to.broker.to_string(), why });
                }
                Found::Refused => {
                    let (to, what) = (to.broker.to_string(), format!("to listen to {whole}"));
                    return Err(WireFault::Refused { to, what, word: "look at what it lets this user do".to_owned() });
                }
                Found::Nothing { since } => since,
            };
            let until = at_most.min(since.map_or(at_most, |since| since + FIRST_WORD));
            if timeout_at(until.into(), word).await.is_err() {
                return Ok(None);
            }
        }
    }

    /// Done when the broker has confirmed it (QoS 1).
    ///
    /// # Errors
    /// See [`WireFault`].
    pub async fn publish(&self, topic: &str, body: &str, retain: bool) -> Result<(), WireFault> {
        let topic = self.whole(topic)?;
        if body.len() > MOST_BYTES {
            return Err(WireFault::Unsayable(format!("more than {} KiB are not published", MOST_BYTES >> 10)));
        }
        self.is_up().await?;
        let body = body.to_owned();
        self.ordered(|done| Order::Publish { topic, body, retain, done }).await
    }

    /// Below what was granted.
    fn whole(&self, topic: &str) -> Result<String, WireFault> {
        match topic::complaint(topic) {
            Some(why) => Err(WireFault::Unsayable(format!("{topic:?} is no topic of a driver: {why}"))),
            None => Ok(format!("{}/{topic}", self.0.to.prefix)),
        }
    }

    async fn listen_to(&self, topics: Vec<String>) -> Result<(), WireFault> {
        let new: Vec<String> = {
            let mut ours = self.0.topics.lock();
            let new: Vec<_> = topics.into_iter().filter(|topic| !ours.contains(topic)).collect();
            if ours.len() + new.len() > MOST_TOPICS {
                return Err(WireFault::Unsayable(format!("a driver listens to {MOST_TOPICS} topics at most")));
            }
            ours.extend(new.iter().cloned());
            new
        };
        if new.is_empty() {
            return Ok(());
        }
        let wanted = self.0.connection.desk.join(new);
        self.is_up().await?;
        // What others listen to is listened to already.
        if wanted.is_empty() { Ok(()) } else { self.ordered(|done| Order::Listen { topics: wanted, done }).await }
    }

    async fn is_up(&self) -> Result<(), WireFault> {
        let Granted { connection, to, .. } = &*self.0;
        connection.keeper();
        let mut standing = connection.desk.standing.subscribe();
        let known = timeout(to.timeout, standing.wait_for(|standing| !matches!(standing, Standing::Begins))).await;
        match known.map(|known| known.map(|standing| standing.clone())) {
            Ok(Ok(Standing::Up)) => Ok(()),
            Ok(Ok(Standing::Down(fault))) => Err(fault),
            _ => Err(self.silent()),
        }
    }

    async fn ordered(&self, order: impl FnOnce(oneshot::Sender<()>) -> Order) -> Result<(), WireFault> {
        let Granted { connection, to, .. } = &*self.0;
        let orders = connection.keeper();
        let (done, is_done) = oneshot::channel();
        let confirmed = timeout(to.timeout, async {
            orders.send(order(done)).await.ok()?;
            is_done.await.ok()
        });
        match confirmed.await {
            Ok(Some(())) => Ok(()),
            Ok(None) => {
                let why = "the connection was lost before it confirmed".to_owned();
                Err(WireFault::NotReached { to: to.broker.to_string(), why })
            }
            Err(_) => Err(self.silent()),
        }
    }

    fn silent(&self) -> WireFault {
        WireFault::Silent { to: self.0.to.broker.to_string(), within: self.0.to.timeout }
    }
}

impl Granted {
    fn leave(&self, is_over: impl Fn(&String) -> bool) {
        let over: BTreeSet<String> = self.topics.lock().extract_if(.., |topic| is_over(topic)).collect();
        let left = self.connection.desk.leave(&over);
        if let Some(keeper) = &*self.connection.keeper.lock() {
            // Without room it is not said, and what comes is passed over.
            let _ = keeper.orders.try_send(Order::Leave(left));
        }
    }
}

impl Drop for Granted {
    fn drop(&mut self) {
        self.leave(|_| true);
    }
}

impl Connection {
    pub(crate) fn new(to: &MqttAddress) -> Self {
        Self { desk: Arc::new(Desk::new(to.broker.clone(), to.timeout)), keeper: Mutex::default() }
    }

    /// Whoever keeps the connection, from the first time that somebody wants it.
    fn keeper(&self) -> mpsc::Sender<Order> {
        let mut keeper = self.keeper.lock();
        if let Some(keeper) = keeper.as_ref().filter(|keeper| !keeper.task.is_finished()) {
            return keeper.orders.clone();
        }
        let (orders, ordered) = mpsc::channel(MOST_ORDERS);
        let task = tokio::spawn(keep(Arc::clone(&self.desk), ordered)).abort_handle();
        *keeper = Some(Keeper { orders: orders.clone(), task });
        orders
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.get_mut() {
            keeper.task.abort();
        }
    }
}
