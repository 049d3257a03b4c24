//! Wires to hardware that speaks no OCPP. The host owns them: a driver says what is to be said, and never where to.
//!
//! A [`Wire`] leads to what the operator wrote in the device's configuration, and nowhere else. Several wires may lead to one
//! bus: a serial line with many followers, or a box that takes one connection only. What they say goes one after the other,
//! in the order of its [`Urgency`], at the pace that the bus bears; a connection that fails is closed before another is tried.
//!
//! This crate must never know what a device is, nor what its registers mean.

mod address;
mod backoff;
mod bus;
mod dialler;
mod fault;
mod http;
mod modbus;
mod mqtt;
mod queue;
mod serial;
mod stream;
mod tls;
pub mod topic;
mod turnstile;
mod udp;

use std::collections::BTreeMap;
use std::time::Duration;

pub use ::http::Method;
pub use address::{
    BadAddress, Broker, HttpAddress, LineEnd, ModbusAddress, ModbusPlace, MqttAddress, Parity, SerialLine,
    StreamAddress, StreamPlace, UdpAddress, WireAddress,
};
pub use bus::Buses;
pub use fault::WireFault;
pub use http::HttpWire;
pub use modbus::{Function, ModbusWire, Write};
pub use mqtt::{Heard, MqttWire};
pub use stream::StreamWire;
pub use turnstile::Urgency;
pub use udp::UdpWire;

/// Where wires lead, by the names that drivers have for them. Boxed, for a map has room for eleven from the first on, and most
/// devices have one.
pub type Addresses = BTreeMap<String, Box<WireAddress>>;

/// One way to one device.
#[derive(Clone)]
pub enum Wire {
    Modbus(ModbusWire),
    Http(HttpWire),
    Mqtt(MqttWire),
    Udp(UdpWire),
    Stream(StreamWire),
}

impl Wire {
    /// How long it has waited for others on its line, all in all.
    pub fn waited(&self) -> Duration {
        match self {
            Self::Modbus(wire) => wire.waited(),
            _ => Duration::ZERO,
        }
    }

    /// As [`WireAddress::kind`].
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Modbus(_) => "modbus",
            Self::Http(_) => "http",
            Self::Mqtt(_) => "mqtt",
            Self::Udp(_) => "udp",
            Self::Stream(_) => "stream",
        }
    }
}
