//! A bill's line: `line("energy", "Energy", 12.3, "kWh", 0.49)`, or a map with the same fields.

mod said;

use std::sync::Arc;

use amprule_domain::Currency;
use amprule_domain::pricing::{OutputLine, PricingOutput};
use amprule_domain::tax::Tax;
use amprule_domain::timeline::Timeline;
use rhai::{Array, Dynamic, Engine, ImmutableString};
use rust_decimal::Decimal;

use super::fields::{Fields, Read};
use crate::explain::kind_of;
use crate::language::{RhaiResult, call, number};

/// What an entry of a map has beside its texts, at least.
const TEXT: usize = 100;

/// A finished line. Copying it is cheap, and it weighs the same whatever it says.
#[derive(Debug, Clone)]
pub(crate) struct Line(Arc<OutputLine>);

impl From<OutputLine> for Line {
    fn from(line: OutputLine) -> Self {
        Self(Arc::new(line))
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Line>("line");
    engine.register_fn("line", measured_line);
    engine.register_fn("line", plain_line);
    engine.register_fn("total", |lines: &mut Array| total(lines, |amount| amount));
    engine.register_fn("total", |lines: &mut Array, currency: &str| -> RhaiResult<Decimal> {
        let currency: Currency = currency.parse().map_err(|why| format!("total: {why}"))?;
        total(lines, |amount| currency.round(amount))
    });
    engine.register_get("code", |line: &mut Line| ImmutableString::from(line.0.code.as_str()));
    engine.register_get("description", |line: &mut Line| ImmutableString::from(line.0.description.as_str()));
    said::register(engine);
    engine.register_get("amount", |line: &mut Line| line.0.amount);
    engine.register_get("quantity", |line: &mut Line| line.0.quantity.map_or(Dynamic::UNIT, Dynamic::from));
    engine.register_get("unit_price", |line: &mut Line| line.0.unit_price.map_or(Dynamic::UNIT, Dynamic::from));
    engine.register_get("unit", |line: &mut Line| {
        line.0.unit.as_deref().map_or(Dynamic::UNIT, |unit| ImmutableString::from(unit).into())
    });
}

/// Reads a returned line; `path` is `lines[2]`.
pub(super) fn read(value: Dynamic, path: &str) -> Read<OutputLine> {
    if value.is::<Line>() {
        return Ok(Arc::unwrap_or_clone(value.cast::<Line>().0));
    }
    let known =
        ["code", "description", "quantity", "unit", "unit_price", "amount", "component", "taxes", "texts", "periods"];
    let mut fields = Fields::of(value, path, "a line")?.only(&known)?;
    Ok(OutputLine {
        code: fields.text("code")?,
        description: fields.text("description")?,
        quantity: fields.optional_number("quantity")?,
        unit: fields.optional_text("unit")?,
        unit_price: fields.optional_number("unit_price")?,
        amount: fields.number("amount")?,
        component: fields.optional_text("component")?.map(|word| said::component(&word)).transpose()?,
        taxes: said::taxes(&mut fields)?,
        texts: fields.texts("texts")?,
        periods: said::periods(&mut fields)?,
    })
}

/// Reads a returned list of them.
pub(super) fn read_all(value: Dynamic) -> Read<Vec<OutputLine>> {
    let kind = kind_of(&value);
    let array = value.into_array().map_err(|_| format!("lines: expected a list of lines, got {kind}"))?;
    if array.len() > PricingOutput::MAX_LINES {
        return Err(format!("lines: {} lines; at most {} are accepted", array.len(), PricingOutput::MAX_LINES));
    }
    array.into_iter().enumerate().map(|(at, value)| read(value, &format!("lines[{at}]"))).collect()
}

fn measured_line(
    code: &str,
    description: &str,
    quantity: Dynamic,
    unit: &str,
    unit_price: Dynamic,
) -> RhaiResult<Line> {
    let quantity = expect_number("quantity", &quantity)?;
    let unit_price = expect_number("unit_price", &unit_price)?;
    let amount = quantity.checked_mul(unit_price).ok_or("line: the amount is too large")?;
    let unit = Some(bounded("unit", unit)?);
    finish(OutputLine {
        quantity: Some(quantity),
        unit,
        unit_price: Some(unit_price),
        ..plain(code, description, amount)?
    })
}

fn plain_line(code: &str, description: &str, amount: Dynamic) -> RhaiResult<Line> {
    finish(plain(code, description, expect_number("amount", &amount)?)?)
}

fn plain(code: &str, description: &str, amount: Decimal) -> RhaiResult<OutputLine> {
    let (code, description) = (bounded("code", code)?, bounded("description", description)?);
    Ok(OutputLine { code, description, amount, ..OutputLine::default() })
}

fn finish(line: OutputLine) -> RhaiResult<Line> {
    let edges = [
        ("taxes", line.taxes.len(), Tax::MOST),
        ("languages", line.texts.len(), OutputLine::MAX_LANGUAGES),
        ("periods", line.periods.len(), Timeline::MAX_PERIODS),
    ];
    if let Some((what, _, most)) = edges.into_iter().find(|(_, found, most)| found > most) {
        return Err(format!("line: more than {most} {what}").into());
    }
    let texts: usize = line.texts.iter().map(|(language, text)| TEXT + language.len() + text.len()).sum();
    let taxes: usize = line.taxes.iter().map(|tax| size_of::<Tax>() + tax.name.len()).sum();
    let more = texts + taxes + line.periods.len() * size_of::<u32>();
    let texts = line.code.len() + line.description.len() + line.unit.as_ref().map_or(0, String::len) + more;
    call::count_line(size_of::<OutputLine>() + texts)?;
    Ok(Line::from(line))
}

fn expect_number(name: &str, value: &Dynamic) -> RhaiResult<Decimal> {
    number(value).ok_or_else(|| format!("line: expected a number for {name}, got {}", kind_of(value)).into())
}

fn bounded(name: &str, text: &str) -> RhaiResult<String> {
    let limit = PricingOutput::MAX_TEXT;
    if text.len() > limit {
        return Err(format!("line: {name} is longer than {limit} bytes").into());
    }
    Ok(text.to_owned())
}

/// What the lines add up to: unrounded, or as the bill will show it.
fn total(lines: &Array, round: impl Fn(Decimal) -> Decimal) -> RhaiResult<Decimal> {
    lines.iter().enumerate().try_fold(Decimal::ZERO, |sum, (at, line)| {
        let amount = match line.read_lock::<Line>() {
            Some(line) => line.0.amount,
            None => read(line.clone(), &format!("total: lines[{at}]"))?.amount,
        };
        sum.checked_add(round(amount)).ok_or_else(|| "total: the sum is too large".into())
    })
}
