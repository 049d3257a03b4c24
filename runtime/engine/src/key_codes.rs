//! Codes that are typed at a station are short (OCPP 2.0.1, C04): where many wrong ones come in a row, none is heard for a while.

use amprule_domain::Timestamp;
use amprule_domain::token::IdToken;
use jiff::SignedDuration;

/// Wrong ones in a row that cost nothing.
const FREE: u32 = 5;
/// After the next one; doubled with each, up to the longest.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
const PAUSE_MAX: SignedDuration = SignedDuration::from_mins(10);

/// Of one station, since its task began.
#[derive(Debug, Default)]
pub(crate) struct KeyCodes {
    wrong: u32,
    heard_from: Option<Timestamp>,
}

pub(crate) fn is_key_code(token: &IdToken) -> bool {
    token.kind.eq_ignore_ascii_case("KeyCode")
}

impl KeyCodes {
    /// False: it is not looked up, and refused as a wrong one.
    pub(crate) fn may_try(&self, now: Timestamp) -> bool {
        self.heard_from.is_none_or(|from| from <= now)
    }

    /// True: from now on none is heard for a while.
    pub(crate) fn tried(&mut self, is_right: bool, now: Timestamp) -> bool {
        if is_right {
            *self = Self::default();
            return false;
        }
        self.wrong = self.wrong.saturating_add(1);
        let beyond = self.wrong.saturating_sub(FREE);
        let pause = PAUSE.saturating_mul(1 << beyond.saturating_sub(1).min(10)).min(PAUSE_MAX);
        self.heard_from = (beyond > 0).then(|| now.checked_add(pause).unwrap_or(now));
        beyond > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_types_wrong_codes_waits_ever_longer() {
        let mut codes = KeyCodes::default();
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        for _ in 0..FREE {
            assert!(!codes.tried(false, at(0)) && codes.may_try(at(0)));
        }
        for (now, until) in [(0, 10), (10, 30), (30, 70)] {
            assert!(codes.tried(false, at(now)));
            assert!(!codes.may_try(at(until - 1)) && codes.may_try(at(until)), "{now}");
        }
        for _ in 0..100 {
            codes.tried(false, at(1_000));
        }
        assert!(codes.may_try(at(1_600)), "the longest is ten minutes");
        codes.tried(true, at(1_600));
        assert!(!codes.tried(false, at(1_600)), "it begins anew");
    }
}
