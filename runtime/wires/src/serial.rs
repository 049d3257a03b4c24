//! A serial line that is opened, and opened again when its adapter is plugged in again.

mod device;

use std::path::Path;
use std::time::Duration;

use tokio_serial::{DataBits, SerialStream, StopBits};

use crate::address::{Parity, SerialLine};
use crate::backoff::Backoff;
use crate::fault::WireFault;

/// Between two tries. To look whether a file is there again costs nobody anything.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Opener {
    line: SerialLine,
    backoff: Backoff,
}

impl Opener {
    pub(crate) fn new(line: SerialLine) -> Self {
        Self { line, backoff: Backoff::new(LONGEST_PAUSE) }
    }

    pub(crate) fn open(&mut self) -> Result<SerialStream, WireFault> {
        let SerialLine { path, baud, parity, stop } = &self.line;
        self.backoff.begin(path)?;
        let not_reached = |why: String| WireFault::NotReached { to: path.clone(), why };
        let device = device::behind(Path::new(path)).map_err(not_reached)?;
        let settings = tokio_serial::new(device, *baud)
            .data_bits(DataBits::Eight)
            .stop_bits(if *stop == 2 { StopBits::Two } else { StopBits::One })
            .parity(match parity {
                Parity::None => tokio_serial::Parity::None,
                Parity::Even => tokio_serial::Parity::Even,
                Parity::Odd => tokio_serial::Parity::Odd,
            });
        let port = SerialStream::open(&settings).map_err(|error| {
            not_reached(format!(
                "{error}; look whether the adapter is plugged in, and whether something else has it open"
            ))
        })?;
        self.backoff.reached();
        Ok(port)
    }
}
