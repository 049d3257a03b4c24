//! What people have reported of load balancing, each as a small case.

use crate::lab::{Habits, Lab};

/// A car that charges alone on a metered circuit of 32 A, beside a house of 5 A, until all is calm.
fn calm(habits: Habits) -> Lab {
    let mut lab = Lab::new(32, true, 6, &[habits]);
    lab.house = [5; 3];
    lab.plug_in(0);
    lab.run(120);
    lab
}

/// A car may need half a minute to follow (minceheid/openeo#13), and one that is told to stop instead of to slow down is annoyed
/// (evcc#18263).
#[test]
fn a_house_that_takes_more_lowers_a_car_once_and_does_not_stop_it() {
    for follows_s in [2, 8, 26] {
        let mut lab = calm(Habits { follows_s, tells_s: Some(10), ..Habits::default() });
        assert_eq!(lab.view(0).limit.map(|limit| limit.0), Some(270), "follows after {follows_s} s");
        let since = lab.second + 1;
        lab.house = [10; 3];
        lab.run(100);
        assert_eq!(lab.said_since(since, 0), [22], "follows after {follows_s} s");
    }
}

/// The second car's share comes out of the first one's, and not twice.
#[test]
fn a_car_that_arrives_takes_no_more_than_its_share() {
    let habits = Habits { follows_s: 8, tells_s: Some(10), ..Habits::default() };
    let mut lab = Lab::new(32, true, 6, &[habits.clone(), habits]);
    lab.house = [4; 3];
    lab.plug_in(0);
    lab.run(120);
    let since = lab.second + 1;
    lab.plug_in(1);
    lab.run(120);
    let first: Vec<u32> = lab.said_since(since, 0).into_iter().filter(|amperes| *amperes > 6).collect();
    assert!(first.iter().all(|amperes| *amperes >= 13), "{first:?}");
    assert_eq!(lab.view(1).limit.map(|limit| limit.0), Some(140));
}

/// evcc#26037, SmartEVSE#14, sap-labs-france/ev-server#1642.
#[test]
fn a_car_on_one_phase_is_not_taken_for_a_house_on_that_phase() {
    let habits = Habits { appetite: [20, 0, 0], tells_s: Some(10), ..Habits::default() };
    let mut lab = Lab::new(25, true, 6, &[habits]);
    lab.house = [3; 3];
    lab.plug_in(0);
    lab.run(300);
    assert_eq!(lab.view(0).limit.map(|limit| limit.0), Some(220));
}

/// steve-community/steve#1192, go-e#249: more is drawn than was accepted, here on one phase only.
#[test]
fn who_draws_too_much_on_one_phase_is_seen() {
    let habits = Habits { appetite: [28, 0, 0], tells_s: Some(10), lies: true, ..Habits::default() };
    let mut lab = Lab::new(10, false, 6, &[habits]);
    lab.plug_in(0);
    lab.run(60);
    assert_eq!(lab.view(0).takes.map(|takes| takes.0), Some(280));
}

/// lbbrhzn/ocpp#2158, evcc PR 14888: limits of a transaction are refused, standing ones are kept.
#[test]
fn who_takes_no_limit_of_a_transaction_is_steered_by_its_standing_one() {
    let habits = || Habits { takes_transactions: false, ..Habits::default() };
    let mut lab = Lab::new(32, false, 6, &[habits(), Habits::default()]);
    lab.plug_in(0);
    lab.run(60);
    assert_eq!(lab.view(0).limit.map(|limit| limit.0), Some(320));
    lab.plug_in(1);
    lab.run(60);
    assert_eq!([0, 1].map(|at| lab.view(at).limit.map(|limit| limit.0)), [Some(160); 2]);
    let since = lab.second + 1;
    lab.run(600);
    assert_eq!(lab.said_since(since, 0), [0_u32; 0], "and then it is left alone");
}

/// The same where the standing one is accepted, and does nothing while a car charges.
#[test]
fn who_ignores_its_standing_limit_is_seen_too() {
    let habits = Habits { takes_transactions: false, lies: true, tells_s: Some(10), ..Habits::default() };
    let mut lab = Lab::new(32, false, 6, &[habits, Habits::default()]);
    lab.plug_in(0);
    lab.plug_in(1);
    lab.run(120);
    assert_eq!(lab.view(0).takes.map(|takes| takes.0), Some(320));
    assert_eq!(lab.view(1).limit.map(|limit| limit.0), Some(0));
}

/// evcc#15493: a limit of zero is refused. It is asked for ever more seldom (sap-labs-france/ev-server#1862).
#[test]
fn who_refuses_to_pause_is_not_asked_all_the_time() {
    let habits = Habits { takes_zero: false, ..Habits::default() };
    let mut lab = Lab::new(10, false, 6, &[Habits::default(), habits]);
    lab.plug_in(1);
    lab.run(30);
    lab.plug_in(0);
    lab.run(3_600);
    let since = lab.second + 1;
    lab.run(3_600);
    // Every five minutes: both limits, in both units, and what it takes instead.
    assert!(lab.said_since(since, 1).len() <= 72, "{} an hour", lab.said_since(since, 1).len());
}

/// SmartEVSE-3.5#239, lbbrhzn/ocpp#1999.
#[test]
fn who_never_answers_counts_with_all_that_it_may_come_to() {
    let mut lab = Lab::new(32, false, 6, &[Habits { answers: false, ..Habits::default() }, Habits::default()]);
    lab.plug_in(1);
    lab.run(20);
    assert_eq!(lab.view(1).limit.map(|limit| limit.0), Some(0));
}

/// go-e#217, evcc#15671: limits may be forgotten; what was given before is given again, and no car stops for it.
#[test]
fn a_station_that_comes_back_has_at_once_what_it_had() {
    let mut lab = Lab::new(32, false, 0, &[Habits::default(), Habits::default()]);
    lab.plug_in(0);
    lab.plug_in(1);
    lab.run(60);
    lab.connect(0, false);
    lab.run(30);
    let since = lab.second + 1;
    lab.connect(0, true);
    lab.run(60);
    let of_transaction =
        lab.said.iter().filter(|said| said.second >= since && said.is_of_transaction && said.evse == 0);
    let amperes: Vec<u32> = of_transaction.map(|said| said.amperes).collect();
    assert_eq!(amperes, [16]);
}

/// EVerest/libocpp#543, evcc#21968: profiles wear out flash memories.
#[test]
fn a_noisy_house_does_not_make_a_limit_every_second() {
    let mut lab = calm(Habits { tells_s: Some(10), ..Habits::default() });
    let since = lab.second + 1;
    for second in 0..600 {
        lab.house = [5 + i64::from(second % 3 == 0); 3];
        lab.run(1);
    }
    assert!(lab.said_since(since, 0).len() <= 65, "{:?}", lab.said_since(since, 0));
}

/// After a restart the meter shows the car as if it were the house.
#[test]
fn a_restart_of_ours_stops_no_car() {
    for tells_s in [10, 30, 60] {
        let mut lab = calm(Habits { tells_s: Some(tells_s), ..Habits::default() });
        let since = lab.second + 1;
        lab.restart();
        lab.run(150);
        let of_its_session = |said: &&crate::lab::Said| said.second >= since && said.is_of_transaction;
        let said: Vec<u32> = lab.said.iter().filter(of_its_session).map(|said| said.amperes).collect();
        assert!(said.iter().all(|amperes| *amperes >= 26), "tells every {tells_s} s: {said:?}");
        assert_eq!(lab.view(0).limit.map(|limit| limit.0), Some(270), "tells every {tells_s} s");
    }
}

/// A car that takes too much is not held against the next one.
#[test]
fn the_next_car_has_its_share_though_the_one_before_took_too_much() {
    let habits = Habits { tells_s: Some(10), lies: true, ..Habits::default() };
    let mut lab = Lab::new(16, false, 6, &[habits]);
    lab.plug_in(0);
    lab.run(60);
    assert_eq!(lab.view(0).takes.map(|takes| takes.0), Some(320));
    lab.unplug(0);
    lab.obeys(0);
    lab.run(10);
    lab.plug_in(0);
    lab.run(60);
    let view = lab.view(0);
    assert_eq!((view.limit.map(|limit| limit.0), view.failures), (Some(160), 0));
}

/// Many stations of OCPP 1.6 keep what they could not send, and send it when they are back: it is not what flows now.
#[test]
fn what_a_station_repeats_of_its_absence_is_not_what_flows_now() {
    for clock_s in [0, -7_200, 7_200] {
        let mut lab = calm(Habits { tells_s: Some(10), repeats: true, clock_s, ..Habits::default() });
        lab.connect(0, false);
        lab.run(1_200);
        // The house takes more when it comes back, and its car less than it says.
        lab.house = [20; 3];
        lab.connect(0, true);
        let since = lab.second + 40;
        lab.run(100);
        let view = lab.view(0);
        assert_eq!((view.takes, view.failures), (None, 0), "its clock is {clock_s} s behind");
        assert!(lab.said_since(since, 0).iter().all(|amperes| *amperes <= 12), "{:?}", lab.said_since(since, 0));
        lab.run(200);
        assert_eq!(lab.view(0).limit.map(|limit| limit.0), Some(120), "its clock is {clock_s} s behind");
    }
}

/// Clocks of stations are wrong by hours, in zones of summer and winter.
#[test]
fn a_wrong_clock_hides_nothing() {
    for clock_s in [-7_200, 3_600] {
        let habits = Habits { appetite: [20, 0, 0], tells_s: Some(10), clock_s, ..Habits::default() };
        let mut lab = Lab::new(25, true, 6, &[habits]);
        lab.house = [3; 3];
        lab.plug_in(0);
        lab.run(300);
        assert_eq!(lab.view(0).limit.map(|limit| limit.0), Some(220));
    }
}
