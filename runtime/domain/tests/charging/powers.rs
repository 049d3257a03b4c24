//! Whose word counts for what an EVSE can deliver: the operator's, else the station's, else its connectors'.

use amprule_domain::Mark;
use amprule_domain::event::ReportedPower::{self, Connector, Evse};
use amprule_domain::event::{ProvisioningEvent, ReportPart, StationEvent};

use crate::world::World;

fn report(power: &[ReportedPower]) -> StationEvent {
    StationEvent::Provisioning(ProvisioningEvent::Report(ReportPart {
        request_id: 1,
        seq_no: 0,
        last: true,
        power: power.to_vec(),
        variables: Vec::new(),
    }))
}

fn evse(evse: u32, watts: i64) -> ReportedPower {
    Evse { evse, watts }
}

fn plug(watts: impl Into<Option<i64>>) -> ReportedPower {
    Connector { evse: 1, watts: watts.into() }
}

/// 30 kWh in an hour, at EVSE 1.
#[test]
fn a_register_that_rises_faster_than_its_evse_delivers_is_not_believed() {
    type Case<'c> = (&'c [(u32, i64)], &'c [ReportedPower], bool);
    let cases: [Case<'_>; 11] = [
        (&[], &[], true),
        (&[], &[evse(1, 11_000)], false),
        (&[], &[evse(0, 11_000)], false),
        (&[], &[evse(2, 11_000)], true),
        (&[], &[evse(1, 11_000), evse(1, 50_000)], true),
        (&[], &[plug(4_200)], false),
        (&[], &[plug(4_200), plug(48_000)], true),
        (&[], &[plug(4_200), plug(None)], true),
        (&[], &[plug(4_200), evse(1, 50_000)], true),
        (&[(1, 11_000)], &[evse(1, 50_000)], false),
        (&[(0, 50_000)], &[evse(1, 11_000)], true),
    ];
    for (entered, reported, is_believed) in cases {
        let mut world = World::new();
        world.station.record.power_w_max.extend(entered.iter().copied());
        // Each in a message of its own, as the parts of a device model come.
        reported.iter().for_each(|power| drop(world.hear(report(&[*power]))));
        let number = world.start_v16(0, 1, 0);
        world.stop_v16(60, number, 30_000);
        let is_doubted = world.only_session().marks.has(&Mark::NEEDS_REVIEW);
        assert_eq!(is_doubted, !is_believed, "{entered:?} {reported:?}: {:?}", world.only_session().marks);
    }
}
