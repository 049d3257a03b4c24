//! A charging session: one transaction of a station, in our books.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::cost::StationMoney;
use crate::event::TransactionEvent;
use crate::mark::{Mark, Marks};
use crate::operation_mode::OperationMode;
use crate::place::Site;
use crate::pricing::{Pin, Price};
use crate::reply::{TokenInfo, TransactionLimit};
use crate::timeline::Timeline;
use crate::token::IdToken;
use crate::{Energy, SessionId, SessionNo, StationId, TransactionId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: SessionId,
    pub no: SessionNo,
    pub station: StationId,
    pub transaction: TransactionId,
    /// 0 when the station never said.
    pub evse: u32,
    pub connector: u32,
    pub token: Option<IdToken>,
    /// The token's group when it was let in. Tariffs may depend on it.
    #[serde(default)]
    pub token_group: Option<String>,
    /// The tariff that its authorization named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff: Option<String>,
    /// What was decided about each token that was shown, oldest first; at most [`Session::MAX_ADMITTED`].
    #[serde(default, skip_serializing_if = "is_empty")]
    pub admitted: Arc<Vec<Admitted>>,
    /// The energy when another driver's token was accepted too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_token_at: Option<Energy>,
    pub state: SessionState,
    pub started_at: Timestamp,
    /// What the station said of the start's time, where that is not when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_as: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// The latest time that the station told, where it was not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_until: Option<Timestamp>,
    /// When the latest message came that waits for the start, by our clock. Only in [`SessionState::Parked`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked_at: Option<Timestamp>,
    /// Since when the station behaves as if this session had ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_awaited_since: Option<Timestamp>,
    /// What the station did since it last spoke of this session.
    #[serde(default, skip_serializing_if = "Signs::is_none")]
    pub signs: Signs,
    pub stop_reason: Option<String>,
    /// The number of the request that it began by, where the station said it (2.x remoteStartId).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_start: Option<i64>,
    /// IANA name of the zone in which the session's hours are counted, fixed at its start.
    pub time_zone: String,
    pub location: Option<String>,
    /// What its price may depend on at the connector and the place. `None`: its EVSE is not known yet, or nothing about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Arc<Site>>,
    pub timeline: Timeline,
    /// What the vehicle gave back, on a timeline of its own: its registers are judged as those of the import are. `None`: the station
    /// told nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_back: Option<Box<Timeline>>,
    /// In which it runs, as the station said last (2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_mode: Option<OperationMode>,
    /// Which pricing version applies, fixed at the start. `None`: no unit prices.
    pub pin: Option<Arc<Pin>>,
    pub price: Option<Arc<Price>>,
    pub limits: SessionLimits,
    pub marks: Marks,
    /// Sequence numbers that have come (2.x), as ranges.
    pub seen: SeqRanges,
    /// Number of the bill that [`Self::price`] is, once the session has ended; 0 before.
    #[serde(default)]
    pub bill: u32,
    /// What people have done to it, oldest first; at most [`Session::MAX_ACTS`].
    #[serde(default, skip_serializing_if = "is_empty")]
    pub acts: Arc<Vec<Act>>,
    /// What the station says of its money itself (2.1).
    #[serde(default, skip_serializing_if = "is_plain")]
    pub station_money: Arc<StationMoney>,
    /// Messages that wait for the start. They stay when the session is booked without it, because it may come late.
    pub parked: Vec<TransactionEvent>,
}

impl Session {
    /// Messages without a start that are kept; further ones are filed as they came.
    pub const MAX_PARKED_EVENTS: usize = 64;
    /// Readings in all parked messages together.
    pub const MAX_PARKED_READINGS: usize = 1_024;
    pub const MAX_ADMITTED: usize = 8;
    pub const MAX_ACTS: usize = 32;

    pub fn energy(&self) -> Energy {
        self.timeline.energy()
    }

    /// What the vehicle gave back; nothing where nobody told anything of it.
    pub fn exported(&self) -> Energy {
        self.given_back.as_ref().map_or(Energy::ZERO, |given| given.energy())
    }

    pub fn is_open(&self) -> bool {
        self.state == SessionState::Active
    }

    /// Known by what came after its start only.
    pub fn lacks_start(&self) -> bool {
        self.state == SessionState::Parked || !self.parked.is_empty()
    }

    /// A later start or a rule has ended it: the station may still tell how it ended.
    pub fn expects_own_end(&self) -> bool {
        self.marks.has(&Mark::NO_STOP) && !self.marks.has(&Mark::LATE_STOP)
    }

    /// What was decided about this token in this session.
    pub fn verdict_on(&self, token: &IdToken) -> Option<&TokenInfo> {
        self.admitted.iter().find(|admitted| admitted.token.is_shown_as(token)).map(|admitted| &admitted.info)
    }

    /// Whether this token was shown in this session.
    pub fn knows(&self, token: &IdToken) -> bool {
        self.verdict_on(token).is_some()
    }

    /// Its token charges, as far as anybody can tell: a session whose station has booted since, or shows the connector as free,
    /// holds nobody up elsewhere.
    pub fn occupies_its_token(&self) -> bool {
        self.is_open() && self.has_accepted_token() && self.stop_awaited_since.is_none()
    }

    /// The token that may charge here, once there is one.
    pub fn has_accepted_token(&self) -> bool {
        self.token.is_some() && !self.marks.has(&Mark::UNAUTHORIZED)
    }
}

fn is_plain(money: &Arc<StationMoney>) -> bool {
    **money == StationMoney::default()
}

fn is_empty<T>(list: &Arc<Vec<T>>) -> bool {
    list.is_empty()
}

/// Something that a person did to a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Act {
    pub verb: Verb,
    pub at: Timestamp,
    pub actor: String,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// It is over, though the station has not said so.
    End,
    /// It costs nothing.
    Void,
    /// Somebody has looked, and it stands.
    Review,
    /// By the versions that it is pinned to; anew: by those that are active now.
    Reprice { anew: bool },
}

impl Verb {
    pub const fn past(self) -> &'static str {
        match self {
            Self::End => "ended",
            Self::Void => "voided",
            Self::Review => "reviewed",
            Self::Reprice { .. } => "re-priced",
        }
    }
}

/// What makes another transaction, or another register, likely.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signs {
    /// When the station booted, by our clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booted: Option<Timestamp>,
    /// When it showed the connector as free, by its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free: Option<Timestamp>,
    /// Its start had no charging state (2.x), and none was told since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub untold: bool,
}

impl Signs {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// A token that was shown in a session, and the answer that it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admitted {
    pub token: IdToken,
    pub info: TokenInfo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionState {
    /// Messages came, but no start yet.
    Parked,
    Active,
    Ended,
}

impl SessionState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Active => "active",
            Self::Ended => "ended",
        }
    }
}

/// What the authorization allowed. Reached: the station is told to stop, once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionLimits {
    pub max_energy: Option<Energy>,
    pub max_duration_s: Option<u64>,
    pub max_cost: Option<Decimal>,
    pub stop_requested: bool,
    /// Its token has a budget: what it costs so far counts whenever the token is shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_budgeted: bool,
}

impl SessionLimits {
    /// What the session costs so far decides something.
    pub fn need_cost(&self) -> bool {
        self.max_cost.is_some() || self.is_budgeted
    }

    /// For a station that can keep them itself. `None`: there are none.
    pub fn as_told(&self) -> Option<TransactionLimit> {
        let (max_cost, max_energy, max_time_s) = (self.max_cost, self.max_energy.map(Energy::wh), self.max_duration_s);
        let is_any = max_cost.is_some() || max_energy.is_some() || max_time_s.is_some();
        is_any.then_some(TransactionLimit { max_cost, max_energy, max_time_s })
    }
}

/// A set of sequence numbers, kept as ascending inclusive ranges; at most [`SeqRanges::MAX`] of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeqRanges(Vec<(u32, u32)>);

impl SeqRanges {
    /// Beyond it the oldest two ranges are joined: a gap is forgotten, never a message.
    pub const MAX: usize = 64;

    /// False when the number was there already.
    pub fn insert(&mut self, number: u32) -> bool {
        let at = self.0.partition_point(|range| range.1 < number);
        if self.0.get(at).is_some_and(|range| range.0 <= number) {
            return false;
        }
        self.0.insert(at, (number, number));
        self.join(at + 1);
        self.join(at);
        if self.0.len() > Self::MAX {
            self.0[1].0 = self.0[0].0;
            self.0.remove(0);
        }
        true
    }

    pub fn contains(&self, number: u32) -> bool {
        let at = self.0.partition_point(|range| range.1 < number);
        self.0.get(at).is_some_and(|range| range.0 <= number)
    }

    pub fn extend(&mut self, number: Option<u32>) {
        if let Some(number) = number {
            self.insert(number);
        }
    }

    /// The greatest number that has come.
    pub fn last(&self) -> Option<u32> {
        self.0.last().map(|range| range.1)
    }

    /// The numbers that are missing between the first and the last that came.
    pub fn gaps(&self) -> impl Iterator<Item = (u32, u32)> {
        self.0.windows(2).map(|pair| (pair[0].1 + 1, pair[1].0 - 1))
    }

    fn join(&mut self, at: usize) {
        if at == 0 || at >= self.0.len() {
            return;
        }
        if self.0[at - 1].1.checked_add(1) == Some(self.0[at].0) {
            self.0[at - 1].1 = self.0[at].1;
            self.0.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SeqRanges;

    #[test]
    fn sequence_numbers_come_in_any_order_and_gaps_are_seen() {
        let mut seen = SeqRanges::default();
        for number in [0, 1, 5, 3, 4, 9] {
            assert!(seen.insert(number), "{number} is new");
        }
        assert!(!seen.insert(4));
        assert_eq!(seen.gaps().collect::<Vec<_>>(), [(2, 2), (6, 8)]);
    }
}
