//! What scripts return, checked field by field before anything believes it.
//!
//! Errors are sentences for the script's author and name the place: `lines[2].amount: expected a number, got a string`.

pub(crate) mod bill;
mod fields;
pub(crate) mod line;
pub(crate) mod modification;
pub(crate) mod offer;
pub(crate) mod seen;
pub(crate) mod shares;
pub(crate) mod translation;
pub(crate) mod verdict;

use rhai::Engine;

pub(crate) fn register(engine: &mut Engine) {
    line::register(engine);
    bill::register(engine);
    offer::register(engine);
    seen::register(engine);
    shares::register(engine);
    translation::register(engine);
    verdict::register(engine);
}
