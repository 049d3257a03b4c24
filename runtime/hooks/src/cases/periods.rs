//! Periods as they are asked about when a station charges: none goes across a boundary that the unit declares, nor across
//! midnight then. A case that has one would prove something that never happens.

use amprule_domain::pricing::{PricingInput, PricingPeriod};
use amprule_domain::timeline::{TariffClock, Timeline};
use jiff::tz::TimeZone;

/// Why a period of the input cannot be.
pub(super) fn fit(input: &PricingInput, boundaries: &[u16]) -> Result<(), String> {
    let (count, most) = (input.periods.len(), Timeline::MAX_PERIODS);
    if count > most {
        return Err(format!("input: {count} periods; a session has at most {most}"));
    }
    if let Some(at) = input.periods.iter().position(|period| period.ended_at < period.started_at) {
        return Err(format!("input: periods[{at}] ends before it begins"));
    }
    if let Some(at) = input.periods.windows(2).position(|pair| pair[1].started_at < pair[0].ended_at) {
        return Err(format!("input: periods[{}] begins before the one before it ends", at + 1));
    }
    if boundaries.is_empty() {
        return Ok(());
    }
    let zone = TimeZone::get(&input.session.time_zone).map_err(|error| format!("input: {error}"))?;
    let clock = TariffClock::new(zone.clone(), boundaries);
    let across =
        |period: &PricingPeriod| Some(clock.next_boundary(period.started_at)).filter(|cut| *cut < period.ended_at);
    match input.periods.iter().enumerate().find_map(|(at, period)| Some((at, across(period)?))) {
        None => Ok(()),
        Some((at, cut)) => {
            let local = cut.to_zoned(zone).strftime("%H:%M").to_string();
            Err(format!(
                "input: periods[{at}] goes across {local}, where the runtime cuts it (boundaries); make two of it"
            ))
        }
    }
}
