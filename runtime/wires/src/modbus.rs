//! What is said over Modbus (Modbus Application Protocol 1.1b3): registers and coils, one request at a time.

use std::sync::Arc;

use tokio_modbus::client::{Reader as _, Writer as _};

use crate::address::ModbusAddress;
use crate::bus::{Bus, Buses, Said};
use crate::fault::WireFault;
use crate::turnstile::Urgency;

/// Registers of one read (6.3), and of one write (6.12).
const MOST_READ: u16 = 125;
const MOST_WRITTEN: usize = 123;

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
}

impl ModbusWire {
    pub fn new(buses: &Buses, to: ModbusAddress) -> Self {
        Self { bus: buses.bus(&to), to }
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
        if count == 0 || count > MOST_READ || address.checked_add(count - 1).is_none() {
            return Err(WireFault::Unsayable(format!("{count} registers from {address} on are no read")));
        }
        let what = format!("the read of {count} from {address} on");
        let words = |bits: Vec<bool>| bits.into_iter().map(u16::from).collect();
        let read = self
            .bus
            .transact(&self.to, urgency, &what, async |open| {
                let read: Said<Vec<u16>> = Ok(match function {
                    Function::Holding => open.read_holding_registers(address, count).await?,
                    Function::Input => open.read_input_registers(address, count).await?,
                    Function::Coil => open.read_coils(address, count).await?.map(words),
                    Function::Discrete => open.read_discrete_inputs(address, count).await?.map(words),
                });
                match read {
                    Ok(Ok(words)) if words.len() != usize::from(count) => {
                        let why = format!("{} registers where {count} were asked for", words.len());
                        Err(std::io::Error::other(why).into())
                    }
                    read => read,
                }
            })
            .await?;
        Ok(read)
    }

    /// # Errors
    /// See [`WireFault`].
    pub async fn write(&self, urgency: Urgency, address: u16, write: &Write) -> Result<(), WireFault> {
        if let Write::Registers(words) = write
            && (words.is_empty() || words.len() > MOST_WRITTEN)
        {
            return Err(WireFault::Unsayable(format!("{} registers are no write", words.len())));
        }
        let what = format!("the write of {address}");
        self.bus
            .transact(&self.to, urgency, &what, async |open| match write {
                Write::Register(word) => open.write_single_register(address, *word).await,
                Write::Registers(words) => open.write_multiple_registers(address, words).await,
                Write::Coil(is_on) => open.write_single_coil(address, *is_on).await,
            })
            .await
    }
}
