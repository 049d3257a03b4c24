//! Courses, register by register.

use jiff::tz::TimeZone;

use super::*;

fn clock(boundaries: &[u16]) -> TariffClock {
    TariffClock::new(TimeZone::get("Europe/Berlin").expect("a bundled zone"), boundaries)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn check(timeline: &Timeline, expect: &[(&str, &str, i64, ChargingState)]) {
    let periods: Vec<_> =
        timeline.all().map(|p| (p.started_at.to_string(), p.ended_at.to_string(), p.energy, p.state)).collect();
    let expect: Vec<_> = expect
        .iter()
        .map(|(from, to, wh, state)| ((*from).to_owned(), (*to).to_owned(), Energy::from_wh(*wh), *state))
        .collect();
    assert_eq!(periods, expect);
    assert_eq!(timeline.energy(), periods.iter().map(|p| p.2).sum());
}

#[test]
fn energy_is_cut_at_the_tariffs_local_hours() {
    let clock = clock(&[22 * 60]);
    let mut timeline = Timeline::new(at("2026-07-01T19:00:00Z"), ChargingState::Charging);
    timeline.read(at("2026-07-01T19:00:00Z"), Energy::from_wh(1_000), &clock);
    timeline.read(at("2026-07-01T21:00:00Z"), Energy::from_wh(21_000), &clock);
    check(
        &timeline,
        &[
            ("2026-07-01T19:00:00Z", "2026-07-01T20:00:00Z", 10_000, ChargingState::Charging),
            ("2026-07-01T20:00:00Z", "2026-07-01T21:00:00Z", 10_000, ChargingState::Charging),
        ],
    );
}

#[test]
fn energy_belongs_to_the_charging_time_between_two_readings() {
    let clock = clock(&[]);
    let start = at("2026-07-01T08:00:00Z");
    let mut timeline = Timeline::new(start, ChargingState::Charging);
    timeline.read(start, Energy::ZERO, &clock);
    timeline.change_state(at("2026-07-01T09:00:00Z"), ChargingState::Idle);
    timeline.read(at("2026-07-01T12:00:00Z"), Energy::from_wh(7_001), &clock);
    check(
        &timeline,
        &[
            ("2026-07-01T08:00:00Z", "2026-07-01T09:00:00Z", 7_001, ChargingState::Charging),
            ("2026-07-01T09:00:00Z", "2026-07-01T12:00:00Z", 0, ChargingState::Idle),
        ],
    );
}

#[test]
fn a_day_with_a_clock_change_is_cut_where_the_wall_shows_it() {
    // Clocks go back on 2026-10-25: the local day has 25 hours.
    let clock = clock(&[]);
    let mut timeline = Timeline::new(at("2026-10-24T22:00:00Z"), ChargingState::Charging);
    timeline.read(at("2026-10-24T22:00:00Z"), Energy::ZERO, &clock);
    timeline.read(at("2026-10-26T00:00:00Z"), Energy::from_wh(26_000), &clock);
    check(
        &timeline,
        &[
            ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 25_000, ChargingState::Charging),
            ("2026-10-25T23:00:00Z", "2026-10-26T00:00:00Z", 1_000, ChargingState::Charging),
        ],
    );
}

#[test]
fn registers_that_fall_or_jump_add_nothing_and_are_marked() {
    let clock = clock(&[]);
    let cases = [
        (10_000, 9_999, 10_050, 50, Mark::REGISTER_FELL),
        (10_000, 0, 500, 500, Mark::REGISTER_FELL),
        (10_000, 9_000_000, 9_000_100, 100, Mark::REGISTER_JUMPED),
    ];
    for (first, second, third, wh, mark) in cases {
        let mut timeline = Timeline::new(at("2026-07-01T08:00:00Z"), ChargingState::Charging);
        timeline.read(at("2026-07-01T08:00:00Z"), Energy::from_wh(first), &clock);
        let marks = timeline.read(at("2026-07-01T08:01:00Z"), Energy::from_wh(second), &clock);
        assert_eq!(marks, [mark]);
        timeline.read(at("2026-07-01T08:02:00Z"), Energy::from_wh(third), &clock);
        assert_eq!(timeline.energy(), Energy::from_wh(wh), "{first} {second} {third}");
    }
}

#[test]
fn periods_have_a_bound_and_no_energy_is_lost_at_it() {
    let clock = clock(&[]);
    let start = at("2026-07-01T00:00:00Z").as_second();
    let mut timeline = Timeline::new(Timestamp::from_second(start).expect("in range"), ChargingState::Charging);
    for step in 0..3_000_i64 {
        let now = Timestamp::from_second(start + step * 60).expect("in range");
        timeline.read(now, Energy::from_wh(step * 10), &clock);
        let state = if step % 2 == 0 { ChargingState::Idle } else { ChargingState::Charging };
        timeline.change_state(now, state);
    }
    assert!(timeline.periods.len() <= Timeline::MAX_PERIODS);
    assert_eq!(timeline.energy(), Energy::from_wh(29_990));
    let seconds = |state| timeline.all().filter(|p| p.state == state).map(Period::seconds).sum::<i64>();
    assert_eq!((seconds(ChargingState::Idle), seconds(ChargingState::Charging)), (1_500 * 60, 1_499 * 60));
    assert_eq!(timeline.all().map(|p| p.energy).sum::<Energy>(), timeline.energy());
}

#[test]
fn years_between_two_readings_are_cut_into_no_more_than_the_bound() {
    let minutes: Vec<u16> = (1..1440).collect();
    let mut timeline = Timeline::new(at("1970-01-01T00:00:00Z"), ChargingState::Charging);
    timeline.read(at("1970-01-01T00:00:00Z"), Energy::ZERO, &clock(&minutes));
    let marks = timeline.read(at("2026-07-01T00:00:00Z"), Energy::from_wh(9_000), &clock(&minutes));
    assert_eq!(marks, [Mark::PERIODS_FOLDED]);
    assert_eq!(timeline.periods.len(), Timeline::MAX_PERIODS);
    assert_eq!(timeline.all().last().map(|last| last.ended_at), Some(at("2026-07-01T00:00:00Z")));
    assert_eq!(timeline.all().map(|p| p.energy).sum::<Energy>(), Energy::from_wh(9_000));
}

#[test]
fn a_register_that_comes_after_the_end_is_filed_where_it_fits_and_only_there() {
    let end = at("2026-07-01T10:00:00Z");
    let settled = || {
        let mut timeline = Timeline::new(at("2026-07-01T08:00:00Z"), ChargingState::Charging);
        timeline.read(at("2026-07-01T08:00:00Z"), Energy::from_wh(100), &clock(&[]));
        timeline.read(at("2026-07-01T08:30:00Z"), Energy::from_wh(5_100), &clock(&[]));
        timeline.change_state(at("2026-07-01T09:00:00Z"), ChargingState::Idle);
        timeline.finish(end, &clock(&[]));
        timeline
    };
    let amend = |timeline: &mut Timeline, when: &str, wh: i64| {
        timeline.amend(Meter::default(), Point::new(at(when), Energy::from_wh(wh)), end, Timeline::POWER)
    };
    let mut timeline = settled();
    assert!(amend(&mut timeline, "2026-07-01T09:30:00Z", 8_101));
    check(
        &timeline,
        &[
            ("2026-07-01T08:00:00Z", "2026-07-01T09:00:00Z", 8_001, ChargingState::Charging),
            ("2026-07-01T09:00:00Z", "2026-07-01T10:00:00Z", 0, ChargingState::Idle),
        ],
    );
    for (when, wh) in [
        ("2026-07-01T08:30:00Z", 6_000),
        ("2026-07-01T10:00:01Z", 6_000),
        ("2026-07-01T09:00:00Z", 5_100),
        ("2026-07-01T09:00:00Z", 9_000_000),
    ] {
        let mut timeline = settled();
        assert!(!amend(&mut timeline, when, wh), "{when} {wh}");
        assert_eq!(timeline, settled());
    }
}
