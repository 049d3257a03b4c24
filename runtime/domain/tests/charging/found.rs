//! Days that the simulation found, made small.

use amprule_domain::event::{Phase, StationEvent};
use amprule_domain::{Energy, Mark};

use crate::world::{World, at, transaction};

#[test]
fn the_stop_of_a_replaced_session_is_its_end_though_its_register_is_known() {
    let mut world = World::new();
    world.begin_v2("t", 0, 0, 100);
    world.update_v2("t", 1, 10, 400);
    world.begin_v2("u", 0, 60, 400);
    world.end_v2("t", 2, 20, 400);
    let session = &world.sessions()[0];
    assert_eq!((session.ended_at, session.energy()), (Some(at(20)), Energy::from_wh(300)));
    assert!(session.marks.has(&Mark::LATE_STOP) && session.seen.contains(2));
}

#[test]
fn a_reading_from_before_the_start_leaves_no_gap_behind_it() {
    let mut world = World::new();
    world.begin_v2("t", 0, 0, 100);
    let mut event = transaction(Phase::Updated, Some("t"), 10);
    event.readings = world.reading(-720, 353);
    world.hear(StationEvent::Transaction(event));
    let session = world.only_session();
    let (mut until, mut sum) = (session.started_at, Energy::ZERO);
    for period in session.timeline.all() {
        assert_eq!(period.started_at, until);
        (until, sum) = (period.ended_at, sum + period.energy);
    }
    assert_eq!((until, sum), (at(10), Energy::from_wh(253)));
}
