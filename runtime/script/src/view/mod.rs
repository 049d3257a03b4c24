//! What scripts see of a hook's input: small types with fields in snake_case, whole numbers and decimals only.
//!
//! Reading a field never copies the input, and a script cannot change it.

pub(crate) mod bill;
pub(crate) mod device;
pub(crate) mod message;
pub(crate) mod place;
pub(crate) mod request;
pub(crate) mod session;
pub(crate) mod site;
mod station;

use amprule_domain::{Energy, Timestamp};
use rhai::{Dynamic, Engine, ImmutableString};
use rust_decimal::Decimal;

use crate::language::Moment;

pub(crate) fn register(engine: &mut Engine) {
    station::register(engine);
    session::register(engine);
    request::register(engine);
    bill::register(engine);
    place::register(engine);
    device::register(engine);
    site::register(engine);
    message::register(engine);
}

fn optional_text(text: Option<&String>) -> Dynamic {
    text.map_or(Dynamic::UNIT, |text| ImmutableString::from(text.as_str()).into())
}

fn optional_moment(at: Option<Timestamp>) -> Dynamic {
    at.map_or(Dynamic::UNIT, |at| Dynamic::from(Moment(at)))
}

fn kwh(energy: Energy) -> Decimal {
    Decimal::new(energy.mwh(), 6).normalize()
}

/// Exact where it can be: 90 seconds are 1.5 minutes.
fn minutes(seconds: i64) -> Decimal {
    Decimal::from(seconds) / Decimal::from(60)
}

fn hours(seconds: i64) -> Decimal {
    Decimal::from(seconds) / Decimal::from(3600)
}

/// From `from` until before `to`; `to` may lie after midnight. Equal ends mean the whole day.
fn is_between(minute: i64, from: i64, to: i64) -> bool {
    if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_of_the_day_may_wrap_over_midnight() {
        for (minute, from, to, expect) in [
            (420, 420, 1200, true),
            (1200, 420, 1200, false),
            (30, 1320, 360, true),
            (1330, 1320, 360, true),
            (360, 1320, 360, false),
            (12, 0, 0, true),
        ] {
            assert_eq!(is_between(minute, from, to), expect, "{minute} in {from}..{to}");
        }
    }
}
