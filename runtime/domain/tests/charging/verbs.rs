//! What people do to sessions.

use std::sync::Arc;

use amprule_domain::charging::NotCarried;
use amprule_domain::session::{SessionState, Verb};
use amprule_domain::{Decimal, Energy, Mark};

use crate::world::{World, at};

/// A session of twenty minutes, which cost 20.
fn billed() -> World {
    let mut world = World::new();
    world.next_change_at = Some(at(0));
    world.begin_v2("t", 0, 0, 100);
    world.update_v2("t", 1, 10, 400);
    world.end_v2("t", 3, 20, 700);
    assert_eq!(total(&world), Decimal::from(20));
    world
}

fn total(world: &World) -> Decimal {
    world.only_session().price.as_ref().expect("a price").total
}

fn why(world: &World) -> &str {
    &world.bills.last().expect("a bill").why
}

#[test]
fn a_void_session_costs_nothing_whatever_comes_later() {
    let mut world = billed();
    world.act(Verb::Void).expect("it is billed");
    assert_eq!((total(&world), world.only_session().bill), (Decimal::ZERO, 2));
    assert_eq!(why(&world), "voided by ann: because");
    world.update_v2("t", 2, 15, 650);
    assert_eq!((total(&world), world.only_session().bill), (Decimal::ZERO, 2));
    assert_eq!(world.act(Verb::Void), Err(NotCarried::Void));
    world.act(Verb::Reprice { anew: false }).expect("it has ended");
    assert_eq!((total(&world), world.only_session().bill), (Decimal::from(20), 3));
    assert!(!world.only_session().marks.has(&Mark::VOIDED));
}

#[test]
fn a_price_that_is_the_same_again_is_no_other_bill() {
    let mut world = billed();
    world.act(Verb::Reprice { anew: false }).expect("it has ended");
    assert_eq!((world.only_session().bill, world.bills.len()), (1, 1));
    assert_eq!(world.only_session().acts.len(), 1, "that it was asked for is kept");
    world.act(Verb::Reprice { anew: true }).expect("it has ended");
    assert_eq!(world.only_session().bill, 1);
}

#[test]
fn a_price_anew_is_still_by_the_tariff_that_the_authorization_named() {
    let mut world = World::new();
    world.next_change_at = Some(at(0));
    world.tariff = Some("staff".to_owned());
    world.begin_v2("t", 0, 0, 100);
    world.end_v2("t", 1, 20, 700);
    world.pinned_to = Arc::default();
    world.act(Verb::Reprice { anew: true }).expect("it has ended");
    assert_eq!(world.pinned_to.lock().expect("one thread").as_deref(), Some("staff"));
}

/// The session is from 20:26 to 20:46, and energy flows from its start to its end.
#[test]
fn a_price_anew_by_other_hours_has_periods_of_those_and_says_that_they_are_an_estimate() {
    for (hours, periods, is_estimate) in [(vec![1_200], 1, false), (vec![1_235], 2, true)] {
        let mut world = billed();
        assert_eq!(world.only_session().timeline.periods.len(), 1);
        world.hours.clone_from(&hours);
        world.act(Verb::Reprice { anew: true }).expect("it has ended");
        let session = world.only_session();
        assert_eq!(session.timeline.periods.len(), periods, "{hours:?}");
        assert_eq!(session.marks.has(&Mark::HOURS_ESTIMATED), is_estimate, "{hours:?}");
        assert_eq!(session.marks.has(&Mark::NEEDS_REVIEW), is_estimate, "{hours:?}");
        assert_eq!(session.timeline.periods.iter().map(|period| period.energy).sum::<Energy>(), session.energy());
    }
}

#[test]
fn a_review_ends_the_need_for_one_until_there_is_another_doubt() {
    let mut world = billed();
    assert_eq!(world.act(Verb::Review), Err(NotCarried::NothingToReview));
    let mut world = World::new();
    world.next_change_at = Some(at(0));
    world.update_v2("t", 1, 10, 400);
    assert_eq!(world.act(Verb::Review), Err(NotCarried::NothingToReview), "it waits for its start");
    world.act(Verb::End).expect("it runs in the books");
    assert!(world.only_session().marks.has(&Mark::NEEDS_REVIEW));
    world.act(Verb::Review).expect("there are doubts");
    let marks = &world.only_session().marks;
    assert!(!marks.has(&Mark::NEEDS_REVIEW) && marks.has(&Mark::REVIEWED) && marks.has(&Mark::NO_START));
}

#[test]
fn a_session_that_a_person_ended_is_billed_and_takes_its_own_end() {
    let mut world = World::new();
    world.next_change_at = Some(at(0));
    world.begin_v2("t", 0, 0, 100);
    world.update_v2("t", 1, 10, 400);
    assert_eq!(world.act(Verb::Void), Err(NotCarried::Open));
    world.act(Verb::End).expect("it runs");
    let session = world.only_session();
    assert_eq!((session.state, session.ended_at, session.bill), (SessionState::Ended, Some(at(10)), 1));
    assert!(session.marks.has(&Mark::ENDED_BY_OPERATOR));
    assert_eq!(world.act(Verb::End), Err(NotCarried::Ended));
    world.end_v2("t", 3, 20, 700);
    let session = world.only_session();
    assert_eq!((session.ended_at, session.bill), (Some(at(20)), 2), "{:?}", session.marks);
}

#[test]
fn what_people_do_has_a_bound() {
    let mut world = billed();
    for _ in 0..24 {
        world.act(Verb::Reprice { anew: false }).expect("there is room");
    }
    assert_eq!(world.act(Verb::Reprice { anew: false }), Err(NotCarried::TooManyActs));
    world.act(Verb::Void).expect("prices leave room for the other verbs");
}

#[test]
fn a_price_that_nobody_can_tell_leaves_everything_as_it_was() {
    let mut world = billed();
    world.act(Verb::Void).expect("it is billed");
    world.falls_back = true;
    assert_eq!(world.act(Verb::Reprice { anew: false }), Err(NotCarried::NoPrice));
    world.next_change_at = None;
    assert_eq!(world.act(Verb::Reprice { anew: true }), Err(NotCarried::NoPrice));
    assert_eq!((total(&world), world.only_session().bill), (Decimal::ZERO, 2));
    assert!(world.only_session().marks.has(&Mark::VOIDED));
}

#[test]
fn a_session_that_goes_on_has_no_bill_until_it_ends_again() {
    let mut world = World::new();
    world.next_change_at = Some(at(0));
    world.begin_v2("t", 0, 0, 100);
    world.update_v2("t", 1, 10, 400);
    world.act(Verb::End).expect("it runs");
    world.act(Verb::Void).expect("it is billed");
    let issued = world.bills.len();
    for minute in 11..16 {
        world.update_v2("t", minute, i64::from(minute), 400 + i64::from(minute));
    }
    assert_eq!((world.only_session().state, world.bills.len()), (SessionState::Active, issued));
    assert_eq!(world.bills.iter().map(|bill| bill.version).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn what_people_did_finds_room_among_many_marks() {
    let mut world = billed();
    let session = Arc::make_mut(&mut world.station.sessions[0]);
    session.marks.extend((0..40).map(|n| Mark::new(format!("odd-{n}"))));
    world.act(Verb::Void).expect("it is billed");
    assert!(world.only_session().marks.has(&Mark::VOIDED));
}

#[test]
fn a_session_that_goes_on_after_all_is_stopped_at_its_limit_again() {
    let mut world = World::new();
    world.max_energy = Some(Energy::from_wh(200));
    world.begin_v2("t", 0, 0, 100);
    world.update_v2("t", 1, 10, 400);
    assert_eq!(world.commands, 1);
    world.act(Verb::End).expect("it runs");
    assert_eq!(world.stops_due(), 0, "its stop is over with it");
    world.update_v2("t", 2, 20, 900);
    assert_eq!((world.only_session().state, world.commands), (SessionState::Active, 2));
}
