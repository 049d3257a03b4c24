//! What a vehicle gave back: a second register, which never touches the first one.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::sync::Arc;

use amprule_domain::charging::{cut_anew, fitted, pricing_input};
use amprule_domain::event::{ChargingEvent, Phase, StationEvent};
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::operation_mode::OperationMode;
use amprule_domain::pricing::{Parameters, PricedBy, PricingInput, PricingOutput};
use amprule_domain::reading::{Context, Export, Reading};
use amprule_domain::reported::Reported;
use amprule_domain::session::Session;
use amprule_domain::{Decimal, Energy, Mark};
use serde_json::{Value, json};

use crate::world::{World, at, transaction};

/// What a message tells: the import's register and the export's, where it tells one, Wh.
type Told = (i64, i64, Option<i64>);

fn reading(minute: i64, context: Context, import: i64, export: Export) -> Reading {
    Reading { export, ..Reading::register(Some(at(minute)), context, Energy::from_wh(import)) }
}

fn register(wh: i64) -> Export {
    Export { register: Some(Energy::from_wh(wh)), ..Export::default() }
}

fn tell(world: &mut World, phase: Phase, seq_no: u32, minute: i64, readings: Vec<Reading>) {
    let mut event = transaction(phase, Some("t"), minute);
    (event.seq_no, event.evse, event.readings) = (Some(seq_no), Some(1), readings);
    world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
}

/// A session of these messages, from the first to the last.
fn run(world: &mut World, told: &[Told]) {
    for (place, (minute, import, export)) in told.iter().enumerate() {
        let (phase, context) = match place {
            0 => (Phase::Started, Context::Begin),
            _ if place + 1 == told.len() => (Phase::Ended, Context::End),
            _ => (Phase::Updated, Context::Periodic),
        };
        let export = export.map(register).unwrap_or_default();
        tell(world, phase, u32::try_from(place).unwrap(), *minute, vec![reading(*minute, context, *import, export)]);
    }
}

fn session(told: &[Told]) -> Session {
    let mut world = World::new();
    run(&mut world, told);
    world.only_session().clone()
}

#[test]
fn the_registers_of_the_export_say_what_was_given_back() {
    const ODD: &[Mark] = &[Mark::EXPORT_ODD];
    const DOUBT: &[Mark] = &[Mark::EXPORT_DOUBTFUL];
    let cases: Vec<(&str, Vec<Told>, i64, &[Mark])> = vec![
        ("nobody tells", vec![(0, 1_000, None), (30, 4_000, None), (60, 6_000, None)], 0, &[]),
        ("it stands", vec![(0, 1_000, Some(500)), (30, 4_000, Some(500)), (60, 6_000, Some(500))], 0, &[]),
        (
            "taken, given, taken",
            vec![(0, 1_000, Some(500)), (20, 4_000, Some(500)), (40, 4_000, Some(2_500)), (60, 6_000, Some(2_500))],
            2_000,
            &[],
        ),
        (
            "a lifetime register",
            vec![(0, 0, Some(71_000_000)), (30, 0, Some(71_001_500)), (60, 0, Some(71_003_000))],
            3_000,
            &[],
        ),
        (
            "it drops out for a while",
            vec![(0, 0, Some(166_000)), (20, 900, Some(167_000)), (40, 900, Some(0)), (60, 900, Some(168_000))],
            2_000,
            ODD,
        ),
        (
            "it comes back, or was another one",
            vec![(0, 0, Some(166_000)), (20, 9, Some(167_000)), (40, 9, Some(162_784)), (60, 9, Some(168_000))],
            2_000,
            DOUBT,
        ),
        (
            "it begins anew: what was between is not known",
            vec![
                (0, 0, Some(9_000)),
                (10, 0, Some(10_000)),
                (20, 0, Some(11_000)),
                (30, 0, Some(200)),
                (40, 0, Some(1_200)),
                (60, 0, Some(2_200)),
            ],
            4_000,
            DOUBT,
        ),
        (
            "it jumps beyond what the place bears",
            vec![(0, 0, Some(1_000)), (20, 0, Some(2_000)), (40, 0, Some(99_000_000)), (60, 0, Some(3_000))],
            2_000,
            ODD,
        ),
        (
            "it falls at the end and nobody knows why",
            vec![(0, 0, Some(1_000)), (30, 0, Some(3_000)), (60, 0, Some(10))],
            2_000,
            DOUBT,
        ),
        ("it counts downwards", vec![(0, 0, Some(0)), (30, 0, Some(-1_500)), (60, 0, Some(-3_000))], 0, DOUBT),
        (
            "zero at the start, and a lifetime ever since",
            vec![(0, 0, Some(0)), (120, 0, Some(31_400)), (180, 0, Some(31_400)), (200, 0, Some(31_400))],
            31_400,
            DOUBT,
        ),
        ("one register alone", vec![(0, 0, None), (30, 0, None), (60, 0, Some(5_000))], 0, ODD),
        (
            "told too late",
            vec![(0, 0, None), (20, 0, Some(1_000)), (40, 0, Some(2_000)), (60, 0, Some(3_000))],
            2_000,
            ODD,
        ),
        (
            "no longer told at the end",
            vec![(0, 0, Some(0)), (20, 0, Some(1_000)), (40, 0, Some(2_000)), (60, 0, None)],
            2_000,
            ODD,
        ),
    ];
    for (what, told, exported, marks) in cases {
        let session = session(&told);
        assert_eq!(session.exported(), Energy::from_wh(exported), "{what}: {:?}", session.marks);
        for mark in [Mark::EXPORT_ODD, Mark::EXPORT_DOUBTFUL] {
            let is_expected =
                marks.contains(&mark) || (mark == Mark::EXPORT_ODD && marks == DOUBT && session.marks.has(&mark));
            assert_eq!(session.marks.has(&mark), is_expected, "{what}: {mark:?} in {:?}", session.marks);
        }
        assert_eq!(session.given_back.is_some(), told.iter().any(|(_, _, export)| export.is_some()), "{what}");
    }
}

/// Whatever the second register does.
#[test]
fn the_import_knows_nothing_of_it() {
    let imports = [(0, 1_000), (15, 3_000), (30, 3_000), (45, 3_100), (60, 5_000)];
    let plain = session(&imports.map(|(minute, import)| (minute, import, None)));
    for exports in [[0, 0, 1_000, 1_900, 1_900], [500, 10, 900, 3, 0], [-5, 70_000_000, 1, 1, 5]] {
        let told: Vec<Told> =
            imports.iter().zip(exports).map(|((minute, import), export)| (*minute, *import, Some(export))).collect();
        let both = session(&told);
        assert_eq!(both.timeline, plain.timeline, "{exports:?}");
        let imported = |mark: &&Mark| ![Mark::EXPORT_ODD, Mark::EXPORT_DOUBTFUL, Mark::NEEDS_REVIEW].contains(mark);
        assert!(both.marks.iter().filter(imported).eq(plain.marks.iter().filter(imported)), "{:?}", both.marks);
    }
}

#[test]
fn intervals_are_added_up_where_no_register_is_told() {
    let mut world = World::new();
    let flowed = |wh: i64| Export { interval: Some(Energy::from_wh(wh)), ..Export::default() };
    tell(&mut world, Phase::Started, 0, 0, vec![reading(0, Context::Begin, 0, Export::default())]);
    for (seq_no, minute, wh) in [(1, 15, 0), (2, 30, 1_200), (3, 45, 800)] {
        tell(&mut world, Phase::Updated, seq_no, minute, vec![reading(minute, Context::Periodic, 5_000, flowed(wh))]);
    }
    tell(&mut world, Phase::Ended, 4, 46, vec![reading(46, Context::End, 5_000, flowed(0))]);
    let session = world.only_session();
    assert_eq!((session.energy(), session.exported()), (Energy::from_wh(5_000), Energy::from_wh(2_000)));
    assert!(!session.marks.has(&Mark::EXPORT_DOUBTFUL), "{:?}", session.marks);
}

/// A meter tells the register of the start once more beside the present one.
#[test]
fn a_message_may_tell_the_start_again() {
    let mut world = World::new();
    tell(&mut world, Phase::Started, 0, 0, vec![reading(0, Context::Begin, 157_440, register(40))]);
    for (seq_no, minute, import, export) in [(1, 20, 163_630, 40), (2, 40, 163_630, 2_040)] {
        let readings = vec![
            reading(minute, Context::Begin, 157_440, register(40)),
            reading(minute, Context::Periodic, import, register(export)),
        ];
        tell(&mut world, Phase::Updated, seq_no, minute, readings);
    }
    tell(&mut world, Phase::Ended, 3, 41, vec![reading(41, Context::End, 163_630, register(2_040))]);
    let session = world.only_session();
    assert_eq!((session.energy(), session.exported()), (Energy::from_wh(6_190), Energy::from_wh(2_000)));
    assert!(!session.marks.has(&Mark::EXPORT_DOUBTFUL), "{:?}", session.marks);
}

/// One value with a sign, or a current without a direction beside the power that flows back: neither was drawn.
#[test]
fn what_flows_back_is_no_witness_of_what_was_drawn() {
    let signed = |watts: i64| Reading { power_w: Some(watts), ..Reading::default() };
    let beside = |watts: i64| Reading {
        current_ma: Some(32_000),
        export: Export { power_w: Some(watts), ..Export::default() },
        ..Reading::default()
    };
    for told in [signed(-7_000), beside(7_000), beside(-7_000)] {
        assert_eq!(told.given_w(), Some(7_000));
        let mut world = World::new();
        tell(&mut world, Phase::Started, 0, 0, vec![reading(0, Context::Begin, 5_000, register(0))]);
        for seq_no in 1..=6 {
            let minute = i64::from(seq_no) * 10;
            let export = Export { power_w: told.export.power_w, ..register(i64::from(seq_no) * 1_160) };
            let at_then = reading(minute, Context::Periodic, 5_000, export);
            let also = Reading { power_w: told.power_w, current_ma: told.current_ma, ..at_then };
            tell(&mut world, Phase::Updated, seq_no, minute, vec![also]);
        }
        tell(&mut world, Phase::Ended, 7, 61, vec![reading(61, Context::End, 5_000, register(6_960))]);
        let session = world.only_session();
        assert_eq!((session.energy(), session.exported()), (Energy::ZERO, Energy::from_wh(6_960)));
        assert!(!session.marks.has(&Mark::NEEDS_REVIEW), "{:?}", session.marks);
    }
}

#[test]
fn what_comes_after_the_end_is_not_credited_and_wants_a_person() {
    let mut world = World::new();
    run(&mut world, &[(0, 0, Some(0)), (30, 100, Some(1_000)), (60, 200, Some(2_000))]);
    assert!(!world.only_session().marks.has(&Mark::NEEDS_REVIEW));
    tell(&mut world, Phase::Updated, 9, 50, vec![reading(50, Context::Periodic, 150, register(4_000))]);
    let session = world.only_session();
    assert_eq!(session.exported(), Energy::from_wh(2_000));
    assert!(session.marks.has(&Mark::EXPORT_DOUBTFUL) && session.marks.has(&Mark::NEEDS_REVIEW));
}

/// The same end, but for what was given back: it is no repetition.
#[test]
fn an_end_that_tells_more_of_it_wants_a_person() {
    let mut world = World::new();
    run(&mut world, &[(0, 0, Some(0)), (30, 100, Some(1_000)), (60, 200, Some(2_000))]);
    let again = |export| vec![reading(60, Context::End, 200, register(export))];
    tell(&mut world, Phase::Ended, 2, 60, again(2_000));
    assert!(!world.only_session().marks.has(&Mark::NEEDS_REVIEW), "{:?}", world.only_session().marks);
    tell(&mut world, Phase::Ended, 2, 60, again(5_000));
    let session = world.only_session();
    assert_eq!(session.exported(), Energy::from_wh(2_000));
    assert!(session.marks.has(&Mark::EXPORT_DOUBTFUL), "{:?}", session.marks);
}

/// The register begins anew on the way, and the end lists all of them once more.
#[test]
fn what_an_end_lists_again_is_not_counted_again() {
    let samples = [(10, 9_000), (20, 10_000), (30, 200), (40, 1_200), (50, 2_200)];
    let mut world = World::new();
    let at_start = vec![reading(0, Context::Begin, 0, register(8_000))];
    tell(&mut world, Phase::Started, 0, 0, at_start);
    for (seq_no, (minute, export)) in (1..).zip(samples) {
        tell(&mut world, Phase::Updated, seq_no, minute, vec![reading(minute, Context::Periodic, 0, register(export))]);
    }
    let before = world.only_session().exported();
    let listed = samples.map(|(minute, export)| reading(minute, Context::Periodic, 0, register(export)));
    let last = reading(51, Context::End, 0, register(2_200));
    tell(&mut world, Phase::Ended, 6, 51, listed.into_iter().chain([last]).collect());
    assert_eq!(world.only_session().exported(), before);
}

/// With an import register that is billed, or alone and never heard of before.
#[test]
fn what_comes_late_beside_the_import_is_not_lost_without_a_word() {
    let mut world = World::new();
    run(&mut world, &[(0, 0, Some(0)), (30, 100, Some(1_000)), (60, 200, Some(2_000))]);
    tell(&mut world, Phase::Updated, 9, 59, vec![reading(59, Context::Periodic, 250, register(3_000))]);
    assert!(world.only_session().marks.has(&Mark::EXPORT_DOUBTFUL), "{:?}", world.only_session().marks);
    let mut world = World::new();
    run(&mut world, &[(0, 0, None), (30, 100, None), (60, 200, None)]);
    let lifetime = Reading { at: Some(at(50)), export: register(1_234_567), ..Reading::default() };
    tell(&mut world, Phase::Updated, 9, 50, vec![lifetime]);
    assert!(!world.only_session().marks.has(&Mark::EXPORT_DOUBTFUL), "nothing is held against it");
}

/// A boot is over for the import when it has spoken again, and a meter's noise is no power.
#[test]
fn a_message_of_the_export_alone_says_nothing_of_the_import() {
    let alone = Reading { at: Some(at(20)), context: Context::End, export: register(5), ..Reading::default() };
    let noise = Export { power_w: Some(3), ..Export::default() };
    assert_eq!(Reading { export: noise, ..Reading::default() }.given_w(), None);
    assert_eq!(Reading { power_w: Some(-7_000), ..Reading::default() }.given_w(), Some(7_000));
    let mut world = World::new();
    run(&mut world, &[(0, 1_000, Some(0)), (10, 2_000, Some(0))]);
    let ended = world.only_session().clone();
    let mut other = World::new();
    tell(&mut other, Phase::Started, 0, 0, vec![reading(0, Context::Begin, 1_000, register(0))]);
    tell(&mut other, Phase::Ended, 1, 10, vec![reading(10, Context::Periodic, 2_000, register(0)), alone]);
    assert_eq!(other.only_session().energy(), ended.energy());
}

/// Messages wait for their start, and are then read from the beginning.
#[test]
fn a_start_that_comes_late_counts_what_was_told_before_it() {
    let mut world = World::new();
    tell(&mut world, Phase::Updated, 1, 30, vec![reading(30, Context::Periodic, 3_000, register(1_500))]);
    tell(&mut world, Phase::Ended, 2, 60, vec![reading(60, Context::End, 5_000, register(2_500))]);
    tell(&mut world, Phase::Started, 0, 0, vec![reading(0, Context::Begin, 0, register(500))]);
    let session = world.only_session();
    assert_eq!((session.energy(), session.exported()), (Energy::from_wh(5_000), Energy::from_wh(2_000)));
}

#[test]
fn the_mode_is_the_one_that_was_told_last() {
    let mut world = World::new();
    let say = |world: &mut World, seq_no, mode| {
        let mut event =
            transaction(if seq_no == 0 { Phase::Started } else { Phase::Updated }, Some("t"), i64::from(seq_no));
        (event.seq_no, event.evse, event.operation_mode) = (Some(seq_no), Some(1), mode);
        world.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
        world.only_session().operation_mode
    };
    use OperationMode::{CentralSetpoint, ChargingOnly};
    assert_eq!(say(&mut world, 0, Some(ChargingOnly)), Some(ChargingOnly));
    assert_eq!(say(&mut world, 2, Some(CentralSetpoint)), Some(CentralSetpoint));
    assert_eq!(say(&mut world, 3, None), Some(CentralSetpoint));
    assert_eq!(say(&mut world, 1, Some(ChargingOnly)), Some(CentralSetpoint), "it is an older message");
}

/// 5 kWh taken, 2 kWh given back in the half hour before the last one.
fn question() -> PricingInput {
    let mut world = World::new();
    run(&mut world, &[(0, 0, Some(0)), (60, 4_000, Some(0)), (90, 4_000, Some(2_000)), (120, 5_000, Some(2_000))]);
    let now = at(100_000);
    pricing_input(&world.station.record, &Reported::default(), world.only_session(), now)
}

#[test]
fn tariffs_are_told_what_was_given_back_and_when() {
    let question = question();
    let sum = |question: &PricingInput| question.periods.iter().map(|period| period.exported).sum::<Energy>();
    assert_eq!((question.session.exported, sum(&question)), (Energy::from_wh(2_000), Energy::from_wh(2_000)));
    // EPOCH is at 20:26:40 UTC; a clock that changes at 21:56:40 cannot be said, 21:40 is within what was given back.
    let (cut, is_estimate) = fitted(&question, &[21 * 60 + 40]).unwrap();
    assert!(is_estimate && cut.periods.len() == 2, "{:?}", cut.periods);
    assert_eq!(sum(&cut), Energy::from_wh(2_000));
    let after = cut.periods[1].exported;
    assert!(after > Energy::ZERO && after < Energy::from_wh(2_000), "{after}");
    assert_eq!(sum(&cut_anew(&question, &[21 * 60])), Energy::from_wh(2_000));
    let written = serde_json::to_value(&question).unwrap();
    assert_eq!(
        (&written["session"]["exportedWh"], &written["periods"][0]["exportedWh"]),
        (&json!(2_000), &json!(2_000))
    );
    assert_eq!(serde_json::from_value::<PricingInput>(written).unwrap(), question);
}

fn by() -> Arc<PricedBy> {
    Arc::new(PricedBy { unit: "v2g".to_owned(), version: "1".to_owned(), hash: String::new(), fallback: false })
}

fn lines(lines: &[(&str, &str)]) -> Value {
    lines.iter().map(|(code, amount)| json!({"code": code, "description": "X", "amount": amount})).collect()
}

/// `given`: whether anything was given back.
fn total(given: bool, told: &[(&str, &str)], amounts: &str) -> Result<String, String> {
    let mut question = question();
    if !given {
        question.session.exported = Energy::ZERO;
    }
    let output: PricingOutput =
        serde_json::from_value(json!({"currency": "EUR", "amounts": amounts, "lines": lines(told)})).unwrap();
    output.into_price(&question, by()).map(|price| price.total.to_string())
}

/// Whether anything was given back, the lines' codes and amounts, and the total or why there is none.
type Case<'a> = (bool, &'a [(&'a str, &'a str)], Result<&'a str, &'a str>);

#[test]
fn only_what_was_given_back_brings_a_total_below_zero() {
    let cases: [Case<'_>; 8] = [
        (true, &[("energy", "2.50"), ("export", "-0.40")], Ok("2.10")),
        (true, &[("energy", "0.10"), ("export", "-0.405")], Ok("-0.31")),
        (true, &[("export", "-0.40")], Ok("-0.40")),
        // A price below zero for what is given back: who gives pays.
        (true, &[("export", "0.40")], Ok("0.40")),
        (
            true,
            &[("energy", "1"), ("off", "-1.01"), ("export", "-0.40")],
            Err("the lines add up to -0.01 EUR; a total must not be negative"),
        ),
        (
            true,
            &[("energy", "1"), ("off", "-1.41"), ("export", "0.40")],
            Err("the lines add up to -0.01 EUR; a total must not be negative"),
        ),
        // What is charged for giving back is charged.
        (true, &[("energy", "1"), ("off", "-1.01"), ("export", "0.40")], Ok("0.39")),
        // A tariff that has the word for something else bills what it did.
        (false, &[("energy", "2.50"), ("export", "-0.40")], Ok("2.10")),
    ];
    for (given, told, expect) in cases {
        for amounts in ["including-tax", "excluding-tax"] {
            let told_total = total(given, told, amounts);
            assert_eq!(told_total.as_deref().map_err(String::as_str), expect, "{told:?}");
        }
    }
}

/// Who says that it is a credit means it.
#[test]
fn a_credit_for_nothing_is_a_fault() {
    let mut question = question();
    question.session.exported = Energy::ZERO;
    let credit = json!({"code": "v2g", "component": "export", "description": "X", "amount": "-0.40"});
    let output: PricingOutput = serde_json::from_value(json!({"currency": "EUR", "lines": [credit]})).unwrap();
    let fault = output.into_price(&question, by()).map(|price| price.total);
    assert_eq!(fault, Err("a line pays for energy that was given back, and none was".to_owned()));
}

/// A tenth off is a tenth of what is charged, and the promise that a modifier's bill is not below zero holds.
#[test]
fn modifiers_see_what_is_charged_and_leave_the_credit_alone() {
    let question = question();
    let told = json!({"currency": "EUR", "lines": lines(&[("energy", "1.00"), ("export", "-3.00")])});
    let output: PricingOutput = serde_json::from_value(told).unwrap();
    let price = output.into_price(&question, by()).unwrap();
    let shown = ModifierInput::of(&question, &price, Parameters::default());
    let amounts: Vec<Decimal> = shown.lines.iter().map(|line| line.amount).collect();
    assert_eq!((amounts, price.total), (vec![Decimal::ONE], Decimal::from(-2)));
    let apply = |told: &[(&str, &str)]| {
        let output: ModifierOutput = serde_json::from_value(json!({"lines": lines(told)})).unwrap();
        output.apply(&question, &price, by()).map(|price| price.total.to_string())
    };
    assert_eq!(apply(&[("tenth", "-0.10")]), Ok("-2.10".to_owned()));
    assert_eq!(
        apply(&[("bonus", "-1.10")]),
        Err("the lines add up to -0.10 EUR; a total must not be negative".to_owned())
    );
    assert_eq!(apply(&[("export", "-1.10")]), Ok("-3.10".to_owned()));
}
