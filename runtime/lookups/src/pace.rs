//! How many questions go within any second.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

const WINDOW: Duration = Duration::from_secs(1);

pub(crate) struct Pace {
    /// 1 to 1,000.
    most: usize,
    /// When the last ones went, oldest first.
    gone: VecDeque<Instant>,
}

impl Pace {
    pub(crate) fn new(most_per_s: u32) -> Self {
        Self { most: usize::try_from(most_per_s).unwrap_or(usize::MAX), gone: VecDeque::new() }
    }

    /// Whether one more may go.
    pub(crate) fn has_room(&mut self, now: Instant) -> bool {
        while self.gone.front().is_some_and(|gone| now.saturating_duration_since(*gone) >= WINDOW) {
            self.gone.pop_front();
        }
        self.gone.len() < self.most
    }

    pub(crate) fn go(&mut self, now: Instant) {
        self.gone.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_no_second_go_more_than_that() {
        let begin = Instant::now();
        let mut pace = Pace::new(2);
        let went = [0, 100, 200, 999, 1_000, 1_050, 1_100, 1_200, 2_000].map(|ms| {
            let now = begin + Duration::from_millis(ms);
            let goes = pace.has_room(now);
            if goes {
                pace.go(now);
            }
            goes
        });
        assert_eq!(went, [true, true, false, false, true, false, true, false, true]);
    }
}
