//! What a display is told of a session: the amounts of its price, and nothing that was computed otherwise.

use rust_decimal::Decimal;

use crate::command::{CostShown, UnitPrices};
use crate::component::Component;
use crate::event::ChargingState;
use crate::offer;
use crate::price::Price;
use crate::session::Session;

/// `price`: of this session, now.
pub fn cost_shown(session: &Session, price: &Price) -> CostShown {
    CostShown {
        transaction: session.transaction.clone(),
        total: price.total,
        at: price.at,
        register: session.timeline.evidence.last_register(),
        is_idle: session.timeline.state == ChargingState::Idle,
        prices: unit_prices(price),
    }
}

/// Only where one line says it, taxes are in it, and nothing else is added: a station that counts on by them comes to what the next
/// bill says.
fn unit_prices(price: &Price) -> UnitPrices {
    if !price.amounts.includes_tax() {
        return UnitPrices::default();
    }
    let one = |component: Component| {
        let mut lines = price.lines.iter().filter(|line| line.component == Some(component));
        lines.next().filter(|_| lines.next().is_none())
    };
    let per_kwh = one(Component::Energy).filter(|line| line.unit.as_deref() == Some("kWh"));
    let per_hour = |component| {
        let line = one(component)?;
        let hours = match line.unit.as_deref()? {
            "h" => Decimal::ONE,
            "min" => Decimal::from(60),
            _ => return None,
        };
        line.unit_price?.checked_mul(hours)
    };
    UnitPrices {
        per_kwh: per_kwh.and_then(|line| line.unit_price),
        per_hour: per_hour(Component::ChargingTime),
        once: one(Component::Fixed).map(|line| line.amount),
        per_idle_hour: per_hour(Component::IdleTime),
    }
}

/// What it comes to, in a line for a display: how much energy, how long, how much money.
pub fn total_text(session: &Session, price: &Price, language: &str) -> String {
    let until = session.ended_at.unwrap_or(session.timeline.at);
    let minutes = (until.as_second() - session.started_at.as_second()).max(0).div_euclid(60);
    let kwh = session.energy().wh() / Decimal::ONE_THOUSAND;
    let (kwh, money) = (offer::decimal_text(kwh, language), offer::money_text(price.total, price.currency, language));
    format!("{kwh} kWh, {}:{:02} h: {money}", minutes / 60, minutes % 60)
}
