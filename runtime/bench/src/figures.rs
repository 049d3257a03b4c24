//! What a measure comes to: text for people, and members of the one JSON object.

use std::fmt;

use serde_json::Value;

pub(crate) trait Figures: fmt::Display {
    fn add_to(&self, json: &mut Value);
}

pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}
