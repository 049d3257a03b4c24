//! The head of the HTTP request that opens a WebSocket, read by hand.
//!
//! The WebSocket crate's own reader drops a request it does not like without an answer, and it likes fewer of them
//! than there are stations in the field: `Connection: Upgrade` is missing in some.

use httparse::Status;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::response::Refused;

const MAX_HEAD_BYTES: usize = 8 * 1024;
const MAX_HEADERS: usize = 64;

/// What a handshake depends on.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) target: String,
    /// `Sec-WebSocket-Protocol`, which may come in several lines.
    pub(crate) protocols: Vec<String>,
    /// `Sec-WebSocket-Extensions`, likewise.
    pub(crate) extensions: Vec<String>,
    pub(crate) authorization: Option<String>,
    upgrade: bool,
    version: String,
    key: String,
}

#[derive(Debug)]
pub(crate) enum Heard {
    /// The request, and bytes that came right after it.
    Request(Request, Vec<u8>),
    /// No usable request; the answer to it.
    Refused(Refused),
    /// The peer said nothing or went away.
    Nothing,
}

pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Heard {
    let mut head = Vec::with_capacity(1024);
    loop {
        let seen = head.len();
        match stream.read_buf(&mut head).await {
            Ok(0) | Err(_) => return Heard::Nothing,
            Ok(_) => {}
        }
        if let Some(end) = end_of_head(&head, seen) {
            let tail = head.split_off(end);
            return match parse(&head) {
                Ok(request) => Heard::Request(request, tail),
                Err(refused) => Heard::Refused(refused),
            };
        }
        if head.len() >= MAX_HEAD_BYTES {
            return Heard::Refused(Refused::HEAD_TOO_LARGE);
        }
    }
}

/// Looks only at what is new, or a peer that sends byte by byte would cost much.
fn end_of_head(head: &[u8], seen: usize) -> Option<usize> {
    let from = seen.saturating_sub(3);
    head[from..].windows(4).position(|window| window == b"\r\n\r\n").map(|at| from + at + 4)
}

fn parse(head: &[u8]) -> Result<Request, Refused> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(head) {
        Ok(Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Refused::HEAD_TOO_LARGE),
        Ok(Status::Partial) | Err(_) => return Err(Refused::NOT_HTTP),
    }
    if parsed.method != Some("GET") || parsed.version != Some(1) {
        return Err(Refused::NO_UPGRADE);
    }
    let mut request = Request { target: parsed.path.unwrap_or_default().to_owned(), ..Request::default() };
    for header in parsed.headers.iter() {
        request.take(header.name, &String::from_utf8_lossy(header.value));
    }
    Ok(request)
}

impl Request {
    fn take(&mut self, name: &str, value: &str) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "upgrade" => self.upgrade = value.to_ascii_lowercase().contains("websocket"),
            "sec-websocket-version" => value.clone_into(&mut self.version),
            "sec-websocket-key" => value.clone_into(&mut self.key),
            "sec-websocket-protocol" => self.protocols.push(value.to_owned()),
            "sec-websocket-extensions" => self.extensions.push(value.to_owned()),
            "authorization" => self.authorization = Some(value.to_owned()),
            _ => {}
        }
    }

    /// The key of a request that asks for a WebSocket (RFC 6455, 4.2.1). `Connection: Upgrade` is not asked for,
    /// and `Upgrade` may be missing where a key is given: both are left out by stations behind odd proxies.
    pub(crate) fn key(&self) -> Result<&str, Refused> {
        if self.key.is_empty() {
            return Err(if self.upgrade { Refused::BAD_KEY } else { Refused::NO_UPGRADE });
        }
        if self.version != "13" {
            return Err(Refused::OTHER_VERSION);
        }
        let sound = self.key.len() == 24 && self.key.ends_with("==") && self.key.is_ascii();
        if sound { Ok(&self.key) } else { Err(Refused::BAD_KEY) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn key_of(lines: &[&str]) -> Result<String, u16> {
        let head = format!("{}\r\n\r\n", lines.join("\r\n"));
        parse(head.as_bytes()).and_then(|request| request.key().map(str::to_owned)).map_err(|refused| refused.status)
    }

    #[test]
    fn a_request_needs_a_key_and_the_version() {
        let key = &format!("Sec-WebSocket-Key: {KEY}");
        let version = "Sec-WebSocket-Version: 13";
        let upgrade = "Upgrade: websocket";
        assert_eq!(key_of(&["GET /a HTTP/1.1", "Connection: Upgrade", upgrade, version, key]), Ok(KEY.to_owned()));
        assert_eq!(key_of(&["GET /a HTTP/1.1", upgrade, version, key]), Ok(KEY.to_owned()));
        assert_eq!(key_of(&["GET /a HTTP/1.1", "Host: x"]), Err(426));
        assert_eq!(key_of(&["POST /a HTTP/1.1", upgrade, version, key]), Err(426));
        assert_eq!(key_of(&["GET /a HTTP/1.0", upgrade, version, key]), Err(426));
        assert_eq!(key_of(&["GET /a HTTP/1.1", upgrade, "Sec-WebSocket-Version: 8", key]), Err(426));
        assert_eq!(key_of(&["GET /a HTTP/1.1", upgrade, version]), Err(400));
        assert_eq!(key_of(&["GET /a HTTP/1.1", upgrade, version, "Sec-WebSocket-Key: abc"]), Err(400));
        assert_eq!(key_of(&["\x16\x03\x01\x02"]), Err(400));
        let many: Vec<_> = std::iter::once("GET /a HTTP/1.1").chain(std::iter::repeat_n("A: b", 65)).collect();
        assert_eq!(key_of(&many), Err(431));
    }

    #[tokio::test]
    async fn a_head_may_come_in_pieces_and_with_more_behind_it() {
        let mut pieces = in_pieces(&[b"GET /a HT", b"TP/1.1\r\n\r", b"\n\x81\x80"]);
        match read(&mut pieces).await {
            Heard::Request(request, tail) => {
                assert_eq!(request.target, "/a");
                assert_eq!(tail, b"\x81\x80");
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn an_endless_head_is_refused() {
        let long = vec![b'a'; MAX_HEAD_BYTES + 1];
        let mut pieces = in_pieces(&[&long]);
        assert!(matches!(read(&mut pieces).await, Heard::Refused(refused) if refused.status == 431));
    }

    /// Each piece arrives in a read of its own.
    fn in_pieces(pieces: &[&[u8]]) -> impl AsyncRead + Unpin + use<> {
        pieces
            .iter()
            .map(|piece| piece.to_vec())
            .fold(Box::new(tokio::io::empty()) as Box<dyn AsyncRead + Unpin + Send>, |before, piece| {
                Box::new(before.chain(std::io::Cursor::new(piece)))
            })
    }
}
