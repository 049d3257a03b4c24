//! An offer that never comes to less than another, without what a language cannot say.

use rust_decimal::Decimal;

use super::taxed::{factor, percent, up};
use super::written::Remarks;
use super::{Conditions, Element, Offer, Per};
use crate::component::Component;
use crate::tax::Tax;

const COMPONENTS: [Component; 5] =
    [Component::Energy, Component::ChargingTime, Component::IdleTime, Component::Fixed, Component::Reservation];

/// Without conditions of idle time. A price that loses one holds more widely: it then stands before those behind it, and is
/// raised to the highest of them.
pub(super) fn without_idle_conditions(offer: &mut Offer, remarks: &mut Remarks) {
    for at in (0..offer.elements.len()).filter(|at| offer.elements[*at].when.is_of_idle()).collect::<Vec<_>>() {
        let (amounts, component) = (offer.amounts, offer.elements[at].component);
        let behind = offer.elements[at + 1..].iter().filter(|element| element.component == component);
        let highest = behind.map(|element| element.gross(amounts)).max();
        let element = &mut offer.elements[at];
        (element.when.from_idle_s, element.when.until_idle_s) = (None, None);
        if let Some(highest) = highest.filter(|highest| *highest > element.gross(amounts)) {
            element.set_gross(highest, amounts);
        }
        remarks.bounds.push(format!(
            "element {at} ({}) depends on the idle time so far, which cannot be said: it is asked without any grace, at {} {}",
            component.as_str(),
            element.price.normalize(),
            offer.currency
        ));
    }
}

/// Without the steps that `fits` does not let stand. Rounding up to a step costs less than one step more, and as much is added
/// to what is fixed. The error: a reservation has no fee that could carry it.
pub(super) fn without_steps(
    offer: &mut Offer,
    fits: impl Fn(&Offer, &Element) -> bool,
    remarks: &mut Remarks,
) -> Result<(), String> {
    let is_unfit = |element: &Element| element.step.is_some_and(|step| step > 1) && !fits(offer, element);
    let unfit: Vec<usize> = (0..offer.elements.len()).filter(|at| is_unfit(&offer.elements[*at])).collect();
    let mut fee = Decimal::ZERO;
    for at in unfit.iter().copied() {
        let (amounts, element) = (offer.amounts, &mut offer.elements[at]);
        let (name, step) = (element.component.as_str(), Decimal::from(element.step.take().unwrap_or(0)));
        if element.price.is_zero() {
            continue;
        }
        if element.component == Component::Reservation {
            return Err(format!("element {at} ({name}) is billed in steps of {step}, which cannot be said"));
        }
        let whole = Decimal::from(if element.component == Component::Energy { 1_000 } else { 3_600 });
        let most = up(element.gross(amounts) * step / whole, offer.currency.minor_digits());
        remarks.bounds.push(format!(
            "element {at} ({name}) is billed in steps of {step}, which cannot be said: a fixed {most} {} stands for it",
            offer.currency
        ));
        fee += most;
    }
    if let Some(first) = unfit.first().filter(|_| !fee.is_zero()) {
        let taxes = offer.elements[*first].taxes.clone();
        add_fee(offer, fee, taxes);
    }
    Ok(())
}

fn add_fee(offer: &mut Offer, fee: Decimal, taxes: Vec<Tax>) {
    let amounts = offer.amounts;
    let mut is_covered = false;
    for element in offer.elements.iter_mut().filter(|element| element.component == Component::Fixed) {
        element.set_gross(element.gross(amounts) + fee, amounts);
        is_covered |= element.when.is_none();
    }
    if !is_covered {
        let (component, per, when) = (Component::Fixed, Per::Hour, Conditions::default());
        let mut element = Element { component, price: fee, per, step: None, taxes, when };
        element.set_gross(fee, amounts);
        offer.elements.push(element);
    }
}

/// With one set of taxes for each component: the highest. What the driver pays stays.
pub(super) fn with_one_set_of_taxes(offer: &mut Offer, remarks: &mut Remarks) {
    let amounts = offer.amounts;
    for component in COMPONENTS {
        let highest = offer.of(component).max_by_key(|element| percent(&element.taxes));
        let Some(taxes) = highest.map(|element| element.taxes.clone()) else { continue };
        let mut others = 0;
        let of_component = |element: &&mut Element| element.component == component;
        for element in offer.elements.iter_mut().filter(of_component).filter(|element| element.taxes != taxes) {
            let gross = element.gross(amounts);
            element.taxes.clone_from(&taxes);
            element.set_gross(gross, amounts);
            others += usize::from(!gross.is_zero());
        }
        if others > 0 {
            remarks.bounds.push(format!(
                "prices of {} have different taxes, which cannot be said: all are told with {} %",
                component.as_str(),
                percent(&taxes).normalize()
            ));
        }
    }
}

/// The lowest and the highest of what an element's net amount is multiplied by.
pub(super) fn factors(offer: &Offer) -> (Decimal, Decimal) {
    let factors = || offer.elements.iter().map(|element| factor(&element.taxes));
    (factors().min().unwrap_or(Decimal::ONE), factors().max().unwrap_or(Decimal::ONE))
}
