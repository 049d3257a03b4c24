//! A running server, as commands ask it: through its API, with the token of its data folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use ureq::http::StatusCode;

use crate::secrets;

/// Longer than the API lets a request take.
const PATIENCE: Duration = Duration::from_secs(90);

/// Which server is meant.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server's data folder, for its API token
    #[arg(long, value_name = "DIR", default_value = "amprule-data")]
    data: PathBuf,
    /// The server's API
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    api: String,
}

impl Server {
    pub(crate) fn get(&self, what: &str) -> Result<Value> {
        let (url, token) = self.door(what)?;
        let request = ureq::get(&url).config().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        understood(request.header("authorization", token).call(), &url)
    }

    /// What is no JSON.
    pub(crate) fn text(&self, what: &str) -> Result<String> {
        let (url, token) = self.door(what)?;
        let request = ureq::get(&url).config().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        match request.header("authorization", token).call() {
            Ok(mut answer) if answer.status().is_success() => {
                answer.body_mut().read_to_string().with_context(|| format!("read what {url} answers"))
            }
            answer => match understood(answer, &url) {
                Ok(_) => bail!("{url} answers nothing"),
                Err(why) => Err(why),
            },
        }
    }

    pub(crate) fn post(&self, what: &str, body: &Value) -> Result<Value> {
        let (url, token) = self.door(what)?;
        let request = ureq::post(&url).config().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        understood(request.header("authorization", token).send_json(body), &url)
    }

    fn door(&self, what: &str) -> Result<(String, String)> {
        let data: &Path = &self.data;
        if !data.is_dir() {
            bail!("there is no data folder {}; --data names the server's", data.display());
        }
        let token = secrets::known_api_token(data)?;
        Ok((format!("{}/api/v1/{what}", self.api.trim_end_matches('/')), format!("Bearer {token}")))
    }
}

/// The API's own words where it refuses.
fn understood(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>, url: &str) -> Result<Value> {
    let mut answer =
        answer.with_context(|| format!("ask {url}; is the server running? --api names another address"))?;
    let status = answer.status();
    if status == StatusCode::NO_CONTENT {
        return Ok(Value::Null);
    }
    let body: Option<Value> = answer.body_mut().read_json().ok();
    match body {
        Some(body) if body["error"]["message"].is_string() => {
            bail!("{}", body["error"]["message"].as_str().unwrap_or_default())
        }
        Some(body) if status.is_success() => Ok(body),
        _ => bail!("{url} answers {status}, and not as Amprule does; --api names another address"),
    }
}
