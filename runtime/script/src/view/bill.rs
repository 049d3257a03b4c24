//! `fn modify(session, bill)`: what the session costs so far.

use std::sync::Arc;

use amprule_domain::Currency;
use amprule_domain::modifier::ModifierInput;
use amprule_domain::tax::Amounts;
use rhai::{Array, Dynamic, Engine, ImmutableString};
use rust_decimal::Decimal;

use crate::output::line::Line;

#[derive(Debug, Clone)]
pub(crate) struct Bill(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    currency: Currency,
    lines: Vec<Line>,
    total: Decimal,
    amounts: Amounts,
}

impl Bill {
    pub(crate) fn new(input: &ModifierInput) -> Self {
        let lines: Vec<Line> = input.lines.iter().cloned().map(Line::from).collect();
        let amounts = input.lines.iter().map(|line| line.amount);
        let total = amounts.fold(Decimal::ZERO, Decimal::saturating_add);
        Self(Arc::new(Facts { currency: input.currency, lines, total, amounts: input.amounts }))
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Bill>("bill so far");
    engine.register_get("currency", |bill: &mut Bill| ImmutableString::from(bill.0.currency.as_str()));
    engine.register_get("total", |bill: &mut Bill| bill.0.total);
    engine.register_get("amounts", |bill: &mut Bill| bill.0.amounts.as_str());
    engine.register_get("lines", |bill: &mut Bill| -> Array {
        bill.0.lines.iter().cloned().map(Dynamic::from).collect()
    });
}
