//! By which connector a session is priced: as it was when it began, whatever is entered later.

use amprule_domain::charging::pricing_input;
use amprule_domain::event::{ChargingEvent, Phase, StationEvent, TransactionEvent};
use amprule_domain::place::{Current, Fitted, Plug};
use amprule_domain::session::Verb;

use crate::world::{World, at, transaction};

fn enter(world: &mut World, kind: Option<&str>, power_w: Option<i64>) {
    let plug = Plug { kind: kind.map(str::to_owned), power_w, ..Plug::default() };
    world.station.record.plugs = vec![Fitted { evse: None, connector: None, plug }];
}

/// What a tariff is told of the connector.
fn told(world: &World) -> Plug {
    let session = world.only_session();
    pricing_input(&world.station.record, &world.station.reported, session, at(60)).station.plug
}

#[test]
fn a_connector_that_is_corrected_later_does_not_change_what_was_charged_there() {
    let mut world = World::new();
    world.next_change_at = Some(at(0));
    enter(&mut world, Some("cCCS2"), Some(50_000));
    let number = world.start_v16(0, 1, 0);
    enter(&mut world, Some("cCCS2"), Some(150_000));
    assert_eq!(told(&world).power_w, Some(50_000), "while it runs");
    world.stop_v16(30, number, 10_000);
    assert_eq!(told(&world).power_w, Some(50_000), "when it has ended");
    world.act(Verb::Reprice { anew: false }).expect("it has ended");
    assert_eq!(told(&world).power_w, Some(50_000), "by what it is pinned to");
    world.act(Verb::Reprice { anew: true }).expect("it has ended");
    assert_eq!(told(&world).power_w, Some(150_000), "by what holds now");
}

#[test]
fn what_nobody_had_said_counts_as_soon_as_somebody_says_it() {
    let mut world = World::new();
    enter(&mut world, None, Some(50_000));
    world.start_v16(0, 1, 0);
    assert_eq!(told(&world).current, None);
    enter(&mut world, Some("cCCS2"), Some(150_000));
    assert_eq!((told(&world).current, told(&world).power_w), (Some(Current::Direct), Some(50_000)));
}

/// OCPP 2.0.1, E01.FR.16: the EVSE may be told with the card, its connector once the plug is in.
#[test]
fn a_connector_that_is_told_after_its_evse_is_the_one_that_is_priced() {
    let fitted = |connector, power_w| {
        let plug = Plug { power_w: Some(power_w), ..Plug::default() };
        Fitted { evse: Some(1), connector: Some(connector), plug }
    };
    for (evse, connector, power_w) in [(Some(1), 2, Some(150_000)), (None, 0, None), (Some(2), 0, None)] {
        let mut world = World::new();
        world.station.record.plugs = vec![fitted(1, 22_000), fitted(2, 150_000)];
        let place = |evse, connector, event| TransactionEvent { evse, connector, ..event };
        let started = place(Some(1), None, transaction(Phase::Started, Some("t"), 0));
        world.hear(StationEvent::Charging(ChargingEvent::Transaction(started)));
        assert_eq!(told(&world).power_w, None, "either of them");
        let plugged = place(evse, Some(2), transaction(Phase::Updated, Some("t"), 1));
        world.hear(StationEvent::Charging(ChargingEvent::Transaction(plugged)));
        world.station.record.plugs[1].plug.power_w = Some(50_000);
        assert_eq!((world.only_session().connector, told(&world).power_w), (connector, power_w), "{evse:?}");
    }
}
