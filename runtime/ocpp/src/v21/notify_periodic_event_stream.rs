//! NotifyPeriodicEventStream (OCPP 2.1, block N): a SEND, which is never answered.

use amprule_domain::event::{DiagnosticsEvent, StationEvent, StreamedValue};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::said::{int, plain};

/// Its values in the order of their times, which are told as seconds since `basetime`.
pub(crate) fn read(payload: &str) -> Option<StationEvent> {
    let said: Value = serde_json::from_str(payload).ok()?;
    let base = said["basetime"].as_str().and_then(|text| text.trim().parse::<Timestamp>().ok());
    let mut told: Vec<_> = said["data"].as_array()?.iter().filter_map(|element| value(element, base)).collect();
    told.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    if told.is_empty() {
        return None;
    }
    Some(StationEvent::Diagnostics(DiagnosticsEvent::Streamed {
        id: int(&said["id"])?,
        values: told.into_iter().map(|(_, value)| value).collect(),
        pending: int(&said["pending"]).unwrap_or(0),
        place: None,
    }))
}

/// With its seconds.
fn value(element: &Value, base: Option<Timestamp>) -> Option<(f64, StreamedValue)> {
    let after = plain(&element["t"]).and_then(|text| text.trim().parse::<f64>().ok()).filter(|t| t.is_finite());
    let after = after.unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, reason = "what is too large is no time, and is found out below")]
    let at = base.and_then(|base| base.checked_add(SignedDuration::from_millis((after * 1000.0).round() as i64)).ok());
    Some((after, StreamedValue { at, value: plain(&element["v"])? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(payload: &str, expect: Option<&[(Option<&str>, &str)]>) {
        let told = read(payload).map(|event| match event {
            StationEvent::Diagnostics(DiagnosticsEvent::Streamed { values, .. }) => values,
            other => panic!("{other:?}"),
        });
        let told: Option<Vec<_>> =
            told.map(|values| values.into_iter().map(|told| (told.at.map(|at| at.to_string()), told.value)).collect());
        let expect = expect
            .map(|all| all.iter().map(|(at, value)| (at.map(str::to_owned), (*value).to_owned())).collect::<Vec<_>>());
        assert_eq!(told, expect, "{payload}");
    }

    #[test]
    fn values_have_the_time_at_which_they_were_measured() {
        check(
            r#"{"id":4,"pending":1,"basetime":"2026-07-01T08:00:00Z","data":[{"t":0,"v":"1"},{"t":9.25,"v":"3"},{"t":"5","v":2}]}"#,
            Some(&[
                (Some("2026-07-01T08:00:00Z"), "1"),
                (Some("2026-07-01T08:00:05Z"), "2"),
                (Some("2026-07-01T08:00:09.25Z"), "3"),
            ]),
        );
        check(r#"{"id":"4","data":[{"t":2,"v":"b"},{"t":1,"v":"a"},{"t":3}]}"#, Some(&[(None, "a"), (None, "b")]));
        check(r#"{"id":4,"basetime":"2026-07-01T08:00:00Z","data":[{"t":1e300,"v":"a"}]}"#, Some(&[(None, "a")]));
        for nothing in [r#"{"id":4,"data":[]}"#, r#"{"data":[{"t":1,"v":"a"}]}"#, r#"{"id":4}"#, "{"] {
            check(nothing, None);
        }
    }
}
