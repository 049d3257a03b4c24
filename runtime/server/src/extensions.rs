//! `amprule extensions` and the orders about versions: an operator's words to a running server, through its API.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::say;
use crate::secrets;

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

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only this one, with all of its versions
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Activate {
    #[arg(value_name = "ID")]
    id: String,
    /// The version's whole hash, as `amprule extensions ID` lists it
    #[arg(value_name = "HASH")]
    hash: String,
    #[command(flatten)]
    server: Server,
}

/// An order that names the extension and nothing else.
#[derive(Debug, Args)]
pub(crate) struct Named {
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    server: Server,
}

pub(crate) fn list(options: &List) -> Result<ExitCode> {
    let server = &options.server;
    let shown = match &options.id {
        Some(id) => server.get(&format!("extensions/{id}"))?,
        None => server.get("extensions")?,
    };
    if options.json {
        say(serde_json::to_string_pretty(&shown)?);
        return Ok(ExitCode::SUCCESS);
    }
    match &options.id {
        Some(_) => whole(&shown),
        None => shown["items"].as_array().into_iter().flatten().for_each(|extension| say(brief(extension))),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn activate(options: &Activate) -> Result<ExitCode> {
    options.server.order(&options.id, &json!({ "order": "activate", "hash": options.hash }))
}

pub(crate) fn order(word: &str, options: &Named) -> Result<ExitCode> {
    options.server.order(&options.id, &json!({ "order": word }))
}

impl Server {
    pub(crate) fn get(&self, what: &str) -> Result<Value> {
        let (url, token) = self.door(what)?;
        understood(
            ureq::get(&url).config().http_status_as_error(false).build().header("authorization", token).call(),
            &url,
        )
    }

    /// Says what is active afterwards.
    fn order(&self, id: &str, body: &Value) -> Result<ExitCode> {
        let (url, token) = self.door(&format!("extensions/{id}/orders"))?;
        let request = ureq::post(&url).config().http_status_as_error(false).build().header("authorization", token);
        let extension = understood(request.send_json(body), &url)?;
        say(brief(&extension));
        Ok(ExitCode::SUCCESS)
    }

    fn door(&self, what: &str) -> Result<(String, String)> {
        let data: &Path = &self.data;
        if !data.is_dir() {
            bail!("there is no data folder {}; --data names the server's", data.display());
        }
        let token = secrets::api_token(data)?;
        Ok((format!("{}/api/v1/{what}", self.api.trim_end_matches('/')), format!("Bearer {token}")))
    }
}

/// The API's own words where it refuses.
fn understood(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>, url: &str) -> Result<Value> {
    let mut answer =
        answer.with_context(|| format!("ask {url}; is the server running? --api names another address"))?;
    let body: Value = answer.body_mut().read_json().with_context(|| format!("read the answer of {url}"))?;
    match body["error"]["message"].as_str() {
        Some(message) => bail!("{message}"),
        None => Ok(body),
    }
}

fn brief(extension: &Value) -> String {
    let text = |name: &str| extension[name].as_str().unwrap_or("-").to_owned();
    let active = &extension["versions"][0];
    let (stage, hash) = (active["stage"].as_str().unwrap_or("-"), text("hash"));
    let short = hash.get(..12).unwrap_or(&hash);
    let trouble = extension["lastError"]["text"].as_str().and_then(|text| text.lines().next());
    let trouble = trouble.map(|line| format!("  ({line})")).unwrap_or_default();
    format!("{:<24}{:<10}{:<11}{:<10}{short}{trouble}", text("id"), text("state"), stage, text("version"))
}

fn whole(extension: &Value) {
    say(brief(extension));
    if let Some(signer) = extension["signer"].as_str() {
        say(format_args!("  signed by {signer}, revision {}", extension["revision"]));
    }
    for version in extension["versions"].as_array().into_iter().flatten() {
        let text = |name: &str| version[name].as_str().unwrap_or_default().to_owned();
        let line = format!(
            "  {:<12}{:<10}{}  {}  {}",
            text("stage"),
            text("version"),
            text("hash"),
            text("since"),
            text("reason")
        );
        say(line.trim_end());
    }
    if let Some(text) = extension["lastError"]["text"].as_str() {
        say(format_args!("\n{text}"));
    }
}
