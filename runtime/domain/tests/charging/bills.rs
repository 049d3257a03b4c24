//! A bill is a version: corrected with a reason, and never made worse.

use amprule_domain::session::Verb;
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

/// What prices a session after its bill.
type Later = fn(&mut World);

#[test]
fn what_is_not_the_pinned_version_never_replaces_its_bill_and_it_mends_that_itself() {
    let falls_back: Later = |world| world.falls_back = true;
    let leaves_out: Later = |world| world.left_out = vec!["up".to_owned()];
    let cannot: Later = |world| world.next_change_at = None;
    for (what, later) in [("a stand-in", falls_back), ("a bill without a modifier", leaves_out), ("nothing", cannot)] {
        for restarts in [false, true] {
            let mut world = billed();
            later(&mut world);
            if restarts {
                world.restart();
            }
            world.update_v2("t", 2, 15, 700);
            let session = world.only_session();
            assert!(session.price.as_ref().is_some_and(|price| !price.is_doubtful()), "{what}: the price stays");
            let marks = &session.marks;
            assert!(marks.has(&Mark::PRICE_KEPT) && marks.has(&Mark::NEEDS_REVIEW), "{what}");
            assert!(!marks.has(&Mark::UNPRICED), "{what}: it has a price");
            world.act(Verb::Reprice { anew: false }).expect_err(what);
            assert!(world.only_session().price.as_ref().is_some_and(|price| !price.is_doubtful()), "{what}");

            (world.falls_back, world.next_change_at) = (false, Some(at(0)));
            world.left_out.clear();
            world.act(Verb::Reprice { anew: false }).expect("the version is there again");
            assert!(!world.only_session().marks.has(&Mark::PRICE_KEPT), "{what}");
        }
    }
}
