//! The state machine, driven as a station's task drives it, without a clock, a store or a socket.

mod bills;
mod deadlines;
mod export;
mod found;
mod late;
mod marks;
mod modifier;
mod places;
mod powers;
mod recall;
mod reported;
mod reservations;
mod taxes;
mod verbs;
mod world;

use amprule_domain::event::{ChargingEvent, ChargingState, Naming, Phase, StationEvent};
use amprule_domain::reply::{AuthorizationStatus, Reply};
use amprule_domain::session::SessionState;
use amprule_domain::{Energy, Mark};

use crate::world::{World, transaction};

#[test]
fn a_v16_session_goes_from_start_to_stop() {
    let mut world = World::new();
    let number = world.start_v16(0, 1, 1_000);
    world.meter_v16(10, number, 4_000);
    world.stop_v16(20, number, 8_500);

    let session = world.only_session();
    assert_eq!(session.state, SessionState::Ended);
    assert_eq!(session.energy(), Energy::from_wh(7_500));
    assert_eq!(session.transaction.as_str(), number.to_string());
    assert!(session.price.is_none() && session.marks.has(&Mark::UNPRICED), "no unit prices: {:?}", session.marks);
}

#[test]
fn the_same_v16_start_gets_the_same_number_and_makes_no_second_session() {
    let mut world = World::new();
    let first = world.start_v16(0, 1, 1_000);
    assert_eq!(world.start_v16(0, 1, 1_000), first);
    assert_eq!(world.sessions().len(), 1);
    assert_ne!(world.start_v16(5, 2, 1_000), first, "another connector is another session");
}

#[test]
fn a_start_ends_what_was_open_on_the_same_connector() {
    let mut world = World::new();
    let first = world.start_v16(0, 1, 1_000);
    world.meter_v16(10, first, 3_000);
    world.start_v16(60, 1, 3_000);

    let sessions = world.sessions();
    assert_eq!(sessions[0].state, SessionState::Ended);
    assert_eq!(sessions[0].energy(), Energy::from_wh(2_000));
    assert!(sessions[0].marks.has(&Mark::NO_STOP) && sessions[0].marks.has(&Mark::NEEDS_REVIEW));
    assert_eq!(sessions[1].state, SessionState::Active);
}

#[test]
fn a_v16_message_without_a_transaction_means_the_only_open_one() {
    let mut world = World::new();
    let number = world.start_v16(0, 1, 0);
    let mut event = transaction(Phase::Updated, None, 5);
    event.naming = Naming::Ours;
    event.evse = Some(1);
    event.readings = world.reading(5, 700);
    world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    let mut event = transaction(Phase::Ended, None, 9);
    event.naming = Naming::Ours;
    event.readings = world.reading(9, 900);
    world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));

    let session = world.only_session();
    assert_eq!((session.no.0, session.energy()), (number, Energy::from_wh(900)));
    assert!(session.marks.has(&Mark::TRANSACTION_REPAIRED));
}

#[test]
fn a_v16_stop_for_an_unknown_start_is_booked_and_marked() {
    let mut world = World::new();
    let open = world.start_v16(0, 1, 0);
    let reply = world.stop_v16(30, 4_711, 12_000_000);
    assert!(matches!(reply, Reply::Transaction(_)), "never an error: {reply:?}");

    let sessions = world.sessions();
    assert_eq!((sessions[0].no.0, sessions[0].state), (open, SessionState::Active), "the open one goes on");
    assert_eq!(sessions[1].energy(), Energy::ZERO, "the lifetime register is not billed");
    assert!(sessions[1].marks.has(&Mark::NO_START) && sessions[1].marks.has(&Mark::NEEDS_REVIEW));
}

#[test]
fn of_several_stops_the_first_counts() {
    let mut world = World::new();
    let number = world.start_v16(0, 1, 0);
    let first = world.stop_v16(10, number, 5_000);
    assert_eq!(world.stop_v16(10, number, 5_000), first);
    assert!(!world.only_session().marks.has(&Mark::SECOND_STOP), "a repetition is no second stop");
    world.stop_v16(11, number, 6_000);

    let session = world.only_session();
    assert_eq!(session.energy(), Energy::from_wh(5_000));
    assert!(session.marks.has(&Mark::SECOND_STOP) && session.marks.has(&Mark::NEEDS_REVIEW));
}

#[test]
fn a_repeated_sequence_number_changes_nothing() {
    let mut world = World::new();
    world.begin_v2("t", 0, 0, 100);
    world.update_v2("t", 1, 10, 400);
    let before = world.effects();
    world.update_v2("t", 1, 10, 400);
    assert_eq!(world.effects(), before);
}

#[test]
fn an_end_before_its_start_waits_and_is_reconciled() {
    let mut world = World::new();
    world.update_v2("t", 2, 15, 800);
    assert_eq!(world.only_session().state, SessionState::Parked);
    world.end_v2("t", 3, 20, 900);
    assert_eq!(world.only_session().state, SessionState::Ended, "it is booked with what is known");
    assert!(world.only_session().marks.has(&Mark::NO_START) && world.only_session().marks.has(&Mark::NEEDS_REVIEW));
    world.show_token_v2("t", 1, 10, 500, "CARD");
    world.begin_v2("t", 0, 0, 100);

    let session = world.only_session();
    assert_eq!((session.state, session.energy()), (SessionState::Ended, Energy::from_wh(800)));
    assert!(session.parked.is_empty() && session.seen.gaps().next().is_none());
    assert_eq!(session.token.as_ref().map(|token| token.id_token.as_str()), Some("CARD"));
    assert!(!session.marks.has(&Mark::NO_START), "the start has come: {:?}", session.marks);
}

#[test]
fn a_gap_in_the_sequence_is_seen() {
    let mut world = World::new();
    world.begin_v2("t", 0, 0, 0);
    world.update_v2("t", 3, 30, 10);
    assert_eq!(world.only_session().seen.gaps().collect::<Vec<_>>(), [(1, 2)]);
}

#[test]
fn a_refused_token_is_told_so_and_its_session_is_kept_and_marked() {
    let mut world = World::new();
    world.verdict = AuthorizationStatus::Blocked;
    let number = world.start_v16(0, 1, 0);
    let session = world.only_session();
    assert_eq!(session.no.0, number);
    assert!(session.marks.has(&Mark::UNAUTHORIZED));
    assert_eq!(world.last_status(), Some(AuthorizationStatus::Blocked));
    world.stop_v16(5, number, 0);
    assert_eq!(world.only_session().state, SessionState::Ended, "a driver may always stop");
}

#[test]
fn states_between_readings_become_periods() {
    let mut world = World::new();
    let number = world.start_v16(0, 1, 0);
    world.status(60, 1, ChargingState::Idle);
    world.stop_v16(90, number, 6_000);
    let states: Vec<_> = world
        .only_session()
        .timeline
        .all()
        .map(|p| (p.state, p.ended_at.as_second() - p.started_at.as_second(), p.energy))
        .collect();
    assert_eq!(
        states,
        [(ChargingState::Charging, 3_600, Energy::from_wh(6_000)), (ChargingState::Idle, 1_800, Energy::ZERO),]
    );
}

#[test]
fn a_limit_that_is_reached_stops_the_station_once() {
    let mut world = World::new();
    world.max_energy = Some(Energy::from_wh(1_000));
    let number = world.start_v16(0, 1, 0);
    world.meter_v16(5, number, 999);
    assert_eq!(world.commands, 0);
    world.meter_v16(6, number, 1_000);
    world.meter_v16(7, number, 1_100);
    assert_eq!(world.commands, 1);
    assert_eq!(world.stops_due(), 1, "asked again when the station connects anew");
    assert!(world.only_session().marks.has(&Mark::LIMIT_REACHED));
}

/// Whatever the order and however often, the books are the same at the end.
#[test]
fn any_order_and_any_repetition_of_a_transaction_gives_the_same_energy() {
    for seed in 1..=400_u64 {
        let mut dice = world::Dice(seed);
        let updates = 1 + dice.below(12);
        let mut letters: Vec<(Phase, u32, i64, i64)> = vec![(Phase::Started, 0, 0, 100)];
        let mut register = 100;
        for seq_no in 1..=updates {
            register += i64::from(dice.below(900));
            letters.push((Phase::Updated, seq_no, i64::from(seq_no) * 5, register));
        }
        register += 10;
        letters.push((Phase::Ended, updates + 1, i64::from(updates + 1) * 5, register));
        let repeated: Vec<_> = letters.iter().filter(|_| dice.below(3) == 0).copied().collect();
        letters.extend(repeated);
        dice.shuffle(&mut letters);

        let mut world = World::new();
        for (phase, seq_no, minute, register) in &letters {
            world.tell_v2("t", *phase, *seq_no, *minute, *register);
        }
        let session = world.only_session();
        let at = format!("seed {seed}: {letters:?}");
        assert_eq!(session.state, SessionState::Ended, "{at}");
        assert_eq!(session.energy(), Energy::from_wh(register - 100), "{at}");
        assert_eq!(session.timeline.all().map(|p| p.energy).sum::<Energy>(), session.energy(), "{at}");
        assert_eq!(session.seen.gaps().count(), 0, "{at}");
    }
}

#[test]
fn an_old_start_that_comes_late_does_not_end_the_session_that_runs() {
    let mut world = World::new();
    world.begin_v2("new", 0, 60, 500);
    world.begin_v2("old", 0, 10, 100);
    assert!(world.sessions().iter().all(|session| session.state == SessionState::Active));
    world.begin_v2("newest", 0, 90, 900);
    assert!(world.sessions()[0].marks.has(&Mark::NO_STOP));
}

#[test]
fn the_late_stop_of_a_replaced_session_is_its_end() {
    let mut world = World::new();
    let first = world.start_v16(0, 1, 0);
    world.start_v16(60, 1, 4_000);
    world.stop_v16(50, first, 3_500);
    let session = &world.sessions()[0];
    assert_eq!((session.state, session.energy()), (SessionState::Ended, Energy::from_wh(3_500)));
    assert!(session.marks.has(&Mark::LATE_STOP) && !session.marks.has(&Mark::NEEDS_REVIEW), "it is certain");
    assert!(!session.marks.has(&Mark::SECOND_STOP));
}

#[test]
fn a_v16_stop_ends_a_session_that_only_meter_values_had_told_of() {
    let mut world = World::new();
    world.meter_v16(10, 9_999, 1_000);
    assert_eq!(world.only_session().state, SessionState::Parked);
    world.stop_v16(30, 9_999, 4_000);
    let session = world.only_session();
    assert_eq!((session.state, session.energy()), (SessionState::Ended, Energy::from_wh(3_000)));
    assert!(session.marks.has(&Mark::NO_START) && session.marks.has(&Mark::NEEDS_REVIEW));
}

#[test]
fn times_that_cannot_be_are_those_of_receipt() {
    let now = world::at(0);
    for (minute, believed) in
        [(4, true), (60, false), (-300 * 24 * 60, true), (3 * 24 * 60, false), (-800 * 24 * 60, false)]
    {
        let event = StationEvent::Charging(ChargingEvent::Transaction(transaction(Phase::Updated, Some("t"), minute)));
        let mut inbound = world::inbound(event);
        amprule_domain::charging::believe_times(&mut inbound, now, true);
        let StationEvent::Charging(ChargingEvent::Transaction(event)) = inbound.event else {
            unreachable!("it was one")
        };
        assert_eq!((event.at.is_some(), inbound.marks.is_empty()), (believed, believed), "{minute} minutes");
    }
}
