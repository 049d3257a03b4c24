//! A moment in time, as scripts see it: compared, moved by seconds or minutes, printed, and never asked for.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rhai::{Engine, ImmutableString};

use super::RhaiResult;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Moment {
    fn plus(self, seconds: i64) -> RhaiResult<Self> {
        let moved = self.0.checked_add(SignedDuration::from_secs(seconds));
        moved.map(Self).map_err(|_| "the moment is out of range".into())
    }

    /// The first moment after this one at which a clock in `zone` shows `minute` of the day.
    pub(crate) fn next_local(self, zone: &str, minute: i64) -> RhaiResult<Self> {
        if !(0..1440).contains(&minute) {
            return Err(format!("{minute} is not a minute of the day: 0 to 1439").into());
        }
        let find = || {
            let zone = TimeZone::get(zone)?;
            let today = self.0.to_zoned(zone.clone()).date();
            for day in [today, today.tomorrow()?, today.checked_add(2.days())?] {
                let at =
                    day.to_zoned(zone.clone())?.with().hour((minute / 60) as i8).minute((minute % 60) as i8).build()?;
                if at.timestamp() > self.0 {
                    return Ok(Self(at.timestamp()));
                }
            }
            Err(jiff::Error::from_args(format_args!("no such minute in the next two days")))
        };
        find().map_err(|why: jiff::Error| why.to_string().into())
    }
}

impl Moment {
    fn local(self, zone: &str) -> RhaiResult<jiff::civil::Date> {
        let zone = TimeZone::get(zone).map_err(|why| Box::<rhai::EvalAltResult>::from(why.to_string()))?;
        Ok(self.0.to_zoned(zone).date())
    }

    /// 2026-11-21
    pub(crate) fn local_date(self, zone: &str) -> RhaiResult<ImmutableString> {
        Ok(self.local(zone)?.to_string().into())
    }

    /// 1 on the first of January.
    pub(crate) fn local_day_of_year(self, zone: &str) -> RhaiResult<i64> {
        Ok(self.local(zone)?.day_of_year().into())
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Moment>("moment");
    engine.register_fn("==", |x: Moment, y: Moment| x == y);
    engine.register_fn("!=", |x: Moment, y: Moment| x != y);
    engine.register_fn("-", |x: Moment, y: Moment| x.0.as_second() - y.0.as_second());
    engine.register_fn("min", |x: Moment, y: Moment| x.min(y));
    engine.register_fn("max", |x: Moment, y: Moment| x.max(y));
    engine.register_fn("plus_seconds", |x: &mut Moment, seconds: i64| x.plus(seconds));
    engine.register_fn("plus_minutes", |x: &mut Moment, minutes: i64| x.plus(minutes.saturating_mul(60)));
    engine.register_fn("to_string", |x: &mut Moment| x.0.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_local_minute_is_today_or_tomorrow() {
        let now = Moment("2026-11-21T21:30:00Z".parse().unwrap());
        let next = |minute| now.next_local("Europe/Berlin", minute).unwrap().0.to_string();
        assert_eq!(next(22 * 60 + 45), "2026-11-21T21:45:00Z");
        assert_eq!(next(7 * 60), "2026-11-22T06:00:00Z");
    }
}
