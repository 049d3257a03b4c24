//! ReserveNow, CancelReservation, and how a reservation ends (2.0.1 H; 1.6 5.13, 5.2).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::asked::{Reply, accepted, integer, moment, refused, status, word};
use super::errands::{Due, Errand};
use super::state::State;

#[derive(Debug, Clone, PartialEq)]
pub struct Reservation {
    pub id: i64,
    /// In 1.6 the connector; 0: any.
    pub evse: i64,
    pub token: String,
    pub group: String,
    pub expires: Timestamp,
}

impl State {
    pub(super) fn reserve_now(&mut self, asked: &Value) -> Reply {
        let reservation = self.wanted_reservation(asked);
        let word = match self.check_reservation(&reservation, asked) {
            Err(reason) => return Ok(refused(self.version, "Rejected", reason)),
            Ok(word) => word,
        };
        if word != "Accepted" {
            return Ok(status(word));
        }
        self.reservations.retain(|one| one.id != reservation.id);
        self.errands.push_back(Errand::At(reservation.expires, Due::Expiry));
        self.reservations.push(reservation);
        self.tell_all();
        Ok(accepted())
    }

    fn wanted_reservation(&self, asked: &Value) -> Reservation {
        let never = Timestamp::MIN;
        if self.version.is_v16() {
            return Reservation {
                id: integer(asked, "reservationId").unwrap_or_default(),
                evse: integer(asked, "connectorId").unwrap_or_default(),
                token: word(asked, "idTag").to_owned(),
                group: word(asked, "parentIdTag").to_owned(),
                expires: moment(asked, "expiryDate").unwrap_or(never),
            };
        }
        Reservation {
            id: integer(asked, "id").unwrap_or_default(),
            evse: integer(asked, "evseId").unwrap_or_default(),
            token: word(&asked["idToken"], "idToken").to_owned(),
            group: word(&asked["groupIdToken"], "idToken").to_owned(),
            expires: moment(asked, "expiryDateTime").unwrap_or(never),
        }
    }

    /// The status, or the reason of a rejection.
    fn check_reservation(&self, wanted: &Reservation, asked: &Value) -> Result<&'static str, &'static str> {
        let is_v16 = self.version.is_v16();
        if !is_v16 && !self.model.is("ReservationCtrlr", "Enabled") {
            return Err("NotEnabled");
        }
        let takes_any = if is_v16 {
            self.keys.is("ReserveConnectorZeroSupported")
        } else {
            self.model.is("ReservationCtrlr", "NonEvseSpecific")
        };
        if wanted.evse == 0 && !takes_any {
            return Err("UnsupportedRequest");
        }
        if wanted.expires <= self.now {
            return Err("InvalidValue");
        }
        let kind = word(asked, "connectorType");
        if !kind.is_empty() && kind != "cType2" {
            return Err("UnknownConnectorType");
        }
        if wanted.evse != 0 {
            return self.evse(wanted.evse).map(|evse| self.room_at(evse.id, wanted.id)).ok_or("UnknownEvse");
        }
        let rooms: Vec<&str> = self.ids().into_iter().map(|id| self.room_at(id, wanted.id)).collect();
        let free = rooms.iter().filter(|room| **room == "Accepted").count();
        // Each reservation for any EVSE takes one of them.
        let taken = self.reservations.iter().filter(|one| one.evse == 0 && one.id != wanted.id).count();
        let first = rooms.into_iter().find(|room| *room != "Accepted").unwrap_or("Occupied");
        Ok(if free > taken { "Accepted" } else { first })
    }

    /// What an EVSE would answer to the reservation with this id.
    fn room_at(&self, evse: i64, id: i64) -> &'static str {
        let Some(evse) = self.evse(evse) else { return "Rejected" };
        let is_reserved = self.reservations.iter().any(|one| one.evse == evse.id && one.id != id);
        if evse.is_faulted {
            "Faulted"
        } else if !(evse.is_operative && self.operative) {
            "Unavailable"
        } else if evse.is_plugged || self.is_busy(evse.id) || is_reserved {
            "Occupied"
        } else {
            "Accepted"
        }
    }

    pub(super) fn cancel_reservation(&mut self, asked: &Value) -> Reply {
        let id = integer(asked, "reservationId");
        let Some(at) = self.reservations.iter().position(|one| Some(one.id) == id) else {
            return Ok(refused(self.version, "Rejected", "NotFound"));
        };
        self.reservations.remove(at);
        self.tell_all();
        Ok(accepted())
    }

    /// Reservations whose time has passed are over (H04).
    pub(super) fn expire(&mut self) {
        let now = self.now;
        self.drop_reservations("Expired", |one| one.expires <= now);
    }

    /// An EVSE that cannot be used any more keeps no reservation (H01.FR.24).
    pub(super) fn drop_reservations_of(&mut self, evse: i64) {
        self.drop_reservations("Removed", |one| one.evse == evse);
    }

    fn drop_reservations(&mut self, why: &str, is_gone: impl Fn(&Reservation) -> bool) {
        let gone: Vec<i64> = self.reservations.iter().filter(|one| is_gone(one)).map(|one| one.id).collect();
        if gone.is_empty() {
            return;
        }
        self.reservations.retain(|one| !is_gone(one));
        if !self.version.is_v16() {
            for id in gone {
                self.say("ReservationStatusUpdate", json!({"reservationId": id, "reservationUpdateStatus": why}));
            }
        }
        self.tell_all();
    }

    pub(super) fn is_reserved_for_another(&self, evse: i64, token: &str, group: &str) -> bool {
        self.reservations.iter().any(|one| one.evse == evse && !one.is_for(token, group))
    }

    /// The reservation that this token uses up.
    pub(super) fn use_reservation(&mut self, evse: i64, token: &str, group: &str) -> Option<i64> {
        let fits = |one: &Reservation| matches!(one.evse, 0) || one.evse == evse;
        let at = self.reservations.iter().position(|one| fits(one) && one.is_for(token, group))?;
        Some(self.reservations.remove(at).id)
    }
}

impl Reservation {
    fn is_for(&self, token: &str, group: &str) -> bool {
        self.token.eq_ignore_ascii_case(token) || !group.is_empty() && self.group.eq_ignore_ascii_case(group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    fn reserve(version: Version, id: i64, evse: i64, expires: &str) -> Value {
        match version {
            Version::Ocpp16 => {
                json!({"reservationId": id, "connectorId": evse, "idTag": "CARD", "expiryDate": expires})
            }
            _ => json!({
                "id": id, "evseId": evse, "expiryDateTime": expires, "idToken": {"idToken": "CARD", "type": "ISO14443"},
            }),
        }
    }

    #[test]
    fn an_evse_is_reserved_once_and_freed_again() {
        for version in [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21] {
            let mut play = Play::new(version);
            play.state.plug(2, true);
            play.said();
            let status = if version.is_v16() { "status" } else { "connectorStatus" };
            let soon = "2026-05-04T12:10:00Z";
            let rows = [
                (1, 1, soon, "Accepted"),
                (2, 1, soon, "Occupied"),
                (2, 2, soon, "Occupied"),
                (1, 1, soon, "Accepted"),
                (2, 3, soon, "Rejected"),
                (2, 1, "2026-05-04T11:00:00Z", "Rejected"),
            ];
            for (id, evse, expires, word) in rows {
                play.check("ReserveNow", reserve(version, id, evse, expires), json!({"status": word}));
            }
            play.follows(&[("StatusNotification", json!({status: "Reserved"}))]);
            play.check("CancelReservation", json!({"reservationId": 2}), json!({"status": "Rejected"}));
            play.check("CancelReservation", json!({"reservationId": 1}), json!({"status": "Accepted"}));
            play.follows(&[("StatusNotification", json!({status: "Available"}))]);
        }
    }

    #[test]
    fn a_reservation_expires_or_is_removed() {
        let mut play = Play::new(Version::Ocpp201);
        let update = |id: i64, word: &str| {
            ("ReservationStatusUpdate", json!({"reservationId": id, "reservationUpdateStatus": word}))
        };
        let status = |word: &str| ("StatusNotification", json!({"connectorStatus": word}));
        play.ask("ReserveNow", reserve(Version::Ocpp201, 1, 1, "2026-05-04T12:10:00Z"));
        play.passes(601, &Due::Expiry);
        play.follows(&[status("Reserved"), update(1, "Expired"), status("Available")]);
        play.ask("ReserveNow", reserve(Version::Ocpp201, 2, 1, "2026-05-04T13:00:00Z"));
        play.ask("ChangeAvailability", json!({"operationalStatus": "Inoperative", "evse": {"id": 1}}));
        play.follows(&[status("Reserved"), update(2, "Removed"), status("Unavailable")]);
    }
}
