//! The few words of the management API that the demo speaks.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

pub(crate) struct Management {
    pub(crate) base: String,
    pub(crate) token: String,
    agent: ureq::Agent,
}

impl Management {
    /// `base` is what the server printed; the token is the file it keeps in its data folder.
    pub(crate) fn new(base: &str, data: &Path) -> Result<Self> {
        let file = data.join("api-token");
        let token = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        Ok(Self { base: base.to_owned(), token: token.trim().to_owned(), agent: ureq::Agent::new_with_defaults() })
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<()> {
        self.agent
            .put(format!("{}/api/v1/{path}", self.base))
            .header("authorization", format!("Bearer {}", self.token))
            .send_json(body)
            .with_context(|| format!("PUT {path}"))?;
        Ok(())
    }
}
