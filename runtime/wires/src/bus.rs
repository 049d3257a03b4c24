//! One connection, shared by all wires that lead over it.
//!
//! It stays open between requests: cheap boxes die of more than one connection a second, and some take one client only. It is
//! closed on any error but a refusal, before another is tried; tries follow each other at a growing distance.

mod line;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::time::{sleep, sleep_until, timeout};

use crate::address::{
    Broker, Credentials, HttpAddress, LineEnd, ModbusAddress, ModbusPlace, MqttAddress, StreamAddress, StreamPlace,
    UdpAddress,
};
use crate::dialler::Dialler;
use crate::fault::WireFault;
use crate::http::HttpLine;
use crate::modbus::{Answer, Framing, Heard, Misheard, Question, ask};
use crate::mqtt::Connection;
use crate::queue::Queue;
use crate::serial::Opener;
use crate::stream::StreamLine;
use crate::turnstile::{Turnstile, Urgency};
use crate::udp::{Ear, UdpLine};
pub(crate) use line::Line;

/// All that are open, so that two wires to one place share it.
#[derive(Default)]
pub struct Buses {
    modbus: Mutex<Shared<Bus>>,
    http: Mutex<HashMap<(Place, Believed), Weak<HttpLine>>>,
    mqtt: Mutex<HashMap<Broker, Weak<Connection>>>,
    udp: Mutex<Shared<UdpLine>>,
    ears: Mutex<HashMap<u16, Weak<Ear>>>,
    streams: Mutex<HashMap<Streamed, Weak<StreamLine>>>,
}

/// What is spoken to there, at which speed, and how lines end; as whom, and whom we believe.
type Streamed = (String, LineEnd, Option<Credentials>, Believed);
type Shared<T> = HashMap<Place, Weak<T>>;
/// The host or the device's file, the port, and whether it is the other of two ways to speak there.
type Place = (String, u16, bool);
/// The file of whom TLS believes there: what was opened for others is not for who believes nobody else.
type Believed = Option<PathBuf>;

pub(crate) struct Bus {
    to: String,
    place: ModbusPlace,
    /// Those that have the same line otherwise, and had it before.
    rivals: Vec<Weak<Self>>,
    gate: Turnstile,
    state: tokio::sync::Mutex<State>,
    /// Followers that did not answer when they were asked last: whatever they are asked, it waits behind what others are.
    silent: Mutex<BTreeSet<u8>>,
}

struct State {
    way: Way,
    open: Option<Box<Line>>,
    last_said: Option<Instant>,
    /// Of the last question.
    number: u16,
}

/// How it is opened.
enum Way {
    Net(Dialler),
    Line(Opener),
}

impl Buses {
    pub(crate) fn bus(&self, to: &ModbusAddress) -> Arc<Bus> {
        let (place, way): (Place, _) = match &to.place {
            ModbusPlace::Tcp { host, port, is_rtu } => {
                ((host.to_ascii_lowercase(), *port, *is_rtu), Way::Net(Dialler::new(host, *port)))
            }
            // A line that is bound with another speed is another bus, once nobody has it with the one before.
            ModbusPlace::Serial(line) => {
                ((format!("{} {line}", line.path), 0, true), Way::Line(Opener::new(line.clone())))
            }
        };
        let rivals = self.rivals(&to.place);
        shared(&self.modbus, place, || Bus {
            to: to.to_string(),
            place: to.place.clone(),
            rivals,
            gate: Turnstile::default(),
            state: tokio::sync::Mutex::new(State { way, open: None, last_said: None, number: 0 }),
            silent: Mutex::default(),
        })
    }

    fn rivals(&self, place: &ModbusPlace) -> Vec<Weak<Bus>> {
        let is_rival = |bus: &Arc<Bus>| match (&bus.place, place) {
            (ModbusPlace::Serial(theirs), ModbusPlace::Serial(ours)) => theirs.path == ours.path && theirs != ours,
            _ => false,
        };
        let buses = self.modbus.lock();
        buses.values().filter_map(Weak::upgrade).filter(is_rival).map(|bus| Arc::downgrade(&bus)).collect()
    }

    pub(crate) fn line(&self, to: &HttpAddress) -> Arc<HttpLine> {
        let place = (to.host.to_ascii_lowercase(), to.port, to.is_tls);
        shared(&self.http, (place, to.ca.clone()), || HttpLine::new(to))
    }
}

impl Buses {
    pub(crate) fn connection(&self, to: &MqttAddress) -> Arc<Connection> {
        shared(&self.mqtt, to.broker.clone(), || Connection::new(to))
    }

    pub(crate) fn datagrams(&self, to: &UdpAddress) -> Arc<UdpLine> {
        let ear = shared(&self.ears, to.local, || Ear::new(to.local));
        let place = (format!("{} {}", to.host.to_ascii_lowercase(), to.local), to.port, false);
        shared(&self.udp, place, || UdpLine::new(to, ear))
    }

    pub(crate) fn stream(&self, to: &StreamAddress) -> Arc<StreamLine> {
        let hardware = to.hardware();
        let (way, end, ca) = match &to.place {
            StreamPlace::Tcp { end, .. } => (hardware, *end, None),
            StreamPlace::Serial { line, end } => (format!("{hardware} {line}"), *end, None),
            StreamPlace::WebSocket(to) => (hardware, LineEnd::default(), to.ca.clone()),
        };
        let place = (way, end, to.credentials().cloned(), ca);
        shared(&self.streams, place, || StreamLine::new(to))
    }
}

fn shared<K: Eq + Hash, T>(all: &Mutex<HashMap<K, Weak<T>>>, place: K, new: impl FnOnce() -> T) -> Arc<T> {
    let mut all = all.lock();
    all.retain(|_, one| one.strong_count() > 0);
    if let Some(one) = all.get(&place).and_then(Weak::upgrade) {
        return one;
    }
    let one = Arc::new(new());
    all.insert(place, Arc::downgrade(&one));
    one
}

/// Until a box that has no time just now is asked once more.
const BUSY: Duration = Duration::from_millis(150);

impl Bus {
    /// One question in its turn, and the words of its answer. `what` says for people what is asked; `queue` is told how long it
    /// waits for others.
    pub(crate) async fn transact(
        &self,
        to: &ModbusAddress,
        urgency: Urgency,
        what: &str,
        question: &Question,
        queue: &Queue,
    ) -> Result<Vec<u8>, WireFault> {
        self.is_alone()?;
        let urgency = if self.silent.lock().contains(&to.unit) { Urgency::Poll } else { urgency };
        let waiting = queue.enter();
        let _turn = self.gate.enter(urgency).await;
        let mut state = self.state.lock().await;
        drop(waiting);
        let mut answer = self.ask(&mut state, to, question).await;
        if matches!(answer, Ok(Answer::Refused(5 | 6))) {
            sleep(BUSY).await;
            answer = self.ask(&mut state, to, question).await;
        }
        match answer.is_err() {
            true => self.silent.lock().insert(to.unit),
            false => self.silent.lock().remove(&to.unit),
        };
        match answer? {
            Answer::Said(answer) => Ok(answer),
            Answer::Refused(code) => Err(refused(&self.to, what, question, code)),
        }
    }

    /// A connection that was closed since the last answer is opened anew, and so is one that is closed as we ask: boxes close what
    /// rests, and some after each answer. One that was opened for this question has failed.
    async fn ask(&self, state: &mut State, to: &ModbusAddress, question: &Question) -> Result<Answer, WireFault> {
        if let Some(last) = state.last_said {
            sleep_until((last + to.pause).into()).await;
        }
        // Taken out, so that a question that is given up half way leaves no connection with half an answer in it.
        if let Some(line) = state.open.take() {
            match self.try_on(line, state, to, question).await {
                Err(Failed::Misheard(Misheard::Line(error))) if is_over(error.kind()) => {}
                answer => return answer.map_err(|failed| self.told(failed, to)),
            }
        }
        let line = Box::new(match &mut state.way {
            Way::Line(opener) => Line::Port(opener.open()?),
            Way::Net(dialler) => Line::Net(dialler.dial(&self.to, to.timeout).await?),
        });
        self.try_on(line, state, to, question).await.map_err(|failed| self.told(failed, to))
    }

    /// What was heard is none of an answer where the line is said to be over.
    async fn try_on(
        &self,
        mut line: Box<Line>,
        state: &mut State,
        to: &ModbusAddress,
        question: &Question,
    ) -> Result<Answer, Failed> {
        line.clear().map_err(Misheard::Line)?;
        state.number = state.number.wrapping_add(1);
        let mut heard = Heard::with_room(question.room());
        let said = ask(&mut line, self.framing(state.number), to.unit, question, &mut heard);
        let said = timeout(to.timeout, said).await;
        state.last_said = Some(Instant::now());
        match said {
            Ok(Ok(answer)) => {
                state.open = Some(line);
                Ok(answer)
            }
            Ok(Err(Misheard::Line(error))) if is_over(error.kind()) && !heard.is_nothing() => {
                Err(Misheard::Other("half an answer".to_owned()).into())
            }
            Ok(Err(misheard)) => Err(misheard.into()),
            Err(_) => Err(Failed::Silent(heard)),
        }
    }

    fn framing(&self, number: u16) -> Framing {
        match self.place {
            ModbusPlace::Tcp { is_rtu: false, .. } => Framing::Tcp { number },
            _ => Framing::Rtu,
        }
    }

    /// A line has one speed, whoever speaks on it.
    fn is_alone(&self) -> Result<(), WireFault> {
        match (self.rivals.iter().find_map(Weak::upgrade).map(|rival| rival.place.clone()), &self.place) {
            (Some(ModbusPlace::Serial(theirs)), ModbusPlace::Serial(ours)) => {
                let why = format!(
                    "another device's wire has it with {theirs}, and this one with {ours}: all wires of a line say the same baud, parity and stop"
                );
                Err(WireFault::NotReached { to: self.to.clone(), why })
            }
            _ => Ok(()),
        }
    }

    fn told(&self, failed: Failed, asked: &ModbusAddress) -> WireFault {
        let to = self.to.clone();
        let misheard = match failed {
            Failed::Silent(heard) => match heard.odd(asked.timeout) {
                None => return WireFault::Silent { to, within: asked.timeout },
                Some(why) => Misheard::Other(why),
            },
            Failed::Misheard(misheard) => misheard,
        };
        match (misheard, &self.place) {
            (Misheard::Other(why), _) => WireFault::Confused { to, why },
            (Misheard::Line(error), ModbusPlace::Serial(_)) => WireFault::NotReached {
                to,
                why: format!("the line fails: {error}; look whether the adapter is plugged in"),
            },
            (Misheard::Line(error), _) if is_over(error.kind()) => {
                WireFault::NotReached { to, why: "it has closed the connection".to_owned() }
            }
            (Misheard::Line(error), _) => WireFault::Confused { to, why: error.to_string() },
        }
    }
}

/// A try that came to no answer.
enum Failed {
    Misheard(Misheard),
    /// Until nobody waited any more this was heard.
    Silent(Heard),
}

impl From<Misheard> for Failed {
    fn from(misheard: Misheard) -> Self {
        Self::Misheard(misheard)
    }
}

fn refused(to: &str, what: &str, question: &Question, code: u8) -> WireFault {
    let (to, what) = (to.to_owned(), what.to_owned());
    let hint = match (code, question.function()) {
        (1, 6) => "; some boxes are written by function 16 alone",
        (1, 16) => "; some boxes are written by function 6 alone, a register at a time",
        (1 | 2, 3) => "; it may be an input register",
        (1 | 2, 4) => "; it may be a holding register",
        _ => "",
    };
    let word = format!("exception {code}, {}{hint}", exception(code));
    match code {
        1..=3 => WireFault::Refused { to, what, word },
        _ => WireFault::Hindered { to, what, word },
    }
}

/// Modbus Application Protocol 1.1b3, 7.
fn exception(code: u8) -> &'static str {
    match code {
        1 => "illegal function",
        2 => "illegal data address",
        3 => "illegal data value",
        4 => "server device failure",
        5 => "acknowledge",
        6 => "server device busy",
        8 => "memory parity error",
        10 => "gateway path unavailable",
        11 => "gateway target device failed to respond",
        _ => "of no meaning",
    }
}

fn is_over(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}
