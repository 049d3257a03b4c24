//! Facts beside a question's records. A component imports what you call, and nothing else.

use crate::Decimal;
use crate::bindings::vocabulary::amprule::facts;

pub use facts::connector::{ConnectorFacts, Current};
pub use facts::contract::ContractFacts;
pub use facts::location::LocationFacts;
pub use facts::reservation::ReservationFacts;

/// The connector that a session is at, or a token is shown at.
pub fn connector() -> ConnectorFacts {
    facts::connector::get()
}

/// The place at which the station stands, in the operator's words.
pub fn location() -> LocationFacts {
    facts::location::get()
}

/// Whose contract the token is. For policies; tariffs and modifiers have `token.provider`.
pub fn contract() -> Option<ContractFacts> {
    facts::contract::get()
}

/// Whether the place is kept for somebody, and whether that is who shows the token. For policies.
pub fn reservation() -> Option<ReservationFacts> {
    facts::reservation::get()
}

/// What the vehicle gave back so far, in kWh. [`crate::PricingLine::export`] pays for it.
pub fn exported_kwh() -> Decimal {
    facts::given_back::energy_wh().thousandth()
}

/// The same in each of the periods, in their order.
pub fn exported_kwh_by_period() -> Vec<Decimal> {
    facts::given_back::by_period_wh().into_iter().map(Decimal::thousandth).collect()
}

impl LocationFacts {
    /// The operator's word of this name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
