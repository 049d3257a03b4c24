//! The lines of a bill: those that a guest returns, and those that it is shown.

use amprule_domain::component::Component;
use amprule_domain::decision::Fault;
use amprule_domain::pricing::{OutputLine, PricingOutput};
use amprule_domain::tax::{Amounts, Tax};

use super::bindings::amprule::types::types as wit;
use super::types::{lift_decimal, lift_optional, lift_texts, lower_decimal};
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
        component: line.component.map(lift_component),
        taxes: lift_taxes(line.taxes, path("taxes.percent"))?,
        texts: lift_texts("lines.translations", line.translations)?,
        periods: line.periods,
    })
}

pub(super) fn lift_taxes(taxes: Vec<wit::TaxResult>, path: impl Fn() -> String) -> Result<Vec<Tax>, Fault> {
    let lift = |tax: wit::TaxResult| {
        let percent = lift_decimal(&path, tax.percent)?;
        Ok(Tax { name: tax.name, percent, category: tax.category })
    };
    taxes.into_iter().map(lift).collect()
}

pub(super) fn lift_component(component: wit::Component) -> Component {
    match component {
        wit::Component::Energy => Component::Energy,
        wit::Component::ChargingTime => Component::ChargingTime,
        wit::Component::IdleTime => Component::IdleTime,
        wit::Component::Fixed => Component::Fixed,
        wit::Component::Reservation => Component::Reservation,
        wit::Component::Adjustment => Component::Adjustment,
    }
}

fn lower_component(component: Component) -> wit::Component {
    match component {
        Component::Energy => wit::Component::Energy,
        Component::ChargingTime => wit::Component::ChargingTime,
        Component::IdleTime => wit::Component::IdleTime,
        Component::Fixed => wit::Component::Fixed,
        Component::Reservation => wit::Component::Reservation,
        // A modifier is not shown what is paid for energy that was given back.
        Component::Adjustment | Component::Export => wit::Component::Adjustment,
    }
}

pub(super) fn lift_amounts(amounts: wit::Amounts) -> Amounts {
    match amounts {
        wit::Amounts::IncludingTax => Amounts::IncludingTax,
        wit::Amounts::ExcludingTax => Amounts::ExcludingTax,
    }
}

pub(super) fn lower_amounts(amounts: Amounts) -> wit::Amounts {
    match amounts {
        Amounts::IncludingTax => wit::Amounts::IncludingTax,
        Amounts::ExcludingTax => wit::Amounts::ExcludingTax,
    }
}

/// The lists of a line, which its record borrows.
pub(super) struct Borrowed<'a> {
    taxes: Vec<wit::TaxParam<'a>>,
    translations: Vec<wit::TranslationParam<'a>>,
}

impl<'a> Borrowed<'a> {
    pub(super) fn of(line: &'a OutputLine) -> Result<Self, Fault> {
        let lower = |tax: &'a Tax| {
            let percent = lower_decimal("a tax", tax.percent)?;
            Ok(wit::TaxParam { name: &tax.name, percent, category: tax.category.as_deref() })
        };
        let taxes = line.taxes.iter().map(lower).collect::<Result<_, Fault>>()?;
        let texts = line.texts.iter();
        let translations = texts.map(|(language, text)| wit::TranslationParam { language, text }).collect();
        Ok(Self { taxes, translations })
    }
}

pub(super) fn lower_line<'a>(
    (line, borrowed): (&'a OutputLine, &'a Borrowed<'a>),
) -> Result<wit::PricingLineParam<'a>, Fault> {
    Ok(wit::PricingLineParam {
        code: &line.code,
        description: &line.description,
        quantity: line.quantity.map(|quantity| lower_decimal("a line's quantity", quantity)).transpose()?,
        unit: line.unit.as_deref(),
        unit_price: line.unit_price.map(|price| lower_decimal("a line's unit price", price)).transpose()?,
        amount: lower_decimal("a line's amount", line.amount)?,
        component: line.component.map(lower_component),
        taxes: &borrowed.taxes,
        translations: &borrowed.translations,
        periods: &line.periods,
    })
}
