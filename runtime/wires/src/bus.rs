//! One connection, shared by all wires that lead over it.
//!
//! It stays open between requests: cheap boxes die of more than one connection a second, and some take one client only. It is
//! closed on any error but a refusal, before another is tried; tries follow each other at a growing distance.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::time::{sleep_until, timeout};
use tokio_modbus::client::{Context, rtu, tcp};
use tokio_modbus::slave::{Slave, SlaveContext as _};

use crate::address::{HttpAddress, ModbusAddress};
use crate::dialler::Dialler;
use crate::fault::WireFault;
use crate::http::HttpLine;
use crate::turnstile::{Turnstile, Urgency};

/// All that are open, so that two wires to one place share it.
#[derive(Default)]
pub struct Buses {
    modbus: Mutex<Shared<Bus>>,
    http: Mutex<Shared<HttpLine>>,
}

type Shared<T> = HashMap<Place, Weak<T>>;
/// The host, the port, and whether it is the other of two ways to speak there.
type Place = (String, u16, bool);

pub(crate) struct Bus {
    to: String,
    is_rtu: bool,
    gate: Turnstile,
    state: tokio::sync::Mutex<State>,
}

struct State {
    dialler: Dialler,
    open: Option<Context>,
    last_said: Option<Instant>,
}

impl Buses {
    pub(crate) fn bus(&self, to: &ModbusAddress) -> Arc<Bus> {
        shared(&self.modbus, (to.host.to_ascii_lowercase(), to.port, to.is_rtu), || Bus {
            to: to.to_string(),
            is_rtu: to.is_rtu,
            gate: Turnstile::default(),
            state: tokio::sync::Mutex::new(State {
                dialler: Dialler::new(&to.host, to.port),
                open: None,
                last_said: None,
            }),
        })
    }

    pub(crate) fn line(&self, to: &HttpAddress) -> Arc<HttpLine> {
        shared(&self.http, (to.host.to_ascii_lowercase(), to.port, to.is_tls), || HttpLine::new(to))
    }
}

fn shared<T>(all: &Mutex<Shared<T>>, place: Place, new: impl FnOnce() -> T) -> Arc<T> {
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
        let _turn = self.gate.enter(urgency).await;
        let mut state = self.state.lock().await;
        if let Some(last) = state.last_said {
            sleep_until((last + to.pause).into()).await;
        }
        // Taken out, so that a question that is given up half way leaves no connection with half an answer in it.
        let mut open = match state.open.take() {
            Some(open) => open,
            None => self.connect(&mut state, to.timeout).await?,
        };
        open.set_slave(Slave(to.unit));
        let said = timeout(to.timeout, say(&mut open)).await;
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
            Ok(Err(error)) => Err(WireFault::Confused { to: self.to.clone(), why: error.to_string() }),
            Err(_) => Err(WireFault::Silent { to: self.to.clone(), within: to.timeout }),
        }
    }

    async fn connect(&self, state: &mut State, within: Duration) -> Result<Context, WireFault> {
        let stream = state.dialler.dial(&self.to, within).await?;
        let unit = Slave(u8::MAX);
        Ok(if self.is_rtu { rtu::attach_slave(stream, unit) } else { tcp::attach_slave(stream, unit) })
    }
}
