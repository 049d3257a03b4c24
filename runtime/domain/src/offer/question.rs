//! The question for an offer: what do you charge here?

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::pricing::{Parameters, StationFacts, TokenFacts};

/// Everything a tariff may know that describes itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferInput {
    /// The moment of the question.
    pub now: Timestamp,
    /// Sessions that begin from here until before `to` are offered something.
    pub from: Timestamp,
    pub to: Timestamp,
    /// IANA name of the station's zone, whose clock the elements' conditions mean.
    pub time_zone: String,
    pub station: StationFacts,
    /// `None`: nobody in particular, as on a sign at the post.
    pub token: Option<TokenFacts>,
    /// The unit's parameters with the operator's values, as its manifest declares them.
    #[serde(default)]
    pub parameters: Parameters,
}

impl OfferInput {
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}
