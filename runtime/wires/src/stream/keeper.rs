//! Who holds one connection: says what is ordered, and puts on the desk what comes.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep_until, timeout, timeout_at};

use super::Bytes;
use super::desk::Desk;
use super::lines::Lines;
use super::socket::Socket;
use crate::address::{HttpAddress, LineEnd};
use crate::fault::WireFault;

/// Within a tenth of a second. A box that says more is listened to more slowly.
const MOST_MESSAGES: u32 = 256;
const WINDOW: Duration = Duration::from_millis(100);
/// Until the other end has taken a message.
const MOST_TALK: Duration = Duration::from_secs(4);

/// What is to be said, and whom to tell that it was.
pub(super) struct Order {
    text: String,
    said: oneshot::Sender<()>,
}

/// How messages lie in bytes.
pub(super) enum Pipe {
    Lines(Lines),
    Socket(Box<Socket>),
}

impl Order {
    pub(super) fn new(text: &str) -> (Self, oneshot::Receiver<()>) {
        let (said, is_said) = oneshot::channel();
        (Self { text: text.to_owned(), said }, is_said)
    }
}

/// Until nobody orders any more, or the connection ends: then the desk has why.
pub(super) async fn keep(mut pipe: Pipe, mut orders: mpsc::Receiver<Order>, desk: Arc<Desk>) {
    let mut window = (Instant::now(), 0);
    let mut quiet_at = Instant::now() + pipe.patience();
    let why = loop {
        tokio::select! {
            order = orders.recv() => {
                let Some(order) = order else { return };
                match in_time(pipe.say(&order.text)).await {
                    // Who gave up waiting needs to know nothing.
                    Ok(()) => drop(order.said.send(())),
                    Err(why) => break why,
                }
            }
            heard = timeout_at(quiet_at.into(), pipe.next()) => {
                match heard {
                    Ok(Ok(message)) => {
                        desk.put(message);
                        window.1 += 1;
                    }
                    Ok(Err(why)) => break why,
                    Err(_) => if let Err(why) = in_time(pipe.is_quiet()).await { break why },
                }
                quiet_at = Instant::now() + pipe.patience();
            }
        }
        if window.0.elapsed() >= WINDOW {
            window = (Instant::now(), 0);
        } else if window.1 >= MOST_MESSAGES {
            sleep_until((window.0 + WINDOW).into()).await;
        }
    };
    desk.end(why);
}

/// What is not taken by then is not taken at all: said later, it would be another's.
async fn in_time(said: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let late = || format!("it takes nothing for {} s", MOST_TALK.as_secs());
    timeout(MOST_TALK, said).await.unwrap_or_else(|_| Err(late()))
}

impl Pipe {
    pub(super) fn lines(bytes: Box<dyn Bytes>, end: LineEnd) -> Self {
        Self::Lines(Lines::new(bytes, end))
    }

    pub(super) async fn socket(bytes: Box<dyn Bytes>, to: &HttpAddress, shown: &str) -> Result<Self, WireFault> {
        Ok(Self::Socket(Box::new(Socket::shake(bytes, to, shown).await?)))
    }

    /// What is given up in between is lost nowhere.
    async fn next(&mut self) -> Result<String, String> {
        match self {
            Self::Lines(lines) => lines.next().await,
            Self::Socket(socket) => socket.next().await,
        }
    }

    async fn say(&mut self, text: &str) -> Result<(), String> {
        match self {
            Self::Lines(lines) => lines.say(text).await,
            Self::Socket(socket) => socket.say(text).await,
        }
    }

    const fn patience(&self) -> Duration {
        match self {
            Self::Lines(_) => Lines::PATIENCE,
            Self::Socket(_) => Socket::PATIENCE,
        }
    }

    /// Nothing came for so long. The error: then nobody is there.
    async fn is_quiet(&mut self) -> Result<(), String> {
        match self {
            Self::Lines(_) => Err(format!("nothing was heard of it for {} s", Lines::PATIENCE.as_secs())),
            Self::Socket(socket) => socket.is_quiet().await,
        }
    }
}
