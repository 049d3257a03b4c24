//! What everybody wants, fitted into the circuits: in numbers that can be checked by hand.

use amprule_domain::StationId;
use amprule_domain::load::{Amperes, Circuit, Site, SiteEvse, Wish, fit};

/// `circuits`: what feeds each, and what it bears. `evses`: the circuit and the phases of each.
fn site(circuits: &[(Option<usize>, u32)], evses: &[(usize, &[usize])]) -> Site {
    let circuit = |(at, (inside, most)): (usize, &(Option<usize>, u32))| Circuit {
        id: format!("c{at}"),
        inside: *inside,
        most: Amperes::whole(*most),
        meter: None,
        blind: Amperes::ZERO,
    };
    let evse = |(at, (circuit, phases)): (usize, &(usize, &[usize]))| SiteEvse {
        station: StationId::new(format!("cs{at}")),
        evse: 1,
        circuit: *circuit,
        phases: phases.to_vec(),
        least: Amperes::whole(6),
        most: Amperes::whole(32),
        safe: Amperes::whole(6),
        alone: None,
        never_paused: false,
        is_direct: false,
        priority: 0,
    };
    let circuits = circuits.iter().enumerate().map(circuit).collect();
    let evses = evses.iter().enumerate().map(evse).collect();
    let (id, time_zone) = ("site".to_owned(), "UTC".to_owned());
    Site { id, unit: None, time_zone, volts: 230, meters: Vec::new(), circuits, evses }.checked().expect("a site")
}

fn shares(site: &Site, wishes: &[u32]) -> Vec<u32> {
    let free: Vec<_> = site.circuits.iter().map(|circuit| [circuit.most.tenths(); 3]).collect();
    let wish = |(evse, most): (usize, &u32)| Wish { evse, most: Amperes::whole(*most), weight: 1 };
    let wishes: Vec<Wish> = wishes.iter().enumerate().map(wish).collect();
    fit(site, &free, &wishes).into_iter().map(|given| given.0).collect()
}

const THREE: &[usize] = &[0, 1, 2];

#[test]
fn shares_are_equal_where_all_want_all() {
    let depot = site(&[(None, 32)], &[(0, THREE), (0, THREE)]);
    assert_eq!(shares(&depot, &[32, 32]), [160, 160]);
    assert_eq!(shares(&depot, &[10, 32]), [100, 220], "what one does not want the other has");
    assert_eq!(shares(&depot, &[32, 0]), [320, 0]);
    assert_eq!(shares(&depot, &[32, 5]), [320, 0], "less than its least is nothing");
}

#[test]
fn who_comes_first_charges_where_not_all_can() {
    let small = site(&[(None, 16)], &[(0, THREE), (0, THREE), (0, THREE)]);
    assert_eq!(shares(&small, &[32, 32, 32]), [80, 80, 0]);
    assert_eq!(shares(&small, &[0, 32, 32]), [0, 80, 80]);
}

#[test]
fn a_full_circuit_leaves_the_rest_to_the_others() {
    let rows = site(&[(None, 40), (Some(0), 16)], &[(1, THREE), (1, THREE), (0, THREE)]);
    assert_eq!(shares(&rows, &[32, 32, 32]), [80, 80, 240]);
}

#[test]
fn each_phase_has_its_own_room() {
    let turned = site(&[(None, 32)], &[(0, &[0]), (0, &[1]), (0, THREE)]);
    assert_eq!(shares(&turned, &[32, 32, 32]), [160, 160, 160]);
    let apart = site(&[(None, 32)], &[(0, &[0]), (0, &[1])]);
    assert_eq!(shares(&apart, &[32, 32]), [320, 320]);
}

#[test]
fn nothing_is_left_but_what_cannot_be_shared() {
    let odd = site(&[(None, 50)], &[(0, THREE), (0, THREE), (0, THREE)]);
    let given = shares(&odd, &[32, 32, 32]);
    assert_eq!(given.iter().sum::<u32>(), 500, "{given:?}");
}
