//! The listener's certificates, which are replaced on disk while the server runs: looked at every few seconds, taken up once they
//! fit together, and told of before they expire.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::Timestamp;
use amprule_domain::notice::Notice;
use amprule_domain::ports::Clock;
use amprule_engine::Engine;
use amprule_gateway::{ServerCertificate, Tls, TlsContents, TlsError, TlsFiles};
use anyhow::{Context, Result};
use jiff::SignedDuration;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::environment::SystemClock;

/// Between two looks at the files.
const EVERY: Duration = Duration::from_secs(3);
/// A certificate that expires within so long, a third of its life at most, is told of once a day.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What stands in the files of the configuration, and is served.
pub(crate) struct Opened {
    pub(crate) tls: Tls,
    files: TlsFiles,
    contents: TlsContents,
}

pub(crate) fn open(files: &TlsFiles) -> Result<Opened> {
    let opened = files.read().and_then(|contents| Ok((Tls::open(&contents)?, contents)));
    let (tls, contents) = opened.context("load the certificates of [ocpp.tls]")?;
    Ok(Opened { tls, files: files.clone(), contents })
}

pub(crate) fn watch(opened: Opened, engine: Arc<Engine>) -> JoinHandle<()> {
    let Opened { tls, files, contents } = opened;
    let watch =
        Watch { tls, files, served: Some(contents.clone()), seen: Some(contents), engine, told: None, last: None };
    tokio::spawn(watch.run())
}

struct Watch {
    tls: Tls,
    files: TlsFiles,
    /// What was taken up, or refused and told of.
    served: Option<TlsContents>,
    /// What stood there at the last look.
    seen: Option<TlsContents>,
    engine: Arc<Engine>,
    /// When it was last told what expires soon.
    told: Option<Timestamp>,
    /// What was last said of files that cannot be read.
    last: Option<String>,
}

impl Watch {
    async fn run(mut self) {
        loop {
            self.tell_what_expires();
            tokio::time::sleep(EVERY).await;
            let files = self.files.clone();
            if let Ok(read) = tokio::task::spawn_blocking(move || files.read()).await {
                self.look(read);
            }
        }
    }

    /// A file may be half written, and a certificate be there before its key: what does not fit is refused once it has stood
    /// there for two looks.
    fn look(&mut self, read: Result<TlsContents, TlsError>) {
        let contents = match read {
            Ok(contents) => contents,
            Err(error) => return self.unreadable(&error),
        };
        let is_settled = self.seen.as_ref() == Some(&contents);
        if self.served.as_ref() != Some(&contents) {
            match self.tls.replace(&contents, SystemClock.now()) {
                Ok(()) => self.taken_up(&contents),
                Err(error) if is_settled => self.refused(&contents, &error),
                Err(_) => {}
            }
        }
        (self.seen, self.last) = (Some(contents), None);
    }

    fn taken_up(&mut self, contents: &TlsContents) {
        self.served = Some(contents.clone());
        self.told = None;
        for shown in self.tls.shown() {
            tracing::info!(file = %shown.file.display(), kind = shown.kind, expires = %shown.expires_at, "stations are shown a certificate that was replaced");
        }
        self.tell(
            "server.certificates-changed",
            json!({ "certificates": self.tls.shown().iter().map(told).collect::<Vec<_>>() }),
        );
    }

    fn refused(&mut self, contents: &TlsContents, error: &TlsError) {
        self.served = Some(contents.clone());
        self.complain(&chain(error));
    }

    /// Told at the second look in a row.
    fn unreadable(&mut self, error: &TlsError) {
        let error = chain(error);
        let is_settled = self.last.as_ref() == Some(&error);
        if is_settled && self.seen.take().is_some() {
            self.served = None;
            self.complain(&error);
        }
        self.last = Some(error);
    }

    fn complain(&self, why: &str) {
        tracing::error!(
            "certificates of [ocpp.tls] were replaced and cannot be used: {why}; stations are shown those from before"
        );
        self.tell("server.certificates-refused", json!({ "why": why }));
    }

    fn tell_what_expires(&mut self) {
        let now = SystemClock.now();
        if self.told.is_some_and(|told| now.duration_since(told) < DAY) {
            return;
        }
        self.told = Some(now);
        for shown in self.tls.shown() {
            let life = shown.expires_at.duration_since(shown.valid_from);
            if shown.expires_at.duration_since(now) < SOON.min(life / 3) {
                let file = shown.file.display();
                let expires = if shown.expires_at <= now { "has expired" } else { "expires soon" };
                tracing::warn!(%file, at = %shown.expires_at, "the certificate that stations are shown {expires}; replace the file, no restart is needed");
                self.tell("server.certificate-expiring", told(&shown));
            }
        }
    }

    fn tell(&self, kind: &'static str, data: serde_json::Value) {
        let at = SystemClock.now();
        self.engine.tell(Notice { at, kind, station: None, session: None, extension: None, data });
    }
}

fn told(shown: &ServerCertificate) -> serde_json::Value {
    json!({ "file": Path::display(&shown.file).to_string(), "kind": shown.kind, "expiresAt": shown.expires_at })
}

fn chain(error: &TlsError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(next) = source {
        text = format!("{text}: {next}");
        source = next.source();
    }
    text
}
