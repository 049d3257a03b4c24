//! Conditions as roaming says them (OCPI 2.2.1 and 2.3.0, TariffRestrictions): in kWh and kW.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::super::written::{number, time_of_day};
use super::super::{Conditions, Element};
use crate::component::Component;

const DAYS: [&str; 7] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

pub(super) fn restrictions(element: &Element) -> Map<String, Value> {
    let Conditions { weekdays, from_date, until_date, from_wh, until_wh, from_s, until_s, .. } = &element.when;
    let mut restrictions = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            restrictions.insert(name.to_owned(), value);
        }
    };
    let window = element.when.window();
    let thousandth = |value: &Option<u32>| value.map(|value| number(Decimal::new(value.into(), 3)));
    set("start_time", window.map(|(from, _)| time_of_day(from).into()));
    set("end_time", window.map(|(_, until)| time_of_day(until).into()));
    set("start_date", from_date.map(|date| date.to_string().into()));
    set("end_date", until_date.map(|date| date.to_string().into()));
    set("min_kwh", thousandth(from_wh));
    set("max_kwh", thousandth(until_wh));
    set("min_duration", from_s.map(Value::from));
    set("max_duration", until_s.map(Value::from));
    let days = || DAYS.iter().zip(1..).filter(|(_, day)| weekdays.contains(day)).map(|(name, _)| Value::from(*name));
    set("day_of_week", (!weekdays.is_empty()).then(|| days().collect()));
    set("reservation", (element.component == Component::Reservation).then(|| "RESERVATION".into()));
    restrictions
}
