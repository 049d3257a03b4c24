//! A connection, lent to the library that speaks Modbus for one question.
//!
//! The library has 16 KiB of buffers for a connection, and a thousand boxes are silent most of the time: it is given the connection
//! anew for each question, and has none of it in between. It numbers its questions from 0 then, each time. On the wire stands our
//! own number: an answer that comes twice, or late, is no answer to the next question.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(super) trait Line: AsyncRead + AsyncWrite + fmt::Debug + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + fmt::Debug + Unpin + Send> Line for T {}

#[derive(Debug)]
pub(super) struct Lent {
    line: Arc<Mutex<dyn Line>>,
    number: Option<Number>,
}

/// The transaction identifier of one question (Modbus over TCP/IP 1.0b, 3.1.3), and how much of it was said and heard.
#[derive(Debug)]
struct Number {
    bytes: [u8; 2],
    said: usize,
    heard: usize,
}

impl Lent {
    /// Frames of a serial line have no number.
    pub(super) fn new(line: &Arc<Mutex<dyn Line>>, number: Option<u16>) -> Self {
        let number = number.map(|number| Number { bytes: number.to_be_bytes(), said: 0, heard: 0 });
        Self { line: Arc::clone(line), number }
    }
}

impl Number {
    fn put_on(&self, frame: &mut [u8]) {
        frame.iter_mut().zip(self.bytes.iter().skip(self.said)).for_each(|(byte, ours)| *byte = *ours);
    }

    /// What answers this question is told as the answer to question 0, and nothing else is.
    fn take_off(&mut self, heard: &mut [u8]) {
        for (byte, ours) in heard.iter_mut().zip(self.bytes.iter().skip(self.heard)) {
            *byte = if byte == ours { 0 } else { u8::MAX };
            self.heard += 1;
        }
    }
}

impl AsyncRead for Lent {
    fn poll_read(mut self: Pin<&mut Self>, to: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut *self.line.lock()).poll_read(to, into))?;
        if into.filled().len() == before {
            // The library would tell the last error of whatever it was.
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        if let Some(number) = &mut self.number {
            number.take_off(&mut into.filled_mut()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Lent {
    fn poll_write(mut self: Pin<&mut Self>, to: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut frame = bytes.to_vec();
        if let Some(number) = &self.number {
            number.put_on(&mut frame);
        }
        let written = ready!(Pin::new(&mut *self.line.lock()).poll_write(to, &frame))?;
        if let Some(number) = &mut self.number {
            number.said += written;
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, to: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.line.lock()).poll_flush(to)
    }

    fn poll_shutdown(self: Pin<&mut Self>, to: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.line.lock()).poll_shutdown(to)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// What the library hears of an answer with this number to a question with that one, whose bytes come and go one by one.
    async fn heard(asked: u16, answered: u16) -> ([u8; 4], [u8; 4]) {
        let (ours, mut box_end) = duplex(1);
        let ours: Arc<Mutex<dyn Line>> = Arc::new(Mutex::new(ours));
        let mut lent = Lent::new(&ours, Some(asked));
        let (mut question, mut answer) = ([0; 4], [0; 4]);
        tokio::try_join!(lent.write_all(&[0, 0, 7, 8]), box_end.read_exact(&mut question)).expect("it is heard");
        let frame = [answered.to_be_bytes(), [9, 10]].concat();
        tokio::try_join!(box_end.write_all(&frame), lent.read_exact(&mut answer)).expect("it is answered");
        (question, answer)
    }

    #[tokio::test]
    async fn an_answer_to_another_question_is_not_told_as_one_to_this() {
        assert_eq!(heard(0x0102, 0x0102).await, ([1, 2, 7, 8], [0, 0, 9, 10]));
        assert_eq!(heard(0x0102, 0x0101).await.1, [0, 255, 9, 10]);
        assert_eq!(heard(0x0102, 0).await.1, [255, 255, 9, 10]);
        assert_eq!(heard(u16::MAX, u16::MAX).await, ([255, 255, 7, 8], [0, 0, 9, 10]));
    }
}
