//! Days that the simulation found, made small.

use amprule_domain::event::{ChargingEvent, Naming, Phase, StationEvent};
use amprule_domain::reading::{Context, Reading};
use amprule_domain::reply::AuthorizationStatus;
use amprule_domain::token::IdToken;
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
    world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    let session = world.only_session();
    let (mut until, mut sum) = (session.started_at, Energy::ZERO);
    for period in session.timeline.all() {
        assert_eq!(period.started_at, until);
        (until, sum) = (period.ended_at, sum + period.energy);
    }
    assert_eq!((until, sum), (at(10), Energy::from_wh(253)));
}

#[test]
fn an_end_that_lists_its_samples_again_does_not_turn_back_a_register_that_began_anew() {
    let mut world = World::new();
    let number = world.start_v16(0, 1, 71_000_000);
    let samples = [(10, 71_001_000), (20, 71_002_000), (30, 500), (40, 1_500), (50, 2_500)];
    samples.iter().for_each(|(minute, wh)| world.meter_v16(*minute, number, *wh));
    let mut event = transaction(Phase::Ended, Some(&number.to_string()), 60);
    event.naming = Naming::Ours;
    event.readings = samples.iter().flat_map(|(minute, wh)| world.reading(*minute, *wh)).collect();
    event.readings.push(Reading::register(Some(at(60)), Context::End, Energy::from_wh(3_500)));
    world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    let session = world.only_session();
    assert_eq!(session.energy(), Energy::from_wh(5_000), "{:?}", session.marks);
    assert_eq!(session.timeline.all().map(|period| period.energy).sum::<Energy>(), session.energy());
    assert!(session.marks.has(&Mark::REGISTER_RESTARTED) && !session.marks.has(&Mark::CLOCK_MOVED));
}

#[test]
fn a_stop_below_zero_after_samples_bills_the_samples_and_wants_a_person() {
    let mut world = World::new();
    let number = world.start_v16(0, 1, 1_000);
    world.meter_v16(10, number, 2_000);
    world.meter_v16(20, number, 3_800);
    world.stop_v16(30, number, -1);
    let session = world.only_session();
    assert_eq!(session.energy(), Energy::from_wh(2_800));
    assert!(session.marks.has(&Mark::END_CONTRADICTS) && session.marks.has(&Mark::NEEDS_REVIEW));
}

#[test]
fn an_interval_that_comes_after_the_end_wants_a_person() {
    let mut world = World::new();
    let tell = |world: &mut World, phase, seq_no, minute, wh| {
        let mut event = transaction(phase, Some("t"), minute);
        event.seq_no = Some(seq_no);
        let interval = Some(Energy::from_wh(wh));
        event.readings = vec![Reading { at: Some(at(minute)), interval, ..Reading::default() }];
        world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    };
    tell(&mut world, Phase::Started, 0, 0, 0);
    tell(&mut world, Phase::Updated, 1, 15, 784);
    tell(&mut world, Phase::Ended, 3, 45, 180);
    tell(&mut world, Phase::Updated, 2, 30, 814);
    let session = world.only_session();
    assert_eq!(session.energy(), Energy::from_wh(964));
    assert!(session.marks.has(&Mark::LATE_CONTRADICTS) && session.marks.has(&Mark::NEEDS_REVIEW));
}

#[test]
fn a_start_without_a_believable_time_is_undated_though_it_comes_after_its_updates() {
    let mut world = World::new();
    world.update_v2("t", 1, 10, 400);
    let mut event = transaction(Phase::Started, Some("t"), 0);
    (event.seq_no, event.evse, event.at) = (Some(0), Some(1), None);
    event.readings = vec![Reading::register(None, Context::Begin, Energy::from_wh(100))];
    world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    assert!(world.only_session().marks.has(&Mark::START_UNDATED));
}

#[test]
fn who_ends_a_session_that_was_refused_does_not_pay_for_it() {
    let mut world = World::new();
    world.verdict = AuthorizationStatus::Blocked;
    let number = world.start_v16(0, 1, 0);
    world.verdict = AuthorizationStatus::Accepted;
    let mut event = transaction(Phase::Ended, Some(&number.to_string()), 30);
    event.naming = Naming::Ours;
    event.token = Some(IdToken::new("OTHER", "ISO14443"));
    event.readings = vec![Reading::register(Some(at(30)), Context::End, Energy::from_wh(9_000))];
    world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    let session = world.only_session();
    assert_eq!(world.last_status(), Some(AuthorizationStatus::Accepted));
    assert_eq!(session.token.as_ref().map(|token| token.id_token.as_str()), Some("ABC"));
    assert!(session.marks.has(&Mark::UNAUTHORIZED));
}

#[test]
fn the_token_of_a_late_start_pays_and_not_the_one_of_its_end() {
    let mut world = World::new();
    let tell = |world: &mut World, phase, seq_no, minute, token: &str| {
        let mut event = transaction(phase, Some("t"), minute);
        (event.seq_no, event.evse) = (Some(seq_no), Some(1));
        event.token = Some(IdToken::new(token, "ISO14443"));
        event.readings = world.reading(minute, minute * 100);
        world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    };
    tell(&mut world, Phase::Ended, 1, 30, "OTHER");
    tell(&mut world, Phase::Started, 0, 0, "OWN");
    let session = world.only_session();
    assert_eq!(session.token.as_ref().map(|token| token.id_token.as_str()), Some("OWN"));
}

#[test]
fn a_register_that_began_anew_and_dropped_out_then_keeps_its_doubt() {
    let mut world = World::new();
    world.begin_v2("t", 0, 0, 100);
    for (seq_no, wh) in [(1, 1_000), (2, 3_000), (3, 1_000), (4, 1_100), (5, 500), (6, 3_100), (7, 3_200)] {
        world.update_v2("t", seq_no, i64::from(seq_no) * 10, wh);
    }
    world.end_v2("t", 8, 80, 3_300);
    let session = world.only_session();
    assert_eq!(session.energy(), Energy::from_wh(3_200), "{:?}", session.marks);
}

#[test]
fn a_large_first_interval_is_no_stale_register() {
    let mut world = World::new();
    let tell = |world: &mut World, phase, seq_no, minute, wh| {
        let mut event = transaction(phase, Some("u"), minute);
        (event.seq_no, event.evse) = (Some(seq_no), Some(2));
        let interval = (phase != Phase::Started).then_some(Energy::from_wh(wh));
        event.readings = vec![Reading { at: Some(at(minute)), interval, ..Reading::default() }];
        world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    };
    tell(&mut world, Phase::Started, 0, 0, 0);
    for (seq_no, wh) in [(1, 30_000), (2, 0), (3, 0), (4, 0)] {
        tell(&mut world, Phase::Updated, seq_no, i64::from(seq_no) * 15, wh);
    }
    tell(&mut world, Phase::Ended, 5, 75, 0);
    let session = world.only_session();
    assert_eq!(session.energy(), Energy::from_wh(30_000), "{:?}", session.marks);
    assert!(!session.marks.has(&Mark::NEEDS_REVIEW), "{:?}", session.marks);
}

#[test]
fn an_end_without_a_register_that_is_told_again_is_no_second_stop() {
    let mut world = World::new();
    let number = world.start_v16(0, 1, 0);
    world.meter_v16(10, number, 900);
    for _ in 0..2 {
        let mut event = transaction(Phase::Ended, Some(&number.to_string()), 20);
        event.naming = Naming::Ours;
        world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    }
    assert!(!world.only_session().marks.has(&Mark::SECOND_STOP));
}
