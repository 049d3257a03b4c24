//! From a request's parts to values, strictly: what is not known or not possible is named, with what was likely meant.

mod amount;
mod body;
mod hint;
mod list;
mod place;
mod query;
mod raw;

pub(crate) use amount::Amount;
pub(crate) use body::{Change, Payload, given};
pub(crate) use hint::nearest;
pub(crate) use list::{List, Pages};
pub(crate) use place::Place;
pub(crate) use query::{Nothing, Params};
pub(crate) use raw::as_json;
