//! Days that the simulation found, made small.

use amprule_domain::{Energy, Mark};

use crate::world::{World, at};

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
