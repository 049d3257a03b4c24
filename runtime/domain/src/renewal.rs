//! Certificates of stations that are to be replaced before they expire (OCPP 2.0.1, A02 and A03).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// One is asked for at most so often.
const EVERY: SignedDuration = SignedDuration::from_hours(24);
/// One that is not replaced so long before it expires is somebody's business.
const URGENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// It is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub expires_at: Timestamp,
    /// Nobody has asked for another within a day.
    pub may_ask: bool,
    /// It expires soon, or has, though another was asked for.
    pub is_urgent: bool,
    /// It is for the connection to us and for vehicles.
    pub is_for_both: bool,
}

/// Of what is known of a certificate: the one in use, else the one that was signed last. Short-lived ones are replaced in the last third
/// of their life: nobody wants to replace each on the day on which it was signed.
pub fn due(known: &Value, days: u32, now: Timestamp) -> Option<Due> {
    let watched = ["inUse", "signed"].into_iter().map(|member| &known[member]).find(|one| one.is_object())?;
    let (from, expires_at) = (time(&watched["validFrom"])?, time(&watched["expiresAt"])?);
    let life = expires_at.duration_since(from);
    let ahead = SignedDuration::from_hours(24 * i64::from(days)).min(life / 3);
    let left = expires_at.duration_since(now);
    if days == 0 || left > ahead {
        return None;
    }
    let asked = time(&known["askedAt"]).map(|asked| now.duration_since(asked));
    Some(Due {
        expires_at,
        may_ask: asked.is_none_or(|since| since >= EVERY),
        is_urgent: left <= URGENT.min(ahead / 2),
        is_for_both: known["forBoth"] == true,
    })
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn found(known: &Value, days: u32, now: &str) -> Option<(bool, bool)> {
        due(known, days, at(now)).map(|due| (due.may_ask, due.is_urgent))
    }

    fn of(from: &str, until: &str) -> Value {
        json!({ "validFrom": from, "expiresAt": until })
    }

    #[test]
    fn a_certificate_is_replaced_in_its_last_days_and_asked_for_once_a_day() {
        let mut known = json!({ "inUse": of("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z") });
        assert_eq!(found(&known, 30, "2026-12-01T00:00:00Z"), None);
        assert_eq!(found(&known, 30, "2026-12-03T00:00:00Z"), Some((true, false)));
        assert_eq!(found(&known, 0, "2026-12-03T00:00:00Z"), None, "nobody wants it");
        known["askedAt"] = json!("2026-12-03T00:00:00Z");
        assert_eq!(found(&known, 30, "2026-12-03T23:00:00Z"), Some((false, false)));
        assert_eq!(found(&known, 30, "2026-12-04T00:00:00Z"), Some((true, false)));
        assert_eq!(found(&known, 30, "2026-12-26T00:00:00Z"), Some((true, true)));
        assert_eq!(found(&known, 30, "2027-02-01T00:00:00Z"), Some((true, true)), "it has expired");
    }

    #[test]
    fn one_in_use_counts_before_one_that_was_signed() {
        let (old, new) =
            (of("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), of("2026-12-10T00:00:00Z", "2027-12-10T00:00:00Z"));
        let known = json!({ "inUse": old, "signed": new });
        assert_eq!(found(&known, 30, "2026-12-20T00:00:00Z"), Some((true, false)), "it was not shown yet");
        assert_eq!(found(&json!({ "signed": new }), 30, "2026-12-20T00:00:00Z"), None);
        assert_eq!(found(&json!({ "kind": "x" }), 30, "2026-12-20T00:00:00Z"), None);
    }

    /// Certificates of two weeks, or of hours, and a horizon of thirty days.
    #[test]
    fn a_short_lived_one_is_not_replaced_on_its_first_day() {
        let weeks = json!({ "inUse": of("2026-12-01T00:00:00Z", "2026-12-16T00:00:00Z") });
        assert_eq!(found(&weeks, 30, "2026-12-01T00:00:00Z"), None);
        assert_eq!(found(&weeks, 30, "2026-12-10T23:00:00Z"), None);
        assert_eq!(found(&weeks, 30, "2026-12-11T00:00:00Z"), Some((true, false)));
        assert_eq!(found(&weeks, 30, "2026-12-14T00:00:00Z"), Some((true, true)));
    }
}
