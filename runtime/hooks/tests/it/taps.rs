//! A policy is asked once for a token that is shown and the start behind it, when it would say the same again.

use std::time::{Duration, Instant};

use crate::fixture::{Behaviour, Fixture, Made, cs_1, occasion, presented, unit, with};
use amprule_domain::authorization::{
    AuthorizationInput, AuthorizationOutput, BudgetFacts, Opinion, PlaceKept, Purpose,
};
use amprule_domain::decision::Decision;
use amprule_domain::facts::{Fact, Facts};
use amprule_domain::ports::{AuthorizationAnswer, Hooks as _};
use amprule_domain::token::{BudgetPeriod, TokenStatus};
use amprule_domain::{Currency, Decimal, DecisionId};
use amprule_domain::{StationId, Timestamp};
use amprule_hooks::selection::Parts;
use amprule_hooks::{Change, HookSettings};

fn accept() -> AuthorizationOutput {
    AuthorizationOutput { verdict: Opinion::Accept, ..AuthorizationOutput::no_opinion() }
}

fn policy(version: &str, read: Facts) -> Made {
    unit("policy", version, Behaviour::SayOf(read, accept()))
}

fn asking(read: Facts) -> Fixture {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(policy("1", read));
    fixture
}

/// The token is shown, nobody knows yet at which connector it will charge.
fn shown() -> AuthorizationInput {
    let mut input = presented();
    (input.purpose, input.station.evse, input.station.connector) = (Purpose::Authorize, 0, 0);
    input.token.budget = Some(BudgetFacts {
        amount: "50".parse().expect("a decimal"),
        currency: Currency::EUR,
        period: BudgetPeriod::Month,
        spent: "12.5".parse().expect("a decimal"),
    });
    input
}

/// Twenty seconds later, within the same minute.
fn started() -> AuthorizationInput {
    let now = "2026-07-01T11:00:20Z".parse().expect("a time");
    let station = presented().station;
    AuthorizationInput { now, purpose: Purpose::Start, station, ..shown() }
}

async fn ask_at(fixture: &Fixture, station: &StationId, input: AuthorizationInput) -> AuthorizationAnswer {
    fixture.registry.authorize(input, occasion(station)).await
}

async fn ask(fixture: &Fixture, input: AuthorizationInput) -> Decision {
    ask_at(fixture, &cs_1(), input).await.decisions.remove(0)
}

fn calls(fixture: &Fixture) -> u64 {
    fixture.registry.unit("policy").expect("the policy").calls[0].calls
}

#[tokio::test]
async fn the_answer_to_a_tap_is_the_answer_to_the_start_behind_it_once() {
    let fixture = asking(Facts::NONE.with(Fact::Token));
    let tap = ask(&fixture, shown()).await;
    let start = ask(&fixture, started()).await;
    assert_eq!((tap.same_as, start.same_as), (None, Some(tap.id)));
    assert_ne!(start.id, tap.id);
    assert_eq!((tap.fuel, start.fuel, start.duration_us), (7, 0, 0));
    assert_eq!((&start.output, &start.hash, &start.fault), (&tap.output, &tap.hash, &None));
    let input = start.input.value();
    assert_eq!((input["purpose"].as_str(), input["now"].as_str()), (Some("start"), Some("2026-07-01T11:00:20Z")));
    assert_eq!(calls(&fixture), 1);

    assert_eq!(ask(&fixture, started()).await.same_as, None, "the next start is no tap's");
    assert_eq!(calls(&fixture), 2);
}

#[tokio::test]
async fn nothing_is_taken_over_but_by_a_start() {
    let fixture = asking(Facts::NONE);
    for input in [started(), started(), shown(), shown()] {
        assert_eq!(ask(&fixture, input).await.same_as, None);
    }
    assert!(ask(&fixture, started()).await.same_as.is_some());
}

/// One that stops a session, or is added to it, is shown within the session, at its connector.
#[tokio::test]
async fn a_token_that_is_shown_within_a_session_is_no_tap() {
    let fixture = asking(Facts::NONE);
    ask(&fixture, AuthorizationInput { purpose: Purpose::Authorize, ..started() }).await;
    assert_eq!(ask(&fixture, started()).await.same_as, None);
}

#[tokio::test]
async fn a_policy_is_asked_again_when_something_is_otherwise_that_it_read() {
    type ChangeOf = fn(&mut AuthorizationInput);
    const SAME: ChangeOf = |_| {};
    const KEPT: PlaceKept = PlaceKept { id: 7, yours: true, expires_at: Timestamp::MAX };
    use Fact::{Connector, Date, MinuteOfDay, Now, OpenSessions, Purpose, Reservation, Station, TimeZone, Token};
    let all_but = |facts: &[Fact]| Fact::EACH.into_iter().filter(|fact| !facts.contains(fact)).collect();
    let only = |fact| Facts::NONE.with(fact);
    // A start's moment, its purpose and its connector are never those of a tap.
    let otherwise = [Now, Purpose, Connector];
    let cases: Vec<(&str, Facts, ChangeOf, bool)> = vec![
        ("nothing is read", Facts::NONE, SAME, true),
        ("all is read that is the same", all_but(&otherwise), SAME, true),
        ("now", only(Now), SAME, false),
        ("purpose", only(Purpose), SAME, false),
        ("connector", only(Connector), SAME, false),
        ("everything", Facts::ALL, SAME, false),
        ("status", only(Token), |input| input.token.status = Some(TokenStatus::Blocked), false),
        ("status, unread", all_but(&[Now, Purpose, Connector, Token]), |input| input.token.status = None, true),
        ("group", only(Token), |input| input.token.group = Some("fleet".to_owned()), false),
        ("expiry", only(Token), |input| input.token.expires_at = Some(input.now), false),
        ("spent", only(Token), |input| input.token.budget.as_mut().unwrap().spent = Decimal::TEN, false),
        ("a digit more", only(Token), |input| input.token.budget.as_mut().unwrap().spent.rescale(2), false),
        ("no budget", only(Token), |input| input.token.budget = None, false),
        ("open sessions", only(OpenSessions), |input| input.open_sessions = 1, false),
        ("open sessions, unread", only(Token), |input| input.open_sessions = 1, true),
        ("reservation", only(Reservation), |input| input.reservation = Some(KEPT), false),
        ("reservation, unread", only(Token), |input| input.reservation = Some(KEPT), true),
        ("location", only(Station), |input| input.station.location = Some("yard".to_owned()), false),
        ("firmware's words", only(Station), |input| input.station.model = "n".to_owned(), false),
        ("zone", only(TimeZone), |input| input.local.time_zone = "Europe/Berlin".to_owned(), false),
        ("date", only(Date), |input| input.local.date = "2026-07-02".to_owned(), false),
        ("weekday", only(Date), |input| input.local.weekday = 4, false),
        ("minute", only(MinuteOfDay), |input| input.local.minute_of_day += 1, false),
        ("minute, unread", only(Date), |input| input.local.minute_of_day += 1, true),
        ("another token", Facts::NONE, |input| input.token.id_token = "04FFFFFFFF".to_owned(), false),
        ("another kind of token", Facts::NONE, |input| input.token.kind = "eMAID".to_owned(), false),
    ];
    for (what, read, change, is_taken_over) in cases {
        let fixture = asking(read);
        let tap = ask(&fixture, shown()).await;
        let mut input = started();
        change(&mut input);
        let start = ask(&fixture, input).await;
        assert_eq!(start.same_as, is_taken_over.then_some(tap.id), "{what}");
        assert_eq!(calls(&fixture), if is_taken_over { 1 } else { 2 }, "{what}");
    }
}

#[tokio::test]
async fn a_unit_that_cannot_say_what_it_read_is_asked_again() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(unit("policy", "1", Behaviour::Say(accept())));
    ask(&fixture, shown()).await;
    assert_eq!(ask(&fixture, started()).await.same_as, None);
}

#[tokio::test]
async fn a_fault_stands_for_nothing_nor_does_what_was_said_before_it() {
    let fixture = asking(Facts::NONE);
    ask(&fixture, shown()).await;
    fixture.activate(unit("policy", "2", Behaviour::Panic));
    assert!(ask(&fixture, shown()).await.fault.is_some());
    let start = ask(&fixture, started()).await;
    assert!(start.fault.is_some() && start.same_as.is_none());
    fixture.activate(policy("1", Facts::NONE));
    assert_eq!(ask(&fixture, started()).await.same_as, None);
}

#[tokio::test]
async fn another_version_and_other_parameters_are_asked() {
    let fixture = asking(Facts::NONE);
    ask(&fixture, shown()).await;
    fixture.activate(policy("2", Facts::NONE));
    assert_eq!(ask(&fixture, started()).await.same_as, None);

    ask(&fixture, shown()).await;
    fixture.registry.apply(vec![Change::Remove { id: "policy".to_owned() }]);
    fixture.advance(Duration::from_secs(10));
    assert!(fixture.registry.retire(&Default::default(), Duration::from_secs(1)) > 0);
    let limited = |source: &mut amprule_hooks::Source| drop(source.parameters.insert("limit".to_owned(), 5.into()));
    fixture.activate(with(policy("2", Facts::NONE), limited));
    assert_eq!(ask(&fixture, started()).await.same_as, None, "whatever its hash is");
}

#[tokio::test]
async fn an_answer_grows_old() {
    for (seconds, is_taken_over) in [(300, true), (301, false)] {
        let fixture = asking(Facts::NONE);
        ask(&fixture, shown()).await;
        fixture.advance(Duration::from_secs(seconds));
        assert_eq!(ask(&fixture, started()).await.same_as.is_some(), is_taken_over, "{seconds} s");
    }
}

#[tokio::test]
async fn each_station_has_its_own_latest_tap() {
    let fixture = asking(Facts::NONE);
    let (here, there) = (cs_1(), StationId::from("cs-2"));
    let same_as = async |station, input| ask_at(&fixture, station, input).await.decisions[0].same_as;
    let other = |mut input: AuthorizationInput| {
        input.token.id_token = "04FFFFFFFF".to_owned();
        input
    };
    same_as(&here, shown()).await;
    assert_eq!(same_as(&there, started()).await, None);
    assert!(same_as(&here, started()).await.is_some(), "it was not used elsewhere");

    same_as(&here, shown()).await;
    same_as(&here, other(shown())).await;
    assert_eq!(same_as(&here, started()).await, None, "another driver came in between");
    assert!(same_as(&here, other(started())).await.is_some());
}

#[tokio::test]
async fn so_many_stations_are_remembered_and_no_more() {
    let fixture = asking(Facts::NONE);
    let stations: Vec<_> = (0..20_001).map(|number| StationId::from(format!("cs-{number}").as_str())).collect();
    for station in &stations[..20_000] {
        ask_at(&fixture, station, shown()).await;
    }
    let same_as = async |station: &StationId| ask_at(&fixture, station, started()).await.decisions[0].same_as;
    assert!(same_as(&stations[0]).await.is_some());
    for station in [&stations[0], &stations[20_000]] {
        ask_at(&fixture, station, shown()).await;
    }
    assert_eq!(same_as(&stations[1]).await, None);
    assert!(same_as(&stations[20_000]).await.is_some());
}

#[tokio::test]
async fn of_several_policies_each_is_asked_for_itself() {
    let ids = ["a", "b", "c"].map(str::to_owned);
    let fixture = Fixture::selecting(Parts { authorization: Some(ids.to_vec()), ..Parts::default() });
    for (id, read) in [("a", Facts::NONE), ("b", Facts::ALL), ("c", Facts::NONE.with(Fact::Token))] {
        fixture.activate(unit(id, "1", Behaviour::SayOf(read, accept())));
    }
    let tap = ask_at(&fixture, &cs_1(), shown()).await;
    let start = ask_at(&fixture, &cs_1(), started()).await;
    let same_as: Vec<Option<DecisionId>> = start.decisions.iter().map(|decision| decision.same_as).collect();
    assert_eq!(same_as, [Some(tap.decisions[0].id), None, Some(tap.decisions[2].id)]);
    assert_eq!(start.output, tap.output);
}

#[tokio::test]
async fn a_candidate_is_asked_about_the_start_all_the_same() {
    let fixture = asking(Facts::NONE);
    let candidate = fixture.version(unit("policy", "2", Behaviour::Say(AuthorizationOutput::no_opinion())));
    fixture.registry.begin_shadow(candidate, "candidates/policy", None);
    ask(&fixture, shown()).await;
    let start = ask(&fixture, started()).await;
    assert!(start.same_as.is_some());
    let deadline = Instant::now() + Duration::from_secs(20);
    while fixture.registry.shadow("policy").expect("a candidate").compared < 2 {
        assert!(Instant::now() < deadline, "it was not asked");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let view = fixture.registry.shadow("policy").expect("a candidate");
    assert_eq!(view.found.comparison.changed, 2);
    assert!(view.to_string().contains(&start.id.to_string()), "{view}");
}
