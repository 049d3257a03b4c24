//! What `fn price` returns: `bill("EUR", lines)`, or the map that it makes.

use amprule_domain::Currency;
use amprule_domain::pricing::{OutputLine, PricingOutput};
use amprule_domain::tax::Amounts;
use rhai::{Array, Dynamic, Engine, ImmutableString, Map};

use super::fields::{Fields, Read, text};
use super::line;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("bill", |currency: ImmutableString, lines: Array| bill(currency, lines, Dynamic::UNIT));
    engine.register_fn("bill", bill);
    engine.register_fn("excluding_tax", |bill: &mut Map| {
        let mut bill = bill.clone();
        bill.insert("amounts".into(), Amounts::ExcludingTax.as_str().into());
        bill
    });
}

fn bill(currency: ImmutableString, lines: Array, next_change_at: Dynamic) -> Map {
    let mut map = Map::new();
    map.insert("currency".into(), currency.into());
    map.insert("lines".into(), lines.into());
    map.insert("next_change_at".into(), next_change_at);
    map
}

pub(crate) fn read(value: Dynamic) -> Read<PricingOutput> {
    let known = ["currency", "lines", "next_change_at", "amounts"];
    let mut fields = Fields::of(value, "", "a bill like bill(\"EUR\", lines)")?.only(&known)?;
    Ok(PricingOutput {
        currency: currency(&mut fields)?,
        amounts: amounts(&mut fields)?,
        lines: lines(&mut fields)?,
        next_change_at: fields.optional_moment("next_change_at")?,
    })
}

fn currency(fields: &mut Fields) -> Read<Currency> {
    let code = fields.required("currency", "a currency", text)?;
    code.parse().map_err(|why| format!("currency: {why}"))
}

fn amounts(fields: &mut Fields) -> Read<Amounts> {
    match fields.optional_text("amounts")?.as_deref() {
        None | Some("including-tax") => Ok(Amounts::IncludingTax),
        Some("excluding-tax") => Ok(Amounts::ExcludingTax),
        Some(other) => Err(format!("amounts: {other:?} is neither including-tax nor excluding-tax")),
    }
}

pub(super) fn lines(fields: &mut Fields) -> Read<Vec<OutputLine>> {
    line::read_all(fields.take("lines").ok_or("lines: missing, expected a list of lines")?)
}
