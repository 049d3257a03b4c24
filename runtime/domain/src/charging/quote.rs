//! Questions about sessions that have not begun: what would one cost, and what is offered?

use jiff::{SignedDuration, Timestamp};

use super::question::{facts, pricing_period};
use crate::Energy;
use crate::event::ChargingState;
use crate::offer::OfferInput;
use crate::pricing::{Parameters, PricingInput, Purpose, SessionFacts, TokenFacts};
use crate::reported::Reported;
use crate::station::StationRecord;
use crate::timeline::{TariffClock, Timeline};

/// A place at a station, and who would charge there.
#[derive(Debug, Clone)]
pub struct Guest<'a> {
    pub record: &'a StationRecord,
    pub reported: &'a Reported,
    pub evse: u32,
    pub connector: u32,
    /// `None`: nobody in particular.
    pub token: Option<TokenFacts>,
}

/// A session as it is imagined: so much energy, evenly, and then nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imagined {
    pub from: Timestamp,
    pub energy: Energy,
    pub charging_s: i64,
    pub idle_s: i64,
}

impl Guest<'_> {
    /// The most that the connector delivers, W, where anybody has said it.
    pub fn power(&self) -> Option<i64> {
        facts(self.record, self.reported, self.evse, self.connector).plug.power_w
    }

    /// `boundaries`: of the tariff that is asked.
    pub fn quote(self, session: Imagined, boundaries: &[u16], now: Timestamp) -> PricingInput {
        let Self { record, reported, evse, connector, token } = self;
        let zone = record.zone();
        let timeline = session.timeline(&TariffClock::new(zone.clone(), boundaries));
        PricingInput {
            now,
            purpose: Purpose::Quote,
            session: SessionFacts {
                id: "quote".to_owned(),
                started_at: session.from,
                ended_at: Some(timeline.at),
                energy: timeline.energy(),
                exported: Energy::ZERO,
                duration_s: timeline.at.as_second() - session.from.as_second(),
                time_zone: record.time_zone.clone(),
            },
            station: facts(record, reported, evse, connector),
            token,
            periods: timeline.all().map(|period| pricing_period(period, &zone)).collect(),
            parameters: Parameters::default(),
        }
    }

    /// Of sessions that begin between these moments.
    pub fn offer(self, from: Timestamp, to: Timestamp, now: Timestamp) -> OfferInput {
        let Self { record, reported, evse, connector, token } = self;
        OfferInput {
            now,
            from,
            to,
            time_zone: record.time_zone.clone(),
            station: facts(record, reported, evse, connector),
            token,
            parameters: Parameters::default(),
        }
    }
}

impl Imagined {
    fn timeline(&self, clock: &TariffClock) -> Timeline {
        let later = |seconds| self.from.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(self.from);
        let (charged, ended) = (later(self.charging_s), later(self.charging_s.saturating_add(self.idle_s)));
        let mut timeline = Timeline::new(self.from, ChargingState::Charging);
        timeline.deliver(charged, self.energy, clock);
        if ended > charged {
            timeline.change_state(charged, ChargingState::Idle);
        }
        drop(timeline.finish(ended, clock));
        timeline
    }
}
