//! What stands in a station once a site has told it something, and is to be given back when no site shares it out any more.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Amperes, Site};
use crate::command::Most;
use crate::{StationId, TransactionId};

/// An EVSE that may keep a limit of a site, whatever becomes of the site meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limited {
    pub station: StationId,
    pub evse: u32,
    /// That has told it.
    pub site: String,
    /// What its cable bears, of each phase; and the same for hardware that counts in watts.
    pub most_a: Amperes,
    pub most_w: u32,
    /// With so many phases it is told watts, where that has to be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases_w: Option<u8>,
    /// What another system left there is cleared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cleared: bool,
    /// Since when no site shares it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Timestamp>,
    /// An operator's own limit for all that begins there, which it has accepted since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Allowed>,
    /// The latest transaction that has accepted one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_of: Option<TransactionId>,
}

/// What may be drawn, and with how many phases where that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Allowed {
    pub most: Most,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<u8>,
}

impl Limited {
    /// An operator has allowed it this, and it has accepted.
    #[must_use]
    pub fn with_own(self, transaction: Option<TransactionId>, own: Allowed) -> Self {
        match transaction {
            Some(_) => Self { own_of: transaction, ..self },
            None => Self { own: Some(own), ..self },
        }
    }

    /// What is said to give it back, until one is taken: in amperes, and in watts where it takes none. Nothing, where an operator's
    /// own limit stands. That for all that begins would hold for the session that runs, had a site not told it another one.
    pub fn given_back(&self, transaction: Option<&TransactionId>) -> Vec<Allowed> {
        match (transaction, self.own) {
            (Some(_), _) if transaction == self.own_of.as_ref() => Vec::new(),
            (Some(_), Some(own)) => vec![own],
            (None, Some(_)) => Vec::new(),
            (_, None) => {
                let amperes = Allowed { most: Most::DeciAmperes(self.most_a.0), phases: None };
                vec![amperes, Allowed { most: Most::Watts(self.most_w), phases: self.phases_w }]
            }
        }
    }
}

impl Site {
    /// What is to be known of an EVSE that is told something. `at`: a place in [`Site::evses`].
    pub fn limited(&self, at: usize) -> Limited {
        let evse = &self.evses[at];
        let phases = u32::try_from(evse.phases.len()).unwrap_or(3);
        Limited {
            station: evse.station.clone(),
            evse: evse.evse,
            site: self.id.clone(),
            most_a: evse.most,
            most_w: evse.most.watts(self.volts, phases),
            phases_w: evse.phases_of_watts(),
            is_cleared: false,
            left_at: None,
            own: None,
            own_of: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_allows_stands_and_holds_for_the_session_that_a_site_has_limited() {
        let (car, other) = (TransactionId::new("1"), TransactionId::new("2"));
        let (station, most_a) = (StationId::new("cs-1"), Amperes::whole(32));
        let site = "depot".to_owned();
        let limited = Limited {
            station,
            evse: 1,
            site,
            most_a,
            most_w: 7_360,
            phases_w: Some(1),
            is_cleared: false,
            left_at: None,
            own: None,
            own_of: None,
        };
        let said = |limited: &Limited, transaction: Option<&TransactionId>| -> Vec<Most> {
            limited.given_back(transaction).into_iter().map(|allowed| allowed.most).collect()
        };
        let all = [Most::DeciAmperes(320), Most::Watts(7_360)];
        assert_eq!([said(&limited, Some(&car)), said(&limited, None)], [all; 2]);
        let phases: Vec<_> = limited.given_back(None).into_iter().map(|allowed| allowed.phases).collect();
        assert_eq!(phases, [None, Some(1)], "amperes are of each phase, however many there are");
        let own = Allowed { most: Most::DeciAmperes(60), phases: Some(1) };
        let of_car = limited.clone().with_own(Some(car.clone()), own);
        assert_eq!((said(&of_car, Some(&car)), said(&of_car, Some(&other))), (vec![], all.to_vec()));
        assert_eq!(said(&of_car, None), all);
        let of_all = limited.with_own(None, own);
        assert_eq!((of_all.given_back(Some(&car)), of_all.given_back(None)), (vec![own], vec![]));
    }
}
