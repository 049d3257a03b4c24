//! What charging is: stations, sessions, energy, money, and the questions that other people's code answers.
//!
//! This crate does no I/O, never awaits, and asks nobody for the time or for randomness: `now` and fresh ids
//! are arguments. It speaks the words of OCPP 2.x and knows nothing of any wire format. Its types derive serde
//! because their JSON form is the one the store, the decision log and the fixtures share.

pub mod authorization;
mod availability;
pub mod bill;
mod blocks;
pub mod charging;
pub mod command;
pub mod component;
pub mod contract;
mod cost;
mod currencies;
mod data_transfer;
pub mod decision;
mod diagnostics;
pub mod dialect;
mod display;
pub mod doors;
pub mod effect;
pub mod energy;
pub mod event;
pub mod evidence;
pub mod facts;
mod firmware;
mod grid;
pub mod holding;
pub mod ids;
mod kept;
mod line;
pub mod load;
pub mod local_list;
pub mod lookup;
pub mod mark;
pub mod modifier;
mod moment;
pub mod money;
mod noted;
pub mod notice;
pub mod occasion;
pub mod offer;
pub mod outbox;
mod parameters;
pub mod pattern;
mod pin;
pub mod place;
pub mod plain;
pub mod ports;
mod price;
pub mod pricing;
mod provisioning;
pub mod reading;
pub mod recurring;
pub mod refused;
pub mod reply;
pub mod reported;
mod reservation;
mod schema;
mod security;
pub mod session;
pub mod smart_charging;
pub mod station;
pub mod tax;
pub mod timeline;
pub mod token;
pub mod variable;

pub use blocks::{apply, learned, may_repeat};
pub use energy::Energy;
pub use ids::{CommandId, DecisionId, SessionId, SessionNo, StationId, StationIdFault, TransactionId};
pub use jiff::Timestamp;
pub use mark::{Mark, Marks};
pub use moment::{Moment, Pinning};
pub use money::Currency;
pub use occasion::Occasion;
pub use rust_decimal::Decimal;
