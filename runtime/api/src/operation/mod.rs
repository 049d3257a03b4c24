//! What keeps the server running needs to know of it: health, metrics, and the description of this API.

pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod quirks;

mod sample;
pub(crate) mod set_aside;
