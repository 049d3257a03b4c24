//! One connection, shared by all wires that lead over it.
//!
//! It stays open between requests: cheap boxes die of more than one connection a second, and some take one client only. It is
//! closed on any error but a refusal, before another is tried; tries follow each other at a growing distance.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout};
use tokio_modbus::client::{Context, rtu, tcp};
use tokio_modbus::slave::{Slave, SlaveContext as _};

use crate::address::ModbusAddress;
use crate::fault::WireFault;
use crate::turnstile::{Turnstile, Urgency};

/// Between the tries to connect: the first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// All that are open, so that two wires to one place share it.
#[derive(Default)]
pub struct Buses(Mutex<HashMap<Place, Weak<Bus>>>);

type Place = (String, u16, bool);

pub(crate) struct Bus {
    to: String,
    host: String,
    port: u16,
    is_rtu: bool,
    gate: Turnstile,
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Context>,
    /// In a row, since it was open last.
    failures: u32,
    not_before: Option<Instant>,
    last_said: Option<Instant>,
}

impl Buses {
    pub(crate) fn bus(&self, to: &ModbusAddress) -> Arc<Bus> {
        let mut buses = self.0.lock();
        buses.retain(|_, bus| bus.strong_count() > 0);
        let place = (to.host.to_ascii_lowercase(), to.port, to.is_rtu);
        if let Some(bus) = buses.get(&place).and_then(Weak::upgrade) {
            return bus;
        }
        let bus = Arc::new(Bus {
            to: to.to_string(),
            host: to.host.clone(),
            port: to.port,
            is_rtu: to.is_rtu,
            gate: Turnstile::default(),
            state: tokio::sync::Mutex::default(),
        });
        buses.insert(place, Arc::downgrade(&bus));
        bus
    }
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
                Err(match code {
                    1..=3 => WireFault::Refused { to, what, code, word },
                    _ => WireFault::Hindered { to, what, code, word },
                })
            }
            Ok(Err(error)) => Err(WireFault::Confused { to: self.to.clone(), why: error.to_string() }),
            Err(_) => Err(WireFault::Silent { to: self.to.clone(), within: to.timeout }),
        }
    }

    async fn connect(&self, state: &mut State, within: Duration) -> Result<Context, WireFault> {
        let now = Instant::now();
        if let Some(next) = state.not_before.map(|not_before| not_before.saturating_duration_since(now))
            && !next.is_zero()
        {
            return Err(WireFault::Waits { to: self.to.clone(), next });
        }
        // Also a try that is given up half way counts as one.
        let pause = FIRST_PAUSE.saturating_mul(1 << state.failures.min(6)).min(LONGEST_PAUSE);
        (state.failures, state.not_before) = (state.failures.saturating_add(1), Some(now + pause));
        let stream = match timeout(within, TcpStream::connect((self.host.as_str(), self.port))).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no connection within {} ms", within.as_millis())),
        };
        match stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream).map_err(|error| error.to_string())) {
            Ok(stream) => {
                (state.failures, state.not_before) = (0, None);
                let unit = Slave(u8::MAX);
                Ok(if self.is_rtu { rtu::attach_slave(stream, unit) } else { tcp::attach_slave(stream, unit) })
            }
            Err(why) => Err(WireFault::NotReached { to: self.to.clone(), why }),
        }
    }
}
