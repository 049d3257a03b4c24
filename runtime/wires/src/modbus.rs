//! What is said over Modbus (Modbus Application Protocol 1.1b3): registers and coils, one request at a time.

mod frame;
mod question;

use std::sync::Arc;
use std::time::Duration;

use crate::address::ModbusAddress;
use crate::bus::{Bus, Buses};
use crate::fault::WireFault;
use crate::queue::Queue;
use crate::turnstile::Urgency;

pub(crate) use frame::{Answer, Framing, Heard, Misheard, ask};
pub(crate) use question::Question;

/// What is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Function {
    /// Function 3.
    #[default]
    Holding,
    /// Function 4.
    Input,
    /// Function 1, a word of 0 or 1 each.
    Coil,
    /// Function 2, a word of 0 or 1 each.
    Discrete,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Function 6.
    Register(u16),
    /// Function 16.
    Registers(Vec<u16>),
    /// Function 5.
    Coil(bool),
}

/// To one follower of one bus.
#[derive(Clone)]
pub struct ModbusWire {
    bus: Arc<Bus>,
    to: ModbusAddress,
    queue: Arc<Queue>,
}

impl ModbusWire {
    pub fn new(buses: &Buses, to: ModbusAddress) -> Self {
        Self { bus: buses.bus(&to), to, queue: Arc::default() }
    }

    /// How long it has waited for others on its bus, all in all.
    pub fn waited(&self) -> Duration {
        self.queue.waited()
    }

    /// # Errors
    /// See [`WireFault`].
    pub async fn read(
        &self,
        urgency: Urgency,
        function: Function,
        address: u16,
        count: u16,
    ) -> Result<Vec<u16>, WireFault> {
        let question = Question::read(function, address, count).map_err(WireFault::Unsayable)?;
        let what = format!("the read of {count} from {address} on");
        let answer = self.bus.transact(&self.to, urgency, &what, &question, &self.queue).await?;
        Ok(match function {
            Function::Holding | Function::Input => question::words(&answer),
            Function::Coil | Function::Discrete => question::bits(&answer, count),
        })
    }

    /// # Errors
    /// See [`WireFault`].
    pub async fn write(&self, urgency: Urgency, address: u16, write: &Write) -> Result<(), WireFault> {
        let question = Question::write(address, write).map_err(WireFault::Unsayable)?;
        self.bus.transact(&self.to, urgency, &format!("the write of {address}"), &question, &self.queue).await.map(drop)
    }
}
