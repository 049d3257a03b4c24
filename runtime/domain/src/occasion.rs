//! Where, for whom and when something is decided: what an operator's rules choose by.

use jiff::Timestamp;

use crate::StationId;
use crate::charging::{iso_weekday, minute_of_day};
use crate::station::StationRecord;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion<'a> {
    pub station: &'a StationId,
    /// The station's group.
    pub group: Option<&'a str>,
    pub location: Option<&'a str>,
    pub token_group: Option<&'a str>,
    /// Of the station's local time: 1 Monday to 7 Sunday (ISO 8601).
    pub weekday: u8,
    /// Of the station's local time: 0 to 1439.
    pub minute_of_day: u16,
}

impl<'a> Occasion<'a> {
    pub fn of(record: &'a StationRecord, token_group: Option<&'a str>, at: Timestamp) -> Self {
        let local = at.to_zoned(record.zone());
        Self {
            station: &record.id,
            group: record.group.as_deref(),
            location: record.location.as_deref(),
            token_group,
            weekday: iso_weekday(local.weekday()),
            minute_of_day: minute_of_day(&local),
        }
    }
}
