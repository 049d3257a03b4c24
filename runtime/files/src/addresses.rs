//! Addresses that only we can have given: each has a keyed hash of what it stands for, so that nobody has to remember them.

use amprule_domain::files::FirmwareFile;
use amprule_domain::secrets::TICKETS;
use amprule_domain::{StationId, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;

use crate::Refused;

const FIRMWARE: &str = "/firmware";

/// Bytes of a hash that are shown.
const HASH: usize = 16;
/// Characters of the key of a log's address: its number, its end and the hash.
const LOG_KEY: usize = 32;
/// OCPP 2.0.1, FirmwareType and LogParametersType.
const LONGEST: usize = 512;
/// What stays as it is in an id: nothing that divides a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) struct Addresses {
    key: Vec<u8>,
    /// Where stations reach us, without a slash at its end. `None`: nowhere.
    base: Option<String>,
}

/// Who may bring which log, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) station: StationId,
    pub(crate) number: u32,
    /// Whole minutes.
    pub(crate) until: Timestamp,
}

/// What an address says that it stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place<'p> {
    Firmware {
        key: &'p str,
        name: &'p str,
    },
    /// What follows the key is the station's own name for it.
    Log {
        ticket: Ticket,
        name: String,
    },
}

impl Addresses {
    pub(crate) fn new(key: Vec<u8>, base: Option<&str>) -> Self {
        Self { key, base: base.map(|base| base.trim_end_matches('/').to_owned()) }
    }

    /// It ends with the file's name, by which many stations know what it is.
    pub(crate) fn firmware(&self, file: &FirmwareFile) -> Result<String, Refused> {
        let key = URL_SAFE_NO_PAD.encode(self.firmware_hash(file));
        self.address(format!("{FIRMWARE}/{key}/{}", file.name))
    }

    /// It ends with a slash: stations put their own name for the log behind it.
    pub(crate) fn log(&self, ticket: &Ticket) -> Result<String, Refused> {
        let minutes = minutes(ticket.until).to_be_bytes();
        let bytes = [&ticket.number.to_be_bytes(), &minutes, &self.log_hash(ticket)[..]].concat();
        let station = utf8_percent_encode(ticket.station.as_str(), PLAIN);
        self.address(format!("{TICKETS}{station}/{}/", URL_SAFE_NO_PAD.encode(bytes)))
    }

    fn address(&self, path: String) -> Result<String, Refused> {
        let address = format!("{}{path}", self.base.as_ref().ok_or(Refused::Closed)?);
        if address.len() > LONGEST { Err(Refused::Address(LONGEST)) } else { Ok(address) }
    }

    pub(crate) fn is_key_of(&self, key: &str, file: &FirmwareFile) -> bool {
        let hash = URL_SAFE_NO_PAD.decode(key).unwrap_or_default();
        hash.len() == HASH && self.firmware_mac(file).verify_truncated_left(&hash).is_ok()
    }

    /// Whatever a proxy has put in front of it. Of a log only one with a right key: some stations put their own name right behind
    /// it, some a slash more between.
    pub(crate) fn place<'p>(&self, path: &'p str) -> Option<Place<'p>> {
        if let Some((_, rest)) = path.split_once(TICKETS) {
            let (station, rest) = rest.split_once('/')?;
            let station = percent_decode_str(station).decode_utf8().ok()?;
            let (key, name) = rest.split_at_checked(LOG_KEY)?;
            let ticket = self.ticket(StationId::parse(&station).ok()?, key)?;
            return Some(Place::Log { ticket, name: percent_decode_str(name).decode_utf8_lossy().into_owned() });
        }
        let (rest, name) = path.rsplit_once('/')?;
        let (rest, key) = rest.rsplit_once('/')?;
        rest.ends_with(FIRMWARE).then_some(Place::Firmware { key, name })
    }

    fn ticket(&self, station: StationId, key: &str) -> Option<Ticket> {
        let bytes = URL_SAFE_NO_PAD.decode(key).ok()?;
        let (number, rest) = bytes.split_first_chunk::<4>()?;
        let (minutes, hash) = rest.split_first_chunk::<4>()?;
        let until = Timestamp::from_second(i64::from(u32::from_be_bytes(*minutes)) * 60).ok()?;
        let ticket = Ticket { station, number: u32::from_be_bytes(*number), until };
        let is_ours = hash.len() == HASH && self.log_mac(&ticket).verify_truncated_left(hash).is_ok();
        is_ours.then_some(ticket)
    }

    fn firmware_hash(&self, file: &FirmwareFile) -> [u8; HASH] {
        shown(self.firmware_mac(file))
    }

    fn firmware_mac(&self, file: &FirmwareFile) -> Hmac<Sha256> {
        self.mac(&["firmware", &file.sha256, &file.name])
    }

    fn log_hash(&self, ticket: &Ticket) -> [u8; HASH] {
        shown(self.log_mac(ticket))
    }

    fn log_mac(&self, Ticket { station, number, until }: &Ticket) -> Hmac<Sha256> {
        self.mac(&["log", station.as_str(), &number.to_string(), &minutes(*until).to_string()])
    }

    fn mac(&self, of: &[&str]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        of.iter().fold(mac, |mac, part| mac.chain_update(part.as_bytes()).chain_update([0]))
    }
}

/// Since 1970, rounded up: an address is good for as long as was said at least.
fn minutes(at: Timestamp) -> u32 {
    u32::try_from((at.as_second() + 59).div_euclid(60)).unwrap_or_default()
}

fn shown(mac: Hmac<Sha256>) -> [u8; HASH] {
    let mut hash = [0; HASH];
    hash.copy_from_slice(&mac.finalize().into_bytes()[..HASH]);
    hash
}

#[cfg(test)]
mod tests {
    use amprule_domain::files::MeantFor;

    use super::*;

    fn addresses() -> Addresses {
        Addresses::new(b"a key of ours".to_vec(), Some("https://files.example.com/amprule/"))
    }

    fn ticket(station: &str) -> Ticket {
        Ticket { station: station.into(), number: 7, until: "2026-07-01T08:00:00Z".parse().unwrap() }
    }

    fn path(address: &str) -> &str {
        address.strip_prefix("https://files.example.com").unwrap()
    }

    #[test]
    fn stations_may_put_their_own_name_behind_a_logs_address_as_they_like() {
        for station in ["CS-1", "DE*ABC*1 ä/ü"] {
            let address = addresses().log(&ticket(station)).unwrap();
            let bare = path(&address).trim_end_matches('/').to_owned();
            let ways = [
                ("", ""),
                ("/", "/"),
                ("/diagnostics.zip", "/diagnostics.zip"),
                ("//a%20b.log", "//a b.log"),
                // One that takes the slash away, and then forgets to put one there.
                ("diagnostics.log", "diagnostics.log"),
            ];
            for (behind, expect) in ways {
                let place = Place::Log { ticket: ticket(station), name: expect.to_owned() };
                assert_eq!(addresses().place(&format!("{bare}{behind}")), Some(place), "{behind}");
            }
            let behind_proxy = bare.strip_prefix("/amprule").unwrap();
            assert!(addresses().place(behind_proxy).is_some(), "a proxy may take away what it was called by");
        }
    }

    #[test]
    fn no_other_key_opens_a_log() {
        let address = addresses().log(&ticket("CS-1")).unwrap();
        let (good, other) = (path(&address), Addresses::new(b"another key".to_vec(), None));
        assert_eq!(other.place(good), None);
        let of_another = good.replace("CS-1", "CS-2");
        let key = good.split('/').nth(4).unwrap();
        let turned: String = key.chars().rev().collect();
        for wrong in [of_another, good.replace(key, &turned), good.replace(key, &key[1..]), good.replace(key, "")] {
            assert_eq!(addresses().place(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn firmware_is_known_by_name_content_and_key() {
        let mut file = FirmwareFile {
            name: "acme.bin".to_owned(),
            size: 1,
            sha256: "ab".to_owned(),
            md5: String::new(),
            meant_for: MeantFor::default(),
            signed: None,
            stored_at: Timestamp::UNIX_EPOCH,
        };
        let address = addresses().firmware(&file).unwrap();
        let Some(Place::Firmware { key, name }) = addresses().place(path(&address)) else { panic!("{address}") };
        assert_eq!(name, "acme.bin");
        assert!(addresses().is_key_of(key, &file));
        file.sha256 = "cd".to_owned();
        assert!(!addresses().is_key_of(key, &file) && !addresses().is_key_of("", &file));
        let nowhere = Addresses::new(Vec::new(), None).firmware(&file);
        assert!(matches!(nowhere, Err(Refused::Closed)));
    }

    #[test]
    fn an_address_is_no_longer_than_ocpp_has_room_for() {
        let long = Addresses::new(Vec::new(), Some(&format!("https://h/{}", "x".repeat(480))));
        assert!(matches!(long.log(&ticket("CS-1")), Err(Refused::Address(512))));
    }
}
