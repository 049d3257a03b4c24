//! Intervals: what flowed since the interval before. Their sum is a session's energy where registers prove none.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Energy;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intervals {
    #[serde(rename = "e")]
    pub(super) energy: Energy,
    /// µs, ascending: when the latest of them were measured, to know those that are told again.
    #[serde(rename = "t")]
    times: Vec<i64>,
    /// The latest that is forgotten.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    before: Option<i64>,
    /// The first gap among those that are forgotten.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    gap: Option<(i64, i64)>,
}

impl Intervals {
    /// An older one is taken for one that was told before.
    const REMEMBERED: usize = 64;

    /// False: that moment has one already.
    pub(super) fn add(&mut self, start: Timestamp, at: Timestamp, energy: Energy) -> bool {
        let Err(place) = self.times.binary_search(&at.as_microsecond()) else { return false };
        if self.times.len() >= Self::REMEMBERED {
            if place == 0 {
                return false;
            }
            self.forget_first(start);
        }
        let place = self.times.partition_point(|time| *time < at.as_microsecond());
        self.times.insert(place, at.as_microsecond());
        self.energy += energy;
        true
    }

    /// µs from the interval before, or from the start.
    pub(super) fn length_until(&self, start: Timestamp, at: Timestamp) -> i64 {
        let at = at.as_microsecond();
        let before = self.times[..self.times.partition_point(|time| *time < at)].last().copied();
        at - before.or(self.before).unwrap_or(start.as_microsecond())
    }

    /// So much is what several of them come to.
    pub(super) fn is_sum(&self, energy: Energy) -> bool {
        self.times.len() > 1 && energy == self.energy && energy > Energy::ZERO
    }

    fn forget_first(&mut self, start: Timestamp) {
        let usual = self.usual(start);
        let (from, to) = (self.before.unwrap_or(start.as_microsecond()), self.times.remove(0));
        self.gap = self.gap.or(is_gap(usual, from, to).then_some((from, to)));
        self.before = Some(to);
    }

    /// Between which moments another one must be missing, up to the end: they are of one length, and a change of state
    /// may end one early.
    pub(super) fn gaps(&self, start: Timestamp, end: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let usual = self.usual(start);
        let moments: Vec<i64> = self.moments(start).chain([end.as_microsecond()]).collect();
        let pairs: Vec<_> = moments.windows(2).map(|pair| (pair[0], pair[1])).collect();
        let gaps = pairs.into_iter().filter(move |(from, to)| is_gap(usual, *from, *to)).chain(self.gap);
        gaps.filter_map(|(from, to)| {
            Some((Timestamp::from_microsecond(from).ok()?, Timestamp::from_microsecond(to).ok()?))
        })
    }

    fn moments(&self, start: Timestamp) -> impl Iterator<Item = i64> {
        [self.before.unwrap_or(start.as_microsecond())].into_iter().chain(self.times.iter().copied())
    }

    /// The length that half of them do not exceed, µs.
    fn usual(&self, start: Timestamp) -> i64 {
        let moments: Vec<i64> = self.moments(start).collect();
        let mut lengths: Vec<i64> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
        lengths.sort_unstable();
        lengths.get(lengths.len() / 2).copied().unwrap_or(i64::MAX / 2)
    }

    pub(super) fn last(&self) -> Option<Timestamp> {
        Timestamp::from_microsecond(*self.times.last()?).ok()
    }
}

fn is_gap(usual: i64, from: i64, to: i64) -> bool {
    to - from > usual / 5 * 6 + SLACK
}

/// µs. An interval may be this much longer than the others.
const SLACK: i64 = 5_000_000;
