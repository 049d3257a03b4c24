//! What is told after the end.

use amprule_domain::event::Phase;
use amprule_domain::session::SessionState;
use amprule_domain::{Energy, Mark};

use crate::world::{Dice, World, at};

#[test]
fn a_register_from_before_the_end_that_comes_late_is_filed_and_priced() {
    let mut world = World::new();
    world.next_change_at = Some(at(0));
    world.begin_v2("t", 0, 0, 100);
    world.update_v2("t", 1, 10, 400);
    world.end_silently_v2("t", 3, 16);
    assert_eq!(world.only_session().energy(), Energy::from_wh(300));
    let before = world.effects();
    world.update_v2("t", 2, 15, 700);

    let session = world.only_session();
    assert_eq!((session.state, session.energy()), (SessionState::Ended, Energy::from_wh(600)));
    assert_eq!(session.timeline.all().map(|period| period.energy).sum::<Energy>(), session.energy());
    assert_eq!(session.ended_at, Some(at(16)), "the end stays");
    assert!(session.marks.has(&Mark::LATE_READING) && !session.marks.has(&Mark::NEEDS_REVIEW));
    assert!(session.price.as_ref().is_some_and(|price| price.is_final));
    assert!(world.effects() > before, "it is kept as it came, too");
}

#[test]
fn a_second_end_with_the_register_that_the_first_one_lacked_is_filed() {
    let mut world = World::new();
    world.begin_v2("t", 0, 0, 100);
    world.end_silently_v2("t", 1, 20);
    world.end_v2("t", 2, 20, 900);
    let session = world.only_session();
    assert_eq!(session.energy(), Energy::from_wh(800));
    assert!(!session.marks.has(&Mark::NEEDS_REVIEW), "{:?}", session.marks);
}

#[test]
fn what_contradicts_the_end_changes_no_bill_and_wants_a_person() {
    for (what, minute, wh) in
        [("after the end", 25, 900), ("higher than a later one", 5, 900), ("beyond any hardware", 15, 90_000_000)]
    {
        for phase in [Phase::Updated, Phase::Ended] {
            let mut world = World::new();
            world.begin_v2("t", 0, 0, 100);
            world.update_v2("t", 1, 10, 400);
            world.end_silently_v2("t", 3, 20);
            world.tell_v2("t", phase, 2, minute, wh);
            let session = world.only_session();
            assert_eq!(session.energy(), Energy::from_wh(300), "{what} {phase:?}");
            assert!(session.marks.has(&Mark::NEEDS_REVIEW), "{what} {phase:?}");
        }
    }
}

#[test]
fn a_lower_register_that_comes_late_is_only_kept() {
    let mut world = World::new();
    world.begin_v2("t", 0, 0, 100);
    world.end_v2("t", 2, 20, 900);
    world.update_v2("t", 1, 10, 400);
    let session = world.only_session();
    assert_eq!(session.energy(), Energy::from_wh(800));
    assert!(session.marks.has(&Mark::LATE_READING) && !session.marks.has(&Mark::NEEDS_REVIEW));
}

/// Even if the end says nothing of the register, the last one counts, however late it comes.
#[test]
fn any_order_around_a_silent_end_gives_the_same_energy() {
    for seed in 1..=400_u64 {
        let mut dice = Dice(seed);
        let updates = 1 + dice.below(8);
        let mut register = 100;
        let mut letters = vec![(Phase::Started, 0, register)];
        for seq_no in 1..=updates {
            register += i64::from(dice.below(900));
            letters.push((Phase::Updated, seq_no, register));
        }
        letters.push((Phase::Ended, updates + 1, register));
        let repeated: Vec<_> = letters.iter().filter(|_| dice.below(3) == 0).copied().collect();
        letters.extend(repeated);
        dice.shuffle(&mut letters);

        let mut world = World::new();
        for (phase, seq_no, register) in &letters {
            let minute = i64::from((*seq_no).min(updates)) * 5;
            match phase {
                Phase::Ended => world.end_silently_v2("t", *seq_no, minute),
                _ => world.tell_v2("t", *phase, *seq_no, minute, *register),
            }
        }
        let session = world.only_session();
        let at = format!("seed {seed}: {letters:?}");
        assert_eq!((session.state, session.energy()), (SessionState::Ended, Energy::from_wh(register - 100)), "{at}");
        assert_eq!(session.timeline.all().map(|p| p.energy).sum::<Energy>(), session.energy(), "{at}");
        assert!(!session.marks.has(&Mark::NEEDS_REVIEW), "{at}: {:?}", session.marks);
    }
}
