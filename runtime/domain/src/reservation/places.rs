//! The places that a station keeps now, for whom, and whose turn it is (OCPP 2.0.1, H01 and H03; 1.6, 5.13).

use jiff::{SignedDuration, Timestamp};

use super::{Reservation, ReservationEvent};
use crate::authorization::PlaceKept;
use crate::availability::ConnectorStatus;
use crate::charging::Station;
use crate::event::{Phase, TransactionEvent};
use crate::holding::Holding;
use crate::session::Session;
use crate::token::IdToken;

/// So long after its expiry a place is remembered: the station may tell late who has come in time.
const TOLD_LATE: SignedDuration = SignedDuration::from_hours(24);
/// By so much a station's clock may be behind ours when somebody comes.
const SLACK: SignedDuration = SignedDuration::from_mins(5);

/// Places that are kept, in the order in which they were taken. At most [`Places::MOST`]; with one more the oldest is
/// remembered by the store only.
#[derive(Debug, Clone, Default)]
pub struct Places(Vec<KeptPlace>);

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeptPlace {
    pub(crate) id: i64,
    made_at: Timestamp,
    reservation: Reservation,
}

/// Who wants to charge, and where.
#[derive(Debug, Clone, Copy)]
pub struct Guest<'g> {
    pub token: &'g IdToken,
    /// The operator's group of it.
    pub group: Option<&'g str>,
    /// `None`: not said.
    pub evse: Option<u32>,
}

/// A place is kept for somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved {
    pub id: i64,
    pub until: Timestamp,
}

impl Places {
    pub const MOST: usize = 200;

    /// As they stand in the store. What is over is left out.
    pub fn read(held: &[Holding]) -> Self {
        let mut kept: Vec<_> = held.iter().filter_map(KeptPlace::read).collect();
        kept.sort_by_key(|place| place.made_at);
        let mut places = Self(kept);
        places.keep_to_bound();
        places
    }

    pub(crate) fn take(&mut self, event: &ReservationEvent, now: Timestamp) {
        let (ReservationEvent::Made { id, .. }
        | ReservationEvent::Cancelled { id, .. }
        | ReservationEvent::Ended { id, .. }
        | ReservationEvent::Lost { id, .. }
        | ReservationEvent::Used { id, .. }) = event;
        self.0.retain(|place| place.id != *id && now.duration_since(place.reservation.expires_at) < TOLD_LATE);
        if let ReservationEvent::Made { id, reservation } = event {
            self.0.push(KeptPlace { id: *id, made_at: now, reservation: reservation.clone() });
            self.keep_to_bound();
        }
    }

    fn keep_to_bound(&mut self) {
        self.0.drain(..self.0.len().saturating_sub(Self::MOST));
    }

    fn at(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = &KeptPlace> {
        self.0.iter().filter(move |place| place.reservation.expires_at > now)
    }

    fn of_id(&self, id: i64) -> Option<&KeptPlace> {
        self.0.iter().find(|place| place.id == id)
    }

    /// The one that a session of this guest uses up: one for its EVSE, and then one for any.
    fn met_by(&self, guest: Guest<'_>, began: Timestamp, at: Timestamp) -> Option<&KeptPlace> {
        let is_there = |place: &KeptPlace| place.reservation.evse.is_none_or(|evse| Some(evse) == guest.evse);
        let is_met = |place: &&KeptPlace| is_there(place) && place.is_for(guest) && place.was_kept(began);
        self.at(at).filter(is_met).min_by_key(|place| place.reservation.evse.is_none())
    }
}

impl KeptPlace {
    fn read(held: &Holding) -> Option<Self> {
        let reservation = serde_json::from_value(held.body["reservation"].clone()).ok()?;
        let made_at = held.body["madeAt"].as_str()?.parse().ok()?;
        let kept = Self { id: held.key.parse().ok()?, made_at, reservation };
        (held.body["state"] == "kept").then_some(kept)
    }

    /// What happened then, by the station's clock, happened to a place that was kept.
    fn was_kept(&self, at: Timestamp) -> bool {
        self.made_at.duration_since(at) <= SLACK
    }

    /// For this token, or for others of its group where the reservation names one.
    fn is_for(&self, guest: Guest<'_>) -> bool {
        let Reservation { id_token: holder, group, .. } = &self.reservation;
        // 1.6 has no kinds.
        let kind = holder["type"].as_str().unwrap_or(&guest.token.kind);
        let is_holder = holder["idToken"].as_str().is_some_and(|id| IdToken::new(id, kind).is_shown_as(guest.token));
        is_holder || group.as_deref().zip(guest.group).is_some_and(|(named, own)| named.eq_ignore_ascii_case(own))
    }

    /// Whether somebody who wants to charge there, or did not say where, is in its way.
    fn is_met_at(&self, evse: Option<u32>, is_only_evse: bool) -> bool {
        match (self.reservation.evse, evse) {
            (Some(kept), Some(evse)) => kept == evse,
            // One of several stays free, and which is the station's business (H01.FR.07).
            _ => is_only_evse,
        }
    }
}

impl Station {
    /// What this session uses up by what it has become with this message: the place that the station names, where it is kept
    /// for this token, or else one that fits. A token that was refused uses none.
    pub(super) fn place_used(&self, event: &TransactionEvent, session: &Session, now: Timestamp) -> Option<i64> {
        if event.phase == Phase::Ended || !session.has_accepted_token() {
            return None;
        }
        let token = session.token.as_ref()?;
        let guest = Guest { token, group: session.token_group.as_deref(), evse: Some(session.evse) };
        if let Some(named) = event.reservation.and_then(|id| self.places.of_id(id)) {
            return named.is_for(guest).then_some(named.id);
        }
        let is_as_now = |known: &Session| {
            known.has_accepted_token() && (&known.token, known.evse) == (&session.token, session.evse)
        };
        let was_so = self.sessions.iter().any(|known| known.id == session.id && is_as_now(known));
        let met = self.places.met_by(guest, session.started_at, event.at.unwrap_or(now))?;
        (!was_so).then_some(met.id)
    }

    /// What this word about a connector ends: that connector's, and those for any where it is said of the station.
    pub(super) fn places_lost(&self, status: &ConnectorStatus) -> impl Iterator<Item = i64> {
        let is_out = is_out_of_use(&status.status);
        let is_lost = move |place: &&KeptPlace| match place.reservation.evse {
            _ if !is_out || status.at.is_some_and(|at| !place.was_kept(at)) => false,
            _ if status.evse == 0 => true,
            Some(evse) => evse == status.evse && self.has_no_other(status),
            None => false,
        };
        self.places.0.iter().filter(is_lost).map(|place| place.id)
    }

    /// What this guest finds kept there: the guest's own place, or somebody else's.
    pub fn place_kept(&self, guest: Guest<'_>, now: Timestamp) -> Option<PlaceKept> {
        let evse = guest.evse.filter(|evse| *evse > 0);
        let is_only_evse = self.has_one_evse();
        let is_own = |place: &&KeptPlace| {
            let is_there = evse.is_none() || place.reservation.evse.is_none_or(|kept| Some(kept) == evse);
            is_there && place.is_for(guest)
        };
        let own = self.places.at(now).find(is_own);
        let other = || self.places.at(now).find(|place| place.is_met_at(evse, is_only_evse));
        let place = own.or_else(other)?;
        Some(PlaceKept { id: place.id, yours: own.is_some(), expires_at: place.reservation.expires_at })
    }

    /// Why a start is not asked for: the place is somebody else's.
    pub fn place_denied(&self, guest: Guest<'_>, now: Timestamp) -> Option<Reserved> {
        let kept = self.place_kept(guest, now).filter(|kept| !kept.yours)?;
        Some(Reserved { id: kept.id, until: kept.expires_at })
    }
}

/// ConnectorStatusEnumType; 1.6, 7.7.
pub(crate) fn is_out_of_use(status: &str) -> bool {
    ["Faulted", "Unavailable"].iter().any(|word| word.eq_ignore_ascii_case(status))
}
