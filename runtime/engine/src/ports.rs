//! The outside, as the engine needs it.

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::doors::StationBooks;
use amprule_domain::event::NewPassword;
use amprule_domain::ports::{Clock, Hooks, Ids, Prices, Vouchers};

pub type PasswordCheck = Box<dyn Fn(&[u8], &str) -> bool + Send + Sync>;

pub type PasswordHash = Box<dyn Fn(&NewPassword) -> String + Send + Sync>;
/// Of a request, what the certificate is for, and the names that it may have.
pub type SigningCheck = Box<dyn Fn(&str, Option<&str>, &[String]) -> Result<(), String> + Send + Sync>;

/// Of an EVSE, by its number.
pub type SharedPlaces = Box<dyn Fn(&StationId, u32) -> bool + Send + Sync>;

pub struct Ports {
    pub store: Arc<dyn StationBooks>,
    pub hooks: Arc<dyn Hooks>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub vouchers: Arc<dyn Vouchers>,
    pub prices: Arc<dyn Prices>,
    /// Does this password belong to this hash? Compared in constant time.
    pub is_password: PasswordCheck,
    /// The keyed hash of a password that a station has taken.
    pub hash_password: PasswordHash,
    /// Whether a request for a certificate can be signed. The error says why not.
    pub check_signing: SigningCheck,
    /// Whether a site says what cars may draw at this EVSE.
    pub is_shared: SharedPlaces,
}
