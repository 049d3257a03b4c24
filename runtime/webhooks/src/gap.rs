//! Places that a subscriber will never hear of.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Events with these places, ends included, went before the subscriber had them. Places have gaps, so `places` is the most
/// that there can have been, and some may have been of kinds that it does not want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) noticed: Timestamp,
}

impl Gap {
    pub(crate) fn places(self) -> u64 {
        self.to - self.from + 1
    }
}

/// What was behind the last event that was read, when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ahead {
    Unknown,
    Nothing(Instant),
    Next(u64),
}

impl Ahead {
    /// An outbox keeps an event for so long at least.
    const KEPT: Duration = Duration::from_secs(60);

    /// Whether events before `next`, the first one that there is now, have gone. `None`: it must be asked.
    pub(crate) fn tells_whether_gone(self, next: u64) -> Option<bool> {
        match self {
            Self::Next(place) => Some(next > place),
            Self::Nothing(at) if at.elapsed() < Self::KEPT => Some(false),
            Self::Nothing(_) | Self::Unknown => None,
        }
    }
}

/// Whether events between `delivered` and `next`, the first one behind it that is kept, may have gone. `oldest` was read
/// after `next`.
///
/// Places have gaps of their own, so the distance proves nothing. But events go oldest first: while one is kept that is not
/// behind `delivered`, everything behind it is kept too. Without that proof they may have gone, and that is better said
/// once too often than not at all.
pub(crate) fn may_be_gone(delivered: u64, next: u64, oldest: Option<u64>) -> bool {
    next > delivered + 1 && oldest.is_none_or(|oldest| oldest > delivered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_proved_to_be_there_may_be_gone() {
        let check = |delivered, next, oldest, expect| {
            assert_eq!(may_be_gone(delivered, next, oldest), expect, "{delivered} {next} {oldest:?}");
        };
        check(10, 11, Some(11), false);
        check(10, 11, Some(1), false);
        check(10, 14, Some(10), false);
        check(10, 14, Some(3), false);
        check(10, 14, Some(14), true);
        check(10, 14, Some(12), true);
        check(10, 14, None, true);
        check(0, 1, Some(1), false);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_looked_ahead_knows() {
        assert_eq!(Ahead::Next(14).tells_whether_gone(14), Some(false));
        assert_eq!(Ahead::Next(14).tells_whether_gone(15), Some(true));
        let nothing = Ahead::Nothing(Instant::now());
        assert_eq!(nothing.tells_whether_gone(14), Some(false));
        tokio::time::advance(Ahead::KEPT).await;
        assert_eq!(nothing.tells_whether_gone(14), None);
        assert_eq!(Ahead::Unknown.tells_whether_gone(14), None);
    }
}
