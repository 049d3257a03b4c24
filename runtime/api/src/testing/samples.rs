//! Records to put into the store.

use std::sync::Arc;

use amprule_domain::decision::{Decision, Fault, FaultClass, Hook};
use amprule_domain::event::ChargingState;
use amprule_domain::pricing::{Line, Pin, Price, PricedBy};
use amprule_domain::session::{Session, SessionLimits, SessionState};
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_domain::timeline::{TariffClock, Timeline};
use amprule_domain::token::IdToken;
use amprule_domain::{Currency, Decimal, DecisionId, Energy, Mark, SessionId, SessionNo, StationId, Timestamp};
use jiff::tz::TimeZone;
use serde_json::json;
use uuid::Uuid;

/// A minute of 2026-07-01, UTC.
pub(crate) fn at(minute: &str) -> Timestamp {
    format!("2026-07-01T{minute}:00Z").parse().expect("a time")
}

pub(crate) fn station(id: &str) -> StationRecord {
    StationRecord::new(StationId::from(id), Provisioning::Accepted)
}

/// Active since 08:00 and without a price.
pub(crate) fn session(no: i64, station: &str) -> Session {
    Session {
        id: SessionId(Uuid::from_u128(u128::from(no.unsigned_abs()))),
        no: SessionNo(no),
        station: StationId::from(station),
        transaction: SessionNo(no).as_transaction(),
        evse: 1,
        connector: 1,
        token: Some(IdToken::new("04AB", "ISO14443")),
        token_group: Some("fleet".to_owned()),
        tariff: None,
        admitted: Arc::default(),
        second_token_at: None,
        state: SessionState::Active,
        started_at: at("08:00"),
        started_as: None,
        told_until: None,
        parked_at: None,
        stop_awaited_since: None,
        signs: amprule_domain::session::Signs::default(),
        ended_at: None,
        stop_reason: None,
        remote_start: None,
        operation_mode: None,
        given_back: None,
        time_zone: "Europe/Berlin".to_owned(),
        location: Some("Yard".to_owned()),
        site: None,
        timeline: Timeline::new(at("08:00"), ChargingState::Charging),
        pin: None,
        price: None,
        acts: Default::default(),
        station_money: Default::default(),
        bill: 0,
        limits: SessionLimits::default(),
        marks: [].into_iter().collect(),
        seen: Default::default(),
        parked: Vec::new(),
    }
}

/// The same, ended at 09:00 with a bill.
pub(crate) fn priced(mut session: Session) -> Session {
    let clock = TariffClock::new(TimeZone::UTC, &[]);
    session.timeline.read(at("08:00"), Energy::ZERO, &clock);
    session.timeline.read(at("09:00"), Energy::from_wh(11_450), &clock);
    session.seen.insert(0);
    session.seen.insert(3);
    session.marks.add(Mark::OFFLINE);
    session.limits.max_cost = Some(Decimal::from(20));
    let (unit, version, hash) = ("flat".to_owned(), "1.0.0".to_owned(), "abc".to_owned());
    let pin = Pin {
        unit: unit.clone(),
        version: version.clone(),
        hash: hash.clone(),
        boundaries: Vec::new(),
        fixed: true,
        modifiers: Vec::new(),
    };
    let priced_by = PricedBy { unit, version, hash, fallback: false };
    Session {
        bill: 1,
        state: SessionState::Ended,
        ended_at: Some(at("09:00")),
        stop_reason: Some("Local".to_owned()),
        pin: Some(pin.into()),
        price: Some(bill(priced_by).into()),
        ..session
    }
}

fn bill(priced_by: PricedBy) -> Price {
    let line = Line {
        code: "energy".to_owned(),
        description: "Energy".to_owned(),
        quantity: Some(Decimal::new(1145, 2)),
        unit: Some("kWh".to_owned()),
        unit_price: Some(Decimal::new(45, 2)),
        amount: Decimal::new(515, 2),
        unrounded: Decimal::new(51525, 4),
        ..Line::default()
    };
    let total = Decimal::new(515, 2);
    Price { lines: vec![line], ..Price::plain(Currency::EUR, total, at("09:00"), true, priced_by.into()) }
}

pub(crate) fn decision(no: u128, session: Option<SessionId>) -> Decision {
    Decision {
        id: DecisionId(Uuid::from_u128(no)),
        at: at("09:00"),
        hook: Hook::Pricing,
        station: StationId::from("cs-1"),
        session,
        site: None,
        unit: "flat".to_owned(),
        version: "1.0.0".to_owned(),
        hash: "abc".to_owned(),
        generation: 4,
        input: json!({"energyWh": 1000}).into(),
        output: None,
        fault: Some(Fault::new(FaultClass::Fuel, "1000000 operations are used up")),
        fallback: Some("static-tariff".to_owned()),
        fuel: 1_000_000,
        duration_us: 812,
        same_as: None,
    }
}
