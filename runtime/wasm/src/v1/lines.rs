//! The lines of a bill: those that a guest returns, and those that it is shown.

use amprule_domain::decision::Fault;
use amprule_domain::pricing::{OutputLine, PricingOutput};

use super::bindings::amprule::types::types as wit;
use super::types::{lift_decimal, lift_optional, lower_decimal};
use crate::fault::invalid;

pub(super) fn lift_lines(lines: Vec<wit::PricingLineResult>) -> Result<Vec<OutputLine>, Fault> {
    let (count, most) = (lines.len(), PricingOutput::MAX_LINES);
    if count > most {
        return Err(invalid("lines", format_args!("{count} lines; at most {most} are accepted")));
    }
    lines.into_iter().enumerate().map(|(at, line)| lift_line(at, line)).collect()
}

fn lift_line(at: usize, line: wit::PricingLineResult) -> Result<OutputLine, Fault> {
    let path = |field: &'static str| move || format!("lines[{at}].{field}");
    Ok(OutputLine {
        code: line.code,
        description: line.description,
        quantity: lift_optional(path("quantity"), line.quantity)?,
        unit: line.unit,
        unit_price: lift_optional(path("unitPrice"), line.unit_price)?,
        amount: lift_decimal(path("amount"), line.amount)?,
    })
}

pub(super) fn lower_line(line: &OutputLine) -> Result<wit::PricingLineParam<'_>, Fault> {
    Ok(wit::PricingLineParam {
        code: &line.code,
        description: &line.description,
        quantity: line.quantity.map(|quantity| lower_decimal("a line's quantity", quantity)).transpose()?,
        unit: line.unit.as_deref(),
        unit_price: line.unit_price.map(|price| lower_decimal("a line's unit price", price)).transpose()?,
        amount: lower_decimal("a line's amount", line.amount)?,
        ext: &[],
    })
}
