//! The HTTP answers of the listener: one upgrade, and short texts for everybody else.

use std::borrow::Cow;

use amprule_domain::ports::Turned;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::compression::Agreed;
use crate::path::PathFault;

/// An answer that ends the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    reason: &'static str,
    header: Cow<'static, str>,
    pub(crate) text: Cow<'static, str>,
}

impl Refused {
    pub(crate) const NOT_HTTP: Self = Self::plain(400, "Bad Request", "this is not an HTTP request");
    pub(crate) const BAD_KEY: Self = Self::plain(400, "Bad Request", "Sec-WebSocket-Key is missing or malformed");
    pub(crate) const HEAD_TOO_LARGE: Self =
        Self::plain(431, "Request Header Fields Too Large", "the request has too many or too long headers");
    pub(crate) const NO_UPGRADE: Self = Self::with(
        (426, "Upgrade Required"),
        Cow::Borrowed("Upgrade: websocket\r\nConnection: Upgrade\r\n"),
        Cow::Borrowed("charging stations connect to this port with a WebSocket, by GET and HTTP/1.1"),
    );
    pub(crate) const OTHER_VERSION: Self = Self::with(
        (426, "Upgrade Required"),
        Cow::Borrowed("Sec-WebSocket-Version: 13\r\n"),
        Cow::Borrowed("only version 13 of the WebSocket protocol is served"),
    );
    pub(crate) const FULL: Self = Self::with(
        (503, "Service Unavailable"),
        Cow::Borrowed("Retry-After: 30\r\n"),
        Cow::Borrowed("as many stations are connected as max_connections allows"),
    );

    pub(crate) const NO_COMMON_VERSION: Self =
        Self::plain(400, "Bad Request", "none of the OCPP versions that the station offers is served here");

    const fn plain(status: u16, reason: &'static str, text: &'static str) -> Self {
        Self::with((status, reason), Cow::Borrowed(""), Cow::Borrowed(text))
    }

    const fn with(status: (u16, &'static str), header: Cow<'static, str>, text: Cow<'static, str>) -> Self {
        Self { status: status.0, reason: status.1, header, text }
    }

    pub(crate) fn encode(&self) -> String {
        let Self { status, reason, header, text } = self;
        let length = text.len() + 1;
        format!(
            "HTTP/1.1 {status} {reason}\r\n{header}Content-Type: text/plain; charset=utf-8\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{text}\n"
        )
    }
}

impl From<PathFault> for Refused {
    fn from(fault: PathFault) -> Self {
        Self::with((404, "Not Found"), Cow::Borrowed(""), Cow::Owned(fault.to_string()))
    }
}

impl From<Turned> for Refused {
    fn from(turned: Turned) -> Self {
        let text = Cow::Owned(turned.to_string());
        let (status, header) = match turned {
            Turned::Unauthorized(_) => ((401, "Unauthorized"), CHALLENGE.into()),
            Turned::Slowed { retry_after_s } => ((429, "Too Many Requests"), retry_after(retry_after_s)),
            Turned::Unknown(_) => ((404, "Not Found"), "".into()),
            Turned::Busy(_) => ((503, "Service Unavailable"), retry_after(30)),
        };
        Self::with(status, header, text)
    }
}

const CHALLENGE: &str = "WWW-Authenticate: Basic realm=\"charging station\", charset=\"UTF-8\"\r\n";

fn retry_after(seconds: u64) -> Cow<'static, str> {
    format!("Retry-After: {seconds}\r\n").into()
}

/// The upgrade, with the version and the extension that were agreed on.
pub(crate) fn upgrade(key: &str, subprotocol: Option<&str>, compression: Option<Agreed>) -> String {
    let accept = derive_accept_key(key.as_bytes());
    let subprotocol = subprotocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
    let extension = compression.map(|agreed| format!("Sec-WebSocket-Extensions: {agreed}\r\n")).unwrap_or_default();
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{extension}{subprotocol}\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upgrade_names_the_agreed_version() {
        let answer = upgrade("dGhlIHNhbXBsZSBub25jZQ==", Some("ocpp2.0.1"), None);
        assert!(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(answer.ends_with("Sec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n"));
        assert!(!answer.contains("Extensions:"));
        let answer = upgrade("dGhlIHNhbXBsZSBub25jZQ==", None, Some(Agreed::default()));
        assert!(answer.contains("Sec-WebSocket-Extensions: permessage-deflate; "));
        assert!(!answer.contains("Protocol:"));
    }

    #[test]
    fn a_refusal_has_its_text_and_length() {
        let answer = Refused::from(Turned::Unauthorized("CS-1".into())).encode();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic"));
        assert!(head.contains(&format!("Content-Length: {}", body.len())));
        assert_eq!(body, "station CS-1 did not give the right password\n");
        let answer = Refused::from(Turned::Slowed { retry_after_s: 8 }).encode();
        assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 8\r\n"), "{answer}");
    }
}
