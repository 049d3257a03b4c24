//! Each hook alone, as the server itself clocks it.

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// One hook of one unit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timing {
    pub(crate) p50_micros: f64,
    pub(crate) p99_micros: f64,
}

/// The management API of a measured server.
pub(crate) struct Api {
    /// Keeps its connection.
    agent: ureq::Agent,
    base: String,
    token: String,
}

impl Api {
    pub(crate) fn new(base: String, data: &std::path::Path) -> Result<Self> {
        let file = data.join("api-token");
        let token = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        Ok(Self { agent: ureq::Agent::new_with_defaults(), base, token: token.trim().to_owned() })
    }

    /// Lets one of the load's tokens in.
    pub(crate) fn accept(&self, token: &str) -> Result<()> {
        self.put_token(token, &json!({"type": "ISO14443", "status": "accepted"}))
    }

    /// Gives one of them a budget that the load does not use up.
    pub(crate) fn limit(&self, token: &str) -> Result<()> {
        self.put_token(token, &json!({"budget": {"amount": "1000000000", "currency": "EUR", "period": "month"}}))
    }

    /// What is not given stays as it is.
    pub(crate) fn put_token(&self, token: &str, change: &Value) -> Result<()> {
        self.put("tokens", token, change)
    }

    pub(crate) fn put_station(&self, station: &str, change: &Value) -> Result<()> {
        self.put("stations", station, change)
    }

    fn put(&self, what: &str, id: &str, change: &Value) -> Result<()> {
        let request = self.agent.put(format!("{}/api/v1/{what}/{id}", self.base));
        let mut answer = request
            .header("authorization", format!("Bearer {}", self.token))
            .send_json(change)
            .with_context(|| format!("enter {id} among {what}"))?;
        // A connection is used again once its answer was read.
        answer.body_mut().read_to_string()?;
        Ok(())
    }

    pub(crate) fn get(&self, path: &str) -> Result<String> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let answer = request.header("authorization", format!("Bearer {}", self.token)).call();
        Ok(answer.with_context(|| format!("get {path}"))?.body_mut().read_to_string()?)
    }

    /// Which version of the only unit is active.
    pub(crate) fn version(&self) -> Result<String> {
        let extensions = self.extensions()?;
        let version = extensions["items"][0]["version"].as_str();
        Ok(version.with_context(|| format!("no unit has a version in {extensions}"))?.to_owned())
    }

    /// Calls of all units that came to nothing so far.
    pub(crate) fn faults(&self) -> Result<f64> {
        let text = self.get("/metrics")?;
        let faults = text.lines().filter(|line| line.starts_with("amprule_hook_faults_total"));
        Ok(faults.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    fn extensions(&self) -> Result<Value> {
        Ok(serde_json::from_str(&self.get("/api/v1/extensions")?)?)
    }

    /// How long the pricing hook of the only unit took.
    pub(crate) fn pricing(&self) -> Result<Timing> {
        let extensions = self.extensions()?;
        let micros = |name| find(&extensions, name).with_context(|| format!("no unit has {name} in {extensions}"));
        Ok(Timing { p50_micros: micros("p50Micros")?, p99_micros: micros("p99Micros")? })
    }
}

/// The first number of this name, however deep.
fn find(value: &Value, name: &str) -> Option<f64> {
    match value {
        Value::Object(members) => {
            members.get(name).and_then(Value::as_f64).or_else(|| members.values().find_map(|member| find(member, name)))
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, name)),
        _ => None,
    }
}
