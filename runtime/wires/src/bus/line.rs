//! What Modbus is said over: a connection, or a serial port.

use std::io::{self, ErrorKind};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_serial::{ClearBuffer, SerialPort as _, SerialStream};

/// Of what nobody asked for, before a question: twice as much as the longest of all answers.
const MOST_LEFT: usize = 512;

pub(crate) enum Line {
    Net(TcpStream),
    Port(SerialStream),
}

impl Line {
    /// Nobody speaks there unasked: what has come before a question is no answer to it, but one that was late, or came twice, or
    /// noise. An end is an error.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        let stream = match self {
            Self::Port(port) => return Ok(port.clear(ClearBuffer::Input)?),
            Self::Net(stream) => stream,
        };
        let mut left = [0; MOST_LEFT];
        match stream.try_read(&mut left) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(MOST_LEFT) => Err(io::Error::other("more than was asked for")),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Net(stream) => stream.write_all(bytes).await,
            Self::Port(port) => {
                port.write_all(bytes).await?;
                port.flush().await
            }
        }
    }

    /// Some more, and no more than that. What is heard so far stays when nobody waits any longer.
    pub(crate) async fn hear(&mut self, heard: &mut Vec<u8>, most: usize) -> io::Result<()> {
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        let count = match self {
            Self::Net(stream) => stream.take(most).read_buf(heard).await?,
            Self::Port(port) => port.take(most).read_buf(heard).await?,
        };
        match count {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}
