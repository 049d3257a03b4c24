//! Records with the few things set that a case is about.

use std::sync::Arc;

use amprule_domain::decision::{Decision, Hook};
use amprule_domain::doors::Page;
use amprule_domain::effect::{Answered, Effect, KeptMessage, MessageKey, ReadingsRow};
use amprule_domain::event::ChargingState;
use amprule_domain::pricing::{Pin, Price, PricedBy};
use amprule_domain::reading::{Context, Reading};
use amprule_domain::reply::Reply;
use amprule_domain::session::{SeqRanges, Session, SessionLimits, SessionState};
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_domain::timeline::Timeline;
use amprule_domain::token::{IdToken, TokenRecord, TokenStatus};
use amprule_domain::{Currency, DecisionId, Energy, Marks, SessionId, SessionNo, StationId, Timestamp, TransactionId};

/// Seconds after a fixed noon.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_782_907_200 + second).unwrap()
}

pub(crate) fn id(no: i64) -> SessionId {
    SessionId(format!("00000000-0000-7000-8000-{no:012x}").parse().unwrap())
}

/// Active, begun `no` seconds after noon.
pub(crate) fn session(no: i64, station: &str, token: &str) -> Session {
    Session {
        id: id(no),
        no: SessionNo(no),
        station: station.into(),
        transaction: TransactionId::new(no.to_string()),
        evse: 1,
        connector: 1,
        token: Some(IdToken::new(token, "ISO14443")),
        token_group: None,
        tariff: None,
        admitted: Arc::default(),
        second_token_at: None,
        state: SessionState::Active,
        started_at: at(no),
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
        location: Some("yard".to_owned()),
        site: None,
        timeline: Timeline::new(at(no), ChargingState::Charging),
        pin: None,
        price: None,
        acts: Default::default(),
        station_money: Default::default(),
        bill: 0,
        limits: SessionLimits::default(),
        marks: Marks::default(),
        seen: SeqRanges::default(),
        parked: Vec::new(),
    }
}

pub(crate) fn ended(mut session: Session) -> Session {
    session.state = SessionState::Ended;
    session.ended_at = Some(session.started_at);
    session
}

pub(crate) fn priced(mut session: Session, total: &str, currency: &str) -> Session {
    let (unit, version, hash) = ("flat".to_owned(), "1".to_owned(), "aa".to_owned());
    let by = Arc::new(PricedBy { unit, version, hash, fallback: false });
    let currency = currency.parse::<Currency>().unwrap();
    let price = Price::plain(currency, total.parse().unwrap(), session.started_at, false, by);
    session.price = Some(Arc::new(price));
    session
}

pub(crate) fn pin(hash: &str) -> Pin {
    Pin {
        unit: "flat".to_owned(),
        version: "1".to_owned(),
        hash: hash.to_owned(),
        boundaries: vec![360, 1320],
        fixed: true,
        modifiers: Vec::new(),
    }
}

pub(crate) fn key(id: &str) -> MessageKey {
    MessageKey { id: id.into(), digest: u64::MAX - id.len() as u64 }
}

/// One reading for each register given.
pub(crate) fn readings(session: i64, message: &str, registers: &[i64]) -> Effect {
    let readings = registers
        .iter()
        .map(|&wh| Reading {
            at: Some(at(wh)),
            context: if wh == 0 { Context::Begin } else { Context::Periodic },
            register: Some(Energy::from_wh(wh)),
            power_w: (wh % 2 == 0).then_some(11_000),
            soc: Some(50),
            ..Reading::default()
        })
        .collect();
    Effect::Readings(ReadingsRow { session: SessionNo(session), received_at: at(0), message: key(message), readings })
}

pub(crate) fn answer(message: &str, second: i64) -> Answered {
    Answered { message: key(message), reply: Reply::Heartbeat { now: at(second) } }
}

pub(crate) fn answered(station: &str, message: &str, second: i64) -> Effect {
    Effect::Answered { station: station.into(), answer: answer(message, second) }
}

pub(crate) fn station(id: &str) -> StationRecord {
    StationRecord::new(StationId::from(id), Provisioning::Pending)
}

pub(crate) fn token(id: &str) -> TokenRecord {
    TokenRecord {
        id_token: id.to_owned(),
        kind: "ISO14443".to_owned(),
        status: TokenStatus::Accepted,
        group: Some("fleet".to_owned()),
        expires_at: Some(at(9)),
        budget: None,
        language: None,
        energy_transfer: Vec::new(),
    }
}

pub(crate) fn decision(number: u32, session: Option<SessionId>) -> Decision {
    Decision {
        id: DecisionId(format!("11111111-0000-7000-8000-{number:012x}").parse().unwrap()),
        at: at(number.into()),
        hook: Hook::Pricing,
        station: "cs-1".into(),
        session,
        site: None,
        unit: "flat".to_owned(),
        version: "1".to_owned(),
        hash: "aa".to_owned(),
        generation: 3,
        input: serde_json::json!({"periods": [1, 2]}).into(),
        output: None,
        fault: None,
        fallback: None,
        fuel: 7,
        duration_us: 8,
        same_as: None,
    }
}

pub(crate) fn kept(station: &str, number: i64) -> KeptMessage {
    KeptMessage {
        station: station.into(),
        received_at: at(number),
        action: "NotifyReport".to_owned(),
        payload: format!("{{\"seqNo\":{number}}}").into(),
        why: "report",
    }
}

pub(crate) fn put(session: &Session) -> Effect {
    Effect::Session(Arc::new(session.clone()))
}

pub(crate) fn page(limit: usize) -> Page {
    Page { after: None, limit }
}
