//! All files together, and what is done with them.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use amprule_domain::command::{LogWanted, Signed, Update};
use amprule_domain::files::{FirmwareFile, LogFile, MeantFor, is_file_name};
use amprule_domain::ports::Clock;
use amprule_domain::{StationId, Timestamp};
use futures_util::StreamExt as _;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::addresses::{Addresses, Ticket};
use crate::firmware::Firmware;
use crate::logs::Logs;
use crate::spool::{Chunks, Spool, chunks};
use crate::{Refused, Settings};

/// What they live in.
pub struct House {
    /// A folder of their own.
    pub folder: PathBuf,
    pub settings: Settings,
    /// Signs the addresses. With another key those that were given are good no more.
    pub key: Vec<u8>,
    /// Where stations reach [`crate::serve`], with a path if a proxy wants one: `https://files.example.com/amprule`. `None`:
    /// nowhere, and no address is given.
    pub address: Option<String>,
    pub clock: Arc<dyn Clock>,
    /// A log is there.
    pub received: Box<dyn Fn(&LogFile) + Send + Sync>,
}

pub struct Files {
    pub(crate) settings: Settings,
    pub(crate) addresses: Addresses,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) spool: Spool,
    pub(crate) firmware: Firmware,
    pub(crate) logs: Logs,
    pub(crate) received: Box<dyn Fn(&LogFile) + Send + Sync>,
    pub(crate) uploads: Semaphore,
    /// Those that are brought just now, as often as they are.
    pub(crate) coming: Mutex<Vec<(StationId, u32)>>,
    puts: Semaphore,
}

impl Files {
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(house: House) -> io::Result<Self> {
        let House { folder, settings, key, address, clock, received } = house;
        Ok(Self {
            addresses: Addresses::new(key, address.as_deref()),
            clock,
            spool: Spool::open(folder.join("incoming"))?,
            firmware: Firmware::open(&folder.join("firmware"), settings.firmware_all)?,
            logs: Logs::open(&folder.join("logs"), &settings)?,
            received,
            uploads: Semaphore::new(Settings::UPLOADS_AT_ONCE),
            coming: Mutex::default(),
            puts: Semaphore::new(Settings::UPLOADS_AT_ONCE),
            settings,
        })
    }

    /// By their names.
    pub fn firmware(&self) -> Vec<FirmwareFile> {
        self.firmware.all()
    }

    pub fn firmware_file(&self, name: &str) -> Option<FirmwareFile> {
        self.firmware.get(name)
    }

    /// Where stations fetch it.
    ///
    /// # Errors
    /// They cannot.
    pub fn firmware_address(&self, file: &FirmwareFile) -> Result<String, Refused> {
        self.addresses.firmware(file)
    }

    /// Stores a file. The same content under the same name is no change, but of whom it is meant for. It is on the disk when this
    /// returns.
    ///
    /// # Errors
    /// It is too large, or the name is taken; or it did not come as a whole, and nothing has changed.
    pub async fn put_firmware(
        &self,
        name: &str,
        meant_for: MeantFor,
        mut content: Chunks,
    ) -> Result<FirmwareFile, Refused> {
        if !is_file_name(name) {
            return Err(Refused::Name(name.to_owned()));
        }
        let _place = self.puts.try_acquire().map_err(|_| Refused::Busy)?;
        let mut writing = self.spool.begin(self.settings.firmware_file.min(self.firmware.room(name)?)).await?;
        while let Some(chunk) = content.next().await {
            writing.write(&chunk.map_err(|error| Refused::Broken(error.to_string()))?).await?;
        }
        self.firmware.put(name, writing.finish().await?, meant_for, self.clock.now(), &self.spool).await
    }

    /// Keeps who vouches for a file, in the place of whoever did before.
    ///
    /// # Errors
    /// There is no such file.
    pub async fn sign_firmware(&self, name: &str, signed: Signed) -> Result<FirmwareFile, Refused> {
        self.firmware.sign(name, signed, &self.spool).await
    }

    /// Whoever fetches it just now gets it to the end.
    ///
    /// # Errors
    /// There is no such file.
    pub async fn delete_firmware(&self, name: &str) -> Result<(), Refused> {
        self.firmware.delete(name).await
    }

    /// The order with all that belongs to its file.
    ///
    /// # Errors
    /// There is no such file, or no way to it.
    pub fn update(&self, update: Update) -> Result<Update, Refused> {
        let file = self.firmware.get(&update.file).ok_or_else(|| Refused::Unknown(update.file.clone()))?;
        Ok(Update { location: self.addresses.firmware(&file)?, signed: file.signed, ..update })
    }

    /// The request with an address at which this station may bring that log once, until a while after `until`. `number` is one
    /// that nobody has.
    ///
    /// # Errors
    /// There is no way here.
    pub fn wanted(
        &self,
        wanted: LogWanted,
        station: &StationId,
        number: u32,
        until: Timestamp,
    ) -> Result<LogWanted, Refused> {
        let until = until.checked_add(self.settings.log_awaited).unwrap_or(until);
        let location = self.addresses.log(&Ticket { station: station.clone(), number, until })?;
        Ok(LogWanted { location, number, ..wanted })
    }

    pub fn log(&self, station: &StationId, number: u32) -> Option<LogFile> {
        self.logs.get(station, number)
    }

    /// A log's content.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn read_log(&self, log: &LogFile) -> io::Result<Chunks> {
        chunks(&self.logs.path(log), 0, log.size).await
    }

    /// What is too old goes. To be called now and then.
    pub async fn sweep(&self) {
        if let Err(error) = self.logs.sweep(self.clock.now(), &self.spool).await {
            tracing::warn!(%error, "old logs of stations could not be removed; it is tried again in an hour");
        }
    }
}
