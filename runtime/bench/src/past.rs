//! Sessions as a server with the shipped flat tariff has them in its books. Lists and policies read nothing else of a
//! session, so there are no readings, bills and decisions.

use std::path::Path;
use std::sync::Arc;

use amprule_domain::component::Component;
use amprule_domain::effect::Effect;
use amprule_domain::event::ChargingState;
use amprule_domain::pricing::{Line, Pin, Price, PricedBy};
use amprule_domain::reply::{AuthorizationStatus, TokenInfo};
use amprule_domain::session::{Admitted, SeqRanges, Session, SessionLimits, SessionState, Signs};
use amprule_domain::station::StationRecord;
use amprule_domain::timeline::{TariffClock, Timeline};
use amprule_domain::token::IdToken;
use amprule_domain::{Currency, Decimal, Energy, Marks, SessionId, SessionNo, Timestamp};
use amprule_hooks::Manifest;
use anyhow::Result;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use uuid::Builder;

use crate::overhead;

/// What differs from one session to the next.
pub(crate) struct Stay {
    pub(crate) no: i64,
    pub(crate) station: String,
    pub(crate) token: String,
    pub(crate) began_at: Timestamp,
    pub(crate) marks: Marks,
    pub(crate) is_over: bool,
}

/// How long each lasts, and how much energy flows in it.
const LASTS: SignedDuration = SignedDuration::from_mins(40);
const ENERGY: Energy = Energy::from_wh(20_000);

/// What is the same in all of them.
pub(crate) struct Past {
    clock: TariffClock,
    pin: Arc<Pin>,
    price: Price,
}

impl Past {
    /// `tariff` is the unit that has priced them.
    pub(crate) fn priced_by(tariff: &Path) -> Result<Self> {
        let source = overhead::read(tariff)?;
        let Manifest { id, version, boundaries, pinned, .. } = source.manifest;
        let (unit, hash) = (id, source.hash);
        let by = PricedBy { unit: unit.clone(), version: version.clone(), hash: hash.clone(), fallback: false };
        let pin = Pin { unit, version, hash, boundaries, fixed: pinned, modifiers: Vec::new() };
        let price = bill(Arc::new(by));
        Ok(Self { clock: TariffClock::new(TimeZone::UTC, &pin.boundaries), pin: Arc::new(pin), price })
    }

    pub(crate) fn session(&self, stay: Stay) -> Effect {
        let Stay { no, station, token, began_at, marks, is_over } = stay;
        let ended_at = began_at + LASTS;
        let token = IdToken::new(token, "ISO14443");
        let admitted = Admitted { token: token.clone(), info: TokenInfo::status(AuthorizationStatus::Accepted) };
        let price = Price { at: ended_at, is_final: is_over, ..self.price.clone() };
        Effect::Session(Arc::new(Session {
            id: id(no, began_at),
            no: SessionNo(no),
            station: station.as_str().into(),
            transaction: SessionNo(no).as_transaction(),
            evse: 1,
            connector: 1,
            token: Some(token),
            token_group: None,
            tariff: None,
            admitted: Arc::new(vec![admitted]),
            second_token_at: None,
            state: if is_over { SessionState::Ended } else { SessionState::Active },
            started_at: began_at,
            started_as: None,
            ended_at: is_over.then_some(ended_at),
            told_until: None,
            parked_at: None,
            stop_awaited_since: None,
            signs: Signs::default(),
            stop_reason: is_over.then(|| "Local".to_owned()),
            remote_start: None,
            operation_mode: None,
            given_back: None,
            time_zone: StationRecord::DEFAULT_ZONE.to_owned(),
            location: None,
            site: None,
            timeline: self.course(began_at, is_over),
            pin: Some(Arc::clone(&self.pin)),
            price: Some(Arc::new(price)),
            limits: SessionLimits::default(),
            marks,
            seen: SeqRanges::default(),
            bill: u32::from(is_over),
            acts: Arc::default(),
            station_money: Arc::default(),
            parked: Vec::new(),
        }))
    }

    fn course(&self, began_at: Timestamp, is_over: bool) -> Timeline {
        let mut timeline = Timeline::new(began_at, ChargingState::Charging);
        for part in 0..=2 {
            let register = Energy::from_wh(1_000_000) + ENERGY.share(i64::from(part), 2);
            timeline.read(began_at + LASTS / 2 * part, register, &self.clock);
        }
        if is_over {
            timeline.finish(began_at + LASTS, &self.clock);
        }
        timeline
    }
}

/// As a server makes them: by the time, then by what is nobody else's.
fn id(no: i64, at: Timestamp) -> SessionId {
    let mut own = [0; 10];
    own[2..].copy_from_slice(&no.to_be_bytes());
    SessionId(Builder::from_unix_timestamp_millis(at.as_millisecond().unsigned_abs(), &own).into_uuid())
}

fn bill(priced_by: Arc<PricedBy>) -> Price {
    let (quantity, unit_price) = (Decimal::from(20), Decimal::new(49, 2));
    let total = quantity * unit_price;
    let energy = Line {
        code: "energy".to_owned(),
        description: "Energy".to_owned(),
        quantity: Some(quantity),
        unit: Some("kWh".to_owned()),
        unit_price: Some(unit_price),
        amount: total,
        unrounded: total,
        component: Some(Component::Energy),
        ..Line::default()
    };
    let lines = vec![energy];
    Price { lines, ..Price::plain(Currency::EUR, total, Timestamp::UNIX_EPOCH, true, priced_by) }
}
