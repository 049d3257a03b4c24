//! Where a wire leads, as an operator writes it: `modbus-tcp://127.0.0.1:1502?unit=255`.

mod credentials;
mod http;
mod modbus;
mod mqtt;
mod serial;
mod stream;
mod udp;

use std::path::PathBuf;
use std::time::Duration;

pub(crate) use credentials::Credentials;
pub use http::HttpAddress;
pub use modbus::{ModbusAddress, ModbusPlace};
pub use mqtt::{Broker, MqttAddress};
pub use serial::{Parity, SerialLine};
pub use stream::{LineEnd, StreamAddress, StreamPlace};
pub use udp::UdpAddress;

/// What an operator grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireAddress {
    Modbus(ModbusAddress),
    Http(HttpAddress),
    Mqtt(MqttAddress),
    Udp(UdpAddress),
    Stream(StreamAddress),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadAddress(String);

/// What is written before `://`.
const KINDS: [&str; 12] = [
    "modbus-tcp",
    "modbus-rtu",
    "modbus-rtu-over-tcp",
    "http",
    "https",
    "mqtt",
    "mqtts",
    "udp",
    "tcp",
    "serial",
    "ws",
    "wss",
];

impl WireAddress {
    /// The kind that a driver declares of its wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Modbus(_) => "modbus",
            Self::Http(_) => "http",
            Self::Mqtt(_) => "mqtt",
            Self::Udp(_) => "udp",
            Self::Stream(_) => "stream",
        }
    }

    /// As people are told of it, and the host or the line alone.
    pub fn place(&self) -> (String, &str) {
        match self {
            Self::Modbus(to) => match &to.place {
                ModbusPlace::Tcp { host, .. } => (to.to_string(), host),
                ModbusPlace::Serial(line) => (to.to_string(), &line.path),
            },
            Self::Http(to) => (to.to_string(), &to.host),
            Self::Mqtt(to) => (to.broker.to_string(), &to.broker.host),
            Self::Udp(to) => (to.to_string(), &to.host),
            Self::Stream(to) => (to.to_string(), to.host()),
        }
    }

    /// What is driven there, with whatever password and at whatever pace: two addresses of one place are alike in this.
    pub fn hardware(&self) -> String {
        match self {
            Self::Modbus(to) => match &to.place {
                ModbusPlace::Tcp { host, port, is_rtu } => {
                    format!("modbus {} {port} {is_rtu} {}", host.to_ascii_lowercase(), to.unit)
                }
                ModbusPlace::Serial(line) => format!("modbus {} {}", line.path, to.unit),
            },
            Self::Http(to) => format!("http {} {} {} {}", to.host.to_ascii_lowercase(), to.port, to.is_tls, to.base),
            Self::Mqtt(to) => format!("mqtt {} {}", to.broker, to.prefix),
            Self::Udp(to) => format!("udp {}", to.to_string().to_ascii_lowercase()),
            Self::Stream(to) => to.hardware(),
        }
    }

    /// What nobody is shown of it, for who covers it in what a wire says and a tape keeps: `user:password`, the password alone, and
    /// both as *basic* sends them. None is empty; one may be short.
    pub fn secrets(&self) -> Vec<String> {
        let credentials = match self {
            Self::Http(to) => to.credentials.as_ref(),
            Self::Mqtt(to) => to.broker.credentials.as_ref(),
            Self::Stream(to) => to.credentials(),
            Self::Modbus(_) | Self::Udp(_) => None,
        };
        credentials.map(Credentials::secrets).unwrap_or_default()
    }

    /// # Errors
    /// What is wrong, and how it is written. A password does not stand there.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let split = text.split_once("://");
        let Some((kind, rest)) = split.filter(|(kind, _)| KINDS.contains(kind)) else {
            let how = "write modbus-tcp://HOST:PORT?unit=N or http://HOST:PORT";
            let kinds = KINDS.join(", ");
            return Err(BadAddress(match split {
                Some((kind, _)) => format!("{kind:?} is no kind of wire; it is one of {kinds}"),
                None => format!("that is no wire: {how}"),
            }));
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = query.split('&').filter(|pair| !pair.is_empty());
        let query = query.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let parsed = match kind {
            "http" | "https" => HttpAddress::parse(kind == "https", place, query).map(Self::Http),
            "mqtt" | "mqtts" => MqttAddress::parse(kind == "mqtts", place, query).map(Self::Mqtt),
            "udp" => UdpAddress::parse(place, query).map(Self::Udp),
            "tcp" => StreamAddress::over_tcp(place, query).map(Self::Stream),
            "serial" => StreamAddress::over_serial(place, query).map(Self::Stream),
            "ws" | "wss" => StreamAddress::over_websocket(kind == "wss", place, query).map(Self::Stream),
            "modbus-rtu" => ModbusAddress::over_serial(place, query).map(Self::Modbus),
            _ => ModbusAddress::over_tcp(kind != "modbus-tcp", place, query).map(Self::Modbus),
        };
        parsed.map_err(|why| BadAddress(format!("the {kind} wire: {why}")))
    }
}

/// What all kinds have: how long an answer may take, and how long the place rests between two requests.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pace {
    timeout: Duration,
    pause: Duration,
}

impl Pace {
    const USUAL: Self = Self { timeout: Duration::from_secs(2), pause: Duration::ZERO };

    /// False: it is another key.
    fn take(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "timeout_ms" => self.timeout = Duration::from_millis(whole(key, value, 50, 4_000)?),
            "pause_ms" => self.pause = Duration::from_millis(whole(key, value, 0, 5_000)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn whole(key: &str, value: &str, least: u64, most: u64) -> Result<u64, String> {
    let number = value.parse::<u64>().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("{key} is a whole number of {least} to {most}"))
}

fn unknown(key: &str, known: &[&str]) -> String {
    format!("there is no {key:?}; known are {}", known.join(", "))
}

/// `[::1]:502` and `box.local:502`; `usual` without a port.
fn host_and_port(place: &str, usual: u16) -> Result<(String, u16), String> {
    let usual = usual.to_string();
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, usual.as_str()),
        Some((host, rest)) => (host, rest.strip_prefix(':').unwrap_or("")),
        None => place.split_once(':').unwrap_or((place, &usual)),
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-_:%".contains(c);
    if host.is_empty() || host.len() > 253 || !host.chars().all(is_host) {
        return Err(format!("{host:?} is no host"));
    }
    let port = port.parse().ok().filter(|port| *port != 0).ok_or("what stands behind the colon is no port")?;
    Ok((host.to_owned(), port))
}

/// With brackets where it needs them.
fn shown(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn file(value: &str) -> Result<PathBuf, String> {
    if value.is_empty() { Err("ca is the file of a certificate".to_owned()) } else { Ok(PathBuf::from(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modbus(text: &str) -> ModbusAddress {
        match WireAddress::parse(text).expect(text) {
            WireAddress::Modbus(address) => address,
            other => panic!("{text} is {other:?}"),
        }
    }

    fn http(text: &str) -> HttpAddress {
        match WireAddress::parse(text).expect(text) {
            WireAddress::Http(address) => address,
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let read = modbus("modbus-tcp://10.0.0.7:1502?unit=3&pause_ms=100");
        let place = ModbusPlace::Tcp { host: "10.0.0.7".to_owned(), port: 1_502, is_rtu: false };
        assert_eq!((&read.place, read.unit), (&place, 3));
        assert_eq!((read.pause, read.timeout), (Duration::from_millis(100), Duration::from_secs(2)));
        let read = modbus("modbus-rtu-over-tcp://[fe80::1]");
        assert_eq!((read.to_string().as_str(), read.unit), ("[fe80::1]:502", 1));
        let read = modbus("modbus-rtu:///dev/ttyUSB0?unit=50&baud=57600&parity=even&stop=2");
        let line = SerialLine { path: "/dev/ttyUSB0".to_owned(), baud: 57_600, parity: Parity::Even, stop: 2 };
        assert_eq!((line.to_string().as_str(), read.to_string().as_str()), ("57600 baud, 8E2", "/dev/ttyUSB0"));
        assert_eq!((read.place, read.unit, read.pause), (ModbusPlace::Serial(line), 50, Duration::from_micros(1_750)));
        let read = modbus("modbus-rtu:///dev/serial/by-id/usb-FTDI_A?");
        assert_eq!((read.unit, read.pause), (1, Duration::from_micros(4_010)));
        let WireAddress::Mqtt(read) =
            WireAddress::parse("mqtts://me:se%3Acret@Broker/evse/garage/?client=a-1").unwrap()
        else {
            panic!("it is MQTT")
        };
        assert_eq!((read.broker.to_string().as_str(), read.prefix.as_str()), ("broker:8883", "evse/garage"));
        assert_eq!(read.broker.credentials.unwrap().user_and_password(), ("me", "se:cret"));
        let WireAddress::Udp(read) = WireAddress::parse("udp://10.0.0.7?local=7090").unwrap() else {
            panic!("it is UDP")
        };
        assert_eq!((read.to_string().as_str(), read.local, read.pause.as_millis()), ("10.0.0.7:7090", 7_090, 100));
        let stream = |text: &str| match WireAddress::parse(text).expect(text) {
            WireAddress::Stream(address) => address,
            other => panic!("{text} is {other:?}"),
        };
        let read = stream("tcp://10.0.0.7?end=cr");
        let place = StreamPlace::Tcp { host: "10.0.0.7".to_owned(), port: 23, end: LineEnd::Cr };
        assert_eq!((read.to_string().as_str(), &read.place), ("10.0.0.7:23", &place));
        let read = stream("serial:///dev/ttyUSB0?baud=115200&end=crlf");
        let line = SerialLine { path: "/dev/ttyUSB0".to_owned(), baud: 115_200, parity: Parity::None, stop: 1 };
        assert_eq!(read.place, StreamPlace::Serial { line, end: LineEnd::CrLf });
        assert_eq!(stream("wss://Box/ws?timeout_ms=500").to_string(), "Box:443");
        let read = http("http://box.local/base/?timeout_ms=500");
        assert_eq!((read.to_string().as_str(), read.base.as_str(), read.is_tls), ("box.local:80", "/base", false));
        let read = http("https://admin:se%3Acret@[::1]:8443");
        assert_eq!((read.port, read.base.as_str(), read.is_tls), (8_443, "", true));
        assert_eq!(format!("{:?}", read.credentials), "Some(Credentials)");
    }

    #[test]
    fn what_is_secret_of_an_address_is_said_to_who_covers_it() {
        let whole = ["me:se:cret", "se:cret", "bWU6c2U6Y3JldA=="];
        for (text, secrets) in [
            ("http://me:se%3Acret@box/base", &whole[..]),
            ("mqtts://me:se%3Acret@broker/a", &whole),
            ("http://me@box", &["me", "bWU="]),
            ("https://@box", &[]),
            ("http://box", &[]),
            ("mqtt://broker/a", &[]),
            ("udp://box", &[]),
            ("ws://me:se%3Acret@box/ws", &whole),
            ("tcp://box:23", &[]),
            ("modbus-tcp://box", &[]),
        ] {
            assert_eq!(WireAddress::parse(text).expect(text).secrets(), secrets, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_way_to_write_it() {
        for (text, why) in [
            ("10.0.0.7", "write modbus-tcp://HOST:PORT?unit=N"),
            ("ftp://10.0.0.7", "it is one of modbus-tcp"),
            ("modbus-tcp://", "is no host"),
            ("modbus-tcp://user@host", "is no host"),
            ("modbus-tcp://box:0", "is no port"),
            ("modbus-tcp://box:502/../x", "is no port"),
            ("modbus-tcp://box?unit=256", "unit is a whole number of 0 to 255"),
            ("modbus-tcp://box?timeout_ms=1", "timeout_ms is a whole number of 50 to 4000"),
            ("modbus-tcp://box?unti=1", "there is no \"unti\"; known are unit"),
            ("modbus-rtu://ttyUSB0", "write its device as modbus-rtu:///dev/ttyUSB0?unit=1"),
            ("modbus-rtu:///dev/../etc/passwd", "is no serial line"),
            ("modbus-rtu:///dev/ttyS0?unit=0", "unit is a whole number of 1 to 247"),
            ("modbus-rtu:///dev/ttyS0?baud=9k6", "baud is a whole number of 300 to 1000000"),
            ("modbus-rtu:///dev/ttyS0?parity=mark", "parity is one of none, even and odd"),
            ("modbus-rtu:///dev/ttyS0?bits=7", "there is no \"bits\"; known are unit, baud, parity, stop"),
            ("mqtt://broker", "write the topics that are granted behind the host: mqtt://HOST/PREFIX"),
            ("mqtt://broker/", "it has 1 to 200 bytes"),
            ("mqtt://broker/a/+/b", "+ and # mean several topics"),
            ("mqtt://me:se/cret@broker/a", "a / in the password is written as %2F"),
            ("http://me:se/cret@box", "what stands behind the colon is no port"),
            ("mqtt://broker/a//b", "between two slashes stands a name"),
            ("mqtt://broker/a/../b", "between two slashes stands a name"),
            ("mqtt://broker/$SYS", "the broker's own"),
            ("mqtt://broker/a?ca=x", "ca is for mqtts"),
            ("mqtt://broker/a?pause_ms=1", "known are ca, client, timeout_ms"),
            ("udp://box/x", "is no host"),
            ("udp://box?local=0", "local is a whole number of 1 to 65535"),
            ("http://box?unit=1", "there is no \"unit\"; known are ca"),
            ("http://box?ca=x", "ca is for what goes over TLS"),
            ("ws://me:secret@box/ws?auth=digest", "a WebSocket sends a password as basic"),
            ("http://me:secret@box?auth=ntlm", "auth is one of basic and digest"),
            ("http://box?auth=digest", "write USER:PASSWORD@ before the host"),
            ("tcp://me:secret@box", "it has no user and no password"),
            ("ws://box/ws?ca=x", "ca is for what goes over TLS"),
            ("ws://box?end=lf", "there is no \"end\"; known are ca"),
            ("tcp://box:23?end=nul", "end is one of lf, cr and crlf"),
            ("tcp://box/x", "is no host"),
            ("serial://ttyUSB0", "write its device as serial:///dev/ttyUSB0?baud=115200"),
            ("serial:///dev/ttyUSB0?unit=1", "known are end, baud"),
            ("http://box:se cret@host", "a blank"),
            ("http://host/a b", "a blank"),
        ] {
            let said = WireAddress::parse(text).unwrap_err().to_string();
            assert!(said.contains(why), "{text}: {said}");
            assert!(
                !["secret", "se cret", "se/cret", "cret@", "\"se"].iter().any(|word| said.contains(word)),
                "{said}"
            );
        }
    }
}
