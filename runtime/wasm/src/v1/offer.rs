//! `amprule:pricing/offer`: the question and the answer.

use amprule_domain::Timestamp;
use amprule_domain::decision::Fault;
use amprule_domain::offer::{Conditions, Element, Offer, OfferInput, Per};
use amprule_domain::pricing::StationFacts;
use jiff::civil::Date;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::Export;
use super::bindings::amprule::types::types;
use super::bindings::exports::amprule::pricing::offer as wit;
use super::facts::lower_token;
use super::lines::{lift_amounts, lift_component, lift_taxes};
use super::parameters::{Parameters, lists};
use super::types::{lift_decimal, lift_optional, lift_problem, lift_texts, lift_time, lower_station, lower_time};
use crate::fault::invalid;
use crate::sandbox::Sandbox;

impl Export for OfferInput {
    const INTERFACE: &'static str = "amprule:pricing/offer";
    type Output = Offer;

    found_by!(wit);

    fn now(&self) -> Timestamp {
        self.now
    }

    fn station(&self) -> Option<&StationFacts> {
        Some(&self.station)
    }

    fn call(
        &self,
        export: &wit::GuestIndices,
        store: &mut Store<Sandbox>,
        instance: &Instance,
        parameters: &Parameters,
    ) -> wasmtime::Result<Result<Offer, Fault>> {
        let lists = lists(&self.parameters);
        let parameters = match parameters.lower(&self.parameters, &lists) {
            Ok(parameters) => parameters,
            Err(fault) => return Ok(Err(fault)),
        };
        let question = wit::OfferInput {
            now: lower_time(self.now),
            start: lower_time(self.from),
            end: lower_time(self.to),
            time_zone: &self.time_zone,
            station: lower_station(&self.station),
            token: self.token.as_ref().map(lower_token),
            parameters: &parameters,
        };
        let answer = export.load(&mut *store, instance)?.call_describe(store, question)?;
        Ok(answer.map_err(|problem| lift_problem(&problem)).and_then(lift))
    }
}

fn lift(offer: wit::Offer) -> Result<Offer, Fault> {
    let (count, most) = (offer.elements.len(), Offer::MOST_ELEMENTS);
    if count > most {
        return Err(invalid("elements", format_args!("{count} elements; at most {most} are accepted")));
    }
    let elements = offer.elements.into_iter().enumerate().map(|(at, element)| lift_element(at, element));
    Ok(Offer {
        currency: offer.currency.parse().map_err(|error| invalid("currency", error))?,
        amounts: lift_amounts(offer.amounts),
        elements: elements.collect::<Result<_, Fault>>()?,
        minimum: lift_optional(|| "minimum".to_owned(), offer.minimum)?,
        cap: lift_optional(|| "cap".to_owned(), offer.cap)?,
        texts: lift_texts("texts", offer.texts)?,
        next_change_at: lift_time("nextChangeAt", offer.next_change_at)?,
    })
}

fn lift_element(at: usize, element: wit::Element) -> Result<Element, Fault> {
    let path = |field: &'static str| move || format!("elements[{at}].{field}");
    Ok(Element {
        component: lift_component(element.component),
        price: lift_decimal(path("price"), element.price)?,
        per: match element.per {
            wit::Per::Hour => Per::Hour,
            wit::Per::Minute => Per::Minute,
        },
        step: element.step,
        taxes: lift_taxes(element.taxes, path("taxes.percent"))?,
        when: lift_conditions(at, element.when)?,
    })
}

fn lift_conditions(at: usize, when: wit::Conditions) -> Result<Conditions, Fault> {
    let date = |date: Option<types::Date>| date.map(|date| lift_date(at, date)).transpose();
    Ok(Conditions {
        weekdays: when.weekdays,
        from_minute: when.from_minute,
        until_minute: when.until_minute,
        from_date: date(when.from_date)?,
        until_date: date(when.until_date)?,
        from_wh: when.from_wh,
        until_wh: when.until_wh,
        from_s: when.from_s,
        until_s: when.until_s,
        from_idle_s: when.from_idle_s,
        until_idle_s: when.until_idle_s,
        from_w: when.from_w,
        until_w: when.until_w,
    })
}

fn lift_date(at: usize, date: types::Date) -> Result<Date, Fault> {
    let types::Date { year, month, day } = date;
    let part = |number: u8| i8::try_from(number).unwrap_or(0);
    Date::new(year, part(month), part(day))
        .map_err(|_| invalid(&format!("elements[{at}].when"), format_args!("{year}-{month}-{day} is no date")))
}
