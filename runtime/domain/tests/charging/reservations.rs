//! Places that are kept: what uses one up, what ends it, and what a guest finds there.

use amprule_domain::event::{
    ChargingEvent, ConnectorStatus, Phase, Reservation, ReservationEvent, StationEvent, TransactionEvent,
};
use amprule_domain::holding::{Holding, Kind};
use amprule_domain::reply::AuthorizationStatus;
use amprule_domain::reservation::{Guest, Places};
use amprule_domain::token::IdToken;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{World, at, transaction};

/// The world's present.
const NOW: i64 = 100_000;

fn reservation(token: &str, evse: Option<u32>) -> Reservation {
    let (id_token, expires_at) = (json!({"idToken": token, "type": "ISO14443"}), at(NOW + 30));
    Reservation { id_token, group: None, evse, connector_type: None, expires_at }
}

fn made(world: &mut World, id: i64, reservation: Reservation) {
    world.hear(StationEvent::Reservation(ReservationEvent::Made { id, reservation }));
}

fn started(name: &str, minute: i64, evse: Option<u32>, token: Option<&str>) -> TransactionEvent {
    let token = token.map(|token| IdToken::new(token, "ISO14443"));
    TransactionEvent { evse, token, ..transaction(Phase::Started, Some(name), minute) }
}

fn hear(world: &mut World, event: TransactionEvent) {
    world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
}

/// What somebody finds there: the number, and whether it is theirs.
fn found(world: &World, token: &str, evse: Option<u32>) -> Option<(i64, bool)> {
    let token = IdToken::new(token, "ISO14443");
    let kept = world.station.place_kept(Guest { token: &token, group: None, evse }, at(NOW));
    kept.map(|kept| (kept.id, kept.yours))
}

fn is_kept(world: &World, id: i64) -> bool {
    [None, Some(1), Some(2)].into_iter().any(|evse| found(world, "ANNA", evse).is_some_and(|(found, _)| found == id))
}

#[test]
fn a_guest_finds_the_own_place_first_and_otherwise_what_is_in_the_way() {
    let mut world = World::new();
    made(&mut world, 1, reservation("ANNA", Some(1)));
    made(&mut world, 2, reservation("BERT", Some(2)));
    let cases = [
        ("ANNA", Some(1), Some((1, true))),
        ("anna", Some(1), Some((1, true))),
        ("ANNA", Some(2), Some((2, false))),
        ("ANNA", Some(3), None),
        ("ANNA", None, Some((1, true))),
        ("CARL", Some(1), Some((1, false))),
        ("CARL", None, None),
    ];
    for (token, evse, expect) in cases {
        assert_eq!(found(&world, token, evse), expect, "{token} {evse:?}");
    }
    made(&mut world, 3, reservation("BERT", None));
    for evse in [None, Some(3)] {
        assert_eq!(found(&world, "CARL", evse), None, "the station keeps one of its places, and has others");
    }
}

#[test]
fn a_place_is_used_once_and_the_nearer_one_first() {
    let mut world = World::new();
    made(&mut world, 1, reservation("ANNA", None));
    made(&mut world, 2, reservation("ANNA", Some(2)));
    hear(&mut world, started("a", NOW, Some(2), Some("ANNA")));
    assert!(is_kept(&world, 1) && !is_kept(&world, 2));
    hear(&mut world, TransactionEvent { evse: Some(2), ..transaction(Phase::Updated, Some("a"), NOW) });
    assert!(is_kept(&world, 1), "the same session uses no other");
    hear(&mut world, started("b", NOW, Some(1), Some("ANNA")));
    assert!(!is_kept(&world, 1));
}

#[test]
fn a_transaction_that_finds_its_place_late_uses_it_then() {
    let mut world = World::new();
    made(&mut world, 1, reservation("ANNA", Some(2)));
    hear(&mut world, started("a", NOW, None, Some("ANNA")));
    assert!(is_kept(&world, 1), "nobody knows where it is");
    hear(&mut world, TransactionEvent { evse: Some(2), ..transaction(Phase::Updated, Some("a"), NOW) });
    assert!(!is_kept(&world, 1));
}

#[test]
fn what_began_before_or_ended_or_was_refused_uses_none() {
    let mut world = World::new();
    hear(&mut world, started("running", NOW - 60, Some(1), Some("ANNA")));
    made(&mut world, 1, reservation("ANNA", None));
    hear(
        &mut world,
        TransactionEvent {
            token: started("", 0, None, Some("ANNA")).token,
            ..transaction(Phase::Updated, Some("running"), NOW)
        },
    );
    hear(&mut world, started("offline", NOW - 600, Some(2), Some("ANNA")));
    hear(
        &mut world,
        TransactionEvent {
            token: started("", 0, None, Some("ANNA")).token,
            ..transaction(Phase::Ended, Some("offline"), NOW)
        },
    );
    world.verdict = AuthorizationStatus::Blocked;
    hear(&mut world, TransactionEvent { reservation: Some(1), ..started("refused", NOW, Some(3), Some("ANNA")) });
    assert!(is_kept(&world, 1));
    world.verdict = AuthorizationStatus::Accepted;
    hear(&mut world, started("late", NOW + 31, Some(3), Some("ANNA")));
    assert!(is_kept(&world, 1), "it came when the time was over");
    hear(&mut world, TransactionEvent { reservation: Some(1), ..started("named", NOW + 31, Some(3), Some("ANNA")) });
    assert!(!is_kept(&world, 1), "the station knows better when it names it");
}

#[test]
fn an_evse_of_two_connectors_is_lost_with_the_second_of_them() {
    let mut world = World::new();
    let status = |connector, status: &str, minutes: i64| {
        let at = Some(at(NOW) + SignedDuration::from_mins(minutes));
        let (error, charging, status) = (None, None, status.to_owned());
        StationEvent::Availability(ConnectorStatus { evse: 1, connector, status, error, vendor: None, at, charging })
    };
    world.hear(status(1, "Available", 0));
    world.hear(status(2, "Available", 0));
    made(&mut world, 1, reservation("ANNA", Some(1)));
    world.hear(status(1, "Faulted", 0));
    assert!(is_kept(&world, 1));
    world.hear(status(2, "Unavailable", -60));
    assert!(is_kept(&world, 1), "it was said before the place was kept");
    world.hear(status(2, "faulted", 1));
    assert!(!is_kept(&world, 1));
}

#[test]
fn places_are_read_as_they_were_written_and_bounded() {
    let held = |id: i64, state: &str| {
        let reservation = serde_json::to_value(reservation("ANNA", Some(1))).expect("plain data");
        let body = json!({"state": state, "madeAt": at(id), "reservation": reservation});
        Holding { kind: Kind::Reservation, key: id.to_string(), at: at(id), body }
    };
    let broken = Holding { body: json!({"state": "kept"}), ..held(9, "kept") };
    let mut world = World::new();
    world.station = world.station.keeping(Places::read(&[held(1, "used"), broken, held(2, "kept")]));
    assert_eq!(found(&world, "BERT", Some(1)), Some((2, false)));
    world.hear(StationEvent::Reservation(ReservationEvent::Cancelled { id: 2, was_there: true }));
    assert_eq!(found(&world, "BERT", Some(1)), None);

    for id in 0..=i64::try_from(Places::MOST).expect("a small number") {
        made(&mut world, id, reservation("ANNA", Some(1)));
    }
    assert_eq!(found(&world, "ANNA", Some(1)), Some((1, true)), "the oldest is gone");
}
