//! Load sharing: who gets how much of a site's power?
//!
//! A policy answers ([`LoadInput`] → [`LoadOutput`]); what it wants is [`fit`]ted into the circuits; and [`Steering`] says which
//! station is told what, in an order in which no circuit is ever asked for more than it bears, whatever is lost on the way.
//! Nothing here does I/O: what was seen is told to it, with the time.

mod amperes;
mod direction;
mod estimate;
mod fit;
mod flow;
mod held;
mod limited;
mod question;
mod site;
mod steering;

pub use amperes::{Amperes, ByPhase};
pub use estimate::MeterReading;
pub use fit::{Wish, fit};
pub use flow::Flow;
pub use limited::{Allowed, Limited};
pub use question::{
    CircuitFacts, EvseFacts, Granted, LoadInput, LoadOutput, LoadSession, MeterFacts, Share, Shares, SiteFacts,
};
pub use site::{Circuit, Site, SiteEvse, SiteFault};
pub use steering::{Answered, Balance, CircuitView, EvseView, Order, Seen, SeenSession, Steering};
