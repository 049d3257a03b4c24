//! A serial line that is opened, and opened again when its adapter is plugged in again.

mod device;

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_serial::{ClearBuffer, DataBits, SerialPort as _, SerialStream, StopBits};

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

/// A line on which nobody speaks unasked: what came before a question is no answer to it, but one that was late, or noise.
#[derive(Debug)]
pub(crate) struct Port(pub(crate) SerialStream);

impl AsyncRead for Port {
    fn poll_read(mut self: Pin<&mut Self>, to: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(to, into)
    }
}

impl AsyncWrite for Port {
    fn poll_write(mut self: Pin<&mut Self>, to: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.clear(ClearBuffer::Input).map_err(io::Error::from)?;
        Pin::new(&mut self.0).poll_write(to, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, to: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(to)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, to: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(to)
    }
}
