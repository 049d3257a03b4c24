//! A default token that was refused. It may be entered later, or be free again: while the car stays, it is asked about now and then.

use amprule_domain::Timestamp;
use jiff::SignedDuration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    pause: SignedDuration,
    again_at: Timestamp,
}

impl Refused {
    const FIRST: SignedDuration = SignedDuration::from_secs(60);
    const LONGEST: SignedDuration = SignedDuration::from_secs(15 * 60);
    /// Before the server began: it is asked about at once.
    pub(super) const LONG_AGO: Self = Self { pause: SignedDuration::ZERO, again_at: Timestamp::UNIX_EPOCH };

    /// It is refused now, after what was before. Each pause is twice as long as the one before.
    pub(super) fn after(before: Option<Self>, now: Timestamp) -> Self {
        let doubled = before.map_or(Self::FIRST, |before| before.pause.saturating_mul(2));
        let pause = doubled.clamp(Self::FIRST, Self::LONGEST);
        Self { pause, again_at: now.checked_add(pause).unwrap_or(Timestamp::MAX) }
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        now >= self.again_at
    }
}
