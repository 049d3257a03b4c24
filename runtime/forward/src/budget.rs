//! So many in a time: a bucket that fills again.

use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct Budget {
    most: u32,
    left: u32,
    /// For one more.
    each: Duration,
    filled: Instant,
}

impl Budget {
    /// `most` at once, and as many again in the time of `refill`.
    pub(crate) fn new(most: u32, refill: Duration) -> Self {
        let most = most.max(1);
        Self { most, left: most, each: refill / most, filled: Instant::now() }
    }

    /// False: there is none left.
    pub(crate) fn spend(&mut self) -> bool {
        let now = Instant::now();
        let more = now.duration_since(self.filled).as_nanos() / self.each.as_nanos().max(1);
        if let Some(more) = u32::try_from(more).ok().filter(|more| *more < self.most - self.left) {
            self.left += more;
            self.filled += self.each * more;
        } else {
            (self.left, self.filled) = (self.most, now);
        }
        let has_one = self.left > 0;
        self.left = self.left.saturating_sub(1);
        has_one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_spent_comes_back_with_time() {
        let mut budget = Budget::new(3, Duration::from_secs(30));
        let spent: Vec<bool> = (0..5).map(|_| budget.spend()).collect();
        assert_eq!(spent, [true, true, true, false, false]);
        tokio::time::advance(Duration::from_secs(9)).await;
        assert!(!budget.spend());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(budget.spend() && !budget.spend());
        tokio::time::advance(Duration::from_secs(600)).await;
        let spent = (0..9).filter(|_| budget.spend()).count();
        assert_eq!(spent, 3, "no more than at once");
    }
}
