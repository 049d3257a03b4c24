//! What time alone brings about.

use amprule_domain::charging::Station;
use amprule_domain::session::SessionState;
use amprule_domain::{Decimal, Energy, Mark};

use crate::world::{World, at};

#[test]
fn a_limit_in_time_stops_a_silent_station_once() {
    let mut world = World::new();
    world.max_duration_s = Some(3_600);
    world.start_v16(0, 1, 0);
    assert_eq!(world.station.next_deadline(), Some(at(60)));
    world.tick(at(59));
    assert_eq!(world.commands, 0, "too early");
    world.tick(at(60));
    world.tick(at(61));
    assert_eq!((world.commands, world.station.next_deadline()), (1, None));
    assert_eq!(world.stops_due(), 1, "asked again when the station connects anew");
    assert!(world.only_session().marks.has(&Mark::LIMIT_REACHED));
}

#[test]
fn what_the_station_tells_later_of_the_time_before_a_tick_still_counts() {
    let mut world = World::new();
    world.max_duration_s = Some(3_600);
    let number = world.start_v16(0, 1, 0);
    world.tick(at(90));
    world.stop_v16(30, number, 4_000);
    let session = world.only_session();
    assert_eq!((session.ended_at, session.energy()), (Some(at(30)), Energy::from_wh(4_000)));
    assert_eq!(session.timeline.all().last().map(|period| period.ended_at), Some(at(30)));
}

#[test]
fn a_price_that_changes_by_the_clock_is_asked_for_again() {
    let mut world = World::new();
    world.next_change_at = Some(at(45));
    let number = world.start_v16(0, 1, 0);
    world.meter_v16(10, number, 1_000);
    assert_eq!(total(&world), Decimal::from(10));
    // Prices are computed at their own time; the test's clock is far ahead, so the change has to be too.
    assert_eq!(world.station.next_deadline(), None, "a change that has been is none");

    world.next_change_at = Some(at(100_030));
    world.meter_v16(11, number, 1_100);
    assert_eq!(world.station.next_deadline(), Some(at(100_030)));
    world.tick(at(100_030));
    assert_eq!(total(&world), Decimal::from(100_030), "the session is seen as of now");
    assert_eq!(world.station.next_deadline(), None);
    assert_eq!(world.only_session().timeline.at, at(11), "and its course stays as the station told it");
    assert_eq!(world.only_session().state, SessionState::Active);
}

#[test]
fn between_two_ticks_of_a_station_there_is_a_pause() {
    let mut world = World::new();
    world.max_duration_s = Some(60);
    world.start_v16(0, 1, 0);
    world.station.hold_off(at(1));
    assert_eq!(world.station.next_deadline(), Some(at(1) + Station::TICK_MIN));
}

#[test]
fn an_ended_session_has_no_deadline() {
    let mut world = World::new();
    (world.max_duration_s, world.next_change_at) = (Some(3_600), Some(at(200_000)));
    let number = world.start_v16(0, 1, 0);
    world.stop_v16(30, number, 4_000);
    assert_eq!(world.station.next_deadline(), None);
}

fn total(world: &World) -> Decimal {
    world.only_session().price.as_ref().map(|price| price.total).expect("a price")
}
