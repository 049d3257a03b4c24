//! Lookups: another system is asked while a driver waits. A membership system, a fleet's own rules.
//!
//! A policy says what it wants to know, by a name and a key; the operator has bound that name to an address ([`Binding`]).
//! It is asked with a GET over HTTP/1.1, and what it answers is one of three things ([`LookupAnswer`]):
//!
//! | the answer | what is heard |
//! |---|---|
//! | 200 with a JSON object | `Row` |
//! | 404, 410 | `Nothing`: the other system says that there is no such thing |
//! | everything else, or none | `Unavailable`, with what happened and what the operator may do about it |
//!
//! What a driver may rely on:
//!
//! - **It ends.** One deadline holds for all of it: waiting for a free connection, the name, the connection, TLS, the
//!   answer to its last byte.
//! - **It does not guess.** What is no JSON object is no answer: a page of a proxy, half an object, an object with two
//!   members of one name. A redirect is not followed. What failed is never remembered in place of an answer.
//!
//! What the other system may rely on:
//!
//! - It is asked over 8 connections at most, at most so many times a second as the operator says, and once for questions
//!   that are the same at the same moment. A question goes on when whoever asked has left, so that its answer is not lost.
//! - Nothing is tried again, but for one case: a connection that was kept from an earlier question and is gone.
//! - After 5 failures in a row it is left alone for 10 s; then one question goes first, alone. With 429 or 503 and
//!   `Retry-After` it is left alone at once, for as long as it asks, up to 10 s.
//! - A key is one segment of a path or one value of a query, whatever stands in it.
//! - With `signature`, each question says who asks: see [`SIGNATURE`].
//!
//! What was heard is remembered in memory only, since keys are tokens of people: never on disk, in a log line or in a text.
//!
//! This crate must never know what is looked up, or what becomes of the answer.
//!
//! [`LookupAnswer`]: amprule_domain::lookup::Heard

mod binding;
mod lookups;

mod address;
mod header;
mod key;
mod secret;
mod signature;

mod asker;
mod breaker;
mod cache;
mod pace;

mod answer;
mod client;
mod failure;
mod json;
mod line;
mod names;
mod tls;
mod unreached;

mod error;

pub use amprule_domain::lookup::{LookupStats, Trouble};
pub use amprule_outbound::{Identity, Roots};
pub use binding::Binding;
pub use error::{Fault, Refused, UrlFault};
pub use lookups::{Lookups, Now};
pub use secret::Secret;
pub use signature::SIGNATURE;
