//! Numbers of companies for their receipts.

use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Vat {
    pub(crate) ask: Vec<String>,
}
