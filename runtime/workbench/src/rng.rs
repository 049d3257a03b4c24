//! Dice that fall the same way for the same seed (SplitMix64).

#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `low` until before `high`; `low` when there is nothing between.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let room = u64::try_from(high.saturating_sub(low)).unwrap_or(0).max(1);
        low + i64::try_from(self.next() % room).unwrap_or(0)
    }

    pub(crate) fn one_in(&mut self, many: i64) -> bool {
        self.between(0, many) == 0
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        let room = i64::try_from(list.len()).unwrap_or(i64::MAX);
        &list[usize::try_from(self.between(0, room)).unwrap_or(0)]
    }
}
