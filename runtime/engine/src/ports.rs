//! The outside, as the engine needs it.

use std::sync::Arc;

use amprule_domain::doors::StationBooks;
use amprule_domain::ports::{Clock, Hooks, Ids};

pub type PasswordCheck = Box<dyn Fn(&[u8], &str) -> bool + Send + Sync>;

pub struct Ports {
    pub store: Arc<dyn StationBooks>,
    pub hooks: Arc<dyn Hooks>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Does this password belong to this hash? Compared in constant time.
    pub is_password: PasswordCheck,
}
