//! What an EVSE really does.

use amprule_domain::command::Most;
use amprule_domain::load::{Amperes, Answered, Order, SeenSession, SiteEvse};
use amprule_domain::{Energy, SessionId, Timestamp, TransactionId};

use crate::dice::Dice;

/// In which units it can be limited.
#[derive(Clone, Copy, PartialEq)]
enum Bears {
    Amperes,
    Watts,
    Both,
}

pub(crate) struct Evse {
    bears: Bears,
    /// It says yes, and draws what it likes.
    pub(crate) lies: bool,
    pub(crate) is_connected: bool,
    /// What a phase may come to by each of its limits.
    standing: Option<Amperes>,
    transaction: Option<Amperes>,
    pub(crate) session: Option<SeenSession>,
    /// What its car would take of each phase.
    pub(crate) appetite: Amperes,
    /// Limits on their way to it.
    pub(crate) wire: Vec<Order>,
}

impl Evse {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        Self {
            bears: dice.of(&[Bears::Amperes, Bears::Amperes, Bears::Both, Bears::Watts]),
            lies: dice.one_in(8),
            is_connected: false,
            standing: None,
            transaction: None,
            session: None,
            appetite: Amperes::ZERO,
            wire: Vec::new(),
        }
    }

    /// The most that a phase of it may come to, now or with the next car.
    pub(crate) fn may_draw(&self, known: &SiteEvse) -> Amperes {
        let standing = self.standing.unwrap_or(known.most);
        self.transaction.filter(|_| self.session.is_some()).map_or(standing, |limit| limit.max(standing))
    }

    pub(crate) fn draws(&self, known: &SiteEvse) -> Amperes {
        if self.session.is_none() {
            return Amperes::ZERO;
        }
        let limit = if self.lies { None } else { self.transaction.or(self.standing) };
        self.appetite.min(limit.unwrap_or(known.most))
    }

    pub(crate) fn begins(&mut self, id: u128, now: Timestamp, dice: &mut Dice) {
        self.transaction = None;
        self.appetite = Amperes::of_tenths(dice.between(60, 320));
        self.session = Some(SeenSession {
            session: SessionId(uuid::Uuid::from_u128(id)),
            transaction: TransactionId::new(id.to_string()),
            started_at: now,
            energy: Energy::ZERO,
            state: amprule_domain::event::ChargingState::Charging,
            token: None,
        });
    }

    pub(crate) fn ends(&mut self) {
        (self.session, self.transaction) = (None, None);
    }

    /// It boots. Hardware that comes to something without us has nothing left of what it was told.
    pub(crate) fn forgets(&mut self, known: &SiteEvse) {
        self.transaction = None;
        if known.alone == Some(known.most) {
            self.standing = None;
        }
    }

    /// It hears a limit.
    pub(crate) fn hears(&mut self, order: &Order, known: &SiteEvse) -> Answered {
        let phases = u32::try_from(known.phases.len()).expect("it is small");
        let limit = match (order.most, self.bears) {
            (Most::DeciAmperes(tenths), Bears::Amperes | Bears::Both) => Amperes(tenths),
            // A car on one phase may have all of it there.
            (Most::Watts(watts), Bears::Watts | Bears::Both) => {
                Amperes(watts * 10 / 230 / if known.is_direct { phases } else { 1 }).min(known.most)
            }
            _ => return Answered::Refused,
        };
        match (&order.transaction, &self.session) {
            (None, _) => self.standing = Some(limit),
            (Some(name), Some(session)) if session.transaction == *name => self.transaction = Some(limit),
            _ => return Answered::Refused,
        }
        Answered::Accepted
    }
}
