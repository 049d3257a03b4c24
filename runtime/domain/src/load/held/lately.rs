//! The most that it could come to of late: a car takes its time to follow a limit, and a meter shows the draw before for so long.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::FOLLOWS;
use crate::load::Amperes;

/// The greatest first, each with when it last held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::load) struct Lately(VecDeque<(Timestamp, Amperes)>);

impl Lately {
    /// `most`: what it may come to now.
    pub(in crate::load) fn look(&mut self, most: Amperes, now: Timestamp) -> Amperes {
        match self.0.back_mut() {
            // It held until now.
            Some((at, before)) if *before > most => *at = now,
            _ => while self.0.pop_back_if(|(_, before)| *before <= most).is_some() {},
        }
        while self.0.front().is_some_and(|(at, _)| now.duration_since(*at).abs() >= FOLLOWS) {
            self.0.pop_front();
        }
        self.0.push_back((now, most));
        self.0.front().map_or(most, |(_, greatest)| *greatest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_held_before_counts_until_a_car_has_followed() {
        let mut lately = Lately::default();
        let mut look = |amperes: u32, second: i64| {
            lately.look(Amperes::whole(amperes), Timestamp::from_second(second).unwrap()).0 / 10
        };
        assert_eq!([look(27, 0), look(22, 1), look(10, 20), look(10, 30)], [27, 27, 27, 27]);
        assert_eq!([look(10, 31), look(10, 49), look(10, 50)], [22, 22, 10]);
        assert_eq!([look(32, 51), look(0, 80), look(0, 109), look(0, 110)], [32, 32, 32, 0]);
    }
}
