//! Which profiles a station of 2.x cannot hold beside each other (K01).

use jiff::Timestamp;
use serde_json::Value;

/// A profile that is held and stands in the way of this one, and the clause that says so. Bodies as profiles are kept.
///
/// One of the same id is replaced by it (K01.FR.05). One whose validity is over by `now` is in nobody's way.
pub fn rival<'a>(
    evse: i64,
    profile: &Value,
    held: impl Iterator<Item = &'a Value>,
    now: Timestamp,
) -> Option<(&'a Value, &'static str)> {
    held.filter_map(|body| {
        let (other, other_evse) = (&body["profile"], body["evse"].as_i64()?);
        let is_same = |member: &str| other[member] == profile[member];
        if is_same("id") || !is_same("chargingProfilePurpose") || !is_same("stackLevel") {
            return None;
        }
        let clause = match profile["chargingProfilePurpose"].as_str()? {
            "TxProfile" => is_same("transactionId").then_some("K01.FR.39"),
            _ if other_evse == evse => Some("K01.FR.06"),
            // What is for all EVSEs is for this one too.
            "TxDefaultProfile" if (other_evse == 0) != (evse == 0) => Some("K01.FR.52, K01.FR.53"),
            _ => None,
        };
        let is_at_once = profile["chargingProfilePurpose"] == "TxProfile" || overlap(profile, other, now);
        clause.filter(|_| is_at_once).map(|clause| (other, clause))
    })
    .next()
}

/// From now on, both are valid at some moment.
fn overlap(one: &Value, other: &Value, now: Timestamp) -> bool {
    let time = |profile: &Value, member: &str| profile[member].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let from = |profile| time(profile, "validFrom").unwrap_or(now).max(now);
    let to = |profile| time(profile, "validTo").unwrap_or(Timestamp::MAX);
    from(one) < to(other) && from(other) < to(one)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::rival;

    fn profile(id: i64, purpose: &str, level: i64, more: &Value) -> Value {
        let mut profile = json!({"id": id, "chargingProfilePurpose": purpose, "stackLevel": level});
        for (member, value) in more.as_object().into_iter().flatten() {
            profile[member.as_str()] = value.clone();
        }
        profile
    }

    #[test]
    fn one_of_the_same_purpose_and_level_is_in_the_way_where_both_would_count() {
        let (none, of_t, of_u) = (json!({}), json!({"transactionId": "t"}), json!({"transactionId": "u"}));
        let (early, late) = (json!({"validTo": "2026-07-02T00:00:00Z"}), json!({"validFrom": "2026-07-02T00:00:00Z"}));
        let past = json!({"validTo": "2026-06-30T00:00:00Z"});
        let default = |id, level, more: &Value| profile(id, "TxDefaultProfile", level, more);
        let tx = |id, more: &Value| profile(id, "TxProfile", 0, more);
        let cases = [
            ("another id, the same place", 1, default(3, 0, &none), 1, default(4, 0, &none), Some("K01.FR.06")),
            ("the same id replaces it", 1, default(3, 0, &none), 1, default(3, 0, &none), None),
            ("another level", 1, default(3, 0, &none), 1, default(4, 1, &none), None),
            ("another EVSE", 1, default(3, 0, &none), 2, default(4, 0, &none), None),
            ("of all EVSEs and of one", 0, default(3, 0, &none), 2, default(4, 0, &none), Some("K01.FR.52, K01.FR.53")),
            ("of one and of all EVSEs", 2, default(3, 0, &none), 0, default(4, 0, &none), Some("K01.FR.52, K01.FR.53")),
            ("one after the other", 1, default(3, 0, &early), 1, default(4, 0, &late), None),
            ("one that is over", 1, default(3, 0, &past), 1, default(4, 0, &none), None),
            ("of the same transaction", 1, tx(3, &of_t), 1, tx(4, &of_t), Some("K01.FR.39")),
            ("of another transaction", 1, tx(3, &of_t), 1, tx(4, &of_u), None),
            ("of another purpose", 1, tx(3, &of_t), 1, default(4, 0, &none), None),
        ];
        let now = "2026-07-01T08:00:00Z".parse().expect("a time");
        for (what, held_evse, held, evse, asked, expect) in cases {
            let held = [json!({"evse": held_evse, "profile": held})];
            let found = rival(evse, &asked, held.iter(), now);
            assert_eq!(
                found.map(|(other, clause)| (other["id"].clone(), clause)),
                expect.map(|c| (json!(3), c)),
                "{what}"
            );
        }
    }
}
