//! A bill is a version: corrected with a reason, and never made worse.

use amprule_domain::{Decimal, Energy, Mark};

use crate::world::{World, at};

/// Ended after twenty minutes without a register at the end; the bill is 20.
fn billed() -> World {
    let mut world = World::new();
    world.next_change_at = Some(at(0));
    world.begin_v2("t", 0, 0, 100);
    world.update_v2("t", 1, 10, 400);
    world.end_silently_v2("t", 3, 20);
    assert_eq!((world.only_session().bill, total(&world)), (1, Decimal::from(20)));
    world
}

fn total(world: &World) -> Decimal {
    world.only_session().price.as_ref().expect("a price").total
}

#[test]
fn a_corrected_bill_is_a_new_version_and_the_one_before_is_kept() {
    let mut world = billed();
    world.update_v2("t", 2, 15, 700);
    assert_eq!(world.only_session().bill, 2);
    let bills = &world.bills;
    assert_eq!((bills.len(), bills[0].version, bills[0].energy), (2, 1, Energy::from_wh(300)));
    assert_eq!((&*bills[0].why, bills[1].version), ("", 2));
    assert!(bills[1].why.contains("late-reading"), "{}", bills[1].why);
    world.update_v2("t", 2, 15, 700);
    assert_eq!((world.only_session().bill, world.bills.len()), (2, 2), "a repetition is no correction");
}

#[test]
fn a_stand_in_never_replaces_the_bill_of_the_pinned_version() {
    let mut world = billed();
    world.falls_back = true;
    world.update_v2("t", 2, 15, 700);
    let session = world.only_session();
    assert!(session.price.as_ref().is_some_and(|price| !price.is_doubtful()), "the price stays");
    assert!(session.marks.has(&Mark::PRICE_KEPT) && session.marks.has(&Mark::NEEDS_REVIEW));
}
