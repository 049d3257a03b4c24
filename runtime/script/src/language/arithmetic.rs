//! Numbers: whole ones and exact decimals, that mix, and round only where a script says how.

use rhai::{Dynamic, Engine};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::RhaiResult;

/// The value as a decimal, when it is a number.
pub(crate) fn number(value: &Dynamic) -> Option<Decimal> {
    value.as_decimal().or_else(|_| value.as_int().map(Decimal::from)).ok()
}

pub(super) fn register(engine: &mut Engine) {
    register_division(engine);
    register_signs(engine);
    register_rounding(engine);
    register_comparing(engine);
    register_shifts(engine);
    engine.register_fn("abs", |x: i64| x.saturating_abs());
    engine.register_fn("abs", |x: Decimal| x.abs());
    engine.register_fn("to_int", |x: i64| x);
    engine.register_fn("to_int", |x: Decimal| {
        x.trunc().to_i64().ok_or_else(|| error("the number is too large for a whole number"))
    });
    engine.register_fn("to_decimal", |x: i64| Decimal::from(x));
    engine.register_fn("to_decimal", |x: Decimal| x);
    engine.register_fn("to_decimal", |text: &str| {
        text.parse::<Decimal>().map_err(|_| error(&format!("{text:?} is not a number")))
    });
}

/// Rhai's own division of whole numbers truncates; money must not.
fn register_division(engine: &mut Engine) {
    engine.register_fn("/", |x: i64, y: i64| divide(x.into(), y.into()));
    engine.register_fn("/", |x: i64, y: Decimal| divide(x.into(), y));
    engine.register_fn("/", |x: Decimal, y: i64| divide(x, y.into()));
    engine.register_fn("/", divide);
    engine.register_fn("/=", |x: &mut Dynamic, y: Dynamic| -> RhaiResult<()> {
        *x = Dynamic::from_decimal(divide(expect_number(x)?, expect_number(&y)?)?);
        Ok(())
    });
}

fn divide(x: Decimal, y: Decimal) -> RhaiResult<Decimal> {
    let quotient = x.checked_div(y).map(|quotient| quotient.normalize());
    quotient.ok_or_else(|| error(if y.is_zero() { "division by zero" } else { "the quotient is too large" }))
}

/// Rhai has these only in its fast mode, which knows no other division than its own.
fn register_signs(engine: &mut Engine) {
    engine.register_fn("!", |x: bool| !x);
    engine.register_fn("-", |x: i64| x.checked_neg().ok_or_else(|| error("the number is too large")));
    engine.register_fn("-", |x: Decimal| -x);
}

fn register_rounding(engine: &mut Engine) {
    let strategies = [
        ("round_half_up", RoundingStrategy::MidpointAwayFromZero),
        ("round_half_even", RoundingStrategy::MidpointNearestEven),
        ("round_up", RoundingStrategy::AwayFromZero),
        ("round_down", RoundingStrategy::ToZero),
    ];
    for (name, strategy) in strategies {
        engine.register_fn(name, move |x: Dynamic| round(&x, 0, strategy));
        engine.register_fn(name, move |x: Dynamic, digits: i64| round(&x, digits, strategy));
    }
    engine.register_fn("floor", |x: Dynamic| round(&x, 0, RoundingStrategy::ToNegativeInfinity));
    engine.register_fn("ceil", |x: Dynamic| round(&x, 0, RoundingStrategy::ToPositiveInfinity));
}

fn round(x: &Dynamic, digits: i64, strategy: RoundingStrategy) -> RhaiResult<Decimal> {
    let digits = u32::try_from(digits).ok().filter(|digits| *digits <= 28);
    let digits = digits.ok_or_else(|| error("digits are a number from 0 to 28"))?;
    Ok(expect_number(x)?.round_dp_with_strategy(digits, strategy))
}

/// Rhai's own shift all digits out without a word.
fn register_shifts(engine: &mut Engine) {
    let places = |places: i64| u32::try_from(places).ok().filter(|places| *places < i64::BITS);
    let shifted =
        |shifted: Option<i64>| -> RhaiResult<i64> { shifted.ok_or_else(|| error("a number is shifted by 0 to 63")) };
    engine.register_fn("<<", move |x: i64, by: i64| shifted(places(by).map(|by| x << by)));
    engine.register_fn(">>", move |x: i64, by: i64| shifted(places(by).map(|by| x >> by)));
    engine.register_fn("<<=", move |x: &mut i64, by: i64| shifted(places(by).map(|by| *x << by)).map(|new| *x = new));
    engine.register_fn(">>=", move |x: &mut i64, by: i64| shifted(places(by).map(|by| *x >> by)).map(|new| *x = new));
}

fn register_comparing(engine: &mut Engine) {
    engine.register_fn("min", |x: Dynamic, y: Dynamic| pick(x, y, |x, y| x <= y));
    engine.register_fn("max", |x: Dynamic, y: Dynamic| pick(x, y, |x, y| x >= y));
    engine.register_fn("clamp", |x: Dynamic, low: Dynamic, high: Dynamic| {
        let raised = pick(x, low, |x, low| x >= low)?;
        pick(raised, high, |x, high| x <= high)
    });
}

fn pick(x: Dynamic, y: Dynamic, first: fn(Decimal, Decimal) -> bool) -> RhaiResult<Dynamic> {
    Ok(if first(expect_number(&x)?, expect_number(&y)?) { x } else { y })
}

fn expect_number(value: &Dynamic) -> RhaiResult<Decimal> {
    number(value).ok_or_else(|| error(&format!("expected a number, got {}", crate::explain::kind_of(value))))
}

fn error(text: &str) -> Box<rhai::EvalAltResult> {
    text.into()
}
