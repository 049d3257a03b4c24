//! Bills and what people do to sessions, where users of other systems met trouble.

use amprule_domain::outbox::OutboxKind;
use amprule_domain::session::{SessionState, Verb};
use amprule_domain::{Decimal, Energy, Mark};

use crate::world::{World, at};

fn priced() -> World {
    let mut world = World::new();
    world.next_change_at = Some(at(0));
    world
}

fn total(world: &World) -> Decimal {
    world.only_session().price.as_ref().expect("a price").total
}

fn bills(world: &World) -> Vec<(u32, Decimal, &str)> {
    world.bills.iter().map(|bill| (bill.version, bill.price.total, &*bill.why)).collect()
}

fn times(world: &World, kind: OutboxKind) -> usize {
    world.told.iter().filter(|told| **told == kind).count()
}

/// A session was closed by hand weeks after its station had been taken away, and the driver was billed for weeks.
#[test]
fn an_end_by_hand_is_at_the_last_reading_and_not_at_the_click() {
    let mut world = priced();
    world.begin_v2("t", 0, 0, 100);
    world.update_v2("t", 1, 10, 400);
    world.act(Verb::End).expect("it runs");
    assert_eq!((world.only_session().ended_at, total(&world)), (Some(at(10)), Decimal::from(10)));
    assert_eq!(bills(&world), [(1, Decimal::from(10), "ended by ann: because")]);
}

/// The station came back after the end by hand with another meter: its register began at 0.
#[test]
fn an_end_by_hand_is_not_undone_by_a_register_that_began_again() {
    let mut world = priced();
    world.begin_v2("t", 0, 0, 5_000);
    world.update_v2("t", 1, 10, 9_000);
    world.act(Verb::End).expect("it runs");
    world.end_v2("t", 2, 20, 0);
    let session = world.only_session();
    assert_eq!((session.state, session.energy()), (SessionState::Ended, Energy::from_wh(4_000)), "{:?}", session.marks);
    assert!(session.marks.has(&Mark::NEEDS_REVIEW));
}

/// Each meter value of a transaction whose start was lost made another "session ended" for the customer's books.
#[test]
fn a_session_without_its_start_is_told_to_have_ended_once() {
    let mut world = priced();
    world.update_v2("t", 1, 10, 400);
    world.act(Verb::End).expect("it runs in the books");
    for seq_no in 2..6 {
        world.update_v2("t", seq_no, i64::from(seq_no) * 10, 400 + i64::from(seq_no) * 100);
    }
    assert_eq!(times(&world, OutboxKind::SessionEnded), 1, "{:?}", world.told);
    assert_eq!(times(&world, OutboxKind::SessionBilled), world.bills.len());
}

/// With one price for all in the configuration and no tariff, a mistaken void could not be taken back.
#[test]
fn a_void_is_taken_back_where_the_static_tariff_prices() {
    let mut world = priced();
    world.is_static = true;
    world.begin_v2("t", 0, 0, 100);
    world.end_v2("t", 1, 20, 700);
    world.act(Verb::Void).expect("it is billed");
    world.act(Verb::Reprice { anew: false }).expect("nothing else prices");
    assert_eq!(total(&world), Decimal::from(20));
}

/// A refund was booked twice, since the button was pressed twice.
#[test]
fn a_void_that_is_asked_for_twice_is_one_bill() {
    let mut world = priced();
    world.begin_v2("t", 0, 0, 100);
    world.end_v2("t", 1, 20, 700);
    world.act(Verb::Void).expect("it is billed");
    world.act(Verb::Void).expect_err("it is void");
    assert_eq!((world.bills.len(), times(&world, OutboxKind::SessionVoided)), (2, 1));
}

/// The stop came a second time from the station's queue after a restart, and the invoice went out again.
#[test]
fn a_stop_that_is_repeated_after_the_bill_makes_no_other() {
    let mut world = priced();
    let number = world.start_v16(0, 1, 1_000);
    world.stop_v16(20, number, 8_500);
    world.heard.clear();
    world.stop_v16(20, number, 8_500);
    assert_eq!((world.bills.len(), times(&world, OutboxKind::SessionEnded)), (1, 1));
}

/// A driver was refunded, then late meter values raised the total again.
#[test]
fn a_void_stays_when_the_rest_of_the_readings_arrives() {
    let mut world = priced();
    world.begin_v2("t", 0, 0, 100);
    world.end_v2("t", 4, 20, 700);
    world.act(Verb::Void).expect("it is billed");
    for seq_no in 1..4 {
        world.update_v2("t", seq_no, i64::from(seq_no) * 5, 100 + i64::from(seq_no) * 150);
    }
    assert_eq!((total(&world), world.only_session().bill), (Decimal::ZERO, 2));
}

/// A free session was shown as "not billed", and nobody knew whether it had been forgotten.
#[test]
fn a_session_that_costs_nothing_has_a_bill_that_says_so() {
    let mut world = priced();
    world.begin_v2("t", 0, 0, 100);
    world.end_v2("t", 1, 0, 100);
    assert_eq!(bills(&world), [(1, Decimal::ZERO, "")]);
    world.act(Verb::Void).expect("it is billed");
    assert!(world.only_session().marks.has(&Mark::VOIDED));
}

/// The tariff could not be asked at the end, and the stand-in's price was never looked at again.
#[test]
fn a_bill_by_a_stand_in_is_for_review_and_priced_again_by_the_tariff() {
    let mut world = priced();
    world.falls_back = true;
    world.begin_v2("t", 0, 0, 100);
    world.end_v2("t", 1, 20, 700);
    assert!(world.only_session().marks.has(&Mark::NEEDS_REVIEW), "{:?}", world.only_session().marks);
    world.falls_back = false;
    world.act(Verb::Reprice { anew: false }).expect("the tariff is back");
    let price = world.only_session().price.as_ref().expect("a price");
    assert!(!price.is_doubtful() && price.is_final);
}

/// The stop at a prepaid amount was on its way when the driver unplugged; the command stood as open for ever.
#[test]
fn a_stop_at_a_limit_is_over_with_its_session_and_others_hear_it() {
    let mut world = World::new();
    world.max_energy = Some(Energy::from_wh(1_000));
    let number = world.start_v16(0, 1, 0);
    world.meter_v16(6, number, 1_000);
    assert_eq!(world.stops_due(), 1);
    world.stop_v16(7, number, 1_010);
    assert_eq!(times(&world, OutboxKind::CommandEnded), 1);
}
