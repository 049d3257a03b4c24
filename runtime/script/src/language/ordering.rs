//! `<`, `<=`, `>` and `>=`. Rhai answers `false` where two values have no order: a number and a text, a moment and `()`. A price must
//! not hang on that, so here it is an error that says what the two are.

use std::cmp::Ordering;

use rhai::{Dynamic, Engine, ImmutableString};
use rust_decimal::Decimal;

use super::arithmetic::number;
use super::{Moment, RhaiResult};
use crate::explain::kind_of;

type Holds = fn(Ordering) -> bool;

const OPERATORS: [(&str, Holds); 4] =
    [("<", Ordering::is_lt), ("<=", Ordering::is_le), (">", Ordering::is_gt), (">=", Ordering::is_ge)];

pub(super) fn register(engine: &mut Engine) {
    for (symbol, holds) in OPERATORS {
        engine.register_fn(symbol, move |x: Moment, y: Moment| holds(x.cmp(&y)));
    }
}

/// Scripts that were taken in before go on without it.
pub(crate) fn refuse_unordered(engine: &mut Engine) {
    for (symbol, holds) in OPERATORS {
        // The usual ones by themselves: they are found at once.
        engine.register_fn(symbol, move |x: i64, y: i64| holds(x.cmp(&y)));
        engine.register_fn(symbol, move |x: Decimal, y: Decimal| holds(x.cmp(&y)));
        engine.register_fn(symbol, move |x: Decimal, y: i64| holds(x.cmp(&y.into())));
        engine.register_fn(symbol, move |x: i64, y: Decimal| holds(Decimal::from(x).cmp(&y)));
        engine.register_fn(symbol, move |x: Dynamic, y: Dynamic| order(symbol, &x, &y).map(holds));
    }
}

fn order(symbol: &str, x: &Dynamic, y: &Dynamic) -> RhaiResult<Ordering> {
    if let (Some(x), Some(y)) = (number(x), number(y)) {
        return Ok(x.cmp(&y));
    }
    if let (Some(x), Some(y)) = (x.read_lock::<ImmutableString>(), y.read_lock::<ImmutableString>()) {
        return Ok(x.as_str().cmp(y.as_str()));
    }
    if let (Ok(x), Ok(y)) = (x.as_char(), y.as_char()) {
        return Ok(x.cmp(&y));
    }
    let text = format!("`{symbol}` compares {} with {}, which have no order", kind_of(x), kind_of(y));
    Err(text.into())
}
