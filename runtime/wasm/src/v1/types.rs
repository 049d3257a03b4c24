//! `amprule:types`: decimals, times and station facts.

use std::collections::BTreeMap;

use amprule_domain::decision::{Fault, FaultClass};
use amprule_domain::pricing::StationFacts;
use amprule_domain::{Energy, Timestamp};
use rust_decimal::Decimal;

use super::bindings::amprule::types::types as wit;
use crate::fault::invalid;
use crate::log::printable;

pub(crate) fn lower_energy(energy: Energy) -> wit::Decimal {
    wit::Decimal { coefficient: energy.mwh(), scale: 3 }
}

/// Drops digits behind the point where the coefficient would not fit.
pub(crate) fn lower_decimal(name: &str, number: Decimal) -> Result<wit::Decimal, Fault> {
    let mut number = number;
    loop {
        let scale = number.scale();
        if let (Ok(coefficient), Ok(scale)) = (i64::try_from(number.mantissa()), u8::try_from(scale)) {
            return Ok(wit::Decimal { coefficient, scale });
        }
        if scale == 0 {
            let why = format!("{name} is too large for the plugin's decimal type: {number}");
            return Err(Fault::new(FaultClass::HostIo, why));
        }
        number = number.round_dp(scale - 1);
    }
}

pub(super) fn lower_time(time: Timestamp) -> wit::Timestamp {
    time.as_millisecond()
}

pub(super) fn lower_station(station: &StationFacts) -> wit::StationFacts<'_> {
    wit::StationFacts {
        id: &station.id,
        location: station.location.as_deref(),
        vendor: &station.vendor,
        model: &station.model,
        evse: station.evse,
        connector: station.connector,
    }
}

pub(super) fn lift_decimal(path: impl Fn() -> String, number: wit::Decimal) -> Result<Decimal, Fault> {
    let wit::Decimal { coefficient, scale } = number;
    Decimal::try_from_i128_with_scale(coefficient.into(), scale.into())
        .map_err(|_| invalid(&path(), format_args!("a scale of {scale}; at most 28 is accepted")))
}

pub(crate) fn lift_optional(path: impl Fn() -> String, number: Option<wit::Decimal>) -> Result<Option<Decimal>, Fault> {
    number.map(|number| lift_decimal(path, number)).transpose()
}

pub(super) fn lift_time(path: &str, time: Option<wit::Timestamp>) -> Result<Option<Timestamp>, Fault> {
    let lift = |ms| Timestamp::from_millisecond(ms).map_err(|_| invalid(path, format_args!("{ms} ms is no time")));
    time.map(lift).transpose()
}

/// Texts by language. How many there may be, and how long, the domain says.
pub(super) fn lift_texts(path: &str, texts: Vec<wit::TranslationResult>) -> Result<BTreeMap<String, String>, Fault> {
    let mut lifted = BTreeMap::new();
    for wit::TranslationResult { language, text } in texts {
        if lifted.insert(language.clone(), text).is_some() {
            let language = printable(&language.chars().take(35).collect::<String>());
            return Err(invalid(path, format_args!("two texts in {language}")));
        }
    }
    Ok(lifted)
}

/// The guest's own error, short enough for a log line.
pub(crate) fn lift_problem(problem: &wit::Problem) -> Fault {
    let (class, message) = match problem {
        wit::Problem::NotApplicable(why) => (FaultClass::NotApplicable, why),
        wit::Problem::Missing(what) => (FaultClass::Missing, what),
        wit::Problem::Failed(why) => (FaultClass::GuestError, why),
    };
    Fault::new(class, printable(message))
}
