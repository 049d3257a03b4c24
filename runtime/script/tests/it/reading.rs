//! What a script read of its request is noted exactly: an answer stands wherever that is the same.

use amprule_domain::facts::{Fact, Facts};
use amprule_hooks::manifest::ParameterKind;
use serde_json::json;

use crate::harness::{budget, compile, declare, price, request, session, source};

fn read(body: &str) -> Facts {
    let answer = compile(&source(&format!("fn authorize(request) {{ {body} }}"))).authorize(&request(), &budget());
    assert!(answer.result.is_ok(), "{body}: {:?}", answer.result);
    answer.read
}

#[test]
fn what_is_read_is_noted_and_nothing_else() {
    use Fact::{Connector, Date, MinuteOfDay, Now, OpenSessions, Purpose, Reservation, Station, TimeZone, Token};
    let cases: [(&str, &[Fact]); 29] = [
        ("accept()", &[]),
        ("let x = request.now; accept()", &[Now]),
        ("if request.purpose == \"start\" { accept() } else { no_opinion() }", &[Purpose]),
        ("let s = request.station; accept()", &[]),
        ("let s = request.station; let x = s.id; accept()", &[Station]),
        ("let x = request.station.location; accept()", &[Station]),
        ("let x = request.station.vendor; accept()", &[Station]),
        ("let x = request.station.model; accept()", &[Station]),
        ("let x = request.station.evse; accept()", &[Connector]),
        ("let x = request.station.connector; accept()", &[Connector]),
        ("let t = request.token; accept()", &[]),
        ("let x = request.token.id; accept()", &[Token]),
        ("let x = request.token.type; accept()", &[Token]),
        ("let x = request.token.status; accept()", &[Token]),
        ("let x = request.token.group; accept()", &[Token]),
        ("if request.token.expires_at == () { log(\"never\") } accept()", &[Token]),
        ("let budget = request.token.budget; accept()", &[Token]),
        ("let x = request.open_sessions; accept()", &[OpenSessions]),
        ("if request.reservation == () { no_opinion() } else { accept() }", &[Reservation]),
        ("let x = request.time_zone; accept()", &[TimeZone]),
        ("let x = request.date; accept()", &[Date]),
        ("let x = request.weekday; accept()", &[Date]),
        ("let x = request.is_weekend; accept()", &[Date]),
        ("let x = request.minute_of_day; accept()", &[MinuteOfDay]),
        ("if request.is_between(0, 60) { return reject(\"Blocked\"); } accept()", &[MinuteOfDay]),
        ("let p = request.params; let q = request.parameters; accept()", &[]),
        // Only what is read on the way that the call takes.
        (
            "if request.token.status != \"accepted\" && request.purpose == \"start\" { no_opinion() } else { accept() }",
            &[Token],
        ),
        ("helper(request); accept() } fn helper(r) { r.weekday + r.open_sessions", &[Date, OpenSessions]),
        ("for i in 0..3 { let x = request.now; } accept()", &[Now]),
    ];
    for (body, facts) in cases {
        assert_eq!(read(body), facts.iter().copied().collect(), "{body}");
    }
}

#[test]
fn what_names_no_fact_tells_none() {
    let mut another = request();
    (another.token.id_token, another.station.id, another.open_sessions) = ("04A2".to_owned(), "cs-2".to_owned(), 7);
    for shown in ["request", "request.token", "request.station"] {
        for message in [format!("`${{{shown}}}`"), format!("{shown}.to_string()"), format!("type_of({shown})")] {
            let unit = compile(&source(&format!("fn authorize(request) {{ reject(\"Blocked\", {message}) }}")));
            let (one, other) = (unit.authorize(&request(), &budget()), unit.authorize(&another, &budget()));
            assert_eq!(one.read, Facts::NONE, "{message}");
            assert_eq!(one.result, other.result, "{message}");
        }
    }
}

#[test]
fn who_says_something_else_has_read_everything() {
    for body in ["log(\"hello\"); accept()", "print(1); accept()", "debug(request.params); accept()"] {
        assert_eq!(read(body), Facts::ALL, "{body}");
    }
}

#[test]
fn a_call_has_read_nothing_of_what_the_call_before_it_read() {
    let first = compile(&source("fn authorize(request) { let x = request.now; accept() }"));
    let second = compile(&source("fn authorize(request) { accept() }"));
    assert_eq!(first.authorize(&request(), &budget()).read, Facts::NONE.with(Fact::Now));
    assert_eq!(second.authorize(&request(), &budget()).read, Facts::NONE);
    assert!(price("fn price(session) { let x = session.station.id; bill(\"EUR\", []) }").is_ok());
    assert_eq!(second.authorize(&request(), &budget()).read, Facts::NONE);
}

#[test]
fn prices_stand_for_no_other_session() {
    let unit = compile(&source("fn price(session) { bill(\"EUR\", []) }"));
    assert_eq!(unit.price(&session(), &budget()).read, Facts::ALL);
}

#[test]
fn each_call_has_the_parameters_that_it_is_given() {
    let mut source = source("fn authorize(request) { reject(\"Blocked\", request.params.text) }");
    declare(&mut source, "text", ParameterKind::Text);
    let unit = compile(&source);
    let with = |text: &str| {
        let mut input = request();
        input.parameters = json!({ "text": text }).as_object().unwrap().clone().into();
        input
    };
    let (a, b) = (with("a"), with("b"));
    for (input, expect) in [(&a, "a"), (&a, "a"), (&b, "b"), (&a, "a"), (&with("c"), "c"), (&with("d"), "d")] {
        let output = unit.authorize(input, &budget()).result.unwrap();
        assert_eq!(output.message.as_deref(), Some(expect));
    }
    let mut wrong = request();
    wrong.parameters = json!({ "text": 7 }).as_object().unwrap().clone().into();
    for _ in 0..2 {
        assert!(unit.authorize(&wrong, &budget()).result.is_err());
    }
    assert_eq!(unit.authorize(&b, &budget()).result.unwrap().message.as_deref(), Some("b"));
}
