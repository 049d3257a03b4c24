//! Packets of MQTT on a stream. What is longer than we keep is passed over: one device's message must not cost the others the
//! connection.

use bytes::{Buf as _, BytesMut};
use rumqttc::mqttbytes::v4::Packet;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Of one message.
pub(super) const MOST_BYTES: usize = 64 << 10;
/// With its topic.
const MOST_FRAME: usize = MOST_BYTES + (1 << 10);
const PUBLISH: u8 = 3;

pub(super) enum Incoming {
    Packet(Packet),
    TooLong { topic: String },
}

pub(super) struct Frames<R> {
    from: R,
    held: BytesMut,
    /// Bytes that are passed over yet.
    surplus: usize,
}

/// The first bytes of a packet (MQTT 3.1.1, 2.2).
struct Head {
    kind: u8,
    bytes: usize,
    rest: usize,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, held: BytesMut::with_capacity(4 << 10), surplus: 0 }
    }

    /// Cancel-safe. The error is for people.
    pub(super) async fn next(&mut self) -> Result<Incoming, String> {
        loop {
            let passed = self.surplus.min(self.held.len());
            self.held.advance(passed);
            self.surplus -= passed;
            if self.surplus == 0
                && let Some(next) = self.take()?
            {
                return Ok(next);
            }
            self.held.reserve(4 << 10);
            let read = self.from.read_buf(&mut self.held).await.map_err(|error| error.to_string())?;
            if read == 0 {
                return Err("it closes the connection".to_owned());
            }
        }
    }

    fn take(&mut self) -> Result<Option<Incoming>, String> {
        let Some(head) = Head::of(&self.held)? else { return Ok(None) };
        let whole = head.bytes + head.rest;
        if head.rest > MOST_FRAME {
            let topic = head.topic(&self.held)?;
            self.surplus = if topic.is_some() { whole } else { 0 };
            return Ok(topic.map(|topic| Incoming::TooLong { topic }));
        }
        if self.held.len() < whole {
            return Ok(None);
        }
        Ok(Some(match Packet::read(&mut self.held, MOST_FRAME).map_err(|error| error.to_string())? {
            Packet::Publish(publish) if publish.payload.len() > MOST_BYTES => {
                Incoming::TooLong { topic: publish.topic }
            }
            packet => Incoming::Packet(packet),
        }))
    }
}

impl Head {
    /// `None`: there is more to come.
    fn of(held: &[u8]) -> Result<Option<Self>, String> {
        let Some((kind, lengths)) = held.split_first() else { return Ok(None) };
        let mut rest = 0;
        for (at, byte) in lengths.iter().take(4).enumerate() {
            rest |= usize::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                return Ok(Some(Self { kind: kind >> 4, bytes: at + 2, rest }));
            }
        }
        if lengths.len() < 4 { Ok(None) } else { Err("what it says is no MQTT".to_owned()) }
    }

    /// Of a packet that is too long for anything but a message.
    fn topic(&self, held: &[u8]) -> Result<Option<String>, String> {
        if self.kind != PUBLISH {
            return Err("what it says is no MQTT".to_owned());
        }
        let Some([high, low, rest @ ..]) = held.get(self.bytes..) else { return Ok(None) };
        let topic = rest.get(..usize::from(u16::from_be_bytes([*high, *low])));
        Ok(topic.map(|topic| String::from_utf8_lossy(topic).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use rumqttc::mqttbytes::QoS;
    use rumqttc::mqttbytes::v4::Publish;

    use super::*;

    fn publish(topic: &str, bytes: usize) -> Vec<u8> {
        let mut frame = BytesMut::new();
        Publish::new(topic, QoS::AtMostOnce, vec![b'x'; bytes]).write(&mut frame).expect("it is written");
        frame.to_vec()
    }

    #[tokio::test]
    async fn what_is_too_long_is_passed_over_and_what_comes_behind_it_is_read() {
        let sizes = [("a", 3), ("b", MOST_BYTES), ("c", MOST_BYTES + 1), ("d", 3 << 20), ("e", 0)];
        let stream = sizes.map(|(topic, bytes)| publish(topic, bytes)).concat();
        let mut frames = Frames::new(&stream[..]);
        let mut found = Vec::new();
        while let Ok(next) = frames.next().await {
            found.push(match next {
                Incoming::Packet(Packet::Publish(publish)) => (publish.topic, Some(publish.payload.len())),
                Incoming::Packet(other) => panic!("{other:?}"),
                Incoming::TooLong { topic } => (topic, None),
            });
        }
        let expect = sizes.map(|(topic, bytes)| (topic.to_owned(), Some(bytes).filter(|bytes| *bytes <= MOST_BYTES)));
        assert_eq!(found, expect);
    }

    #[tokio::test]
    async fn what_is_no_mqtt_ends_the_connection() {
        for stream in
            [&b"HTTP/1.1 400 Bad Request\r\n"[..], &[0x30, 0xff, 0xff, 0xff, 0xff, 1], &[0x20, 0xff, 0xff, 0xff, 0x7f]]
        {
            assert!(Frames::new(stream).next().await.is_err(), "{stream:?}");
        }
    }
}
