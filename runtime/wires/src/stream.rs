//! What is said over a connection on which messages come and go by themselves: lines over TCP or a serial line, and WebSockets.
//!
//! A message has no name there. So it is known by what it contains: an answer by what the question says it must have, and what comes
//! by itself by a text that somebody listens for, whose last message is kept ([`desk`]). [`keeper`] holds the connection; a new one
//! knows nothing of what was said on the one before.

mod desk;
mod keeper;
mod lines;
mod socket;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_outbound::Tls;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep_until, timeout, timeout_at};

use crate::address::{StreamAddress, StreamPlace};
use crate::bus::Buses;
use crate::dialler::Dialler;
use crate::fault::WireFault;
use crate::mqtt::Heard;
use crate::serial::Opener;
use crate::tls::shake;
use crate::turnstile::{Turnstile, Urgency};

use self::desk::Desk;
use self::keeper::{Order, Pipe, keep};

/// Of one message, in both directions. One of the box that is longer is passed over.
const MOST_BYTES: usize = 16 << 10;
/// That wait for the connection.
const MOST_ORDERS: usize = 4;
/// How long is waited for what nobody has heard yet, since it is listened for.
const FIRST_WORD: Duration = Duration::from_millis(1_500);

/// To one box.
#[derive(Clone)]
pub struct StreamWire {
    line: Arc<StreamLine>,
    to: StreamAddress,
}

/// The one connection to a place, shared by all wires that lead there.
pub(crate) struct StreamLine {
    to: String,
    gate: Turnstile,
    state: tokio::sync::Mutex<State>,
    /// Only whose turn it is touches it.
    last_said: Mutex<Option<Instant>>,
}

struct State {
    way: Way,
    tls: Option<Tls>,
    open: Option<Open>,
}

/// How it is opened.
enum Way {
    Net(Dialler),
    Line(Opener),
}

#[derive(Clone)]
struct Open {
    desk: Arc<Desk>,
    orders: mpsc::Sender<Order>,
    keeper: Arc<Keeper>,
}

/// Ends with who last knows the connection.
struct Keeper(AbortHandle);

/// What bytes go over.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

impl StreamWire {
    pub fn new(buses: &Buses, to: StreamAddress) -> Self {
        Self { line: buses.stream(&to), to }
    }

    /// What the box answers: the next message that contains `fits`.
    ///
    /// # Errors
    /// See [`WireFault`]. A connection on which no answer came is closed.
    pub async fn ask(&self, urgency: Urgency, text: &str, fits: &str) -> Result<String, WireFault> {
        let _turn = self.line.gate.enter(urgency).await;
        let open = self.open(&[]).await?;
        self.in_time(&open, async {
            self.say(&open, text, Some(fits)).await?;
            open.desk.answer().await.map_err(|why| self.lost(why))
        })
        .await
    }

    /// Without waiting for an answer.
    ///
    /// # Errors
    /// See [`WireFault`].
    pub async fn send_only(&self, urgency: Urgency, text: &str) -> Result<(), WireFault> {
        let _turn = self.line.gate.enter(urgency).await;
        let open = self.open(&[]).await?;
        self.in_time(&open, self.say(&open, text, None)).await
    }

    /// From now on the last message with each of them is kept.
    ///
    /// # Errors
    /// See [`WireFault`].
    pub async fn listen(&self, texts: &[&str]) -> Result<(), WireFault> {
        self.open(texts).await.map(drop)
    }

    /// The last message that contains it, if one came since it is listened for.
    ///
    /// # Errors
    /// See [`WireFault`].
    pub async fn last(&self, text: &str) -> Result<Option<Heard>, WireFault> {
        let open = self.open(&[text]).await?;
        loop {
            let word = open.desk.word.notified();
            let (since, last) = open.desk.last(text);
            if last.is_some() {
                return Ok(last);
            }
            if let Some(why) = open.desk.news_of_its_end() {
                return Err(self.lost(why));
            }
            if timeout_at((since + FIRST_WORD.min(self.to.timeout)).into(), word).await.is_err() {
                return Ok(None);
            }
        }
    }

    /// What is given up half way, by us or by who asked, ends the connection: a late answer must not be the next question's.
    async fn in_time<T>(&self, open: &Open, talk: impl Future<Output = Result<T, WireFault>>) -> Result<T, WireFault> {
        let talking = Talking { open, is_over: false };
        match timeout(self.to.pause + self.to.timeout, talk).await {
            Ok(said) => {
                talking.ends();
                said
            }
            Err(_) => Err(WireFault::Silent { to: self.line.to.clone(), within: self.to.timeout }),
        }
    }

    async fn say(&self, open: &Open, text: &str, fits: Option<&str>) -> Result<(), WireFault> {
        if text.len() > MOST_BYTES {
            return Err(WireFault::Unsayable(format!("a message has {} KiB at most", MOST_BYTES >> 10)));
        }
        if text.contains(['\r', '\n']) {
            return Err(WireFault::Unsayable("a message is one line".to_owned()));
        }
        let last_said = *self.line.last_said.lock();
        if let Some(last) = last_said {
            sleep_until((last + self.to.pause).into()).await;
        }
        *self.line.last_said.lock() = Some(Instant::now());
        // What came before the question is no answer to it.
        fits.iter().for_each(|fits| open.desk.expect(fits));
        let (order, is_said) = Order::new(text);
        // Who keeps the connection is gone with it.
        let said = open.orders.send(order).await.is_ok() && is_said.await.is_ok();
        if said {
            Ok(())
        } else {
            Err(self.lost(open.desk.news_of_its_end().unwrap_or_else(|| "the connection is lost".to_owned())))
        }
    }

    fn lost(&self, why: String) -> WireFault {
        WireFault::NotReached { to: self.line.to.clone(), why }
    }

    /// Where these are listened for. That the connection before has ended is told once: who was there may have begun anew since.
    async fn open(&self, texts: &[&str]) -> Result<Open, WireFault> {
        let mut state = self.line.state.lock().await;
        if let Some(open) = &state.open {
            // Lines are said again by themselves, and two of us on one line are in each other's way.
            let says_all_once = matches!(self.to.place, StreamPlace::WebSocket(_));
            if open.is_usable() && (open.desk.listens(texts) || !says_all_once) {
                open.desk.listen(texts);
                return Ok(open.clone());
            }
            if open.is_usable() {
                open.leave("it is opened anew for what nobody has listened for");
            }
            if let Some(why) = open.desk.news_of_its_end() {
                return Err(self.lost(why));
            }
        }
        let pipe = timeout(self.to.timeout, self.pipe(&mut state)).await;
        let pipe = pipe
            .unwrap_or_else(|_| Err(self.lost(format!("no connection within {} ms", self.to.timeout.as_millis()))))?;
        let former = state.open.as_ref().map(|former| &*former.desk);
        let desk = Arc::new(Desk::after(former, texts));
        let (orders, ordered) = mpsc::channel(MOST_ORDERS);
        let keeper = tokio::spawn(keep(pipe, ordered, Arc::clone(&desk))).abort_handle();
        let keeper = Arc::new(Keeper(keeper));
        Ok(state.open.insert(Open { desk, orders, keeper }).clone())
    }

    async fn pipe(&self, state: &mut State) -> Result<Pipe, WireFault> {
        match (&mut state.way, &self.to.place) {
            (Way::Net(dialler), StreamPlace::WebSocket(to)) => {
                let stream = dialler.dial(&self.line.to, self.to.timeout).await?;
                if !to.is_tls {
                    return Pipe::socket(Box::new(stream), to, &self.line.to).await;
                }
                let shaken = shake(&mut state.tls, to.ca.as_deref(), &to.host, stream).await;
                let shaken = shaken.map_err(|why| self.lost(why))?;
                Pipe::socket(Box::new(shaken), to, &self.line.to).await
            }
            (Way::Net(dialler), StreamPlace::Tcp { end, .. }) => {
                let stream = dialler.dial(&self.line.to, self.to.timeout).await?;
                Ok(Pipe::lines(Box::new(stream), *end))
            }
            (Way::Line(opener), StreamPlace::Serial { end, .. }) => Ok(Pipe::lines(Box::new(opener.open()?), *end)),
            _ => Err(self.lost("it is opened in another way".to_owned())),
        }
    }
}

impl StreamLine {
    pub(crate) fn new(to: &StreamAddress) -> Self {
        let way = match &to.place {
            StreamPlace::Tcp { host, port, .. } => Way::Net(Dialler::new(host, *port)),
            StreamPlace::WebSocket(to) => Way::Net(Dialler::new(&to.host, to.port)),
            StreamPlace::Serial { line, .. } => Way::Line(Opener::new(line.clone())),
        };
        let state = State { way, tls: None, open: None };
        Self {
            to: to.to_string(),
            gate: Turnstile::default(),
            state: tokio::sync::Mutex::new(state),
            last_said: Mutex::default(),
        }
    }
}

impl Open {
    fn is_usable(&self) -> bool {
        !self.desk.has_ended() && !self.keeper.0.is_finished()
    }

    /// By us: whoever does it knows.
    fn leave(&self, why: &str) {
        self.keeper.0.abort();
        self.desk.end(why.to_owned());
        self.desk.news_of_its_end();
    }
}

/// Something was said, and is not done yet.
struct Talking<'o> {
    open: &'o Open,
    is_over: bool,
}

impl Talking<'_> {
    fn ends(mut self) {
        self.is_over = true;
    }
}

impl Drop for Talking<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.open.leave("an answer was not waited for");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}
