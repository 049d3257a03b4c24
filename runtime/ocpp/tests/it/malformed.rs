//! Frames that are none, and what each version answers; and frames that are, as they are read and written.

use std::borrow::Cow;

use amprule_domain::reply::{Refusal, RefusalCode};
use amprule_ocpp::{Dialect, Frame, FrameFault, Times, encode, limits};

/// What goes back in 1.6 and in 2.0.1; empty for nothing.
fn check(text: &str, v16: &str, v201: &str) {
    for (dialect, expect) in [(Dialect::V16, v16), (Dialect::V201, v201)] {
        let shown = &text[..text.len().min(80)];
        let malformed = dialect.parse(text).expect_err(shown);
        assert_eq!(
            dialect.answer_malformed(&malformed).unwrap_or_default(),
            expect,
            "{} {shown}",
            dialect.subprotocol()
        );
    }
}

#[test]
fn what_has_no_id_is_answered_with_minus_one_or_not_at_all() {
    let cases = [
        ("", "the message is not JSON"),
        ("hello", "the message is not JSON"),
        ("{\"a\":1", "the message is not JSON"),
        ("{}", "the message is not an array"),
        ("2", "the message is not an array"),
        ("null", "the message is not an array"),
        ("[2]", "the message has not enough members"),
        ("[2,", "the message is not JSON"),
        ("[2 \"id\"", "the message is not JSON"),
        ("[,2,\"id\",\"Heartbeat\",{}]", "the message is not JSON"),
        ("[2,null,\"Heartbeat\",{}]", "the message id is not text"),
        ("[2,true,\"Heartbeat\",{}]", "the message id is not text"),
        ("[2,{\"id\":1},\"Heartbeat\",{}]", "the message id is not text"),
        ("[2,\"\\ud800\",\"Heartbeat\",{}]", "the message id is not text"),
        ("[2,\"id", "the message is not JSON"),
    ];
    for (text, why) in cases {
        check(text, "", &format!("[4,\"-1\",\"RpcFrameworkError\",\"{why}\",{{}}]"));
    }
}

#[test]
fn calls_with_an_id_are_answered_to_it() {
    let cases = [
        ("[2,\"7\"]", "RpcFrameworkError", "the message has not enough members"),
        ("[2,\"7\",\"Heartbeat\"]", "RpcFrameworkError", "the message has not enough members"),
        ("[2,\"7\",5,{}]", "RpcFrameworkError", "the action is not text"),
        ("[2,\"7\",\"Heartbeat\",{},{}]", "RpcFrameworkError", "the message has too many members"),
        ("[2,\"7\",\"Heartbeat\",[]]", "FormatViolation", "the payload is not an object"),
        ("[2,\"7\",\"Heartbeat\",true]", "FormatViolation", "the payload is not an object"),
        ("[2,\"7\",\"Heartbeat\",{]", "FormatViolation", "the message is not JSON"),
        ("[2,\"7\",\"Heartbeat\",{}", "FormatViolation", "the message is not JSON"),
        ("[2,\"7\",\"Heartbeat\",{}] x", "FormatViolation", "the message is not JSON"),
        ("[2,7,\"Heartbeat\",{}}", "FormatViolation", "the message is not JSON"),
    ];
    for (text, code, why) in cases {
        check(
            text,
            &format!("[4,\"7\",\"FormationViolation\",\"{why}\",{{}}]"),
            &format!("[4,\"7\",\"{code}\",\"{why}\",{{}}]"),
        );
    }
}

#[test]
fn unknown_message_types_are_ignored_in_1_6_and_refused_in_2() {
    let why = "the message type number is not one of this protocol";
    for kind in ["1", "5", "6", "7", "-2", "2.5", "\"2\"", "null", "99999999999999999999"] {
        let rest = if kind == "5" { "\"Code\",\"\",{}" } else { "\"Heartbeat\",{}" };
        check(&format!("[{kind},\"7\",{rest}]"), "", &format!("[4,\"7\",\"MessageTypeNotSupported\",\"{why}\",{{}}]"));
    }
    assert!(Dialect::V21.parse("[6,\"7\",\"NotifyPeriodicEventStream\",{}]").is_ok());
    assert!(Dialect::V21.parse("[5,\"7\",\"FormatViolation\",\"\",{}]").is_ok());
}

#[test]
fn answers_are_never_answered() {
    for text in ["[3,\"7\"]", "[3,\"7\",[]]", "[3,\"7\",{\"a\":}]", "[3]", "[4,\"7\"]", "[4,\"7\",\"Code\",\"d\",{},1]"]
    {
        check(text, "", "");
    }
    for text in ["[5,\"7\"]", "[6,\"7\",\"NotifyPeriodicEventStream\"]"] {
        let malformed = Dialect::V21.parse(text).expect_err(text);
        assert_eq!(Dialect::V21.answer_malformed(&malformed), None);
    }
}

#[test]
fn depth_and_id_have_a_bound() {
    let nested =
        |depth: usize| format!("[2,\"7\",\"DataTransfer\",{{\"a\":{}{}}}]", "[".repeat(depth), "]".repeat(depth));
    let why = format!("the payload nests deeper than {} levels", limits::MAX_DEPTH);
    let (v16, v201) = ("FormationViolation", "FormatViolation");
    let answer = |code: &str, id: &str, why: &str| format!("[4,\"{id}\",\"{code}\",\"{why}\",{{}}]");
    check(&nested(3_000), &answer(v16, "7", &why), &answer(v201, "7", &why));
    assert!(Frame::parse(&nested(limits::MAX_DEPTH - 1)).is_ok());
    assert_eq!(Frame::parse(&nested(limits::MAX_DEPTH)).map_err(|malformed| malformed.fault), Err(FrameFault::TooDeep));
    check(&"[".repeat(3_000), "", &answer("RpcFrameworkError", "-1", &why));

    let why = format!("the message id is longer than {} characters", limits::MAX_ID);
    let with_id = |id: &str| format!("[2,\"{id}\",\"Heartbeat\",{{}}]");
    let long = "x".repeat(10_000);
    check(&with_id(&long), &answer(v16, &long, &why), &answer(v201, &long, &why));
    check(&with_id(&"x".repeat(20_000)), "", &answer("RpcFrameworkError", "-1", &why));
    assert!(Frame::parse(&with_id(&"é".repeat(limits::MAX_ID))).is_ok());
}

#[test]
fn frames_are_read_as_they_stand() {
    let call = |id: &'static str, id_repaired, action: &'static str, payload| {
        Ok(Frame::Call { id: Cow::Borrowed(id), id_repaired, action: Cow::Borrowed(action), payload })
    };
    let cases = [
        ("[2,\"7\",\"Heartbeat\",{}]", call("7", false, "Heartbeat", "{}")),
        ("\u{feff} [ 2 ,\r\n\"7\" , \"Heartbeat\" , { } ] ", call("7", false, "Heartbeat", "{ }")),
        ("[2,42,\"Heartbeat\",{}]", call("42", true, "Heartbeat", "{}")),
        ("[2,\"a\\\"b\",\"Heart\\u0062eat\",{\"]\":\"}\\\"\"}]", call("a\"b", false, "Heartbeat", "{\"]\":\"}\\\"\"}")),
        (
            "[3,\"7\",{\"status\":\"Accepted\"}]",
            Ok(Frame::Result { id: "7".into(), payload: "{\"status\":\"Accepted\"}" }),
        ),
        (
            "[4,\"7\",\"NotSupported\",\"no\",{\"a\":1}]",
            Ok(Frame::Error {
                id: "7".into(),
                code: "NotSupported".into(),
                description: "no".into(),
                details: "{\"a\":1}",
            }),
        ),
        (
            "[4,\"7\",\"NotSupported\"]",
            Ok(Frame::Error { id: "7".into(), code: "NotSupported".into(), description: "".into(), details: "{}" }),
        ),
        (
            "[6,\"7\",\"NotifyPeriodicEventStream\",{\"id\":1}]",
            Ok(Frame::Send { id: "7".into(), action: "NotifyPeriodicEventStream".into(), payload: "{\"id\":1}" }),
        ),
    ];
    for (text, expect) in cases {
        assert_eq!(Frame::parse(text), expect, "{text}");
    }
}

#[test]
fn frames_go_out_compact() {
    assert_eq!(
        encode::call("7", "DataTransfer", "{ \"vendorId\" : \"a b\\\" c\" ,\n \"data\" : \"{ }\" }"),
        "[2,\"7\",\"DataTransfer\",{\"vendorId\":\"a b\\\" c\",\"data\":\"{ }\"}]"
    );
    assert_eq!(encode::result("a\"b", "{}"), "[3,\"a\\\"b\",{}]");
    let refusal = Refusal::new(RefusalCode::OccurrenceConstraintViolation, format!("\u{1}{}", "é".repeat(300)));
    let cut = "é".repeat(limits::MAX_DESCRIPTION - 1);
    let expect = |code: &str| format!("[4,\"7\",\"{code}\",\"\\u0001{cut}\",{{}}]");
    assert_eq!(Dialect::V16.encode_error("7", &refusal), expect("OccurenceConstraintViolation"));
    assert_eq!(Dialect::V201.encode_error("7", &refusal), expect("OccurrenceConstraintViolation"));
}

#[test]
fn actions_that_are_not_understood_are_not_implemented() {
    let cases = [
        (Dialect::V16, "Reset", "Reset is a request of ocpp1.6 to a station, not from one"),
        (Dialect::V16, "TransactionEvent", "ocpp1.6 has no request \"TransactionEvent\""),
        (Dialect::V16, "heartbeat", "ocpp1.6 has no request \"heartbeat\""),
        (Dialect::V201, "StartTransaction", "ocpp2.0.1 has no request \"StartTransaction\""),
        (Dialect::V201, "BatterySwap", "ocpp2.0.1 has no request \"BatterySwap\""),
    ];
    for (dialect, action, why) in cases {
        let refusal = dialect.decode(action, "{}", &jiff::tz::TimeZone::UTC).expect_err(action);
        assert_eq!((refusal.code, refusal.description.as_str()), (RefusalCode::NotImplemented, why));
    }
}

#[test]
fn times_are_whole_seconds_where_a_station_needs_it() {
    let now = "2026-07-01T08:00:00.999Z".parse().expect("a time");
    let dialect = Dialect { times: Times::WholeSeconds, ..Dialect::V16 };
    let reply = dialect.reply("Heartbeat", &amprule_domain::reply::Reply::Heartbeat { now });
    assert_eq!(reply, Ok("{\"currentTime\":\"2026-07-01T08:00:00Z\"}".to_owned()));
}

#[test]
fn subprotocols_name_the_dialects() {
    for dialect in [Dialect::V16, Dialect::V201, Dialect::V21] {
        assert_eq!(Dialect::from_subprotocol(dialect.subprotocol()), Some(dialect));
    }
    assert_eq!(Dialect::from_subprotocol("ocpp1.5"), None);
}
