//! Lines over whatever carries bytes. One ends in CR, LF or both.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Bytes, MOST_BYTES};
use crate::address::LineEnd;

pub(super) struct Lines {
    bytes: Box<dyn Bytes>,
    end: LineEnd,
    /// What has no end yet.
    begun: Vec<u8>,
    /// What has begun is too long, and is passed over to its end.
    is_too_long: bool,
    whole: VecDeque<String>,
}

impl Lines {
    /// A box that says nothing for so long is gone: TCP alone does not tell it of who only listens.
    pub(super) const PATIENCE: Duration = Duration::from_secs(60);

    pub(super) fn new(bytes: Box<dyn Bytes>, end: LineEnd) -> Self {
        Self { bytes, end, begun: Vec::new(), is_too_long: false, whole: VecDeque::new() }
    }

    pub(super) async fn next(&mut self) -> Result<String, String> {
        loop {
            if let Some(line) = self.whole.pop_front() {
                return Ok(line);
            }
            let mut read = [0; 4 << 10];
            match self.bytes.read(&mut read).await {
                Ok(0) => return Err("it has closed the connection".to_owned()),
                Ok(count) => self.take(&read[..count]),
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    pub(super) async fn say(&mut self, text: &str) -> Result<(), String> {
        let line = [text, self.end.as_str()].concat();
        self.bytes.write_all(line.as_bytes()).await.map_err(|error| error.to_string())?;
        self.bytes.flush().await.map_err(|error| error.to_string())
    }

    fn take(&mut self, read: &[u8]) {
        for part in read.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
            self.begun.extend_from_slice(part);
            let is_whole = part.ends_with(b"\r") || part.ends_with(b"\n");
            if is_whole || self.begun.len() > MOST_BYTES {
                let line = std::mem::take(&mut self.begun);
                let line = String::from_utf8_lossy(&line).trim().to_owned();
                let fits = !self.is_too_long && is_whole && !line.is_empty();
                self.is_too_long = !is_whole;
                self.whole.extend(fits.then_some(line));
            }
        }
    }
}
