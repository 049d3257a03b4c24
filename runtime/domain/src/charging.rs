//! Transactions: what a station's message means for its sessions, the same for every OCPP version.
//!
//! A message goes through plain functions, with the world's answers in between: [`propose`] says what has to be asked
//! before it can be admitted, [`crate::apply`] makes the sessions as they will be and says which must be priced, [`settle`] puts
//! the prices in and yields effects and reply. Nothing changes until the caller has committed the effects and calls
//! [`Station::adopt`].
//!
//! Inside of it a message about a transaction goes one way: `identify` (which session is meant; `repetition` knows
//! what was told before), `admit` (what was decided about its token), `follow` (the session after it; its energy by
//! `measure`, what was given back by `export`, which times and registers count by `believe`, its end by `ending`),
//! `consequences` (what is written, answered and priced). `startless` and `late` are the ways of messages that come before the start or after the end.
//! Below all of these stand `told` (a message with what is needed to understand it), `state` (a session's charging state)
//! and `step` (what a message changes); no two files here import each other.

mod admit;
mod apply;
mod begin;
mod believe;
mod billing;
mod consequences;
mod ending;
mod event;
mod exchanged;
mod export;
mod follow;
mod identify;
mod late;
mod limit;
mod measure;
mod metered;
mod propose;
mod question;
mod quote;
mod recall;
mod repetition;
mod settle;
mod startless;
mod state;
mod station;
mod step;
mod tick;
mod told;
mod transaction;
mod verb;
mod whereabouts;
mod word;

pub(crate) use admit::decided;
pub(crate) use apply::apply;
pub use believe::believe_times;
pub use event::{ChargingEvent, ChargingState, MeterValues, Naming, Phase, TransactionEvent};
pub use exchanged::exchanged;
pub use propose::{Admission, Proposal, Question, propose};
pub use question::{KnownToken, authorization_input, budget_since, cut_anew, fitted, pricing_input, pricing_period};
pub(crate) use question::{iso_weekday, minute_of_day};
pub use quote::{Guest, Imagined};
pub use recall::{Recall, recall};
pub use settle::{Settling, settle};
pub use station::{Rules, Station};
pub use step::{Happened, Settled, Step};
pub use tick::{as_of, tick};
pub use verb::{NotCarried, carry_out, may_stand};
pub use whereabouts::Whereabouts;
pub(crate) use whereabouts::told as whereabouts_told;
pub(crate) use word::{session_after_word, sessions_after_boot};
