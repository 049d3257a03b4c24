//! One connection, shared by all wires that lead over it.
//!
//! It stays open between requests: cheap boxes die of more than one connection a second, and some take one client only. It is
//! closed on any error but a refusal, before another is tried; tries follow each other at a growing distance.

mod lent;

use std::collections::HashMap;
use std::hash::Hash;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::time::{sleep_until, timeout};
use tokio_modbus::client::{Context, rtu, tcp};
use tokio_modbus::slave::Slave;

use crate::address::{
    Broker, Credentials, HttpAddress, LineEnd, ModbusAddress, ModbusPlace, MqttAddress, StreamAddress, StreamPlace,
    UdpAddress,
};
use crate::dialler::Dialler;
use crate::fault::WireFault;
use crate::http::HttpLine;
use crate::mqtt::Connection;
use crate::serial::{Opener, Port};
use crate::stream::StreamLine;
use crate::turnstile::{Turnstile, Urgency};
use crate::udp::{Ear, UdpLine};
use lent::{Lent, Line};

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
}

struct State {
    way: Way,
    open: Option<Arc<Mutex<dyn Line>>>,
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

/// What a request comes to on the wire: its answer, or the device's own refusal.
pub(crate) type Said<T> = tokio_modbus::Result<T>;

impl Bus {
    /// One request in its turn. `say` is called at most once.
    pub(crate) async fn transact<T>(
        &self,
        to: &ModbusAddress,
        urgency: Urgency,
        what: &str,
        say: impl AsyncFnOnce(&mut Context) -> Said<T>,
    ) -> Result<T, WireFault> {
        self.is_alone()?;
        let _turn = self.gate.enter(urgency).await;
        let mut state = self.state.lock().await;
        if let Some(last) = state.last_said {
            sleep_until((last + to.pause).into()).await;
        }
        // Taken out, so that a question that is given up half way leaves no connection with half an answer in it.
        let open = match state.open.take() {
            Some(open) => open,
            None => self.connect(&mut state, to.timeout).await?,
        };
        state.number = state.number.wrapping_add(1);
        let said = timeout(to.timeout, say(&mut self.attached(&open, state.number, Slave(to.unit)))).await;
        state.last_said = Some(Instant::now());
        match said {
            Ok(Ok(Ok(answer))) => {
                state.open = Some(open);
                Ok(answer)
            }
            Ok(Ok(Err(exception))) => {
                state.open = Some(open);
                let (code, word) = (u8::from(exception), exception.to_string().to_lowercase());
                let (to, what) = (self.to.clone(), what.to_owned());
                let word = format!("exception {code}, {word}");
                Err(match code {
                    1..=3 => WireFault::Refused { to, what, word },
                    _ => WireFault::Hindered { to, what, word },
                })
            }
            Ok(Err(error)) => Err(self.broken(&error)),
            Err(_) => Err(WireFault::Silent { to: self.to.clone(), within: to.timeout }),
        }
    }

    async fn connect(&self, state: &mut State, within: Duration) -> Result<Arc<Mutex<dyn Line>>, WireFault> {
        Ok(match &mut state.way {
            Way::Line(opener) => Arc::new(Mutex::new(Port(opener.open()?))),
            Way::Net(dialler) => Arc::new(Mutex::new(dialler.dial(&self.to, within).await?)),
        })
    }

    /// For one question.
    fn attached(&self, open: &Arc<Mutex<dyn Line>>, number: u16, follower: Slave) -> Context {
        match self.place {
            ModbusPlace::Tcp { is_rtu: false, .. } => tcp::attach_slave(Lent::new(open, Some(number)), follower),
            _ => rtu::attach_slave(Lent::new(open, None), follower),
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

    fn broken(&self, error: &tokio_modbus::Error) -> WireFault {
        let (to, why) = (self.to.clone(), error.to_string());
        match (error, &self.place) {
            // Frames that cannot be read are another's; all else that fails on a line is the line.
            (tokio_modbus::Error::Transport(error), ModbusPlace::Serial(_))
                if error.kind() != ErrorKind::InvalidData =>
            {
                WireFault::NotReached {
                    to,
                    why: format!("the line fails: {why}; look whether the adapter is plugged in"),
                }
            }
            (tokio_modbus::Error::Transport(error), _) if is_over(error.kind()) => {
                WireFault::NotReached { to, why: "it has closed the connection".to_owned() }
            }
            _ => WireFault::Confused { to, why },
        }
    }
}

fn is_over(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}
