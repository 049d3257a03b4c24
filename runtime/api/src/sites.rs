//! The door to the sites: stations that share what their circuits bear.

use amprule_domain::doors::{Listed, Page};

use crate::site::SiteView;

/// Implemented over the sites and what describes them.
pub trait Sites: Send + Sync {
    /// By their ids.
    fn sites(&self, page: &Page) -> Listed<SiteView>;

    fn site(&self, id: &str) -> Option<SiteView>;
}
