//! The only crate that knows OCPP: frames, and the dialects 1.6, 2.0.1 and 2.1 behind one type.
//!
//! A text becomes a [`Frame`] with its payload untouched; a [`Dialect`], picked once at the handshake, turns the payload
//! into an event of the domain and an answer of the domain into a payload. What comes in is taken as tolerantly as
//! [`Strictness`] says, and every repair leaves a mark; what goes out is strict to the schema. This crate opens no
//! socket, asks nobody for the time, and knows nothing of sessions or prices.
//!
//! ```
//! use amprule_domain::reply::Reply;
//! use amprule_ocpp::{Dialect, Frame};
//!
//! let dialect = Dialect::from_subprotocol("ocpp1.6").expect("1.6 is served");
//! let Ok(Frame::Call { id, action, payload, .. }) = dialect.parse(r#"[2,"19","Heartbeat",{}]"#) else {
//!     panic!("a station's request");
//! };
//! let decoded = dialect.decode(&action, payload, &jiff::tz::TimeZone::UTC).expect("a heartbeat needs nothing");
//! let now = "2026-07-01T08:00:00Z".parse().expect("a time");
//! let reply = dialect.reply(decoded.action, &Reply::Heartbeat { now }).expect("an answer to a heartbeat");
//! assert_eq!(dialect.encode_result(&id, &reply), r#"[3,"19",{"currentTime":"2026-07-01T08:00:00.000Z"}]"#);
//! ```

pub mod dialect;
pub mod encode;
pub mod frame;
pub mod limits;
pub mod malformed;
pub mod shapes;
pub mod strictness;
pub mod version;

mod asked;
mod loose;
mod members;
mod mend;
mod message;
mod metering;
mod payload;
mod relay;
mod request;
mod rules;
mod said;
mod sample;
mod scan;
mod security_profile;
mod signed;
mod v16;
mod v201;
mod v21;
mod worded;
mod written_time;

pub use dialect::{Decoded, Dialect};
pub use encode::Times;
pub use frame::Frame;
pub use malformed::{FrameFault, Malformed};
pub use relay::{Registration, Relayed};
pub use shapes::CommandFault;
pub use strictness::Strictness;
pub use version::Version;
