//! Periods fit the version that is asked, whoever that is; where they cannot, the price says so.

use crate::fixture::{Behaviour, Fixture, Made, about, last, unit, with};
use amprule_domain::Energy;
use amprule_domain::charging::pricing_period;
use amprule_domain::decision::FaultClass;
use amprule_domain::event::ChargingState;
use amprule_domain::ports::Hooks as _;
use amprule_domain::pricing::PricingInput;
use amprule_domain::timeline::Period;
use amprule_hooks::HookSettings;
use amprule_hooks::selection::Parts;
use jiff::tz::TimeZone;

/// Half past ten, where the dear hours begin.
const HALF_PAST: u16 = 630;

/// Of an hour from ten to eleven: minutes after ten, kWh and state of each period.
type Course = &'static [(i64, i64, ChargingState)];

const CHARGED: Course = &[(60, 10, ChargingState::Charging)];
const CUT: Course = &[(30, 4, ChargingState::Charging), (60, 6, ChargingState::Charging)];
const CUT_FINER: Course =
    &[(15, 4, ChargingState::Charging), (30, 0, ChargingState::Idle), (60, 6, ChargingState::Charging)];
const IDLE_AT_THE_CHANGE: Course = &[(20, 10, ChargingState::Charging), (60, 0, ChargingState::Idle)];

fn session(course: Course) -> PricingInput {
    let input = last();
    let mut from = input.session.started_at;
    let periods = course.iter().map(|(minute, kwh, state)| {
        let ended_at = input.session.started_at + jiff::SignedDuration::from_mins(*minute);
        let stretch = Period { started_at: from, ended_at, energy: Energy::from_wh(kwh * 1000), state: *state };
        let period = pricing_period(&stretch, &TimeZone::UTC);
        from = ended_at;
        period
    });
    PricingInput { periods: periods.collect(), ..last() }
}

fn dear(version: &str, boundaries: &[u16]) -> Made {
    with(unit("tou", version, Behaviour::DearFrom(HALF_PAST)), |source| {
        source.manifest.boundaries = boundaries.to_vec();
        source.manifest.pinned = false;
    })
}

#[tokio::test]
async fn the_version_that_is_active_has_the_periods_of_its_own_hours() {
    for (what, course, total, is_estimate) in [
        ("nobody knows what flowed after the change", CHARGED, "15.00", true),
        ("they were cut there", CUT, "16.00", false),
        ("they were cut elsewhere too", CUT_FINER, "16.00", false),
        ("nothing flowed at the change", IDLE_AT_THE_CHANGE, "10.00", false),
    ] {
        let fixture = Fixture::new(HookSettings::default());
        fixture.activate(dear("1", &[]));
        let pin = fixture.pin(None).unwrap();
        fixture.activate(dear("2", &[HALF_PAST]));
        let answer = fixture.registry.price(Some(&pin), session(course), about()).await;
        let price = answer.price.unwrap();
        assert_eq!((price.total.to_string().as_str(), price.is_doubtful()), (total, is_estimate), "{what}");
        let expect = is_estimate.then_some("hours-estimated");
        assert_eq!(answer.decisions[0].fallback.as_deref(), expect, "{what}");
        assert_eq!(answer.decisions[0].hash, "tou-2");
    }
}

#[tokio::test]
async fn a_version_that_stands_in_has_the_periods_of_its_own_hours() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(dear("1", &[HALF_PAST]));
    fixture.activate(unit("tou", "2", Behaviour::Fault(FaultClass::Trap)));
    let pin = fixture.pin(None).unwrap();
    let price = fixture.registry.price(Some(&pin), session(CHARGED), about()).await.price.unwrap();
    assert_eq!((price.total.to_string().as_str(), price.priced_by.fallback), ("15.00", true));
    assert_eq!(price.priced_by.hash, "tou-1");
}

#[tokio::test]
async fn a_unit_that_was_missing_at_the_start_has_the_periods_of_its_own_hours() {
    let fixture = Fixture::new(HookSettings::default());
    let pin = fixture.pin(Some("tou")).unwrap();
    fixture.activate(dear("1", &[HALF_PAST]));
    let price = fixture.registry.price(Some(&pin), session(CHARGED), about()).await.price.unwrap();
    assert_eq!((price.total.to_string().as_str(), price.priced_by.fallback), ("15.00", true));
}

#[tokio::test]
async fn a_modifier_by_other_hours_says_that_it_saw_an_estimate() {
    for (course, is_estimate) in [(CHARGED, true), (CUT, false), (IDLE_AT_THE_CHANGE, false)] {
        let fixture = Fixture::selecting(Parts { modifiers: Some(vec!["up".to_owned()]), ..Parts::default() });
        let up = |version: &str, amount, boundaries: &[u16]| {
            with(unit("up", version, Behaviour::Add(amount)), |source| {
                source.manifest.boundaries = boundaries.to_vec();
                source.manifest.pinned = false;
            })
        };
        fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
        fixture.activate(up("1", "0.50", &[]));
        let pin = fixture.pin(None).unwrap();
        fixture.activate(up("2", "0.60", &[HALF_PAST]));
        let answer = fixture.registry.price(Some(&pin), session(course), about()).await;
        let price = answer.price.unwrap();
        assert_eq!((price.total.to_string().as_str(), price.is_doubtful()), ("1.60", is_estimate));
        let expect = is_estimate.then_some("hours-estimated");
        assert_eq!(answer.decisions[1].fallback.as_deref(), expect, "the tariff itself was told what it needs");
        assert_eq!(answer.decisions[0].fallback, None);
    }
}

#[tokio::test]
async fn a_pinned_version_is_asked_as_the_session_has_it() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(with(dear("1", &[HALF_PAST]), |source| source.manifest.pinned = true));
    let pin = fixture.pin(None).unwrap();
    fixture.activate(dear("2", &[615, HALF_PAST]));
    let price = fixture.registry.price(Some(&pin), session(CUT), about()).await.price.unwrap();
    assert_eq!((price.total.to_string().as_str(), price.is_doubtful()), ("16.00", false));
}
