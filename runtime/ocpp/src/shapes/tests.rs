//! Requests that go out, and those that are held back, with the reason.

use std::collections::{BTreeSet, HashSet};

use amprule_domain::dialect::ACTIONS;

use super::{CommandFault, Side, check, requests};
use crate::version::Version;

fn fault(version: Version, action: &str, payload: &str) -> String {
    match check(version, action, payload) {
        Ok(action) => format!("{action} is sent"),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn every_request_of_the_standards_is_known() {
    let count = |version, from| requests(version, from).count();
    let counts = Version::ALL.map(|version| (count(version, Side::Server), count(version, Side::Station)));
    // NotifyPeriodicEventStream of 2.1 is among them: it has no response.
    assert_eq!(counts, [(26, 14), (40, 25), (55, 37)]);
}

#[test]
fn the_names_of_messages_are_those_of_the_standards() {
    let both = |version| [Side::Server, Side::Station].into_iter().flat_map(move |side| requests(version, side));
    let all: BTreeSet<&str> = Version::ALL.into_iter().flat_map(both).collect();
    assert_eq!(all.into_iter().collect::<Vec<_>>(), ACTIONS);
}

#[test]
fn every_request_to_a_station_has_one_row() {
    for version in Version::ALL {
        let rows: Vec<_> = version.requests().map(|request| request.action).collect();
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len(), "{version:?}: a row is there twice");
        let known: BTreeSet<_> = requests(version, Side::Server).collect();
        assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), known, "{version:?}");
    }
}

/// A message is a row. One that no standard has, a vendor's own for instance, needs no shape.
#[test]
fn every_request_of_a_station_has_one_row() {
    for version in Version::ALL {
        let rows: Vec<_> = version.messages().map(|message| message.action).collect();
        for action in requests(version, Side::Station).filter(|action| !is_sent(action)) {
            assert!(rows.contains(&action), "{version:?} {action}");
        }
        let different: HashSet<_> = rows.iter().collect();
        assert_eq!(different.len(), rows.len(), "{version:?}: a row is there twice");
    }
}

/// It wants no answer (OCPP-J 2.1, 4.1.3: SEND).
fn is_sent(action: &str) -> bool {
    action == "NotifyPeriodicEventStream"
}

#[test]
fn payloads_are_held_against_their_shape() {
    let cases = [
        (Version::V16, "Reset", r#"{"type":"Soft"}"#, "Reset is sent"),
        (Version::V16, "Reset", r#"{"type":"soft"}"#, "/type: must be one of Hard, Soft"),
        (Version::V16, "Reset", "{}", ": type is required"),
        (Version::V16, "Reset", "[]", ": must be an object"),
        (Version::V16, "Reset", r#"{"type":"Soft","Type":1}"#, "/Type: is not a member here; did you mean type?"),
        (Version::V16, "ClearCache", "{}", "ClearCache is sent"),
        (Version::V16, "ClearCache", "{", ": not JSON: EOF while parsing an object at line 1 column 1"),
        (Version::V16, "UnlockConnector", r#"{"connectorId":1.5}"#, "/connectorId: must be a whole number"),
        (Version::V16, "UnlockConnector", r#"{"connectorId":null}"#, "/connectorId: must be a whole number"),
        (Version::V16, "GetConfiguration", r#"{"key":["a","b"]}"#, "GetConfiguration is sent"),
        (Version::V16, "GetConfiguration", r#"{"key":["a",3]}"#, "/key/1: must be text"),
        (Version::V16, "GetDiagnostics", r#"{"location":"here"}"#, "/location: must be a URI"),
        (
            Version::V16,
            "RemoteStartTransaction",
            r#"{"idTag":"0123456789abcdefghijk"}"#,
            "/idTag: must have at most 20 characters",
        ),
        (
            Version::V16,
            "SetChargingProfile",
            r#"{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.1},{"startPeriod":60,"limit":16.15}]}}}"#,
            "/csChargingProfiles/chargingSchedule/chargingSchedulePeriod/1/limit: must have at most one decimal",
        ),
        (
            Version::V16,
            "UpdateFirmware",
            r#"{"location":"ftp://a/b","retrieveDate":"tomorrow"}"#,
            "/retrieveDate: must be a time with its offset, 2026-11-21T08:00:00Z for instance",
        ),
        (Version::V16, "Resett", "{}", "ocpp1.6 has no request Resett to a station; did you mean Reset?"),
        (Version::V16, "resetNow!", "{}", "ocpp1.6 has no request resetNow! to a station; did you mean Reset?"),
        (Version::V16, "xyz", "{}", "ocpp1.6 has no request xyz to a station"),
        (Version::V16, "BootNotification", "{}", "ocpp1.6 has no request BootNotification to a station"),
        (Version::V201, "Reset", r#"{"type":"OnIdle"}"#, "Reset is sent"),
        (Version::V201, "Reset", r#"{"type":"OnIdle","customData":{"vendorId":"a","x":[1]}}"#, "Reset is sent"),
        (Version::V201, "Reset", r#"{"type":"OnIdle","customData":{"x":1}}"#, "/customData: vendorId is required"),
        (Version::V201, "GetVariables", r#"{"getVariableData":[]}"#, "/getVariableData: must have at least 1 items"),
        (
            Version::V201,
            "GetVariables",
            r#"{"getVariableData":[{"component":{"name":"A"},"variable":{"name":"B"},"attributeType":"Is"}]}"#,
            "/getVariableData/0/attributeType: must be one of Actual, Target, MinSet, MaxSet",
        ),
        (Version::V21, "RequestStopTransaction", r#"{"transactionId":"a1"}"#, "RequestStopTransaction is sent"),
    ];
    for (version, action, payload, expect) in cases {
        assert_eq!(fault(version, action, payload), expect, "{action} {payload}");
    }
}

#[test]
fn a_thousand_nested_arrays_are_no_request() {
    let payload = format!("{{\"data\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
    let refused = check(Version::V16, "DataTransfer", &payload);
    assert!(matches!(refused, Err(CommandFault::Invalid { .. })), "{refused:?}");
}
