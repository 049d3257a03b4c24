//! When a price is asked.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Energy;

/// All that are given must hold. What is a range holds from its lower end, included, up to its upper end, excluded, as in
/// OCPI 2.2.1 (TariffRestrictions) and OCPP 2.1 (TariffConditionsType).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Conditions {
    /// 1 Monday to 7 Sunday (ISO 8601), of the instant itself: after midnight it is the next day. Empty: every day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<u8>,
    /// Minute of the local day, 0 to 1439. The time until `until_minute` may pass midnight; equal ones are the whole day, and
    /// one that is left out is midnight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_minute: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_minute: Option<u16>,
    /// Local.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_date: Option<Date>,
    /// The first day on which it no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_date: Option<Date>,
    /// Energy of the session so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_wh: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_wh: Option<u32>,
    /// Duration of the session so far, whatever happened in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_s: Option<u32>,
    /// Idle time of the session so far, all of it together. A grace period is a price from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_idle_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_idle_s: Option<u32>,
    /// Average power of the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_w: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_w: Option<u32>,
}

/// What conditions are about, at one instant of a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    pub(super) date: Date,
    /// 1 to 7.
    pub(super) weekday: u8,
    pub(super) minute: u16,
    pub(super) energy: Energy,
    pub(super) duration_s: i64,
    pub(super) idle_s: i64,
    pub(super) power: Power,
}

/// So much in so many seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Power(pub(super) Energy, pub(super) i64);

impl Conditions {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// It depends on the local clock.
    pub(super) fn is_of_clock(&self) -> bool {
        self.window().is_some() || !self.weekdays.is_empty() || self.from_date.is_some() || self.until_date.is_some()
    }

    /// It depends on what the session did.
    pub(super) fn is_of_session(&self) -> bool {
        self.is_of_idle()
            || [self.from_wh, self.until_wh, self.from_s, self.until_s, self.from_w, self.until_w]
                .iter()
                .any(Option::is_some)
    }

    pub(super) fn is_of_idle(&self) -> bool {
        self.from_idle_s.is_some() || self.until_idle_s.is_some()
    }

    /// From which minute of the day to which, the second of them 1 to 1440. `None`: the whole day.
    pub(super) fn window(&self) -> Option<(u16, u16)> {
        let (from, until) = (self.from_minute.unwrap_or(0), self.until_minute.unwrap_or(0));
        (from != until).then_some((from, if until == 0 { 1440 } else { until }))
    }

    pub(super) fn hold(&self, facts: &Facts) -> bool {
        let Facts { date, weekday, minute, energy, duration_s, idle_s, power } = facts;
        (self.weekdays.is_empty() || self.weekdays.contains(weekday))
            && self.window().is_none_or(|window| is_within(*minute, window))
            && self.from_date.is_none_or(|from| *date >= from)
            && self.until_date.is_none_or(|until| *date < until)
            && self.from_wh.is_none_or(|wh| *energy >= Energy::from_wh(wh.into()))
            && self.until_wh.is_none_or(|wh| *energy < Energy::from_wh(wh.into()))
            && self.from_s.is_none_or(|seconds| *duration_s >= seconds.into())
            && self.until_s.is_none_or(|seconds| *duration_s < seconds.into())
            && self.from_idle_s.is_none_or(|seconds| *idle_s >= seconds.into())
            && self.until_idle_s.is_none_or(|seconds| *idle_s < seconds.into())
            && self.from_w.is_none_or(|watts| power.is_at_least(watts))
            && self.until_w.is_none_or(|watts| !power.is_at_least(watts))
    }
}

impl Power {
    fn is_at_least(self, watts: u32) -> bool {
        let Self(energy, seconds) = self;
        i128::from(energy.mwh()) * 3_600 >= i128::from(watts) * 1_000 * i128::from(seconds)
    }
}

fn is_within(minute: u16, (from, until): (u16, u16)) -> bool {
    if from < until { (from..until).contains(&minute) } else { minute >= from || minute < until }
}
