//! For drivers: wires, the registers and answers that come over them, and what was seen.
//!
//! A question that has not been answered yet ends the call, and the host calls again with the answer: ask for the same things in
//! the same order, and let nothing else decide.

mod json;
mod registers;
mod wire;

use crate::{Decimal, Seen, State};

pub use json::Answer;
pub use registers::{Order, Registers, words_of_f32};
pub use wire::Wire;

impl Seen {
    pub fn new(state: State) -> Self {
        Self {
            state,
            plugged: None,
            energy_wh: None,
            session_wh: None,
            power_w: None,
            current_ma: None,
            limit_da: None,
            error: None,
            token: None,
            vendor: None,
            model: None,
            serial: None,
            firmware: None,
            phases: None,
            keep: None,
        }
    }

    /// A register that only grows, in so many digits behind the point of a Wh: `energy(register, 1)` counts tenths.
    #[must_use]
    pub fn energy(self, register: i64, digits: u8) -> Self {
        Self { energy_wh: Some(Decimal::new(register, digits)), ..self }
    }

    /// A register that begins anew with each car.
    #[must_use]
    pub fn session(self, register: i64, digits: u8) -> Self {
        Self { session_wh: Some(Decimal::new(register, digits)), ..self }
    }
}
