//! Messages about sessions that ended long ago.

use amprule_domain::charging::Station;
use amprule_domain::event::{ChargingEvent, Phase, StationEvent};
use amprule_domain::session::{Session, SessionState};
use amprule_domain::{Energy, Mark};

use crate::world::{World, transaction};

const MANY: i64 = Station::ENDED_AT_HAND as i64 + 4;

fn with_many_v16_sessions() -> (World, Vec<i64>) {
    let mut world = World::new();
    let mut numbers = Vec::new();
    for hour in 0..MANY {
        let number = world.start_v16(hour * 60, 1, hour * 1_000);
        world.stop_v16(hour * 60 + 30, number, hour * 1_000 + 500);
        numbers.push(number);
    }
    (world, numbers)
}

#[test]
fn an_old_v16_start_that_is_repeated_gets_its_old_number() {
    let (mut world, numbers) = with_many_v16_sessions();
    assert_eq!(world.start_v16(0, 1, 0), numbers[0]);
    assert_eq!(world.books.len(), numbers.len());
    let another_card_at_that_time = world.start_v16(0, 2, 7);
    assert!(!numbers.contains(&another_card_at_that_time));
}

#[test]
fn an_old_v16_stop_or_reading_that_is_repeated_makes_no_session() {
    let (mut world, numbers) = with_many_v16_sessions();
    world.stop_v16(30, numbers[0], 500);
    world.meter_v16(10, numbers[1], 1_200);
    assert_eq!(world.books.len(), numbers.len());
    assert_eq!(world.books[0].energy(), Energy::from_wh(500));
    assert!(!world.books[0].marks.has(&Mark::SECOND_STOP));
    assert!(world.station.sessions.len() <= Station::ENDED_AT_HAND + 1, "what was brought back does not pile up");
}

#[test]
fn an_old_transaction_that_is_repeated_as_a_whole_changes_no_bill() {
    let mut world = World::new();
    for hour in 0..MANY {
        let name = format!("t-{hour}");
        world.begin_v2(&name, 0, hour * 60, 100);
        world.update_v2(&name, 1, hour * 60 + 10, 400);
        world.end_v2(&name, 2, hour * 60 + 20, 900);
    }
    let bill = |session: &Session| {
        let needs_review = session.marks.has(&Mark::NEEDS_REVIEW);
        (session.no, session.state, session.energy(), session.ended_at, session.bill, needs_review)
    };
    let bills = |world: &World| world.books.iter().map(|session| bill(session)).collect::<Vec<_>>();
    let before = bills(&world);
    world.heard.clear();
    world.begin_v2("t-0", 0, 0, 100);
    world.update_v2("t-0", 1, 10, 400);
    world.end_v2("t-0", 2, 20, 900);
    assert_eq!(bills(&world), before);
    world.station.bring_back(Vec::new());
    assert_eq!(world.station.sessions.len(), Station::ENDED_AT_HAND);
}

#[test]
fn a_name_that_is_used_again_after_its_end_is_another_transaction() {
    let mut world = World::new();
    world.begin_v2("1", 0, 0, 100);
    world.end_v2("1", 1, 20, 900);
    world.begin_v2("1", 0, 60, 900);
    world.end_v2("1", 1, 80, 2_000);
    let energy: Vec<_> = world.sessions().iter().map(|session| session.energy()).collect();
    assert_eq!(energy, [Energy::from_wh(800), Energy::from_wh(1_100)]);
    assert!(world.sessions()[1].marks.has(&Mark::TRANSACTION_REUSED));
    assert!(world.sessions().iter().all(|session| session.state == SessionState::Ended));
}

#[test]
fn nothing_is_looked_up_for_what_is_at_hand_or_cannot_be_old() {
    let (world, numbers) = with_many_v16_sessions();
    let is_looked_up = |phase, name: Option<i64>, minute| {
        let name = name.map(|name| name.to_string());
        let event = StationEvent::Charging(ChargingEvent::Transaction(transaction(phase, name.as_deref(), minute)));
        amprule_domain::charging::recall(&world.station, &event).is_some()
    };
    let last = numbers.last().copied();
    assert!(!is_looked_up(Phase::Updated, last, 0), "its session is at hand");
    assert!(!is_looked_up(Phase::Updated, None, 0), "it means the open one");
    assert!(!is_looked_up(Phase::Started, None, MANY * 60), "later than all");
    assert!(is_looked_up(Phase::Started, None, 0) && is_looked_up(Phase::Ended, Some(numbers[0]), 0));
}
