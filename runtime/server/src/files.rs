//! Files of stations: their folder, their listener, and the API's door to them.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use amprule_api::{Content, FileFault, FileRefused};
use amprule_domain::command::{LogWanted, Signed, Update};
use amprule_domain::files::{FirmwareFile, LogFile, MeantFor};
use amprule_domain::notice::Notice;
use amprule_domain::ports::BoxFuture;
use amprule_domain::{StationId, Timestamp};
use amprule_engine::Engine;
use amprule_files::{House, Refused, Secure, Transport};
use amprule_gateway::Tls;
use anyhow::{Context as _, Result, bail};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::config;
use crate::environment::SystemClock;
use crate::secrets;

/// Where they are, below the data folder.
const FOLDER: &str = "files";

/// The files, and the listener if there is one.
pub(crate) struct Opened {
    pub(crate) files: Arc<amprule_files::Files>,
    listener: Option<(TcpListener, Secure)>,
    /// Where stations reach them.
    pub(crate) address: Option<String>,
}

pub(crate) async fn open(
    wanted: &config::Files,
    data: &Path,
    tls: Option<Tls>,
    engine: &Arc<Engine>,
) -> Result<Opened> {
    let tls = tls.filter(|_| wanted.tls);
    let bound = match wanted.listen {
        Some(listen) => Some(TcpListener::bind(listen).await.with_context(|| {
            format!("cannot listen for files on {listen}; `--files ADDRESS` or `[files] listen` names another one")
        })?),
        None => None,
    };
    let at = bound.as_ref().map(TcpListener::local_addr).transpose()?;
    let address = address(wanted, at, tls.is_some())?;
    if let Some((at, address)) = at.zip(address.as_ref()) {
        tracing::info!(%at, address, "stations fetch firmware and bring logs here");
    }
    let teller = Arc::downgrade(engine);
    let files = amprule_files::Files::open(House {
        folder: data.join(FOLDER),
        settings: wanted.settings(),
        key: secrets::files_key(data)?,
        address: address.clone(),
        clock: Arc::new(SystemClock),
        received: Box::new(move |log| {
            if let Some(engine) = teller.upgrade() {
                engine.tell(received(log));
            }
        }),
    });
    let files =
        Arc::new(files.with_context(|| format!("open the files of stations in {}", data.join(FOLDER).display()))?);
    files.sweep().await;
    Ok(Opened { files, listener: bound.map(|listener| (listener, secure(tls))), address })
}

/// A file that nobody may be reached by has no address: its commands are refused with that.
fn address(wanted: &config::Files, at: Option<SocketAddr>, is_tls: bool) -> Result<Option<String>> {
    match (&wanted.address, at) {
        (_, None) => Ok(None),
        (Some(address), Some(_)) => Ok(Some(address.clone())),
        (None, Some(at)) if at.ip().is_unspecified() => {
            bail!(
                "files are listened for on {at}, which is every way in; `address` below [files] says by which one stations come"
            )
        }
        (None, Some(_)) if is_tls => {
            bail!(
                "files are served with the certificate of [ocpp.tls]; `address` below [files] says by which of its names stations come"
            )
        }
        (None, Some(at)) => Ok(Some(format!("http://{at}"))),
    }
}

fn secure(tls: Option<Tls>) -> Secure {
    Arc::new(move |tcp: TcpStream| {
        let tls = tls.clone();
        Box::pin(async move {
            Ok(match tls {
                Some(tls) => Box::new(tls.accept(tcp).await?) as Box<dyn Transport>,
                None => Box::new(tcp),
            })
        })
    })
}

/// The job is told of as by its station.
fn received(log: &LogFile) -> Notice {
    let file = json!({ "name": log.name, "size": log.size, "sha256": log.sha256 });
    Notice {
        at: log.received_at,
        kind: "station.log",
        station: Some(log.station.clone()),
        session: None,
        extension: None,
        data: json!({ "job": log.number.to_string(), "file": file }),
    }
}

impl Opened {
    /// Until it is told to end.
    pub(crate) async fn serve(self, told: impl Future<Output = ()> + Send) -> io::Result<()> {
        match self.listener {
            Some((listener, secure)) => amprule_files::serve(listener, self.files, secure, told).await,
            None => {
                told.await;
                Ok(())
            }
        }
    }
}

/// The API's door.
pub(crate) struct Shelf(pub(crate) Arc<amprule_files::Files>);

impl amprule_api::Files for Shelf {
    fn firmware(&self) -> Vec<FirmwareFile> {
        self.0.firmware()
    }

    fn firmware_file(&self, name: &str) -> Option<FirmwareFile> {
        self.0.firmware_file(name)
    }

    fn firmware_address(&self, file: &FirmwareFile) -> Option<String> {
        self.0.firmware_address(file).ok()
    }

    fn put_firmware<'a>(
        &'a self,
        name: &'a str,
        meant_for: MeantFor,
        content: Content,
    ) -> BoxFuture<'a, Result<FirmwareFile, FileRefused>> {
        Box::pin(async move { self.0.put_firmware(name, meant_for, content).await.map_err(explain) })
    }

    fn sign_firmware<'a>(&'a self, name: &'a str, signed: Signed) -> BoxFuture<'a, Result<FirmwareFile, FileRefused>> {
        Box::pin(async move { self.0.sign_firmware(name, signed).await.map_err(explain) })
    }

    fn delete_firmware<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), FileRefused>> {
        Box::pin(async move { self.0.delete_firmware(name).await.map_err(explain) })
    }

    fn update(&self, update: Update) -> Result<Update, FileRefused> {
        self.0.update(update).map_err(explain)
    }

    fn wanted(&self, wanted: LogWanted, station: &StationId, until: Timestamp) -> Result<LogWanted, FileRefused> {
        let random = secrets::random().map_err(|error| explain(Refused::Disk(io::Error::other(error))))?;
        // As stations keep it: a positive number of 31 bits.
        let number = u32::from_be_bytes([random[0] & 0x7f, random[1], random[2], random[3] | 1]);
        self.0.wanted(wanted, station, number, until).map_err(explain)
    }

    fn log(&self, station: &StationId, number: u32) -> Option<LogFile> {
        self.0.log(station, number)
    }

    fn read_log<'a>(&'a self, log: &'a LogFile) -> BoxFuture<'a, io::Result<Content>> {
        Box::pin(self.0.read_log(log))
    }
}

fn explain(refused: Refused) -> FileRefused {
    let fault = match &refused {
        Refused::Unknown(_) => FileFault::Unknown,
        Refused::Exists(_) => FileFault::Exists,
        Refused::TooLarge(_) => FileFault::TooLarge,
        Refused::Full(_) => FileFault::Full,
        Refused::Busy => FileFault::Busy,
        Refused::Broken(_) | Refused::Slow => FileFault::Broken,
        Refused::Disk(error) if error.kind() == io::ErrorKind::StorageFull => FileFault::Full,
        Refused::Disk(_) => FileFault::Disk,
        Refused::Name(_)
        | Refused::Empty
        | Refused::Malformed(_)
        | Refused::Over(_)
        | Refused::Closed
        | Refused::Address(_) => FileFault::Invalid,
    };
    FileRefused { fault, message: refused.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stations_are_told_an_address_that_leads_here() {
        let wanted =
            |address: Option<&str>| config::Files { address: address.map(str::to_owned), ..config::Files::default() };
        let at = |text: &str| Some(text.parse().unwrap());
        assert_eq!(address(&wanted(None), None, false).unwrap(), None);
        assert_eq!(address(&wanted(Some("https://a")), None, false).unwrap(), None, "nobody listens");
        let own = address(&wanted(None), at("127.0.0.1:9001"), false).unwrap();
        assert_eq!(own.as_deref(), Some("http://127.0.0.1:9001"));
        let proxy = address(&wanted(Some("https://a/b")), at("0.0.0.0:9001"), false).unwrap();
        assert_eq!(proxy.as_deref(), Some("https://a/b"));
        for (place, is_tls) in [("0.0.0.0:9001", false), ("192.0.2.7:9001", true)] {
            let why = address(&wanted(None), at(place), is_tls).unwrap_err().to_string();
            assert!(why.contains("`address` below [files]"), "{why}");
        }
    }
}
