//! A message about a transaction, with all that is needed to understand it: the steps of this folder hand it on.

use jiff::Timestamp;

use super::{Admission, Station};
use crate::effect::{Effect, ReadingsRow, SignedRow};
use crate::event::{Inbound, TransactionEvent};
use crate::evidence::Power;
use crate::kept;
use crate::load::Flow;
use crate::moment::Moment;
use crate::reading::Reading;
use crate::session::Session;
use crate::{SessionNo, TransactionId};

#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub station: &'a Station,
    pub inbound: &'a Inbound,
    pub event: &'a TransactionEvent,
    pub admission: &'a Admission,
    pub moment: &'a Moment<'a>,
}

/// What limits a session's readings: the present, and the power of its EVSE.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub now: Timestamp,
    pub power: Power,
}

impl<'a> Told<'a> {
    /// When it happened, as far as we know.
    pub(super) fn at(self) -> Timestamp {
        self.event.at.unwrap_or(self.moment.now)
    }

    /// For a session on this EVSE; 0 where it is not known yet.
    pub(super) fn bounds(self, evse: u32) -> Bounds {
        let evse = if evse == 0 { self.event.evse.unwrap_or(0) } else { evse };
        Bounds { now: self.moment.now, power: self.station.power(evse) }
    }

    pub(super) fn carry_marks(self, session: &mut Session) {
        session.marks.extend(self.inbound.marks.iter().cloned());
    }

    pub(super) fn keep(self, why: &'static str) -> Effect {
        kept::message(self.station, self.inbound, self.moment, why)
    }

    /// What the message leaves with its session: readings, and what the meter has signed.
    pub(super) fn readings(self, session: SessionNo) -> impl Iterator<Item = Effect> {
        let readings = (!self.event.readings.is_empty()).then(|| {
            Effect::Readings(ReadingsRow {
                session,
                received_at: self.moment.now,
                message: self.moment.message.clone(),
                readings: self.event.readings.clone(),
            })
        });
        readings.into_iter().chain(self.signed(session))
    }

    pub(super) fn signed(self, session: SessionNo) -> Option<Effect> {
        (!self.inbound.signed.is_empty()).then(|| {
            Effect::Signed(SignedRow { session, received_at: self.moment.now, values: self.inbound.signed.clone() })
        })
    }

    /// What flows now, by the last of its readings that says so.
    pub(super) fn flow(self) -> Option<Flow> {
        let says = |reading: &&Reading| reading.power_w.is_some() || reading.current_ma.is_some();
        let Reading { at: read_at, power_w, current_ma, by_phase_ma, .. } = *self.event.readings.iter().rfind(says)?;
        (!self.event.offline).then_some(Flow { at: self.moment.now, read_at, power_w, current_ma, by_phase_ma })
    }

    pub(super) fn name(self) -> TransactionId {
        self.event.transaction.clone().unwrap_or_else(|| TransactionId::new("0"))
    }
}
