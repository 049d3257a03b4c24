//! Self-tests: a case's text in, a pass or a complaint out.

use crate::fixture::{Behaviour, unit, with};
use amprule_domain::authorization::AuthorizationOutput;
use amprule_domain::decision::FaultClass;
use amprule_hooks::{HostLimits, cases};

fn complaint(id: &str, behaviour: Behaviour, case: &str) -> String {
    let made = with(unit(id, "1", behaviour), |source| {
        source.files.insert("cases/one.json".to_owned(), case.as_bytes().to_vec());
    });
    let granted = HostLimits::default().grant(made.0.kind, &made.0.manifest.limits);
    let outcome = cases::run(&made.0, &*made.1, &granted);
    match outcome.failed.first() {
        Some(diagnostic) => diagnostic.to_string(),
        None => format!("{} passed", outcome.passed),
    }
}

#[test]
fn a_case_passes_or_says_what_came_instead() {
    let one = r#"{"name": "one", "hook": "pricing", "input": {}, "expect": {"total": "1.00"}}"#;
    let two = format!("[{one}, {one}]");
    let period = r#"{"name": "one", "hook": "pricing", "input": {"periods": [{"startedAt": "2026-07-01T08:00:00Z",
        "endedAt": "2026-07-01T09:00:00Z", "energyWh": 7000}]}, "expect": {"currency": "EUR"}}"#;
    let typo = one.replace("{}", r#"{"sesion": {}}"#);
    let fault = one.replace(r#""total": "1.00""#, r#""fault": "fuel""#);
    let verdict = r#"{"name": "one", "hook": "authorization", "input": {"token": {"group": "staff"}}, "expect": {"verdict": "no-opinion"}}"#;
    let bill = r#"{"name": "one", "hook": "modifier", "input": {"lines": [{"code": "energy", "amount": "4.999"}]},
        "expect": {"lines": [{"code": "session", "amount": "-2"}], "total": "3.00"}}"#;
    let empty = bill.replace(r#"[{"code": "energy", "amount": "4.999"}]"#, "[]");
    let owing = bill.replace("4.999", "-1");
    let input = |name: &str, value: &str| one.replace(r#""input": {}"#, &format!(r#""input": {{"{name}": {value}}}"#));
    let (price, off) = (Behaviour::Price("1.00"), Behaviour::Add("-2"));
    let table: [(&str, Behaviour, &str, &str); 19] = [
        ("tou", price.clone(), one, "1 passed"),
        ("tou", price.clone(), two.as_str(), "2 passed"),
        ("tou", price.clone(), period, "1 passed"),
        ("tou", Behaviour::Price("2"), one, "case \"one\": total: expected \"1.00\", got \"2.00\""),
        ("tou", Behaviour::Fault(FaultClass::Fuel), one, "got null; it failed: fuel: as told"),
        ("tou", Behaviour::Fault(FaultClass::Fuel), fault.as_str(), "1 passed"),
        ("tou", Behaviour::Panic, one, "it failed: trap: panic: as told"),
        ("tou", price.clone(), typo.as_str(), "input has no member \"sesion\""),
        (
            "tou",
            price.clone(),
            &input("periods", r#"[{"energyWh": "11000"}]"#),
            "input: periods[0].energyWh: the text \"11000\" stands where a number without quotes belongs",
        ),
        (
            "tou",
            price.clone(),
            &input("station", r#"{"plug": {"current": "ac"}}"#),
            "input: station.plug.current: `ac` is not known here, but `AC` or `DC`",
        ),
        (
            "tou",
            price.clone(),
            &input(
                "periods",
                r#"[{"weekday": 8, "startedAt": "2026-07-01T08:00:00Z", "endedAt": "2026-07-01T09:00:00Z"}]"#,
            ),
            "input.periods[0].weekday is 1 to 7, and not 8",
        ),
        (
            "tou",
            price.clone(),
            &input("station", r#"{"plug": {"phases": 4}}"#),
            "input.station.plug.phases is 1 to 3, and not 4",
        ),
        ("tou", price.clone(), verdict, "the unit does not answer authorization; it answers pricing"),
        ("tou", price.clone(), &one.replace(r#"{"total": "1.00"}"#, "{}"), "it expects nothing, and so proves nothing"),
        ("tou", price, "{\"name\": 1}", "cases/one.json:1:"),
        ("policy", Behaviour::Say(AuthorizationOutput::no_opinion()), verdict, "1 passed"),
        ("off", off.clone(), bill, "1 passed"),
        ("off", off.clone(), empty.as_str(), "the lines add up to -2.00 EUR; a total must not be negative"),
        ("off", off, owing.as_str(), "input: the lines add up to -1.00 EUR"),
    ];
    for (id, behaviour, case, says) in table {
        let complaint = complaint(id, behaviour, case);
        assert!(complaint.contains(says), "{case}\nexpected {says:?} in\n{complaint}");
    }
}
