//! What an offer comes to for a session: the proof of a tariff's code, and the other way round.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::pieces::{Piece, pieces};
use super::{Element, Offer};
use crate::component::Component;
use crate::event::ChargingState;
use crate::tax::totals;
use crate::timeline::Period;

const TOO_MUCH: &str = "it comes to more than a decimal can hold";

impl Offer {
    /// What the driver pays for a session of these periods, which ascend: one line for each element, rounded, the taxes over
    /// all of them, then the minimum and the cap. What is fixed is asked at the start; a reservation is none of the session's
    /// periods and is not in it. No periods: nothing. The error is for the unit's author.
    pub fn price(&self, zone: &TimeZone, periods: &[Period]) -> Result<Decimal, String> {
        self.validate()?;
        let pieces = pieces(self, zone, periods)?;
        if pieces.is_empty() {
            return Ok(self.currency.round(Decimal::ZERO));
        }
        let lines = self.lines(&pieces)?;
        let taxed = || lines.iter().map(|(element, amount)| (element.taxes.as_slice(), *amount));
        let mut amounts: Vec<Decimal> = lines.iter().map(|(_, amount)| *amount).collect();
        if !self.amounts.includes_tax() {
            amounts.extend(totals(taxed(), self.amounts, self.currency).into_iter().map(|total| total.amount));
        }
        let total = amounts.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add).ok_or(TOO_MUCH)?;
        let total = self.minimum.map_or(total, |minimum| total.max(minimum));
        Ok(self.currency.round(self.cap.map_or(total, |cap| total.min(cap))))
    }

    fn lines(&self, pieces: &[Piece]) -> Result<Vec<(&Element, Decimal)>, String> {
        let quantities = self.quantities(pieces);
        let lines = quantities.into_iter().map(|(at, quantity)| {
            let element = &self.elements[at];
            let amount = element.amount(quantity).ok_or_else(|| format!("element {at}: {TOO_MUCH}"))?;
            Ok((element, self.currency.round(amount)))
        });
        lines.collect()
    }

    /// By element: mWh, seconds, or once.
    fn quantities(&self, pieces: &[Piece]) -> BTreeMap<usize, i64> {
        let mut quantities = BTreeMap::new();
        let fixed = pieces.first().map(|start| (Component::Fixed, 1, start));
        let measured = pieces.iter().flat_map(|piece| {
            let time = |state| if piece.state == state { piece.seconds } else { 0 };
            [
                (Component::Energy, piece.energy.mwh(), piece),
                (Component::ChargingTime, time(ChargingState::Charging), piece),
                (Component::IdleTime, time(ChargingState::Idle), piece),
            ]
        });
        for (component, quantity, piece) in fixed.into_iter().chain(measured) {
            if let Some(at) = self.first(component, piece).filter(|_| quantity > 0) {
                let sum: &mut i64 = quantities.entry(at).or_default();
                *sum = sum.saturating_add(quantity);
            }
        }
        quantities
    }

    fn first(&self, component: Component, piece: &Piece) -> Option<usize> {
        let holds = |element: &Element| element.component == component && element.when.hold(&piece.facts);
        self.elements.iter().position(holds)
    }
}

impl Element {
    fn amount(&self, quantity: i64) -> Option<Decimal> {
        match self.component {
            Component::Energy => {
                let mwh = in_steps(quantity, i64::from(self.step.unwrap_or(0)) * 1_000)?;
                self.price.checked_mul(Decimal::from(mwh))?.checked_div(Decimal::from(1_000_000))
            }
            Component::Fixed => Some(self.price),
            _ => {
                let seconds = in_steps(quantity, self.step.unwrap_or(0).into())?;
                self.price.checked_mul(Decimal::from(seconds))?.checked_div(Decimal::from(self.per.seconds()))
            }
        }
    }
}

/// Rounded up to a multiple.
fn in_steps(quantity: i64, step: i64) -> Option<i64> {
    if step <= 1 { Some(quantity) } else { quantity.checked_add(step - 1).map(|most| most / step * step) }
}
